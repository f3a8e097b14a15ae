import EchelonLinearAlgebra
import EchelonRandom
import TestSupport
import Testing

@Suite struct `Arithmetic of SIMD8<Double>` {
  private static let special: [Double] = [
    0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
    -0x1p-1022, 0.1, 3,
  ]

  /// Vectors with every pair of special numbers, and random ones.
  private static func pairs() -> [(SIMD8<Double>, SIMD8<Double>)] {
    var rng = PhiloxGenerator(seed: testSeed("SIMD8 arithmetic"), index: 0)
    var numbers: [(Double, Double)] = []
    for a in special { for b in special { numbers.append((a, b)) } }
    while numbers.count % 8 != 0 || numbers.count < 400 {
      numbers.append((1000 * (rng.uniform() - 0.5), rng.uniform() - 0.5))
    }
    return stride(from: 0, to: numbers.count, by: 8).map { start in
      var (a, b) = (SIMD8<Double>(), SIMD8<Double>())
      for lane in 0..<8 { (a[lane], b[lane]) = numbers[start + lane] }
      return (a, b)
    }
  }

  private func isSame(_ x: Double, _ y: Double) -> Bool {
    x.bitPattern == y.bitPattern || (x.isNaN && y.isNaN)
  }

  @Test func `gives each lane what its numbers give`() {
    for (a, b) in Self.pairs() {
      let (s, t) = (a[3], b[5])
      let (sum, difference, product, quotient) = (a + b, a - b, a * b, a / b)
      var changed = (a, a, a, a)
      changed.0 += b
      changed.1 -= b
      changed.2 *= b
      changed.3 /= b
      var scalars = (a, a, a, a)
      scalars.0 += t
      scalars.1 -= t
      scalars.2 *= t
      scalars.3 /= t
      for k in 0..<8 {
        #expect(isSame(sum[k], a[k] + b[k]) && isSame(changed.0[k], a[k] + b[k]))
        #expect(isSame(difference[k], a[k] - b[k]) && isSame(changed.1[k], a[k] - b[k]))
        #expect(isSame(product[k], a[k] * b[k]) && isSame(changed.2[k], a[k] * b[k]))
        #expect(isSame(quotient[k], a[k] / b[k]) && isSame(changed.3[k], a[k] / b[k]))
        #expect(isSame((-a)[k], -a[k]))
        #expect(isSame(scalars.0[k], a[k] + t) && isSame(scalars.1[k], a[k] - t))
        #expect(isSame(scalars.2[k], a[k] * t) && isSame(scalars.3[k], a[k] / t))
        #expect(isSame((a + t)[k], a[k] + t) && isSame((s + b)[k], s + b[k]))
        #expect(isSame((a - t)[k], a[k] - t) && isSame((s - b)[k], s - b[k]))
        #expect(isSame((a * t)[k], a[k] * t) && isSame((s * b)[k], s * b[k]))
        #expect(isSame((a / t)[k], a[k] / t) && isSame((s / b)[k], s / b[k]))
      }
    }
  }

  @Test func `replaces where a mask is true`() {
    for (a, b) in Self.pairs() {
      let mask = a .< b
      let (vector, scalar) = (a.replacing(with: b, where: mask), a.replacing(with: 7, where: mask))
      for k in 0..<8 {
        #expect(isSame(vector[k], mask[k] ? b[k] : a[k]))
        #expect(isSame(scalar[k], mask[k] ? 7 : a[k]))
      }
    }
  }
}
