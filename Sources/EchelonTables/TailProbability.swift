import Glibc

/// Probabilities of Student's and Fisher's distributions.
enum TailProbability {
  /// That of a Student t variable whose magnitude is larger.
  static func ofT(_ t: Double, degreesOfFreedom: Double) -> Double {
    guard !t.isNaN, degreesOfFreedom > 0 else { return .nan }
    return incompleteBeta(
      degreesOfFreedom / 2, 0.5, degreesOfFreedom, t * t)
  }

  /// That of an F variable that is larger.
  static func ofF(_ f: Double, _ numerator: Double, _ denominator: Double) -> Double {
    guard !f.isNaN, numerator > 0, denominator > 0 else { return .nan }
    return incompleteBeta(denominator / 2, numerator / 2, denominator, numerator * f)
  }

  /// The regularized incomplete beta function Iₓ(a, b) at x = u / (u + v), neither of which rounds to 1 that way.
  ///
  /// - Accuracy: some 1e-13 for a and b up to 1000; beyond, the error grows as the logarithms of the gamma function do.
  /// - Source: *NIST Digital Library of Mathematical Functions*, 8.17.22, by Lentz's method.
  static func incompleteBeta(_ a: Double, _ b: Double, _ u: Double, _ v: Double) -> Double {
    if v == 0 { return 1 }
    if v == .infinity || u == 0 { return 0 }
    let (x, y) = (u / (u + v), v / (u + v))
    let logFront = a * log(x) + b * log(y) - (lgamma(a) + lgamma(b) - lgamma(a + b))
    // The fraction converges fast on one side of the mean.
    if x < (a + 1) / (a + b + 2) { return min(1, exp(logFront) * fraction(a, b, x) / a) }
    return max(0, 1 - exp(logFront) * fraction(b, a, y) / b)
  }

  private static func fraction(_ a: Double, _ b: Double, _ x: Double) -> Double {
    let smallest = 1e-300
    func nonzero(_ value: Double) -> Double { abs(value) < smallest ? smallest : value }
    var c = 1.0
    var d = 1 / nonzero(1 - (a + b) * x / (a + 1))
    var result = d
    // Steps grow with the square root of the larger argument.
    for step in 1...100_000 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / nonzero(1 + even * d)
      c = nonzero(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / nonzero(1 + odd * d)
      c = nonzero(1 + odd / c)
      let change = d * c
      result *= change
      if abs(change - 1) < 1e-16 { break }
    }
    return result
  }
}
