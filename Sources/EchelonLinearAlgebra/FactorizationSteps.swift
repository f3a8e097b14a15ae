internal import CEchelonKernels

// The steps of factorizations by tiles, on column-major matrices that the workers share. Each writes one tile, or
// one block column, which is its alone while it runs.

extension BLASElement {
  /// The shim's number for the type.
  static var lapackType: Int32 { scalarType.rawValue }
  /// How a matrix is transposed: with its elements conjugated, if they are complex.
  fileprivate static var transpose: CChar { isComplex ? LAPACK.letterC : LAPACK.letterT }
}

/// A column-major matrix in memory that several workers write, each its part.
///
/// ## Invariants
/// 1. All elements of `shape` lie in memory that stays mapped: `init` checks it against the span, which
///    its user holds.
/// 2. A step reads nothing that another writes at the same time: what it reads is done before it begins.
@safe struct ColumnMajorMatrix<Element: BLASElement> {
  private let base: UnsafeMutablePointer<Element>
  let shape: ColumnMajorShape
  var leadingDimension: Int32 { shape.lda }

  init(_ span: inout MutableSpan<Element>, _ shape: ColumnMajorShape) {
    precondition(shape.rows >= 1 && shape.columns >= 1, "a step on no elements")
    shape.check(span.count)
    // The front end has opened one on this machine before it made the job.
    precondition(ek_open_lapack() != 0, "no LAPACK, though the front end found one")
    // SAFETY: the matrix is used while the span is held, by invariant 1.
    unsafe base = span.withUnsafeMutableBufferPointer { $0.baseAddress! }
    self.shape = shape
  }

  @unsafe func address(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Element> {
    precondition(
      0 <= row && row < shape.rows && 0 <= column && column < shape.columns, "outside the matrix")
    return unsafe base + (row + column * shape.leading)
  }

  /// Copies a block of a matrix with any strides to the same place.
  func copy(_ a: Span<Element>, _ view: MatrixView, rows: Range<Int>, columns: Range<Int>) {
    guard !rows.isEmpty, !columns.isEmpty else { return }
    precondition(view.extent <= a.count && view.rows == shape.rows && view.columns == shape.columns)
    // SAFETY: the block lies inside both, by the checks.
    unsafe a.withUnsafeBufferPointer { a in
      unsafe ek_pack(
        MemoryLayout<Element>.size, rows.count, columns.count,
        a.baseAddress!
          + (rows.lowerBound * view.rowStride + columns.lowerBound * view.columnStride),
        view.rowStride, view.columnStride, address(rows.lowerBound, columns.lowerBound),
        shape.leading)
    }
  }

  /// Sets a block to zero, or of a square one what is above its diagonal.
  func clear(rows: Range<Int>, columns: Range<Int>, aboveDiagonal: Bool = false) {
    for column in columns {
      let end = aboveDiagonal ? rows.lowerBound + column - columns.lowerBound : rows.upperBound
      guard end > rows.lowerBound else { continue }
      // As bytes, which are the same for all types: code for any type would store elements one by one.
      // SAFETY: inside by the check of the first and the range of the last; the bytes of a zero are zeros.
      unsafe UnsafeMutableRawPointer(address(rows.lowerBound, column)).initializeMemory(
        as: UInt8.self, repeating: 0,
        count: (min(end, shape.rows) - rows.lowerBound) * MemoryLayout<Element>.stride)
    }
  }
}

/// Computes one tile of L, lower triangular with A = L·Lᴴ, or some below one another, when those to its left and those
/// of the row of tiles at its diagonal are there.
///
/// All that changes the tile is done at once, with as long an inner dimension as there are columns to its left, so
/// that the tile is written by one step: one that is run again begins with A.
/// - Parameters:
///   - a: of which the lower triangle is read.
///   - l: column-major; above the diagonal it becomes 0.
///   - packed: L once more, packed; of no elements where there are no products of packed factors.
///   - triangle: how it lies there.
/// - Returns: of a tile on the diagonal, the column at which A turned out not to be positive definite; else nil.
/// - Source: G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., §4.2.9 (left-looking).
public func computeCholeskyTile<Element: BLASElement>(
  _ a: Span<Element>, _ view: MatrixView, into l: inout MutableSpan<Element>,
  _ shape: ColumnMajorShape, packed: inout MutableSpan<Element>,
  _ triangle: PackedTriangle<Element>,
  rows: Range<Int>, columns: Range<Int>
) -> Int? {
  let matrix = ColumnMajorMatrix(&l, shape)
  let width = Int32(columns.count)
  let ld = matrix.leadingDimension
  let type = Element.lapackType
  matrix.copy(a, view, rows: rows, columns: columns)
  if columns.lowerBound > 0 {
    if packed.isEmpty {
      matrix.subtractLeft(rows: rows, columns: columns)
    } else {
      matrix.subtractLeft(packed.span, triangle, rows: rows, columns: columns)
    }
  }
  guard rows == columns else {
    var one: Element = 1
    // SAFETY: the blocks lie inside the matrix: `address` checks where they begin, and they end where tiles do.
    unsafe withUnsafePointer(to: &one) { one in
      unsafe ek_trsm(
        type, LAPACK.letterR, LAPACK.letterL, Element.transpose, LAPACK.letterN, Int32(rows.count),
        width, one, matrix.address(columns.lowerBound, columns.lowerBound), ld,
        matrix.address(rows.lowerBound, columns.lowerBound), ld)
    }
    if !packed.isEmpty { matrix.pack(into: &packed, triangle, rows: rows, columns: columns) }
    matrix.clear(rows: columns, columns: rows)
    return nil
  }
  // SAFETY: as above.
  let info = unsafe ek_potrf(
    type, LAPACK.letterL, width, matrix.address(rows.lowerBound, columns.lowerBound), ld)
  matrix.clear(rows: rows, columns: columns, aboveDiagonal: true)
  return info > 0 ? columns.lowerBound + Int(info) - 1 : nil
}

extension ColumnMajorMatrix {
  /// Subtracts from a tile of L what the columns to its left make of it, by the BLAS.
  fileprivate func subtractLeft(rows: Range<Int>, columns: Range<Int>) {
    let (height, width, done) = (
      Int32(rows.count), Int32(columns.count), Int32(columns.lowerBound)
    )
    let ld = leadingDimension
    let type = Element.lapackType
    var (one, minusOne): (Element, Element) = (1, -1)
    // SAFETY: all blocks lie inside the matrix: `address` checks where they begin, and they end where tiles do.
    unsafe withUnsafePointer(to: &one) { one in
      unsafe withUnsafePointer(to: &minusOne) { minusOne in
        let tile = unsafe address(rows.lowerBound, columns.lowerBound)
        let left = unsafe address(rows.lowerBound, 0)
        if rows == columns {
          // Of a real number the shim reads the real part.
          let update = Element.isComplex ? unsafe ek_herk : unsafe ek_syrk
          unsafe update(
            type, LAPACK.letterL, LAPACK.letterN, width, done, minusOne, left, ld, one, tile, ld)
        } else {
          unsafe ek_gemm(
            type, LAPACK.letterN, Element.transpose, height, width, done, minusOne, left, ld,
            address(columns.lowerBound, 0), ld, one, tile, ld)
        }
      }
    }
  }

