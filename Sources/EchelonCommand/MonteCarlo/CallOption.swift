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
  /// As tasks with the option as an argument. Their boundaries and the tree that merges them depend on
  /// the number of samples alone.
  func estimate(
    samples: Int, seed: UInt64, in pool: ProcessPool, _ interruption: Interruption
  ) async throws -> MonteCarloEstimate {
    let length = 1 << 20
    let futures = try stride(from: 0, to: samples, by: length).map { start in
      try pool.submit(
        retries: 2,
        { option, seed, start, count in option.sample(seed: seed, start: start, count: count) },
        self, seed, UInt64(start), UInt64(min(length, samples - start)))
    }
    interruption.watch(futures)
    var parts: [MomentAccumulator] = []
    for future in futures { parts.append(try await future.value) }
    return MonteCarloEstimate(mergeMonteCarlo(parts))
  }

  /// The payoffs of samples `start` to `start + count`; in a worker.
  private func sample(seed: UInt64, start: UInt64, count: UInt64) -> MomentAccumulator {
    let drift = (rate - volatility * volatility / 2) * years
    let deviation = volatility * years.squareRoot()
    let discount = exp(-rate * years)
    return accumulateMonteCarlo(seed: seed, indices: start..<start + count) { generator in
      let price = spot * exp(drift + deviation * generator.normal())
      return discount * max(0, price - strike)
    }
  }
}
