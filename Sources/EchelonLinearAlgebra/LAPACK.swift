internal import CEchelonKernels

/// The routines of the system's LAPACK over spans of column-major matrices, under LAPACK's names without the
/// letter of the element type. It is opened when it is first needed.
///
/// Every function asks that the spans hold what the shapes say, and traps when they do not. Callers have asked
/// `require` before. Numbers of columns and rows count from 0, also where LAPACK's count from 1, but for `pivots`,
/// which stay as LAPACK writes and reads them.
public enum LAPACK {
  /// Opens BLAS and LAPACK if that has not been done.
  /// - Throws: `LinearAlgebraError.noBLAS` or `noLAPACK` when the system has none.
  public static func require() throws(LinearAlgebraError) {
    guard ek_open_lapack() == 0 else { return }
    try BLASInfo.require()
    throw .noLAPACK
  }

  /// The file that LAPACK comes from; empty if there is none or it is unknown.
  public static var path: String {
    // SAFETY: a string of the dynamic linker's, which stays.
    unsafe String(cString: ek_lapack_path())
  }

  /// Which triangle of a matrix is read or written.
  public enum Triangle: Sendable, Codable, Hashable {
    case lower, upper
    var letter: CChar { self == .lower ? letterL : letterU }

    /// Where the same elements are when rows and columns are exchanged.
    public var other: Triangle { self == .lower ? .upper : .lower }
  }

  /// What stands in the place of a matrix in an equation or a product.
  public enum Form: Sendable, Codable, Hashable {
    /// The matrix itself.
    case plain
    /// Rows and columns exchanged.
    case transposed
    /// Rows and columns exchanged, all elements conjugated.
    case adjoint
    var letter: CChar { self == .plain ? letterN : self == .transposed ? letterT : letterC }
  }

  /// Which norm a condition number is of.
  public enum ConditionNorm: Sendable, Codable, Hashable {
    /// Of the largest sum of a column's moduli.
    case one
    /// Of the largest sum of a row's moduli.
    case infinity
    var letter: CChar { self == .one ? letterO : letterI }
  }

  static let letterA = CChar(bitPattern: UInt8(ascii: "A"))
  static let letterC = CChar(bitPattern: UInt8(ascii: "C"))
  static let letterI = CChar(bitPattern: UInt8(ascii: "I"))
  static let letterL = CChar(bitPattern: UInt8(ascii: "L"))
  static let letterN = CChar(bitPattern: UInt8(ascii: "N"))
  static let letterO = CChar(bitPattern: UInt8(ascii: "O"))
  static let letterR = CChar(bitPattern: UInt8(ascii: "R"))
  static let letterS = CChar(bitPattern: UInt8(ascii: "S"))
  static let letterT = CChar(bitPattern: UInt8(ascii: "T"))
  static let letterU = CChar(bitPattern: UInt8(ascii: "U"))
  static let letterV = CChar(bitPattern: UInt8(ascii: "V"))

  /// What a routine has said.
  /// - Returns: what it found, 0 for nothing.
  static func checked(_ info: Int32, _ routine: StaticString = #function) throws(LinearAlgebraError)
    -> Int
  {
    if info == EK_NO_MEMORY { throw .outOfMemory(operation: "\(routine)") }
    if info == EK_TOO_LARGE { throw .workTooLarge(operation: "\(routine)") }
    precondition(info >= 0, "\(routine) refuses its argument \(-info)")
    return Int(info)
  }

  /// The column that a routine has stopped at; nil for none.
  static func column(_ info: Int32, _ routine: StaticString = #function) throws(LinearAlgebraError)
    -> Int?
  {
    let column = try checked(info, routine)
    return column > 0 ? column - 1 : nil
  }
}

/// The shape of a column-major matrix: element (i, j) is at `i + j·leading`.
public struct ColumnMajorShape: Sendable, Hashable {
  /// The number of rows.
  public let rows: Int
  /// The number of columns.
  public let columns: Int
  /// Elements from one column to the next; LAPACK's leading dimension.
  public let leading: Int

  /// - Parameter leading: `rows` or more, and 1 or more; nil is the smallest.
  public init(rows: Int, columns: Int, leading: Int? = nil) {
    let leading = leading ?? max(1, rows)
    precondition(rows >= 0 && columns >= 0, "\(rows) × \(columns) is not a shape")
    precondition(leading >= max(1, rows), "\(rows) rows are further than \(leading) apart")
    precondition(
      max(columns, leading) <= Int(Int32.max), "\(rows) × \(columns) exceeds what LAPACK can count")
    self.rows = rows
    self.columns = columns
    self.leading = leading
  }

  /// Elements from the first to one past the last in memory.
  public var extent: Int { rows == 0 || columns == 0 ? 0 : (columns - 1) * leading + rows }

  /// The same elements as `multiply` takes them.
  public var view: MatrixView {
    MatrixView(rows: rows, columns: columns, rowStride: 1, columnStride: leading)
  }

  /// Elements of memory for a matrix that routines work on, some of which they may read though they are not its own.
  public func storageCount<Element: LinearAlgebraScalar>(of _: Element.Type) -> Int {
    leading * columns + Element.readablePastEnd(leading: leading, columns: columns)
  }

  var m: Int32 { Int32(rows) }
  var n: Int32 { Int32(columns) }
  var lda: Int32 { Int32(leading) }

  func check(_ count: Int) {
    precondition(extent <= count, "\(rows) × \(columns) elements do not fit into \(count)")
  }
  func checkSquare() { precondition(rows == columns, "\(rows) × \(columns) is not square") }
}

// SAFETY, of both: the address is valid during the call of `body`, which passes it to a routine that keeps none; each
// caller has checked the number of elements. Of no elements it may be nil, and no routine reads it.

@unsafe func withAddress<Element: BitwiseCopyable, R>(
  _ span: inout MutableSpan<Element>, _ body: (UnsafeMutableRawPointer?) -> R
) -> R {
  unsafe span.withUnsafeMutableBufferPointer {
    unsafe body(UnsafeMutableRawPointer($0.baseAddress))
  }
}

@unsafe func withAddress<Element: BitwiseCopyable, R>(
  _ span: Span<Element>, _ body: (UnsafeRawPointer?) -> R
) -> R {
  unsafe span.withUnsafeBufferPointer { unsafe body(UnsafeRawPointer($0.baseAddress)) }
}
