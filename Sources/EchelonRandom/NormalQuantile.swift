internal import Glibc

/// The quantile of the standard normal distribution: z with Φ(z) = `p`.
///
/// -∞ for 0, +∞ for 1, NaN outside [0, 1]. Relative error about 1e-16.
/// - Source: M. J. Wichura, "Algorithm AS 241: the percentage points of the normal distribution",
///   *Applied Statistics* 37 (1988), routine PPND16.
@inlinable
public func normalQuantile(_ p: Double) -> Double {
  let q = p - 0.5
  guard abs(q) <= 0.425 else { return normalTailQuantile(p) }
  // Horner's rule term by term: one long expression would take the type checker seconds.
  let r = 0.180625 - q * q
  var numerator = 2.5090809287301226727e3
  numerator = numerator * r + 3.3430575583588128105e4
  numerator = numerator * r + 6.7265770927008700853e4
  numerator = numerator * r + 4.5921953931549871457e4
  numerator = numerator * r + 1.3731693765509461125e4
  numerator = numerator * r + 1.9715909503065514427e3
  numerator = numerator * r + 1.3314166789178437745e2
  numerator = numerator * r + 3.3871328727963666080e0
  var denominator = 5.2264952788528545610e3
  denominator = denominator * r + 2.8729085735721942674e4
  denominator = denominator * r + 3.9307895800092710610e4
  denominator = denominator * r + 2.1213794301586595867e4
  denominator = denominator * r + 5.3941960214247511077e3
  denominator = denominator * r + 6.8718700749205790830e2
  denominator = denominator * r + 4.2313330701600911252e1
  denominator = denominator * r + 1
  return q * numerator / denominator
}

/// The tails of `normalQuantile`: |p - ½| > 0.425, and what is no probability.
@usableFromInline
func normalTailQuantile(_ p: Double) -> Double {
  guard p >= 0, p <= 1 else { return .nan }
  if p == 0 { return -.infinity }
  if p == 1 { return .infinity }
  // 1 - p is exact here: p is within a factor of two of 1.
  let root = (-log(p < 0.5 ? p : 1 - p)).squareRoot()
  let magnitude: Double
  if root <= 5 {
    magnitude = rational(
      root - 1.6,
      [
        7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1,
        1.27045825245236838258e0, 3.64784832476320460504e0, 5.76949722146069140550e0,
        4.63033784615654529590e0, 1.42343711074968357734e0,
      ],
      [
        1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2,
        1.48103976427480074590e-1, 6.89767334985100004550e-1, 1.67638483018380384940e0,
        2.05319162663775882187e0, 1,
      ])
  } else {
    magnitude = rational(
      root - 5,
      [
        2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3,
        2.65321895265761230930e-2, 2.96560571828504891230e-1, 1.78482653991729133580e0,
        5.46378491116411436990e0, 6.65790464350110377720e0,
      ],
      [
        2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5,
        7.86869131145613259100e-4, 1.48753612908506148525e-2, 1.36929880922735805310e-1,
        5.99832206555887937690e-1, 1,
      ])
  }
  return p < 0.5 ? -magnitude : magnitude
}

/// The quotient of two polynomials of degree 7, highest coefficients first.
private func rational(
  _ r: Double, _ numerator: InlineArray<8, Double>, _ denominator: InlineArray<8, Double>
) -> Double {
  var (n, d) = (0.0, 0.0)
  for k in 0..<8 {
    n = n * r + numerator[k]
    d = d * r + denominator[k]
  }
  return n / d
}
