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

/// Computes one tile of L, lower triangular with A = L·Lᴴ, when those to its left and those of the row of tiles at its
/// diagonal are there.
///
/// All that changes the tile is done at once, with as long an inner dimension as there are columns to its left, so
/// that the tile is written by one step: one that is run again begins with A.
/// - Parameters:
///   - a: of which the lower triangle is read.
///   - l: column-major; above the diagonal it becomes 0.
/// - Returns: of a tile on the diagonal, the column at which A turned out not to be positive definite; else nil.
/// - Source: G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., §4.2.9 (left-looking).
public func computeCholeskyTile<Element: BLASElement>(
  _ a: Span<Element>, _ view: MatrixView, into l: inout MutableSpan<Element>,
  _ shape: ColumnMajorShape,
  rows: Range<Int>, columns: Range<Int>
) -> Int? {
  let matrix = ColumnMajorMatrix(&l, shape)
  let (height, width, done) = (Int32(rows.count), Int32(columns.count), Int32(columns.lowerBound))
  let ld = matrix.leadingDimension
  let type = Element.lapackType
  var (one, minusOne): (Element, Element) = (1, -1)
  matrix.copy(a, view, rows: rows, columns: columns)
  // SAFETY: all blocks lie inside the matrix: `address` checks where they begin, and they end where tiles do.
  unsafe withUnsafePointer(to: &one) { one in
    unsafe withUnsafePointer(to: &minusOne) { minusOne in
      let tile = unsafe matrix.address(rows.lowerBound, columns.lowerBound)
      let left = unsafe matrix.address(rows.lowerBound, 0)
      if rows == columns {
        if done > 0 {
          // Of a real number the shim reads the real part.
          let update = Element.isComplex ? unsafe ek_herk : unsafe ek_syrk
          unsafe update(
            type, LAPACK.letterL, LAPACK.letterN, width, done, minusOne, left, ld, one, tile, ld)
        }
      } else {
        if done > 0 {
          unsafe ek_gemm(
            type, LAPACK.letterN, Element.transpose, height, width, done, minusOne, left, ld,
            matrix.address(columns.lowerBound, 0), ld, one, tile, ld)
        }
        unsafe ek_trsm(
          type, LAPACK.letterR, LAPACK.letterL, Element.transpose, LAPACK.letterN, height, width,
          one,
          matrix.address(columns.lowerBound, columns.lowerBound), ld, tile, ld)
      }
    }
  }
  guard rows == columns else {
    matrix.clear(rows: columns, columns: rows)
    return nil
  }
  // SAFETY: as above.
  let info = unsafe ek_potrf(
    type, LAPACK.letterL, width, matrix.address(rows.lowerBound, columns.lowerBound), ld)
  matrix.clear(rows: rows, columns: columns, aboveDiagonal: true)
  return info > 0 ? columns.lowerBound + Int(info) - 1 : nil
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
/// - Parameter columns: where the diagonal is, as rows are numbered like columns.
/// - Returns: the row, counted from the first of the block column, that each was exchanged with.
public func factorLUPanel<Element: BLASElement>(
  _ lu: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  panel columns: Range<Int>
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
  return pivots
}

/// Updates a block column by one that is factored: exchanges rows, solves for U, subtracts the product.
/// - Parameter pivots: as `factorLUPanel` gave them.
public func updateLUColumns<Element: BLASElement>(
  _ lu: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  by panel: Range<Int>, _ pivots: [Int32], columns: Range<Int>
) {
  let matrix = ColumnMajorMatrix(&lu, shape)
  let (start, end) = (panel.lowerBound, panel.lowerBound + pivots.count)
  let ld = matrix.leadingDimension
  let type = Element.lapackType
  let (width, count) = (Int32(columns.count), Int32(pivots.count))
  var (one, minusOne): (Element, Element) = (1, -1)
  // SAFETY: all blocks lie inside the matrix: `address` checks where they begin, and they end where it does.
  unsafe withUnsafePointer(to: &one) { one in
    unsafe withUnsafePointer(to: &minusOne) { minusOne in
      let top = unsafe matrix.address(start, columns.lowerBound)
      unsafe pivots.withUnsafeBufferPointer { pivots in
        unsafe ek_laswp(type, width, top, ld, 1, count, pivots.baseAddress!, 1)
      }
      unsafe ek_trsm(
        type, LAPACK.letterL, LAPACK.letterL, LAPACK.letterN, LAPACK.letterU, count, width, one,
        matrix.address(start, start),
        ld, top, ld)
      guard end < shape.rows else { return }
      unsafe ek_gemm(
        type, LAPACK.letterN, LAPACK.letterN, Int32(shape.rows - end), width, count, minusOne,
        matrix.address(end, start), ld, top, ld,
        one, matrix.address(end, columns.lowerBound), ld)
    }
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
