import Echelon
import TestSupport
import Testing

/// Options that several tests price, with parameters from textbooks and papers.
enum OptionSamples {
  /// Beyond this many standard errors lies one estimate in 500 million.
  static let limit = 6.0

  static let asian = AsianOption(
    .call, spot: 100, strike: 100, rate: 0.09, volatility: 0.2, years: 1, dates: 12)
  static let barrier = BarrierOption(
    .call, .downAndOut, barrier: 90, spot: 100, strike: 100, rate: 0.05, volatility: 0.25, years: 1)
  static let lookback = LookbackOption(.call, spot: 50, rate: 0.1, volatility: 0.4, years: 0.25)
  static let basket = BasketOption(
    .call, spots: [100, 90], weights: [0.5, 0.6], strike: 105, rate: 0.04,
    volatilities: [0.2, 0.35],
    correlation: 0.4, years: 1.5)
  static let merton = MertonOption(
    .call, spot: 100, strike: 105, rate: 0.05, volatility: 0.15, jumpsPerYear: 1.2, jumpMean: -0.1,
    jumpDeviation: 0.2, years: 0.75)
  /// M. Broadie, Ö. Kaya, *Exact simulation of stochastic volatility and other affine jump diffusion processes*,
  /// Operations Research 54 (2006), table 1: 6.8061.
  static let heston = HestonOption(
    .call, spot: 100, strike: 100, rate: 0.0319, variance: 0.010201, longRunVariance: 0.019,
    meanReversion: 6.21, volatilityOfVariance: 0.61, correlation: -0.7, years: 1, steps: 32)
}

/// Compares the simulation with a price, for a seed that is the same always and for one that was drawn.
func expect(
  _ option: some SimulatedOption, costs price: Double, samples: Int = 40_000, bias: Double = 0,
  seed: UInt64, location: SourceLocation = #_sourceLocation
) throws {
  for seed in [7, seed] {
    let found = try pools[1].price(of: option, seed: seed, until: .samples(samples))
    #expect(
      abs(found.mean - price) < OptionSamples.limit * found.standardError + bias + 1e-11,
      "\(option): \(found) and \(price), seed \(seed)", sourceLocation: location)
  }
}
