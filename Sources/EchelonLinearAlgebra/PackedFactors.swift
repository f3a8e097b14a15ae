internal import CEchelonKernels

// Factors that the workers share packed, as the inner loop of a product reads them (packed.h, 0055): a BLAS would pack
// them anew for each tile.

/// Packed factors of one element type.
///
/// They lie in panels of some rows each, column by column; behind the last row of a matrix there are zeros.
public enum PackedFactors<Element: BLASElement> {
  /// Whether products of packed factors are there: for real numbers, where the instruction set in use has a fused
  /// multiply-add.
  public static var areAvailable: Bool { areAvailable(at: nil) }

  /// The same at a level.
  package static func areAvailable(at level: InstructionSet?) -> Bool {
    !Element.isComplex && ek_has_packed_products(level.number) != 0
  }

  /// Rows of a panel.
  static var panelHeight: Int { Int(EK_PANEL_BYTES) / MemoryLayout<Element>.stride }

  /// Rows with those that fill the last panel.
  static func paddedRows(_ rows: Int) -> Int {
    (rows + panelHeight - 1) / panelHeight * panelHeight
  }
}

/// Where the tiles of a lower triangular matrix lie packed: a row of tiles behind the other, each without its tile on
/// the diagonal.
public struct PackedTriangle<Element: BLASElement>: Sendable {
  let order: Int
  let edge: Int

  /// - Parameters:
  ///   - order: rows and columns of the matrix.
  ///   - edge: of a tile, a multiple of 48 where there is more than one.
  public init(order: Int, edge: Int) {
    precondition(order <= edge || edge.isMultiple(of: PackedFactors<Element>.panelHeight))
    self.order = order
    self.edge = edge
  }

  /// Elements of all of it.
  public var count: Int {
    let last = max(0, (order - 1) / max(1, edge))
    return start(last) + PackedFactors<Element>.paddedRows(order - last * edge) * last * edge
  }

  /// Where a row of tiles begins.
  private func start(_ row: Int) -> Int { edge * edge * row * (row - 1) / 2 }

  /// A row of tiles.
  func factor(_ row: Int) -> PackedFactor {
    var factor = PackedFactor(columns: row * edge, of: Element.self)
    factor.start = start(row)
    return factor
  }
}

/// Where what is below the diagonal lies packed of the block columns of a matrix, one behind the other.
public struct PackedBlockColumns<Element: BLASElement>: Sendable {
  let rows: Int
  let width: Int

  /// - Parameters:
  ///   - rows: of the matrix.
  ///   - width: of a block column.
  public init(rows: Int, width: Int) {
    self.rows = rows
    self.width = width
  }

  /// Where a block column begins; of the number of them, the elements of all.
  public func start(_ column: Int) -> Int {
    (0..<column).reduce(0) {
      $0 + PackedFactors<Element>.paddedRows(max(0, rows - ($1 + 1) * width)) * width
    }
  }
}

extension MutableSpan where Element: BLASElement {
  /// Packs elements of a matrix.
  /// - Parameters:
  ///   - first: the first of `rows` × `columns` elements.
  ///   - place: where it goes.
  @unsafe mutating func pack(
    _ first: UnsafePointer<Element>, rows: Int, columns: Int, rowStride: Int, columnStride: Int,
    at place: PackedFactor
  ) {
    let height = PackedFactors<Element>.panelHeight
    let panels = PackedFactors<Element>.paddedRows(rows) / height
    guard panels > 0, columns > 0 else { return }
    precondition(
      place.start >= 0
        && place.start + (panels - 1) * place.panelStride + columns * height <= count,
      "too little memory for packed factors")
    // SAFETY: what is written is inside by the check; what is read is the caller's.
    unsafe withUnsafeMutableBufferPointer {
      unsafe ek_pack_panels(
        MemoryLayout<Element>.size, rows, columns, first, rowStride, columnStride,
        $0.baseAddress! + place.start, place.panelStride)
    }
  }
}

/// A packed factor of a product.
struct PackedFactor {
  /// Where its first panel begins.
  var start = 0
  /// From one panel to the next.
  let panelStride: Int

  /// One whose panels lie one behind the other.
  init<Element: BLASElement>(columns: Int, of type: Element.Type) {
    panelStride = columns * PackedFactors<Element>.panelHeight
  }
}

/// What becomes of C by a product of packed factors.
enum PackedUpdate {
  case subtract, subtractLower, set, add

  var number: Int32 {
    switch self {
    case .subtract: Int32(EK_UPDATE_SUBTRACT)
    case .subtractLower: Int32(EK_UPDATE_SUBTRACT_LOWER)
    case .set: Int32(EK_UPDATE_SET)
    case .add: Int32(EK_UPDATE_ADD)
    }
  }
}

