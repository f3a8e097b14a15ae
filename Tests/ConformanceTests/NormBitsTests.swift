import Echelon
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Random numbers of many sizes, so that the sum of some depends on its order.
private func mixed<Element: TestedScalar>(
  _ count: Int, seed: UInt64, of _: Element.Type = Element.self
) -> Reference<Element> {
  var random = TestRandom(seed: seed)
  return Reference(rows: count, columns: count) { _, _ in
    let size = Element.Real(sign: .plus, exponent: .init(Int(random.next() % 40)), significand: 1)
    return Element.random(&random).scaled(by: size)
  }
}

/// Norms of a matrix, and condition numbers, which have those in them.
private func numbers<Element: TestedScalar>(
  _ pool: ProcessPool, _ a: Reference<Element>, _ positive: Reference<Element>,
  _ layout: TestedLayout
) throws -> [Double] {
  let (a, positive) = (try a.shared(on: pool, layout), try positive.shared(on: pool, layout))
  let lu = try pool.lu(a)
  return try [MatrixNorm.one, .infinity, .frobenius, .maximum].map { try pool.matrixNorm(a, $0) }
    + [
      lu.reciprocalCondition(.one), lu.reciprocalCondition(.infinity),
      pool.conditionNumber(a, norm: .one), pool.cholesky(positive).reciprocalCondition(),
    ]
}

@Suite struct `Norms and condition numbers` {
  @Test func `have the same bits in every layout and with any number of workers`() throws {
    let seed = testSeed()
    func check<Element: TestedScalar>(_: Element.Type) throws {
      var changes = 0
      // Of 200 rows in one call, of 300 in steps.
      for (index, size) in [200, 300, 300, 300].enumerated() {
        let a = mixed(size, seed: seed &+ UInt64(index), of: Element.self)
        // A diagonal that is larger than the rest of a row, which is as large as some power of two.
        let positive = Reference<Element>(rows: size, columns: size) { row, column in
          if row == column { return Element(real: 0x1p50 + a[row, row].modulus) }
          return row > column ? a[row, column] : a[column, row].conjugate
        }
        let expected = try numbers(pools[0], a, positive, .rows)
        for (pool, layout) in [(0, .columns), (0, .gaps), (1, .columns), (2, .gaps), (3, .rows)]
          as [(Int, TestedLayout)]
        {
          let found = try numbers(pools[pool], a, positive, layout)
          #expect(found == expected, "n = \(size), \(Element.self), \(layout), seed \(seed)")
        }
        for column in 0..<size {
          let moduli = (0..<size).map { Double(a[$0, column].modulus) }
          if moduli.reduce(0, +) != moduli.reversed().reduce(0, +) { changes += 1 }
        }
      }
      #expect(changes > 0, "no order matters for these numbers")
    }
    for scalar in testedScalars { try check(scalar) }
  }
}
