import RealModule

// Distribution functions by other ways than the samples are made.

/// The regularised incomplete gamma functions P and Q.
/// - Source: NIST Digital Library of Mathematical Functions, 8.7.1 (series), 8.9.2 (continued fraction, by Lentz).
func incompleteGamma(_ a: Double, _ x: Double) -> (lower: Double, upper: Double) {
  guard x > 0 else { return (0, 1) }
  let factor = Double.exp(a * .log(x) - x - .logGamma(a))
  if x < a + 1 {
    var (term, sum, n) = (1 / a, 1 / a, a)
    while abs(term) > 1e-17 * abs(sum) {
      n += 1
      term *= x / n
      sum += term
    }
    return (sum * factor, 1 - sum * factor)
  }
  var b = x + 1 - a
  var c = 1e300
  var d = 1 / b
  var fraction = d
  for i in 1...10_000 {
    let an = -Double(i) * (Double(i) - a)
    b += 2
    d = 1 / notZero(an * d + b)
    c = notZero(b + an / c)
    fraction *= c * d
    if abs(c * d - 1) < 1e-16 { break }
  }
  return (1 - factor * fraction, factor * fraction)
}

/// The regularised incomplete beta function I_x(a, b).
/// - Source: NIST Digital Library of Mathematical Functions, 8.17.22 (continued fraction, by Lentz), 8.17.4.
func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
  guard x > 0 else { return 0 }
  guard x < 1 else { return 1 }
  if x > (a + 1) / (a + b + 2) { return 1 - incompleteBeta(1 - x, b, a) }
  let logBeta = Double.logGamma(a) + .logGamma(b) - .logGamma(a + b)
  let factor = Double.exp(a * .log(x) + b * .log(onePlus: -x) - logBeta) / a
  var (c, d) = (1.0, 1 / notZero(1 - (a + b) * x / (a + 1)))
  var fraction = d
  for i in 1...10_000 {
    let m = Double(i)
    let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / notZero(1 + even * d)
    c = notZero(1 + even / c)
    fraction *= c * d
    let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / notZero(1 + odd * d)
    c = notZero(1 + odd / c)
    fraction *= c * d
    if abs(c * d - 1) < 1e-16 { break }
  }
  return factor * fraction
}

private func notZero(_ x: Double) -> Double { x == 0 ? 1e-300 : x }

func normalDistribution(_ x: Double) -> Double { .erfc(-x / 2.0.squareRoot()) / 2 }

/// The probability of so large a sum of squares by chance.
func chiSquaredProbability(_ sum: Double, degreesOfFreedom: Int) -> Double {
  incompleteGamma(Double(degreesOfFreedom) / 2, sum / 2).upper
}

func logFactorial(_ n: Int) -> Double { .logGamma(Double(n) + 1) }