  /// The same by what is packed.
  fileprivate func subtractLeft(
    _ packed: Span<Element>, _ triangle: PackedTriangle<Element>, rows: Range<Int>,
    columns: Range<Int>
  ) {
    let edge = triangle.edge
    let right = columns.lowerBound / edge
    for left in rows.lowerBound / edge...(rows.upperBound - 1) / edge {
      update(
        left == right ? .subtractLower : .subtract, packed, triangle.factor(left), packed,
        triangle.factor(right), depth: columns.lowerBound,
        rows: left * edge..<min((left + 1) * edge, shape.rows), columns: columns)
    }
  }

  /// Packs tiles below one another for those that come after them.
  fileprivate func pack(
    into packed: inout MutableSpan<Element>, _ triangle: PackedTriangle<Element>,
    rows: Range<Int>, columns: Range<Int>
  ) {
    let edge = triangle.edge
    for tile in rows.lowerBound / edge...(rows.upperBound - 1) / edge {
      var place = triangle.factor(tile)
      place.start += columns.lowerBound * PackedFactors<Element>.panelHeight
      // SAFETY: the tile lies inside the matrix.
      unsafe packed.pack(
        address(tile * edge, columns.lowerBound),
        rows: min((tile + 1) * edge, shape.rows) - tile * edge, columns: columns.count,
        rowStride: 1, columnStride: shape.leading, at: place)
    }
  }
}

/// Begins with a block column: copies it from A.
public func copyBlockColumn<Element: BLASElement>(
  _ a: Span<Element>, _ view: MatrixView, into x: inout MutableSpan<Element>,
  _ shape: ColumnMajorShape,
  columns: Range<Int>
) {
  ColumnMajorMatrix(&x, shape).copy(a, view, rows: 0..<view.rows, columns: columns)
}

/// Factors a block column from its diagonal down, with partial pivoting.
/// - Parameters:
///   - columns: where the diagonal is, as rows are numbered like columns.
///   - packed: memory for what is below the diagonal once more, packed; of no elements where there are no products of
///     packed factors, or nobody will need it.
/// - Returns: the row, counted from the first of the block column, that each was exchanged with.
public func factorLUPanel<Element: BLASElement>(
  _ lu: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  panel columns: Range<Int>, packed: inout MutableSpan<Element>
) -> [Int32] {
  let matrix = ColumnMajorMatrix(&lu, shape)
  let start = columns.lowerBound
  var pivots = [Int32](repeating: 0, count: min(columns.count, shape.rows - start))
  // SAFETY: the block lies inside the matrix, and there are as many pivots as its shorter side.
  unsafe pivots.withUnsafeMutableBufferPointer { pivots in
    // A pivot that is 0 is found on the diagonal.
    _ = unsafe ek_getrf(
      Element.lapackType, Int32(shape.rows - start), Int32(columns.count),
      matrix.address(start, start),
      matrix.leadingDimension, pivots.baseAddress!)
  }
  let end = start + pivots.count
  if !packed.isEmpty, end < shape.rows {
    // SAFETY: what is below the diagonal ends where the matrix does.
    unsafe packed.pack(
      matrix.address(end, start), rows: shape.rows - end, columns: pivots.count, rowStride: 1,
      columnStride: shape.leading, at: PackedFactor(columns: pivots.count, of: Element.self))
  }
  return pivots
}

/// Updates a block column by one that is factored: exchanges rows, solves for U, subtracts the product.
/// - Parameters:
///   - pivots: as `factorLUPanel` gave them.
///   - packed: as it packed it, or of no elements.
public func updateLUColumns<Element: BLASElement>(
  _ lu: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  by panel: Range<Int>, _ pivots: [Int32], packed: Span<Element>, columns: Range<Int>
) {
  let matrix = ColumnMajorMatrix(&lu, shape)
  let (start, end) = (panel.lowerBound, panel.lowerBound + pivots.count)
  let ld = matrix.leadingDimension
  let type = Element.lapackType
  let (width, count) = (Int32(columns.count), Int32(pivots.count))
  var (one, minusOne): (Element, Element) = (1, -1)
  LAPACK.check(pivots.span, rows: shape.rows - start)
  // SAFETY: all blocks lie inside the matrix: `address` checks where they begin, and they end where it does. The rows
  // that are exchanged do, by the check.
  unsafe withUnsafePointer(to: &one) { one in
    unsafe withUnsafePointer(to: &minusOne) { minusOne in
      let top = unsafe matrix.address(start, columns.lowerBound)
      unsafe pivots.withUnsafeBufferPointer { pivots in
        unsafe ek_exchange_rows(
          MemoryLayout<Element>.size, columns.count, top, shape.leading, pivots.count,
          pivots.baseAddress!)
      }
      unsafe ek_trsm(
        type, LAPACK.letterL, LAPACK.letterL, LAPACK.letterN, LAPACK.letterU, count, width, one,
        matrix.address(start, start),
        ld, top, ld)
      guard end < shape.rows else { return }
      guard packed.isEmpty else {
        matrix.subtract(packed, byRows: start..<end, rows: end..<shape.rows, columns: columns)
        return
      }
      unsafe ek_gemm(
        type, LAPACK.letterN, LAPACK.letterN, Int32(shape.rows - end), width, count, minusOne,
        matrix.address(end, start), ld, top, ld,
        one, matrix.address(end, columns.lowerBound), ld)
    }
  }
}

extension ColumnMajorMatrix {
  /// Subtracts L·U from a block, of which L is packed, and U some rows above the block.
  fileprivate func subtract(
    _ packed: Span<Element>, byRows upper: Range<Int>, rows: Range<Int>, columns: Range<Int>
  ) {
    let layout = PackedFactor(columns: upper.count, of: Element.self)
    // Read by this step alone. SAFETY: the rows lie inside the matrix.
    let right = unsafe packedCopy(
      address(upper.lowerBound, columns.lowerBound),
      MatrixView(
        rows: columns.count, columns: upper.count, rowStride: shape.leading, columnStride: 1))
    update(
      .subtract, packed, layout, right.span, layout, depth: upper.count, rows: rows,
      columns: columns)
  }
}

/// Factors a block column from its diagonal down into reflectors and R.
/// - Returns: T of the block of reflectors I − V·T·Vᴴ, column-major, as many rows and columns as there are reflectors.
public func factorQRPanel<Element: BLASElement>(
  _ qr: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  panel columns: Range<Int>
) -> [Element] {
  let matrix = ColumnMajorMatrix(&qr, shape)
  let (start, width) = (columns.lowerBound, columns.count)
  precondition(shape.rows - start >= width, "a block column is no wider than it is long")
  var t = [Element](repeating: 0, count: width * width)
  // SAFETY: the block lies inside the matrix.
  unsafe t.withUnsafeMutableBufferPointer { t in
    let info = unsafe ek_geqrt(
      Element.lapackType, Int32(shape.rows - start), Int32(width), matrix.address(start, start),
      matrix.leadingDimension, t.baseAddress!, Int32(width))
    precondition(info == 0, "no memory for the reflectors of a block column")
  }
  return t
}

/// Updates a block column by one that is factored: multiplies it by Qᴴ of its reflectors.
/// - Parameter t: as `factorQRPanel` gave it.
public func updateQRColumns<Element: BLASElement>(
  _ qr: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  by panel: Range<Int>, _ t: Span<Element>, columns: Range<Int>
) {
  let matrix = ColumnMajorMatrix(&qr, shape)
  let (start, width) = (panel.lowerBound, panel.count)
  precondition(t.count >= width * width)
  // SAFETY: the blocks lie inside the matrix.
  unsafe t.withUnsafeBufferPointer { t in
    let info = unsafe ek_larfb(
      Element.lapackType, Int32(shape.rows - start), Int32(columns.count), Int32(width),
      matrix.address(start, start), matrix.leadingDimension, t.baseAddress!, Int32(width),
      matrix.address(start, columns.lowerBound), matrix.leadingDimension)
    precondition(info == 0, "no memory for the update of a block column")
  }
}
