import ComplexModule
import Echelon
import RealModule

// What options on paths cost in Heston's model by other ways than simulation and than the formulas of the library.

/// A call or a put on the geometric average of the prices at dates: the logarithms of prices and the variance are affine, so the
/// characteristic function of their mean follows from date to date, by Riccati's equations (Runge and Kutta), and the price from
/// its integrals.
func hestonGeometricAsian(_ option: HestonOption, dates: Int) -> Double {
  let n = Double(dates)
  let (rate, rho, sigma) = (option.rate, option.correlation, option.volatilityOfVariance)
  let (kappa, theta) = (option.meanReversion, option.longRunVariance)
  let stepCount = 32
  let step = option.years / n / Double(stepCount)

  /// The logarithm of E e^(power·mean of the logarithms).
  func logMoment(_ power: Complex<Double>) -> Complex<Double> {
    var (slope, level) = (Complex<Double>.zero, Complex<Double>.zero)
    var held = Complex<Double>.zero
    func change(_ slope: Complex<Double>) -> Complex<Double> {
      let square = (held * held - held).multiplied(by: 0.5)
      let linear = (held.multiplied(by: rho * sigma) - Complex(kappa)) * slope
      return square + linear + (slope * slope).multiplied(by: sigma * sigma / 2)
    }
    for _ in 0..<dates {
      held += power.multiplied(by: 1 / n)
      level += held.multiplied(by: rate * option.years / n)
      for _ in 0..<stepCount {
        let a = change(slope)
        let middle = slope + a.multiplied(by: step / 2)
        let b = change(middle)
        let second = slope + b.multiplied(by: step / 2)
        let c = change(second)
        let last = slope + c.multiplied(by: step)
        let d = change(last)
        // Simpson's rule for the integral of the slope.
        let between = (middle + second).multiplied(by: 2)
        level += (slope + between + last).multiplied(by: kappa * theta * step / 6)
        slope += (a + (b + c).multiplied(by: 2) + d).multiplied(by: step / 6)
      }
    }
    return level + slope.multiplied(by: option.variance)
      + power.multiplied(by: .log(option.spot))
  }

  /// The probability that the average is above the strike, with the average itself as a weight, or without.
  func above(weight: Double) -> Double {
    let width = 0.25
    let whole = logMoment(Complex(weight))
    var sum = 0.0
    for index in 0..<600 {
      let u = (Double(index) + 0.5) * width
      let value = logMoment(Complex(weight, u)) - whole - Complex(0, u * .log(option.strike))
      sum += (Complex.exp(value) / Complex(0, u)).real * width
    }
    return 0.5 + sum / .pi
  }
  let mean = Complex.exp(logMoment(.one)).real
  let call = mean * above(weight: 1) - option.strike * above(weight: 0)
  let value = option.kind == .call ? call : call - mean + option.strike
  return value * .exp(-option.rate * option.years)
}

/// The expectation of what is paid on the path of a price, backwards from date to date on a grid of its logarithm and the
/// variance, by explicit steps in time.
struct HestonGrid {
  let option: HestonOption
  let dates: Int
  /// Whether all is counted in units of the asset.
  let isInAssets: Bool
  /// From node to node of the logarithm, relative to that of the spot.
  let width: Double
  let below: Int
  let above: Int
  /// From node to node of the variance, and how many there are.
  let spacing: Double
  let levels: Int

