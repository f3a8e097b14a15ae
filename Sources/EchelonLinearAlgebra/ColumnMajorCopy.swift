internal import CEchelonKernels

/// Which elements of a matrix count.
public enum MatrixPart: Sendable, Codable, Hashable {
  /// All.
  case all
  /// Those on the diagonal and below.
  case lower
  /// Those on the diagonal and above.
  case upper

  /// The same elements, of the matrix with rows and columns exchanged.
  public var transposed: MatrixPart { self == .lower ? .upper : self == .upper ? .lower : .all }

  var letter: CChar {
    switch self {
    case .all: CChar(bitPattern: UInt8(ascii: "A"))
    case .lower: LAPACK.letterL
    case .upper: LAPACK.letterU
    }
  }
}

/// Which norm of a matrix.
public enum MatrixNorm: Sendable, Codable, Hashable {
  /// The largest sum of a column's moduli.
  case one
  /// The largest sum of a row's moduli.
  case infinity
  /// The root of the sum of all squared moduli.
  case frobenius
  /// The largest modulus; no operator norm.
  case maximum

  var letter: CChar {
    switch self {
    case .one: LAPACK.letterO
    case .infinity: LAPACK.letterI
    case .frobenius: CChar(bitPattern: UInt8(ascii: "F"))
    case .maximum: CChar(bitPattern: UInt8(ascii: "M"))
    }
  }
}

// SAFETY, for all: the views lie inside the spans (the checks), and the shim touches no more than a view.

/// Copies a matrix, however it lies, into column-major memory.
public func copyColumnMajor<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, into out: inout MutableSpan<Element>,
  _ shape: ColumnMajorShape
) {
  precondition(view.rows == shape.rows && view.columns == shape.columns)
  precondition(view.extent <= a.count, "the view reaches past the end")
  shape.check(out.count)
  guard !view.isEmpty else { return }
  unsafe withAddress(a) { a in
    unsafe withAddress(&out) { out in
      unsafe ek_pack(
        MemoryLayout<Element>.stride, view.rows, view.columns, a!, view.rowStride,
        view.columnStride, out!, shape.leading)
    }
  }
}

/// The first element in row-major order with a part that is NaN or infinite; nil for none.
public func firstNotFinite<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, in part: MatrixPart = .all
) -> (row: Int, column: Int)? {
  precondition(view.extent <= a.count, "the view reaches past the end")
  guard !view.isEmpty else { return nil }
  let place = unsafe withAddress(a) { a in
    unsafe ek_find_not_finite(
      Element.scalarType.rawValue, part.letter, view.rows, view.columns, a!, view.rowStride,
      view.columnStride)
  }
  return place < 0 ? nil : (place / view.columns, place % view.columns)
}

/// Whether a square column-major matrix without gaps has a part that is NaN.
public func containsNaN<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ shape: ColumnMajorShape
) -> Bool {
  shape.check(a.count)
  shape.checkSquare()
  precondition(shape.leading == max(1, shape.rows), "there are gaps")
  return unsafe withAddress(a) { a in
    unsafe shape.extent > 0
      && ek_has_nan(Element.scalarType.rawValue, MatrixPart.all.letter, shape.rows, a!) != 0
  }
}

/// A norm of a matrix, computed in double precision; 0 of no elements, NaN where there is one.
/// - Accuracy: sums are of one element after the other: relative error ≤ γₙ for n elements in a sum.
public func matrixNorm<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, _ norm: MatrixNorm
) -> Double {
  precondition(view.extent <= a.count, "the view reaches past the end")
  guard !view.isEmpty else { return 0 }
  return unsafe withAddress(a) { a in
    unsafe ek_matrix_norm(
      Element.scalarType.rawValue, norm.letter, view.rows, view.columns, a!, view.rowStride,
      view.columnStride)
  }
}

/// Copies a triangle of a column-major matrix, with zeros in the place of the other one.
/// - Parameter hasUnitDiagonal: whether the diagonal becomes ones, whatever there is.
public func copyTriangle<Element: LinearAlgebraScalar>(
  _ triangle: LAPACK.Triangle, hasUnitDiagonal: Bool = false, _ a: Span<Element>,
  _ shape: ColumnMajorShape, into out: inout MutableSpan<Element>, _ outShape: ColumnMajorShape
) {
  shape.check(a.count)
  outShape.check(out.count)
  precondition(outShape.rows <= shape.rows && outShape.columns <= shape.columns)
  guard outShape.extent > 0 else { return }
  let letter = hasUnitDiagonal ? triangle.letter + 32 : triangle.letter  // in lower case
  unsafe withAddress(a) { a in
    unsafe withAddress(&out) { out in
      unsafe ek_copy_triangle(
        Element.scalarType.rawValue, letter, outShape.rows, outShape.columns, a!, shape.leading,
        out!, outShape.leading)
    }
  }
}

/// Copies one triangle of a square column-major matrix into the other.
/// - Parameters:
///   - triangle: the one that is copied.
///   - conjugated: whether elements are conjugated, and the diagonal made real.
public func mirror<Element: LinearAlgebraScalar>(
  _ triangle: LAPACK.Triangle, conjugated: Bool, _ a: inout MutableSpan<Element>,
  _ shape: ColumnMajorShape
) {
  shape.check(a.count)
  shape.checkSquare()
  guard shape.extent > 0 else { return }
  unsafe withAddress(&a) { a in
    unsafe ek_mirror(
      Element.scalarType.rawValue, triangle.letter, conjugated ? 1 : 0, shape.rows, a!,
      shape.leading)
  }
}

/// Copies the diagonals of a square matrix that form its band, as LAPACK has them.
/// - Parameters:
///   - diagonal: the row of `out` that takes the middle diagonal; `upper` or more.
///   - out: of diagonal + lower + 1 rows or more; what the band does not fill becomes 0.
public func copyBand<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, lower: Int, upper: Int,
  into out: inout MutableSpan<Element>, _ shape: ColumnMajorShape, diagonal: Int
) {
  precondition(view.rows == view.columns && view.columns == shape.columns)
  precondition(view.extent <= a.count, "the view reaches past the end")
  precondition(shape.leading * shape.columns <= out.count, "the band does not fit")
  precondition(
    lower >= 0 && upper >= 0 && diagonal >= upper && diagonal + lower < shape.leading,
    "\(lower) and \(upper) diagonals do not fit into \(shape.leading) rows")
  guard !view.isEmpty else { return }
  unsafe withAddress(a) { a in
    unsafe withAddress(&out) { out in
      unsafe ek_pack_band(
        MemoryLayout<Element>.stride, view.rows, lower, upper, a!, view.rowStride,
        view.columnStride, out!, diagonal, shape.leading)
    }
  }
}

/// The first element of a band in row-major order with a part that is NaN or infinite; nil for none.
public func firstNotFinite<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ view: MatrixView, lower: Int, upper: Int
) -> (row: Int, column: Int)? {
  for row in 0..<view.rows {
    let columns = max(0, row - lower)..<min(view.columns, row + upper + 1)
    guard let first = columns.first else { continue }
    let start = row * view.rowStride + first * view.columnStride
    let part = MatrixView(
      rows: 1, columns: columns.count, rowStride: view.rowStride, columnStride: view.columnStride)
    if let place = firstNotFinite(a.extracting(start..<start + part.extent), part) {
      return (row, first + place.column)
    }
  }
  return nil
}
