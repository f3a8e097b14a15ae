import Echelon
import EchelonLinearAlgebra
import Testing

@Suite struct `Copies in column-major order` {
  /// Of rows, columns and either with gaps, in sizes around a cache line and a strip of columns.
  @Test(arguments: [1, 3, 4, 7, 8, 15, 16, 17, 33])
  func `have every element in its place, and nothing else`(_ rows: Int) {
    check(rows, Double.self) { Double($0) }
    check(rows, Float.self) { Float($0) }
    check(rows, ComplexElement<Double>.self) { ComplexElement(Double($0), -Double($0)) }
    check(rows, ComplexElement<Float>.self) { ComplexElement(Float($0), -Float($0)) }
  }

  private func check<Element: LinearAlgebraScalar & Equatable>(
    _ rows: Int, _ type: Element.Type, _ element: (Int) -> Element
  ) {
    for columns in [1, 5, 8, 16, 31, 255, 256, 257, 300] {
      for (rowStride, columnStride) in [
        (columns, 1), (columns + 3, 1), (1, rows), (1, rows + 5), (2 * columns, 2), (3, 3 * rows),
      ] {
        let view = MatrixView(
          rows: rows, columns: columns, rowStride: rowStride, columnStride: columnStride)
        let a = (0..<view.extent).map(element)
        let leading = rows + 2
        var out = [Element](repeating: element(-1), count: leading * columns)
        var span = out.mutableSpan
        copyColumnMajor(
          a.span, view, into: &span,
          ColumnMajorShape(rows: rows, columns: columns, leading: leading))
        let expected = (0..<leading * columns).map { place in
          place % leading < rows
            ? a[place % leading * rowStride + place / leading * columnStride] : element(-1)
        }
        #expect(out == expected, "\(rows) × \(columns), strides \(rowStride), \(columnStride)")
      }
    }
  }
}
