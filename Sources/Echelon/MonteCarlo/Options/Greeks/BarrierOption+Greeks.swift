import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension BarrierOption: OptionWithGreeks {
  /// See `OptionWithGreeks`. Looked at at every moment, the payoff is multiplied by a probability, which has derivatives;
  /// looked at at dates it jumps where a price meets the barrier, and only the likelihood ratio is left.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    try OptionProblem.refuse(european.greeksProblem ?? problem)
    let isContinuous = monitoring == .continuous
    guard isContinuous || method == .likelihoodRatio else {
      throw PoolError.invalidArgument(
        "pathwise Greeks of a barrier that is looked at at dates, where the payoff jumps; "
          + "take the likelihood ratio")
    }
    return BarrierGreeksPath(
      frame: GreeksFrame(european), payoff: LogNormalPayoff(kind, strike: strike),
      steps: max(1, monitoring.dateCount), isContinuous: isContinuous,
      level: log(barrier / spot), direction: effect.direction, isOut: effect.isOut,
      isPathwise: method == .pathwise
    ).simulation
  }
}

private struct BarrierGreeksPath: BitwiseCopyable, Sendable {
  let frame: GreeksFrame
  let payoff: LogNormalPayoff
  let steps: Int
  let isContinuous: Bool
  /// The logarithm of barrier / spot.
  let level: Double
  let direction: Double
  let isOut: Bool
  let isPathwise: Bool

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    frame.greeks(isContinuous ? atEveryMoment(&generator) : atDates(&generator)).components
  }

  private func atDates(_ generator: inout PhiloxGenerator) -> PathSlopes {
    var scores = PathScores(steps: steps)
    var (change, hasMet) = (0.0, false)
    for _ in 0..<steps {
      scores.add(generator.normal())
      change = frame.drift * scores.share + frame.deviation * scores.noise
      if direction * (change - level) >= 0 {
        hasMet = true
        // What has ended stays so.
        if isOut { return PathSlopes() }
      }
    }
    let value = max(0, payoff.sign * (frame.spot * exp(change) - payoff.strike))
    guard value > 0, hasMet != isOut else { return PathSlopes() }
    return scores.slopes(of: value, deviation: frame.deviation)
  }

  private func atEveryMoment(_ generator: inout PhiloxGenerator) -> PathSlopes {
    let (noise, deviation) = (generator.normal(), frame.deviation)
    let change = frame.drift + deviation * noise
    let last = frame.spot * exp(change)
    let value = payoff.sign * (last - payoff.strike)
    guard value > 0 else { return PathSlopes() }
    let chance = chance(change)
    let score = noise / deviation
    // Of value · probability: by the beginning of the path with its end as it is, and by the deviation alike.
    let (paid, begun, wider) = (
      value * chance.probability, value * chance.begin, value * chance.deviation
    )
    guard isPathwise else {
      let second = (noise * noise - 1) / deviation
      let spot = begun + paid * score
      let twice = value * chance.beginBegin + 2 * begun * score + paid * second / deviation
      return PathSlopes(
        value: paid, spot: spot, curvature: twice - spot, drift: paid * score,
        deviation: wider + paid * second)
    }
    let slope = payoff.sign * last
    let drift = slope * chance.probability + value * chance.end
    let spot = begun + drift
    // Of that, again by the beginning, and by the likelihood ratio of the end.
    let twice =
      slope * chance.begin + value * (chance.beginBegin + chance.beginEnd) + spot * score
    return PathSlopes(
      value: paid, spot: spot, curvature: twice - spot, drift: drift,
      deviation: drift * noise + wider)
  }

  /// The probability that a path which ends there pays, and its derivatives by the logarithms of the first and the last
  /// price, and by the deviation.
  private struct Chance {
    var probability: Double
    var begin = 0.0
    var beginBegin = 0.0
    var beginEnd = 0.0
    var end = 0.0
    var deviation = 0.0
  }

  private func chance(_ change: Double) -> Chance {
    let (before, after) = (direction * level, direction * (level - change))
    // A path that ends beyond the barrier has met it.
    guard after > 0 else { return Chance(probability: isOut ? 0 : 1) }
    let rate = 2 / (frame.deviation * frame.deviation)
    let met = exp(-rate * before * after)
    let signed = isOut ? -met : met
    let (begin, end) = (rate * after, rate * before)
    return Chance(
      probability: isOut ? 1 - met : met, begin: direction * signed * begin,
      beginBegin: signed * begin * begin, beginEnd: signed * (begin * end - rate),
      end: direction * signed * end,
      deviation: signed * 2 * rate * before * after / frame.deviation)
  }
}
