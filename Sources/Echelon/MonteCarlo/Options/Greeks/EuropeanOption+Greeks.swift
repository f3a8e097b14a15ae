import EchelonMemory
import EchelonRandom
import Foundation

extension EuropeanOption: OptionWithGreeks {
  /// `greeks`; nil of an option that has none.
  public var exactGreeks: OptionGreeks? { greeksProblem == nil ? greeks : nil }

  /// See `OptionWithGreeks`.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    try OptionProblem.refuse(greeksProblem)
    return EuropeanGreeksPath(
      frame: GreeksFrame(self), payoff: LogNormalPayoff(kind, strike: strike),
      isPathwise: method == .pathwise
    ).simulation
  }
}

private struct EuropeanGreeksPath: BitwiseCopyable, Sendable {
  let frame: GreeksFrame
  let payoff: LogNormalPayoff
  let isPathwise: Bool

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    let noise = generator.normal()
    let slopes = payoff.slopes(
      at: frame.spot * exp(frame.drift + frame.deviation * noise), noise: noise,
      deviation: frame.deviation, isPathwise: isPathwise)
    return frame.greeks(slopes).components
  }
}
