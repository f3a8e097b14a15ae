import Echelon
import Glibc

/// The right to buy at the strike when the time is over.
struct CallOption: Sendable, BitwiseCopyable {
  /// The price of the underlying today, in any currency; the option's price is in the same.
  let spot: Double
  let strike: Double
  /// Continuous, per year.
  let rate: Double
  /// Per square root of a year.
  let volatility: Double
  /// To expiry.
  let years: Double

  /// The exact price.
  /// - Source: F. Black, M. Scholes, "The pricing of options and corporate liabilities", *Journal of
  ///   Political Economy* 81 (1973).
  var price: Double {
    let deviation = volatility * years.squareRoot()
    let d1 = (log(spot / strike) + (rate + volatility * volatility / 2) * years) / deviation
    return spot * Self.normalDistribution(d1)
      - strike * exp(-rate * years) * Self.normalDistribution(d1 - deviation)
  }

  private static func normalDistribution(_ x: Double) -> Double { erfc(-x / 2.squareRoot()) / 2 }

  /// The discounted mean payoff over the normal distribution of the logarithm of the price.
  ///
  func estimate(
    samples: Int, seed: UInt64, in pool: ProcessPool, _ interruption: Interruption
  ) async throws -> MonteCarloEstimate {
    let drift = (rate - volatility * volatility / 2) * years
    let deviation = volatility * years.squareRoot()
    let discount = exp(-rate * years)
    let (spot, strike) = (spot, strike)
    let future = try pool.startMonteCarlo(samples: samples, seed: seed) { generator in
      let price = spot * exp(drift + deviation * generator.normal())
      return discount * max(0, price - strike)
    }
    interruption.watch([future])
    return try await future.value
  }
}
