/// A matrix in a Matrix Market file (`.mtx`), dense or sparse, as a dense table.
///
///     %%MatrixMarket matrix coordinate real symmetric
///     % comments
///     3 3 4                   rows, columns, entries that follow
///     1 1 2.5                 row, column, value; counted from 1
///
/// Columns are `col0`, `col1`, …, or `col0.real`, `col0.imag`, … of a complex matrix. What a sparse file
/// leaves out is 0, the entries of a pattern are 1, and the half that a symmetry leaves out is filled
/// in. Values have the bits that `strtod` gives, integers beyond 2^53 among them, and numbers beyond every `Double`, which are
/// infinite; commands tell of both, and keep all digits of columns of `integer` files where they write them anew. `nan` is a
/// missing value.
///
/// - Limits: `maximumNumberCount` numbers in the dense table, 1 GiB by default, and
///   `DataFileReader.maximumColumnCount` columns.
/// - Errors: `FileError.malformedText`, with line and column, for everything else that the format does
///   not have: one entry to a line, symmetric matrices by their lower triangle, no entry twice.
/// - Source: R. F. Boisvert, R. Pozo and K. A. Remington, *The Matrix Market Exchange Formats: Initial
///   Design*, NISTIR 5935 (1996).
public struct MatrixMarketFile: Sendable {
  /// Whether every element is in the file, or those that are not 0, each with its place.
  public enum Layout: String, Sendable, CaseIterable {
    /// Row, column and value of the elements that are not 0.
    case coordinate
    /// All elements, column after column.
    case array
  }

  /// What the values are.
  public enum Field: String, Sendable, CaseIterable {
    /// Decimal numbers; older files say `double`.
    case real
    /// Whole numbers; SciPy also says `unsigned-integer`.
    case integer
    /// Two decimal numbers, the real and the imaginary part.
    case complex
    /// No values, only the places of those that are not 0.
    case pattern
  }

  /// Which elements follow from others and are left out.
  public enum Symmetry: String, Sendable, CaseIterable {
    /// None.
    case general
    /// aᵢⱼ = aⱼᵢ
    case symmetric
    /// aᵢⱼ = −aⱼᵢ, so that the diagonal is 0
    case skewSymmetric = "skew-symmetric"
    /// aᵢⱼ is the conjugate of aⱼᵢ
    case hermitian
  }

  /// The most numbers of a dense table: 2^27, 1 GiB.
  public static let maximumNumberCount = 1 << 27

  /// The path as it was given.
  public let path: String

  /// Whether the file is dense or sparse.
  public let layout: Layout

  /// What the values are.
  public let field: Field

  /// Which elements the file leaves out.
  public let symmetry: Symmetry

  /// The number of entries in the file.
  public let entryCount: Int

  /// The matrix as a table: a column of numbers for each of its columns, or two of a complex one.
  public let table: DataTable

  /// What became of numbers that no `Double` is.
  package let lostNumbers: LostNumbers

  /// Reads the file at `path`.
  /// - Parameter limit: the most numbers that the dense table may have.
  public init(path: String, limit: Int = maximumNumberCount) throws(FileError) {
    let source = try ByteSource(path: path)
    try self.init(path: path, source: source, limit: limit)
  }

  /// Reads a file that is already in memory; `name` stands for the path in errors.
  public init(name: String, bytes: [UInt8], limit: Int = maximumNumberCount) throws(FileError) {
    try self.init(path: name, source: .memory(bytes), limit: limit)
  }

  init(path: String, source: ByteSource, limit: Int = maximumNumberCount) throws(FileError) {
    guard source.byteCount > 0 else { throw .empty(path: path) }
    let parser = try source.withBytes(path: path) { (bytes) throws(FileError) in
      var parser = MatrixMarketParser(limit: limit)
      do throws(TextFault) { try parser.parse(bytes) } catch {
        throw FileError(error, path: path, in: bytes)
      }
      return parser
    }
    self.path = path
    layout = parser.layout
    field = parser.field
    symmetry = parser.symmetry
    entryCount = parser.entryCount
    var lost = parser.lostNumbers
    let type: NPYElementType = parser.field == .complex ? .complex128 : .float64
    table = DataTable(
      columns: parser.columns.enumerated().map { index, numbers in
        Column(
          name: MappedNPY.columnName(index, type), numbers: numbers,
          integers: lost.takeIntegers(of: index, among: numbers))
      })
    lostNumbers = lost
  }

  /// Whether a file with these first bytes is a Matrix Market file.
  static func isPresent(in bytes: Span<UInt8>) -> Bool {
    bytes.matchesWord("%%matrixmarket", 0..<min(bytes.count, 14))
  }
}
