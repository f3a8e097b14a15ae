import EchelonMemory
import EchelonRandom
import Foundation

extension LookbackOption: OptionWithGreeks {
  /// See `OptionWithGreeks`. Gamma is 0 where the payoff is sure to be above 0, as it is without a strike: there the price
  /// is linear in the spot. Where the strike is the spot, delta and gamma are those of a spot at which it is not sure.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    try OptionProblem.refuse(european.greeksProblem ?? monitoring.problem)
    var fixed: Double?
    if case .fixed(let strike) = strike { fixed = strike }
    return LookbackGreeksPath(
      frame: GreeksFrame(european), steps: max(1, monitoring.dateCount),
      isContinuous: monitoring == .continuous, isFloating: fixed == nil, strike: fixed ?? 0,
      isSure: fixed.map { direction * (spot - $0) > 0 } ?? true, direction: direction,
      isPathwise: method == .pathwise
    ).simulation
  }
}

private struct LookbackGreeksPath: BitwiseCopyable, Sendable {
  let frame: GreeksFrame
  let steps: Int
  let isContinuous: Bool
  let isFloating: Bool
  /// 0 where it is floating.
  let strike: Double
  /// Whether every path pays.
  let isSure: Bool
  /// 1 where the highest price counts, -1 where the lowest.
  let direction: Double
  let isPathwise: Bool

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    frame.greeks(isContinuous ? atEveryMoment(&generator) : atDates(&generator)).components
  }

  /// The logarithm of a price through the spot, and its derivatives by drift and deviation.
  private struct Place {
    var change = 0.0
    var drift = 0.0
    var deviation = 0.0
  }

  private func atDates(_ generator: inout PhiloxGenerator) -> PathSlopes {
    var scores = PathScores(steps: steps)
    var (last, extreme) = (Place(), Place())
    for _ in 0..<steps {
      scores.add(generator.normal())
      let (share, noise) = (scores.share, scores.noise)
      last = Place(
        change: frame.drift * share + frame.deviation * noise, drift: share, deviation: noise)
      if direction * last.change > direction * extreme.change { extreme = last }
    }
    var slopes = pathSlopes(extreme, last)
    guard isPathwise else {
      return ratioSlopes(scores.slopes(of: slopes.value, deviation: frame.deviation))
    }
    if !isSure, slopes.value > 0 {
      slopes.curvature = direction * strike * scores.spot(frame.deviation)
    }
    return slopes
  }

  private func atEveryMoment(_ generator: inout PhiloxGenerator) -> PathSlopes {
    let (noise, deviation) = (generator.normal(), frame.deviation)
    let change = frame.drift + deviation * noise
    let last = Place(change: change, drift: 1, deviation: noise)
    // The distribution of a bridge's maximum, inverted.
    let end = direction * change
    let draw = -2 * log(generator.uniformOpen())
    let reach = (end * end + deviation * deviation * draw).squareRoot()
    let slope = (1 + end / reach) / 2
    let extreme = Place(
      change: direction * (end + reach) / 2, drift: slope,
      deviation: noise * slope + direction * deviation * draw / (2 * reach))
    var slopes = pathSlopes(extreme, last)
    guard isPathwise else {
      // By the density of the end and the extreme together, of the reach r = 2·extreme - end:
      // r / deviation³ · e^(-r²/2deviation² + drift·end/deviation² - drift²/2deviation²).
      let value = slopes.value
      let inverse = 1 / (deviation * deviation)
      let spot = direction * (reach * inverse - 1 / reach) - frame.drift * inverse
      let second = spot * spot - inverse - 1 / (reach * reach)
      return ratioSlopes(
        PathSlopes(
          value: value, spot: value * spot, curvature: value * (second - spot),
          drift: value * noise / deviation,
          deviation: value * (noise * noise + draw - 3) / deviation))
    }
    if !isSure {
      // The density of the extreme at the strike, given the end.
      let level = direction * log(strike / frame.spot)
      if end < level {
        let rate = 2 / (deviation * deviation)
        slopes.curvature =
          strike * rate * (2 * level - end) * exp(-rate * level * (level - end))
      }
    }
    return slopes
  }

  /// Without curvature.
  private func pathSlopes(_ extreme: Place, _ last: Place) -> PathSlopes {
    let found = direction * frame.spot * exp(extreme.change)
    let paid = isFloating ? -direction * frame.spot * exp(last.change) : 0
    let value = found + paid - direction * strike
    guard value > 0 else { return PathSlopes() }
    return PathSlopes(
      value: value, spot: found + paid, drift: found * extreme.drift + paid * last.drift,
      deviation: found * extreme.deviation + paid * last.deviation)
  }

  /// The extreme may be the spot, which has no density; but where that counts the price is linear in it.
  private func ratioSlopes(_ slopes: PathSlopes) -> PathSlopes {
    guard isSure else { return slopes }
    var slopes = slopes
    (slopes.spot, slopes.curvature) = (slopes.value + direction * strike, 0)
    return slopes
  }
}
