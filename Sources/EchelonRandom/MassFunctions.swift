import RealModule

// Logarithms of probabilities of whole numbers, without the cancellation that those of factorials bring: the terms of
// k·log k - k are 10¹⁷ times the result where k is 10¹⁵.
// Source: C. Loader, "Fast and accurate computation of binomial probabilities" (2000).

/// What Stirling's formula leaves: log n! - log(√(2πn)·(n/e)ⁿ).
private func stirlingError(_ n: Double) -> Double {
  if n < 16 {
    return .logGamma(n + 1) - (n + 0.5) * .log(n) + n - 0.9189385332046727418  // log √(2π)
  }
  let square = n * n
  let series = 1.0 / 1260 - (1.0 / 1680 - 1.0 / 1188 / square) / square
  return (1.0 / 12 - (1.0 / 360 - series / square) / square) / n
}

/// x·log(x / mean) + mean - x, accurate where both are close.
private func deviance(_ x: Double, _ mean: Double) -> Double {
  let difference = x - mean
  guard abs(difference) < 0.1 * (x + mean) else { return x * .log(x / mean) - difference }
  let v = difference / (x + mean)
  var (sum, term) = (difference * v, 2 * x * v)
  var divisor = 3.0
  while true {
    term *= v * v
    let next = sum + term / divisor
    if next == sum { return sum }
    (sum, divisor) = (next, divisor + 2)
  }
}

/// The logarithm of the probability of `k` events when `mean` are expected; k ≥ 0, mean > 0.
@usableFromInline
func logPoissonMass(_ k: Double, mean: Double) -> Double {
  if k == 0 { return -mean }
  return -stirlingError(k) - deviance(k, mean) - 0.5 * .log(2 * .pi * k)
}

/// The logarithm of the probability of `k` successes in `n` trials; 0 ≤ k ≤ n, 0 < p < 1.
@usableFromInline
func logBinomialMass(_ k: Double, trials n: Double, probability p: Double) -> Double {
  if k == 0 { return n * .log(onePlus: -p) }
  if k == n { return n * .log(p) }
  let errors = stirlingError(n) - stirlingError(k) - stirlingError(n - k)
  let deviances = deviance(k, n * p) + deviance(n - k, n * (1 - p))
  return errors - deviances + 0.5 * .log(n / (2 * .pi * k * (n - k)))
}
