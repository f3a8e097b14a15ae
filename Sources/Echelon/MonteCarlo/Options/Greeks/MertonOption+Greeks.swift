import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension MertonOption: OptionWithGreeks {
  /// The mean of Black and Scholes' Greeks over the number of jumps.
  public var exactGreeks: OptionGreeks? {
    guard (try? checkedPath(by: .pathwise)) != nil, let last = lastJump else { return nil }
    let path = MertonGreeksPath(self, isPathwise: true)
    var sum = OptionGreeks([0, 0, 0, 0, 0, 0])
    for jumps in 0...last {
      let n = Double(jumps)
      let probability =
        expectedJumps > 0
        ? exp(n * log(expectedJumps) - expectedJumps - lgamma(n + 1)) : jumps == 0 ? 1 : 0
      guard probability > 0 else { continue }
      sum = sum + path.greeks(jumps: n, noise: nil).scaled(by: probability)
    }
    return sum
  }

  /// See `OptionWithGreeks`. Theta counts jumps by the likelihood ratio always. Vega is that of the volatility between
  /// jumps.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    try checkedPath(by: method).simulation(try PoissonDistribution(mean: expectedJumps))
  }

  private func checkedPath(by method: GreeksMethod) throws -> MertonGreeksPath {
    try OptionProblem.refuse(european.greeksProblem)
    try sampling.check(method)
    // Refuses what has no price.
    _ = try simulation
    return MertonGreeksPath(self, isPathwise: method == .pathwise)
  }
}

extension OptionSampling {
  /// Throws where samples have no density to take the derivative of.
  func check(_ method: GreeksMethod) throws {
    guard self == .path || method == .pathwise else {
      throw PoolError.invalidArgument(
        "Greeks of conditional samples by the likelihood ratio; they are smooth, so take .pathwise")
    }
  }
}

private struct MertonGreeksPath: BitwiseCopyable, Sendable {
  let frame: GreeksFrame
  let payoff: LogNormalPayoff
  /// Of the logarithm per year, for what jumps bring.
  let compensation: Double
  let jumpsPerYear: Double
  let jumpMean: Double
  let jumpVariance: Double
  let isConditional: Bool
  let isPathwise: Bool

  init(_ option: MertonOption, isPathwise: Bool) {
    frame = GreeksFrame(option.european)
    payoff = LogNormalPayoff(option.kind, strike: option.strike)
    compensation = option.jumpsPerYear * expm1(option.logGrowth)
    jumpsPerYear = option.jumpsPerYear
    jumpMean = option.jumpMean
    jumpVariance = option.jumpDeviation * option.jumpDeviation
    isConditional = option.sampling == .conditional
    self.isPathwise = isPathwise
  }

  func simulation(_ jumps: PoissonDistribution) -> GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0, jumps) } }) {
      sample(&$0, jumps)
    }
  }

  private func sample(
    _ generator: inout PhiloxGenerator, _ jumps: PoissonDistribution
  ) -> InlineArray<6, Double> {
    let count = Double(jumps.sample(using: &generator))
    return greeks(jumps: count, noise: isConditional ? nil : generator.normal()).components
  }

  /// Given the number of jumps.
  /// - Parameter noise: nil for the expectation over all.
  func greeks(jumps: Double, noise: Double?) -> OptionGreeks {
    let middle = frame.drift - compensation * frame.years + jumps * jumpMean
    let deviation =
      (frame.deviation * frame.deviation + jumps * jumpVariance).squareRoot()
    var slopes =
      if let noise {
        payoff.slopes(
          at: frame.spot * exp(middle + deviation * noise), noise: noise, deviation: deviation,
          isPathwise: isPathwise)
      } else {
        payoff.expected(
          mean: frame.spot * exp(middle + deviation * deviation / 2), deviation: deviation)
      }
    // From the deviation of all to that between jumps.
    slopes.deviation *= frame.deviation / deviation
    var greeks = frame.greeks(slopes)
    // In less time fewer jumps are likely, and less is taken off for them.
    greeks.theta +=
      frame.discount
      * (compensation * slopes.drift - slopes.value * (jumps / frame.years - jumpsPerYear))
    return greeks
  }
}