extension ColumnMajorMatrix {
  /// Updates a block by A·Bᵀ of packed factors.
  func update(
    _ update: PackedUpdate, _ a: Span<Element>, _ left: PackedFactor, _ b: Span<Element>,
    _ right: PackedFactor, depth: Int, rows: Range<Int>, columns: Range<Int>,
    level: InstructionSet? = nil
  ) {
    guard !rows.isEmpty, !columns.isEmpty, depth > 0 else { return }
    precondition(rows.upperBound <= shape.rows && columns.upperBound <= shape.columns)
    for (span, factor, count) in [(a.count, left, rows.count), (b.count, right, columns.count)] {
      let height = PackedFactors<Element>.panelHeight
      let last = (PackedFactors<Element>.paddedRows(count) / height - 1) * factor.panelStride
      precondition(factor.start >= 0 && factor.start + last + depth * height <= span)
    }
    // SAFETY: the factors end inside their spans by the check, and the block inside the matrix.
    unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in
        unsafe ek_multiply_packed(
          Element.lapackType, level.number, rows.count, columns.count, depth,
          a.baseAddress! + left.start, left.panelStride, b.baseAddress! + right.start,
          right.panelStride, address(rows.lowerBound, columns.lowerBound), shape.leading,
          update.number)
      }
    }
  }
}

/// Packs a factor of one product.
/// - Parameter first: where a view begins that can be read.
@unsafe func packedCopy<Element: BLASElement>(
  _ first: UnsafePointer<Element>, _ view: MatrixView
) -> [Element] {
  let count = PackedFactors<Element>.paddedRows(view.rows) * view.columns
  return [Element](unsafeUninitializedCapacity: count) { memory, initialized in
    guard count > 0 else { return }
    var span = unsafe MutableSpan(_unsafeElements: memory)
    unsafe span.pack(
      first, rows: view.rows, columns: view.columns, rowStride: view.rowStride,
      columnStride: view.columnStride, at: PackedFactor(columns: view.columns, of: Element.self))
    initialized = count
  }
}

/// `C = A·Bᵀ` of real matrices, by packing both factors, some columns at a time.
///
/// - Shapes: A is m × k, B is n × k, m, n, k ≥ 1, any strides; C is m × n, column-major. What C was is not read.
/// - Accuracy: each element is the sum of products over 3 KiB of a row at a time, each by one multiply-add.
/// - Bits: those of an element depend on a row of A and one of B alone, and are the same at each level that has such
///   products (`PackedFactors.areAvailable`).
/// - Parameters:
///   - isSubtracted: whether the product is taken from C instead.
///   - level: nil is the one in use.
package func multiplyByPanels<Element: BLASElement>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: Span<Element>, _ bView: MatrixView,
  into c: inout MutableSpan<Element>, _ shape: ColumnMajorShape, isSubtracted: Bool = false,
  level: InstructionSet? = nil
) {
  precondition(
    aView.rows == shape.rows && bView.rows == shape.columns && bView.columns == aView.columns)
  precondition(aView.extent <= a.count && bView.extent <= b.count, "a view reaches outside")
  guard shape.rows > 0, shape.columns > 0, aView.columns > 0 else { return }
  let matrix = ColumnMajorMatrix(&c, shape)
  // As many rows as keep both factors of a part in the third cache.
  let most = (left: 2048, right: 1024)
  let depth = 3072 / MemoryLayout<Element>.stride
  // SAFETY: parts of views that lie inside, by the check.
  unsafe a.withUnsafeBufferPointer { a in
    unsafe b.withUnsafeBufferPointer { b in
      for rows in parts(shape.rows, most.left) {
        for inner in parts(aView.columns, depth) {
          let layout = PackedFactor(columns: inner.count, of: Element.self)
          let left = unsafe packedCopy(
            a.baseAddress! + aView.offset(rows.lowerBound, inner.lowerBound),
            aView.part(rows: rows.count, columns: inner.count))
          for columns in parts(shape.columns, most.right) {
            let right = unsafe packedCopy(
              b.baseAddress! + bView.offset(columns.lowerBound, inner.lowerBound),
              bView.part(rows: columns.count, columns: inner.count))
            matrix.update(
              isSubtracted ? .subtract : inner.lowerBound == 0 ? .set : .add, left.span, layout,
              right.span, layout, depth: inner.count, rows: rows, columns: columns, level: level)
          }
        }
      }
    }
  }
}

private func parts(_ count: Int, _ most: Int) -> [Range<Int>] {
  stride(from: 0, to: count, by: most).map { $0..<min(count, $0 + most) }
}

extension MatrixView {
  fileprivate func offset(_ row: Int, _ column: Int) -> Int {
    row * rowStride + column * columnStride
  }

  fileprivate func part(rows: Int, columns: Int) -> MatrixView {
    MatrixView(rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
  }
}
