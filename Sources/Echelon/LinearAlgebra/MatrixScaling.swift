import EchelonLinearAlgebra

extension Array where Element: BitwiseCopyable {
  /// The elements of a span.
  init(copying span: Span<Element>) {
    self = span.indices.map { span[$0] }
  }
}

extension MatrixBytes {
  /// The first rows, without a copy.
  func first(rows: Int) -> MatrixBytes {
    precondition(rows <= layout.rows)
    var part = self
    part.layout.rows = rows
    return part
  }

  /// The first columns, without a copy.
  func first(columns: Int) -> MatrixBytes {
    precondition(columns <= layout.columns)
    var part = self
    part.layout.columns = columns
    return part
  }
}

/// Multiplies row i by `factors[i]`.
func scaleRows<Element: LinearAlgebraScalar>(
  _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, by factors: [Element.Real]
) {
  for column in 0..<shape.columns {
    for row in 0..<shape.rows {
      let index = row + column * shape.leading
      a[index] = a[index].scaled(by: factors[row])
    }
  }
}

/// Multiplies column j by `factors[j]`.
func scaleColumns<Element: LinearAlgebraScalar>(
  _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, by factors: [Element.Real]
) {
  for column in 0..<shape.columns {
    for index in column * shape.leading..<column * shape.leading + shape.rows {
      a[index] = a[index].scaled(by: factors[column])
    }
  }
}

/// Makes a matrix the identity, or as much of it as fits.
func setIdentity<Element: LinearAlgebraScalar>(
  _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape
) {
  for column in 0..<shape.columns {
    for row in 0..<shape.rows { a[row + column * shape.leading] = row == column ? 1 : 0 }
  }
}
