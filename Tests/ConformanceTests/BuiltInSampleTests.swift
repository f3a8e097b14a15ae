import Echelon
import EchelonKernels
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Built-in simulations` {
  private let call = EuropeanOption(
    .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)

  @Test(arguments: TestedExecutor.allCases)
  func `of π have the samples of the closure`(_ kind: TestedExecutor) throws {
    let (pool, seed) = (kind.shared, testSeed())
    for count in [0, 1, 65_535, 200_001] {
      let found = try pool.pi(seed: seed, until: .samples(count))
      let closure = try pool.monteCarlo(samples: count, seed: seed) { rng in
        let (u, v) = (rng.uniform(), rng.uniform())
        return u * u + v * v < 1 ? 4 : 0
      }
      #expect(found.sampleCount == count)
      guard count > 1 else { continue }
      #expect(abs(found.mean - closure.mean) < 1e-14 && found.maximum == closure.maximum)
      #expect(abs(found.variance / closure.variance - 1) < 1e-12)
      #expect(abs(found.skewness / closure.skewness - 1) < 1e-9)
      #expect(abs(found.kurtosis / closure.kurtosis - 1) < 1e-9)
    }
    let good = try pool.pi(seed: seed, until: .standardError(2e-3))
    #expect(good.standardError <= 2e-3 && good.confidenceInterval(0.999_999_9).contains(.pi))
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of options agree with Black and Scholes`(_ kind: EuropeanOption.Kind) throws {
    let seed = testSeed()
    for (strike, volatility, years) in [(105.0, 0.2, 1.0), (80, 0.5, 0.25), (100, 0.1, 3)] {
      var option = call
      (option.kind, option.strike) = (kind, strike)
      (option.volatility, option.years) = (volatility, years)
      let found = try pools[1].price(of: option, seed: seed, until: .samples(300_000))
      #expect(
        abs(found.mean - option.price) < 5.5 * found.standardError,
        "\(option): \(found) and \(option.price), seed \(seed)")
      #expect(found.minimum == 0 && found.standardError > 0)
    }
    // Nothing is left to chance.
    var certain = call
    (certain.kind, certain.volatility) = (kind, 0)
    let found = try pools[1].price(of: certain, seed: seed, until: .samples(1000))
    #expect(abs(found.mean - certain.price) < 1e-12 && found.variance < 1e-20)
  }

  @Test func `know the exact price`() {
    // scipy: S·Φ(d₁) - K·e⁻ʳᵗ·Φ(d₂).
    #expect(abs(call.price - 7.1280646692617395) < 1e-12)
    var put = call
    put.kind = .put
    // Put-call parity.
    #expect(abs(call.price - put.price - (100 - 105 * exp(-0.03))) < 1e-12)
    var over = call
    over.years = 0
    #expect(over.price == 0)
    over.strike = 90
    #expect(over.price == 10)
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, after deaths, and gone on from`() throws
  {
    let seed = testSeed()
    var first: [MonteCarloEstimate]?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = [
        try executor.pi(seed: seed, until: .samples(300_001)),
        try executor.price(of: call, seed: seed, until: .samples(300_001)),
      ]
      #expect(found == first ?? found, "seed \(seed)")
      first = found
    }
    let part = try pools[2].price(of: call, seed: seed, until: .samples(100_000))
    let rest = try pools[2].price(
      of: call, seed: seed, until: .samples(300_001), resuming: part.state)
    #expect(rest == first?[1])
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { [call] pool in
      [
        try pool.pi(seed: seed, until: .samples(2_000_000)),
        try pool.price(of: call, seed: seed, until: .samples(500_000)),
      ]
    }
  }

  @Test func `refuse options that have no price, and are there for async functions`() async throws {
    for change in [
      { $0.spot = 0 }, { $0.spot = .nan }, { $0.strike = -1 }, { $0.volatility = -0.1 },
      { $0.years = .infinity }, { $0.rate = .nan },
    ] as [(inout EuropeanOption) -> Void] {
      var option = call
      change(&option)
      #expect(throws: PoolError.self) {
        try pools[1].price(of: option, seed: 1, until: .samples(10))
      }
    }
    #expect(try await pools[1].pi(seed: 1, until: .samples(1000)).sampleCount == 1000)
    #expect(try await pools[1].price(of: call, seed: 1, until: .samples(1000)).mean > 0)
  }
}