  /// - Parameters:
  ///   - end: what is paid at a logarithm.
  ///   - look: changes values, of all nodes for one variance, at a date.
  ///   - edges: values at the lowest and the highest node, so many years before the end.
  func value(
    end: (Double) -> Double, look: (inout [Double]) -> Void,
    edges: (_ years: Double) -> (low: Double, high: Double?)
  ) -> Double {
    let nodes = below + above + 1
    let (rho, sigma) = (option.correlation, option.volatilityOfVariance)
    // With the asset as the unit, its own chance shifts both drifts.
    let tilt = isInAssets ? 0.5 : -0.5
    let reversion = option.meanReversion - (isInAssets ? rho * sigma : 0)
    let pull = option.meanReversion * option.longRunVariance
    let discount = isInAssets ? 0 : option.rate
    let highest = spacing * Double(levels - 1)
    let rates = highest / (width * width) + sigma * sigma * highest / (spacing * spacing)
    let interval = option.years / Double(dates)
    let stepCount = Int((interval * rates * 1.15).rounded(.up))
    let step = interval / Double(stepCount)
    var values = [[Double]](
      repeating: (0..<nodes).map { end(Double($0 - below) * width) }, count: levels)
    var passed = 0.0
    for _ in 0..<dates {
      for level in 0..<levels { look(&values[level]) }
      for _ in 0..<stepCount {
        passed += step
        let (low, high) = edges(passed)
        var next = values
        for level in 0..<levels {
          let variance = Double(level) * spacing
          let first = variance / (2 * width * width)
          let drift = (option.rate + tilt * variance) / (2 * width)
          let second = sigma * sigma * variance / (2 * spacing * spacing)
          let shift = pull - reversion * variance
          let mixed = rho * sigma * variance / (4 * width * spacing)
          let here = values[level]
          let isEdge = level == 0 || level == levels - 1
          let up = values[min(level + 1, levels - 1)]
          let down = values[max(level - 1, 0)]
          // One-sided at both ends, where the drift leads inwards.
          let along = shift / (isEdge ? spacing : 2 * spacing)
          for node in 1..<nodes - 1 {
            let value = here[node]
            var change = first * (here[node + 1] - 2 * value + here[node - 1])
            change += drift * (here[node + 1] - here[node - 1])
            change += along * (up[node] - down[node]) - discount * value
            if !isEdge {
              change += second * (up[node] - 2 * value + down[node])
              change += mixed * (up[node + 1] - up[node - 1] - down[node + 1] + down[node - 1])
            }
            next[level][node] = value + step * change
          }
          next[level][0] = low
          next[level][nodes - 1] = high ?? next[level][nodes - 2]
        }
        values = next
      }
    }
    // The variance of today between two nodes.
    let place = option.variance / spacing
    let level = min(Int(place), levels - 2)
    let part = place - Double(level)
    return values[level][below] * (1 - part) + values[level + 1][below] * part
  }

  /// A call that ends where the price is at a barrier below it or under it at a date; half a width lies between the barrier and a
  /// node. The strike is the spot.
  static func downAndOut(_ option: HestonOption, nodesToBarrier: Int, barrier: Double, dates: Int)
    -> Double
  {
    let width = Double.log(option.spot / barrier) / (Double(nodesToBarrier) + 0.5)
    let grid = HestonGrid(
      option: option, dates: dates, isInAssets: false, width: width,
      below: Int(1.1 / width), above: Int(1.1 / width), spacing: 0.01, levels: 41)
    let dead = grid.below - nodesToBarrier
    return grid.value {
      max(0, option.spot * .exp($0) - option.strike)
    } look: { values in
      for node in 0..<dead { values[node] = 0 }
    } edges: { years in
      let top = option.spot * .exp(Double(grid.above) * width)
      return (0, top - option.strike * .exp(-option.rate * years))
    }
  }

  /// A put that may be exercised at its dates, but for today.
  static func american(_ option: HestonOption, dates: Int) -> Double {
    let (width, spacing) = (0.02, 0.02)
    let grid = HestonGrid(
      option: option, dates: dates, isInAssets: false, width: width, below: Int(1.2 / width),
      above: Int(1.2 / width), spacing: spacing, levels: 21)
    func payoff(_ node: Int) -> Double {
      option.strike - option.spot * .exp(Double(node - grid.below) * width)
    }
    let interval = option.years / Double(dates)
    return grid.value {
      max(0, option.strike - option.spot * .exp($0))
    } look: { values in
      for node in values.indices { values[node] = max(values[node], payoff(node)) }
    } edges: { years in
      // Of the strike, which the next date brings.
      let left = years - (years / interval - 1e-9).rounded(.down) * interval
      return (payoff(0) - option.strike * (1 - .exp(-option.rate * left)), 0)
    }
  }

  /// A put on the highest price less the last one, in assets: of the last price through the highest so far. Errors are as the
  /// squares of both widths, and are taken off.
  static func highestLessLast(_ option: HestonOption, dates: Int) -> Double {
    func value(_ width: Double, _ spacing: Double) -> Double {
      highestLessLast(option, width: width, spacing: spacing, dates: dates)
    }
    let (width, spacing) = (0.0125, 0.01)
    let wide = value(width, spacing)
    let (near, dense) = (value(width / 2.squareRoot(), spacing), value(width, spacing / 2))
    return wide + 2 * (near - wide) + 4 / 3 * (dense - wide)
  }

  private static func highestLessLast(
    _ option: HestonOption, width: Double, spacing: Double, dates: Int
  ) -> Double {
    let grid = HestonGrid(
      option: option, dates: dates, isInAssets: true, width: width, below: Int(1.0 / width),
      above: Int(0.8 / width), spacing: spacing, levels: Int((0.4 / spacing).rounded()) + 1)
    let value = grid.value {
      .exp(-min($0, 0)) - 1
    } look: { values in
      for node in grid.below..<values.count { values[node] = values[grid.below] }
    } edges: { years in
      (.exp(Double(grid.below) * width - option.rate * years) - 1, nil)
    }
    return option.spot * value
  }
}
