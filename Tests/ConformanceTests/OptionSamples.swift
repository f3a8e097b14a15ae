import Echelon
import TestSupport
import Testing

/// Tests that price the same options, with parameters from textbooks and papers.
protocol PricesOptions {}

/// The options alone.
struct OptionSamples: PricesOptions {}

extension PricesOptions {
  var asian: AsianOption {
    AsianOption(
      .call, spot: 100, strike: 100, rate: 0.09, volatility: 0.2, years: 1, dates: 12)
  }
  var barrier: BarrierOption {
    BarrierOption(
      .call, .downAndOut, barrier: 90, spot: 100, strike: 100, rate: 0.05, volatility: 0.25,
      years: 1)
  }
  var lookback: LookbackOption {
    LookbackOption(.call, spot: 50, rate: 0.1, volatility: 0.4, years: 0.25)
  }
  var basket: BasketOption {
    BasketOption(
      .call, spots: [100, 90], weights: [0.5, 0.6], strike: 105, rate: 0.04,
      volatilities: [0.2, 0.35],
      correlation: 0.4, years: 1.5)
  }
  var merton: MertonOption {
    MertonOption(
      .call, spot: 100, strike: 105, rate: 0.05, volatility: 0.15, jumpsPerYear: 1.2,
      jumpMean: -0.1,
      jumpDeviation: 0.2, years: 0.75)
  }
  /// M. Broadie, Ö. Kaya, *Exact simulation of stochastic volatility and other affine jump diffusion processes*,
  /// Operations Research 54 (2006), table 1: 6.8061.
  var heston: HestonOption {
    HestonOption(
      .call, spot: 100, strike: 100, rate: 0.0319, variance: 0.010201, longRunVariance: 0.019,
      meanReversion: 6.21, volatilityOfVariance: 0.61, correlation: -0.7, years: 1, steps: 32)
  }
}

/// Beyond this many standard errors lies one estimate in 500 million.
let optionErrorLimit = 6.0

/// Compares the simulation with a price, for a seed that is the same always and for one that was drawn.
func expect(
  _ option: some SimulatedOption, costs price: Double, samples: Int = 40_000, bias: Double = 0,
  seed: UInt64, location: SourceLocation = #_sourceLocation
) throws {
  for seed in [7, seed] {
    let found = try pools[1].price(of: option, seed: seed, until: .samples(samples))
    #expect(
      abs(found.mean - price) < optionErrorLimit * found.standardError + bias + 1e-11,
      "\(option): \(found) and \(price), seed \(seed)", sourceLocation: location)
  }
}
