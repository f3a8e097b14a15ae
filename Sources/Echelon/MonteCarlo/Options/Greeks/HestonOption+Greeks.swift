import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension HestonOption: OptionWithGreeks {
  /// See `OptionWithGreeks`. Given the path of the variance the price at expiry is log-normal, so it needs a correlation
  /// between -1 and 1, and a variance above 0 today. Vega and theta are NaN: the scheme's draws jump with the variance, and
  /// their derivatives along the path would be wrong.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    // Refuses what has no price.
    _ = try simulation
    try OptionProblem.refuse(
      OptionProblem.positive("variance", variance)
        ?? (abs(correlation) < 1
          ? nil : "a correlation of \(correlation); between -1 and 1 it has Greeks"))
    try sampling.check(method)
    return HestonGreeksPath(
      path: HestonPath(self), payoff: LogNormalPayoff(kind, strike: strike),
      isPathwise: method == .pathwise, spot: spot, years: years
    ).simulation
  }
}

private struct HestonGreeksPath: BitwiseCopyable, Sendable {
  let path: HestonPath
  let payoff: LogNormalPayoff
  let isPathwise: Bool
  let spot: Double
  let years: Double

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    let end = path.end(&generator)
    let deviation = end.spread.squareRoot()
    let slopes =
      if path.sampling == .conditional {
        payoff.expected(mean: exp(end.logarithm + end.spread / 2), deviation: deviation)
      } else {
        payoff.slopes(
          at: exp(end.logarithm), noise: end.noise / deviation, deviation: deviation,
          isPathwise: isPathwise)
      }
    return OptionGreeks(
      price: slopes.value, delta: slopes.spot / spot, gamma: slopes.curvature / (spot * spot),
      vega: .nan, theta: .nan, rho: years * (slopes.drift - slopes.value)
    ).scaled(by: path.discount).components
  }
}
