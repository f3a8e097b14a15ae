import ComplexModule
import Echelon
import RealModule

// What options cost by other ways than simulation and than the formulas of the library.

/// The probability that a standard normal number lies below `x`.
func normalBelow(_ x: Double) -> Double { .erfc(-x / 2.squareRoot()) / 2 }

/// Σ over z of the density of a normal number, by the trapezoidal rule, whose error vanishes for smooth functions.
func normalMean(points: Int = 161, _ body: (Double) -> Double) -> Double {
  let step = 17 / Double(points - 1)
  return (0..<points).reduce(0) { sum, point in
    let z = -8.5 + Double(point) * step
    return sum + step * .exp(-z * z / 2) / (2 * Double.pi).squareRoot() * body(z)
  }
}

/// Without discounting: of a log-normal price with this mean.
func undiscounted(
  _ kind: EuropeanOption.Kind, mean: Double, strike: Double, deviation: Double
) -> Double {
  let sign = kind == .call ? 1.0 : -1
  guard strike > 0 else { return max(0, sign * (mean - strike)) }
  let d = Double.log(mean / strike) / deviation + deviation / 2
  return sign * (mean * normalBelow(sign * d) - strike * normalBelow(sign * (d - deviation)))
}

/// An Asian option on the arithmetic average, by a recursion over the dates: with V = e^x·(1 + V of the next date) the
/// sum of all prices is spot·V.
func arithmeticAsian(_ option: AsianOption) -> Double {
  let n = Double(option.dates)
  let step = option.years / n
  let deviation = option.volatility * step.squareRoot()
  let drift = (option.rate - option.volatility * option.volatility / 2) * step
  // Values at u = log(1 + V), of which the first are known.
  let count = 500
  let last = .log(n) + 7 * option.volatility * option.years.squareRoot() + 0.5
  let width = last / Double(count - 1)
  var values = (0..<count).map { point in
    undiscounted(
      option.kind, mean: option.spot / n * .exp(Double(point) * width + option.rate * step),
      strike: option.strike, deviation: deviation)
  }
  func value(_ u: Double) -> Double {
    let place = min(max(u / width, 0), Double(count - 1))
    let first = min(max(Int(place) - 1, 0), count - 4)
    let t = place - Double(first)
    // Lagrange's polynomial through four points.
    let a = values[first] * (t - 1) * (t - 2) * (t - 3) / -6
    let b = values[first + 1] * t * (t - 2) * (t - 3) / 2
    let c = values[first + 2] * t * (t - 1) * (t - 3) / -2
    return a + b + c + values[first + 3] * t * (t - 1) * (t - 2) / 6
  }
  for date in 1..<max(1, option.dates) {
    let isLast = date == option.dates - 1
    values = (0..<(isLast ? 1 : count)).map { point in
      normalMean(points: 69) { z in
        value(.log(onePlus: .exp(drift + deviation * z + Double(point) * width)))
      }
    }
    if isLast { break }
  }
  return values[0] * .exp(-option.rate * option.years)
}

/// A knock-out option monitored at dates, by integration from date to date over the prices at which it lives.
func knockOut(_ option: BarrierOption, dates: Int) -> Double {
  let isUp = option.effect == .upAndOut || option.effect == .upAndIn
  let step = option.years / Double(dates)
  let deviation = option.volatility * step.squareRoot()
  let drift = (option.rate - option.volatility * option.volatility / 2) * step
  let (start, barrier, kink) = (
    Double.log(option.spot), Double.log(option.barrier), Double.log(option.strike)
  )
  let far = 8 * option.volatility * option.years.squareRoot()
  let ends = isUp ? (start - far, barrier) : (barrier, start + far)
  // Simpson's rule, by parts on either side of the strike.
  var (nodes, weights): ([Double], [Double]) = ([], [])
  let parts =
    kink > ends.0 && kink < ends.1 ? [(ends.0, kink), (kink, ends.1)] : [ends]
  for (low, high) in parts {
    let count = 240
    let width = (high - low) / Double(count)
    for index in 0...count {
      nodes.append(low + Double(index) * width)
      weights.append(width / 3 * (index == 0 || index == count ? 1 : index % 2 == 1 ? 4 : 2))
    }
  }
  let sign = option.kind == .call ? 1.0 : -1
  var values = nodes.map { max(0, sign * (.exp($0) - option.strike)) }
  func mean(from x: Double) -> Double {
    let middle = x + drift
    var sum = 0.0
    for index in nodes.indices {
      let z = (nodes[index] - middle) / deviation
      if abs(z) < 9 { sum += weights[index] * .exp(-z * z / 2) * values[index] }
    }
    return sum / (deviation * (2 * Double.pi).squareRoot())
  }
  for _ in 1..<max(1, dates) { values = nodes.map(mean) }
  return mean(from: start) * .exp(-option.rate * option.years)
}

/// E e^(power·M), M the maximum of 0 and of a normal walk at each of its dates, by Spitzer's identity.
func walkMaximum(power: Double, drift: Double, deviation: Double, dates: Int) -> Double {
  var (single, found) = ([0.0], [1.0])
  for n in 1...dates {
    let (m, s) = (Double(n) * drift, Double(n).squareRoot() * deviation)
    single.append(
      normalBelow(-m / s) + .exp(power * m + power * power * s * s / 2)
        * normalBelow((m + power * s * s) / s))
    found.append((1...n).reduce(0) { $0 + single[$1] * found[n - $1] } / Double(n))
  }
  return found[dates]
}

