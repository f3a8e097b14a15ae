import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

@Suite struct `A QR factorization` {
  static let shapes = [
    (0, 0), (0, 3), (3, 0), (1, 1), (2, 2), (5, 3), (3, 5), (10, 10), (70, 20), (20, 70),
    (200, 200),
  ]

  @Test(arguments: TestedExecutor.allCases)
  func `multiplied out is the matrix, and Q is orthonormal`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      for (rows, columns) in Self.shapes {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        for layout in rows > 100 ? [.rows] : TestedLayout.allCases {
          for pivoting in [ColumnPivoting.none, .columns] {
            let shared = try a.shared(on: kind.shared, layout)
            let qr = try kind.shared.qr(shared, pivoting: pivoting)
            let what = "\(rows) × \(columns), \(layout), \(pivoting)"
            let product = Reference(try qr.reconstruct())
            #expect(ratio(product - a, to: a.norm, count: rows) < 30, "\(what)")
            let (q, r) = (Reference(try qr.q()), Reference(try qr.r))
            let order = qr.permutation
            #expect(order.sorted() == Array(0..<columns))
            let exchanged = Reference<Element>(rows: rows, columns: columns) { a[$0, order[$1]] }
            #expect(ratio(q * r - exchanged, to: a.norm, count: rows) < 30, "\(what)")
            let unit = Reference<Element>(rows: q.columns, columns: q.columns) { $0 == $1 ? 1 : 0 }
            #expect(ratio(q.adjoint * q - unit, to: 1, count: rows) < 30, "\(what)")
            if pivoting == .columns {
              let diagonal = (0..<min(rows, columns)).map { Double(r[$0, $0].modulus) }
              #expect(zip(diagonal, diagonal.dropFirst()).allSatisfy { $0 > $1 * 0.999 }, "\(what)")
            }
            #expect(Reference(shared) == a, "the input has changed, \(what)")
          }
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `solves least squares: what is left is orthogonal to the columns`(_ kind: TestedExecutor)
    throws
  {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      for (rows, columns) in Self.shapes where rows >= columns {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let b = Reference<Element>(rows: rows, columns: 3, seed: seed &+ 1)
        for pivoting in [ColumnPivoting.none, .columns] {
          let qr = try kind.shared.qr(try a.shared(on: kind.shared, .columns), pivoting: pivoting)
          let x = Reference(try qr.solve(try b.shared(on: kind.shared, .gaps)))
          let left = a.adjoint * (a * x - b)
          let scale = a.norm * (a.norm * x.norm + b.norm)
          #expect(ratio(left, to: scale, count: rows) < 30, "\(rows) × \(columns), \(pivoting)")
        }
      }
    }
    try check(Double.self)
    try check(Float.self)
    try check(ComplexElement<Double>.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `applies all of Q and its adjoint`(_ kind: TestedExecutor) throws {
    func check<Element: TestedScalar>(_ type: Element.Type) throws {
      let seed = testSeed()
      for (rows, columns) in Self.shapes where rows > 0 {
        let a = Reference<Element>(rows: rows, columns: columns, seed: seed)
        let qr = try kind.shared.qr(try a.shared(on: kind.shared))
        let c = Reference<Element>(rows: rows, columns: 4, seed: seed &+ 2)
        let there = try qr.applyingQ(to: try c.shared(on: kind.shared, .gaps), adjoint: true)
        let back = Reference(try qr.applyingQ(to: there))
        #expect(ratio(back - c, to: c.norm, count: rows) < 30, "\(rows) × \(columns)")
        // The first rows of Qᴴ·C are those of the thin Q.
        let thin = Reference(try qr.q()).adjoint * c
        let first = Reference(there[0..<min(rows, columns), 0..<4])
        #expect(ratio(thin - first, to: c.norm, count: rows) < 30, "\(rows) × \(columns)")
      }
    }
    try check(Double.self)
    try check(ComplexElement<Float>.self)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `with exchanged columns shows the rank`(_ kind: TestedExecutor) throws {
    let seed = testSeed()
    for rank in [0, 1, 4, 10] {
      let left = Reference<Double>(rows: 15, columns: rank, seed: seed)
      let a = left * Reference<Double>(rows: rank, columns: 10, seed: seed &+ 1)
      let qr = try kind.shared.qr(try a.shared(on: kind.shared), pivoting: .columns)
      #expect(qr.rank() == rank)
      #expect(qr.rank(tolerance: 1) == 0)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `says what it cannot solve`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let a = try pool.matrix(rows: 3, columns: 2) { row, column in column == 0 ? 1.0 : 0 }
    let b = try pool.matrix(repeating: 1.0, rows: 3, columns: 1)
    #expect(throws: LinearAlgebraError.singular(column: 1)) { try pool.qr(a).solve(b) }
    // The column of A, wherever pivoting has brought it.
    let empty = try pool.matrix(rows: 3, columns: 2) { _, column in Double(column) }
    #expect(throws: LinearAlgebraError.singular(column: 0)) {
      try pool.qr(empty, pivoting: .columns).solve(b)
    }
    #expect(throws: LinearAlgebraError.tooFewRows(operation: "solve", rows: 2, columns: 3)) {
      try pool.qr(a.transposed).solve(b)
    }
    #expect(throws: LinearAlgebraError.rightSideMismatch(rows: 3, columns: 2, rightSideRows: 2)) {
      try pool.qr(a).solve(a.transposed)
    }
    a[2, 1] = .infinity
    #expect(throws: LinearAlgebraError.notFinite(row: 2, column: 1)) { try pool.qr(a) }
  }
}
