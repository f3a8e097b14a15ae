import EchelonLinearAlgebra
import TestSupport
import Testing

/// The sums of all rows and columns, block by block.
private func sums<Element: LinearAlgebraScalar>(
  _ a: [Element], _ view: MatrixView, in part: MatrixPart
) -> (rows: [Double], columns: [Double]) {
  var rowSums = [Double](repeating: .nan, count: view.rows)
  var columnSums = [Double](repeating: 0, count: view.columns)
  for start in stride(from: 0, to: view.rows, by: modulusSumRows) {
    let rows = start..<min(view.rows, start + modulusSumRows)
    var columnParts = [Double](repeating: .nan, count: view.columns)
    var ofRows = [Double](repeating: .nan, count: rows.count)
    do {
      var rowSpan = ofRows.mutableSpan
      var columnSpan = columnParts.mutableSpan
      sumModuli(a.span, view, rows: rows, in: part, rowSums: &rowSpan, columnSums: &columnSpan)
    }
    rowSums.replaceSubrange(rows, with: ofRows)
    for column in columnSums.indices { columnSums[column] += columnParts[column] }
  }
  return (rowSums, columnSums)
}

@Suite struct `Sums of moduli` {
  @Test(arguments: [MatrixPart.all, .lower, .upper])
  func `have the same bits by rows and by columns`(_ part: MatrixPart) {
    let seed = testSeed()
    func check<Element: LinearAlgebraScalar & BinaryFloatingPoint>(_: Element.Type) {
      var changes = 0
      for (rows, columns) in [(1, 1), (3, 300), (300, 3), (127, 129), (128, 256), (300, 391)] {
        var random = TestRandom(seed: seed)
        // Of many sizes, so that a sum depends on its order.
        let numbers = (0..<rows * columns).map { _ in
          Element(
            Double.random(in: -1...1, using: &random) * Double.random(in: 0...1, using: &random))
            * Element(
              sign: .plus, exponent: .init(Int.random(in: -30...30, using: &random)), significand: 1
            )
        }
        let counts = { (row: Int, column: Int) in
          part == .all || row == column || (part == .lower) == (row > column)
        }
        /// The matrix in memory; NaN between its elements, and where none count.
        func laid(_ view: MatrixView) -> [Element] {
          var memory = [Element](repeating: .nan, count: view.extent)
          for row in 0..<rows {
            for column in 0..<columns where counts(row, column) {
              memory[row * view.rowStride + column * view.columnStride] =
                numbers[row * columns + column]
            }
          }
          return memory
        }
        let plain = MatrixView(rows: rows, columns: columns)
        let across = MatrixView(rows: columns, columns: rows).transposed
        let gaps = MatrixView(
          rows: rows, columns: columns, rowStride: 2 * columns + 1, columnStride: 2)
        let expected = sums(laid(plain), plain, in: part)
        for view in [across, gaps] {
          let found = sums(laid(view), view, in: part)
          #expect(found == expected, "\(rows) × \(columns), seed \(seed)")
        }
        // The transposed matrix is the same memory.
        let turned = sums(laid(across), across.transposed, in: part.transposed)
        #expect(
          turned.rows == expected.columns && turned.columns == expected.rows,
          "\(rows) × \(columns), seed \(seed)")
        for row in 0..<rows {
          let moduli = (0..<columns).filter { counts(row, $0) }.map {
            abs(Double(numbers[row * columns + $0]))
          }
          let sum = moduli.reduce(0, +)
          #expect(abs(sum - expected.rows[row]) <= 1e-13 * sum)
          if moduli.reversed().reduce(0, +) != sum { changes += 1 }
        }
      }
      #expect(changes > 100, "the order matters for few of these sums")
    }
    check(Double.self)
    check(Float.self)
  }
}