/// A lookback option with a floating strike that is monitored at dates.
func floatingLookback(_ option: LookbackOption, dates: Int) -> Double {
  let step = option.years / Double(dates)
  let deviation = option.volatility * step.squareRoot()
  let drift = (option.rate - option.volatility * option.volatility / 2) * step
  let sign = option.kind == .call ? -1.0 : 1
  let extreme = walkMaximum(power: sign, drift: sign * drift, deviation: deviation, dates: dates)
  return sign * (option.spot * extreme * .exp(-option.rate * option.years) - option.spot)
}

/// A basket of two assets: the mean over the first of Black and Scholes' price of the second.
func basketOfTwo(_ option: BasketOption) -> Double {
  let root = option.years.squareRoot()
  let rho = option.correlations[0][1]
  let (first, second) = (option.volatilities[0] * root, option.volatilities[1] * root)
  let drift = option.rate * option.years
  return .exp(-drift)
    * normalMean(points: 2001) { z in
      let asset = option.weights[0] * option.spots[0] * .exp(drift - first * first / 2 + first * z)
      let mean =
        option.weights[1] * option.spots[1]
        * .exp(drift - rho * rho * second * second / 2 + rho * second * z)
      return undiscounted(
        option.kind, mean: mean, strike: option.strike - asset,
        deviation: second * (1 - rho * rho).squareRoot())
    }
}

/// A call by the two probabilities of Heston's paper, from the characteristic function of the logarithm of the price.
func callPrice(
  spot: Double, strike: Double, rate: Double, years: Double,
  characteristic: (Complex<Double>) -> Complex<Double>
) -> Double {
  let logStrike = Double.log(strike)
  func probability(_ shift: Double) -> Double {
    let scale = characteristic(Complex(0, -shift)).real
    // Midpoints: the integrand has no value at 0.
    let (count, width) = (20_000, 0.01)
    var sum = 0.0
    for index in 0..<count {
      let u = (Double(index) + 0.5) * width
      let value =
        Complex.exp(Complex(0, -u * logStrike)) * characteristic(Complex(u, -shift))
      sum += (value / Complex(0, u)).real
    }
    return 0.5 + sum * width / scale / .pi
  }
  return spot * probability(1) - strike * .exp(-rate * years) * probability(0)
}

/// Of the logarithm of the price in Heston's model, with the sign of the root that does not leave the branch.
func hestonCharacteristic(_ option: HestonOption, _ u: Complex<Double>) -> Complex<Double> {
  let i = Complex<Double>.i
  let (kappa, sigma, t) = (option.meanReversion, option.volatilityOfVariance, option.years)
  let b = Complex(kappa) - Complex(option.correlation * sigma) * i * u
  let d = Complex.sqrt(b * b + Complex(sigma * sigma) * (i * u + u * u))
  let g = (b - d) / (b + d)
  let e = Complex.exp(-d * Complex(t))
  let one = Complex<Double>(1)
  let c =
    Complex(kappa * option.longRunVariance / (sigma * sigma))
    * ((b - d) * Complex(t) - Complex(2) * Complex.log((one - g * e) / (one - g)))
  let v = (b - d) / Complex(sigma * sigma) * (one - e) / (one - g * e)
  return Complex.exp(
    c + v * Complex(option.variance) + i * u * Complex(.log(option.spot) + option.rate * t))
}

/// Of the logarithm of the price in Merton's model.
func mertonCharacteristic(_ option: MertonOption, _ u: Complex<Double>) -> Complex<Double> {
  let i = Complex<Double>.i
  let (t, variance) = (option.years, option.volatility * option.volatility)
  let spread = option.jumpDeviation * option.jumpDeviation
  let growth = Double.expMinusOne(option.jumpMean + spread / 2)
  let drift = option.rate - variance / 2 - option.jumpsPerYear * growth
  let jump =
    Complex.exp(i * u * Complex(option.jumpMean) - u * u * Complex(spread / 2)) - Complex(1)
  return Complex.exp(
    i * u * Complex(.log(option.spot) + drift * t) - u * u * Complex(variance * t / 2)
      + Complex(option.jumpsPerYear * t) * jump)
}

/// An American option with jumps, by a recursion from the last to the first: on a grid of logarithms, with
/// the density of the price from date to date, a sum over the number of jumps.
func jumpRecursion(_ option: MertonOption, dates: Int, points: Int = 1201) -> Double {
  let step = option.years / Double(dates)
  let sign = option.kind == .call ? 1.0 : -1
  let (width, middle) = (6.0, points / 2)
  let distance = width / Double(points - 1)
  let growth = Double.exp(option.jumpMean + option.jumpDeviation * option.jumpDeviation / 2) - 1
  let drift =
    (option.rate - option.volatility * option.volatility / 2 - option.jumpsPerYear * growth)
    * step
  let weights = (1 - points..<points).map { place in
    let way = Double(place) * distance
    var (sum, probability) = (0.0, Double.exp(-option.jumpsPerYear * step))
    for jumps in 0..<20 {
      let count = Double(jumps)
      let variance =
        option.volatility * option.volatility * step
        + count * option.jumpDeviation * option.jumpDeviation
      let rest = way - drift - count * option.jumpMean
      sum +=
        probability * Double.exp(-rest * rest / (2 * variance)) / (2 * .pi * variance).squareRoot()
      probability *= option.jumpsPerYear * step / (count + 1)
    }
    return sum * distance * Double.exp(-option.rate * step)
  }
  let payoffs = (0..<points).map { place in
    max(0, sign * (option.spot * Double.exp(Double(place - middle) * distance) - option.strike))
  }
  var values = payoffs
  for date in (0..<dates).reversed() {
    let held = (date == 0 ? middle...middle : 0...points - 1).map { place in
      var sum = 0.0
      for other in 0..<points { sum += weights[other - place + points - 1] * values[other] }
      return sum
    }
    if date == 0 { return max(held[0], payoffs[middle]) }
    values = zip(held, payoffs).map { max($0, $1) }
  }
  return values[middle]
}
