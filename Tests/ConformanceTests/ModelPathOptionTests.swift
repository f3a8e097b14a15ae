import Echelon
import Foundation
import TestSupport
import Testing

/// Options on paths in Merton's and Heston's models.
@Suite(.timeLimit(.minutes(5))) struct `Options on paths with jumps, or with a variance that moves`
{
  private let merton = MertonOption(
    .call, spot: 100, strike: 102, rate: 0.04, volatility: 0.2, jumpsPerYear: 1.5, jumpMean: -0.1,
    jumpDeviation: 0.15, years: 1)
  private let heston = HestonOption(
    .call, spot: 100, strike: 102, rate: 0.04, variance: 0.04, longRunVariance: 0.06,
    meanReversion: 2, volatilityOfVariance: 0.4, correlation: -0.6, years: 1, steps: 24)

  /// Neither jumps nor a variance that varies: the model of Black and Scholes.
  private var limits: [ModelPathOption.Model] {
    var (still, calm) = (merton, heston)
    still.jumpsPerYear = 0
    (calm.longRunVariance, calm.volatilityOfVariance) = (0.04, 1e-4)
    return [.merton(still), .heston(calm)]
  }

  private func put(_ model: ModelPathOption.Model) -> ModelPathOption.Model {
    switch model {
    case .merton(var option):
      option.kind = .put
      return .merton(option)
    case .heston(var option):
      option.kind = .put
      return .heston(option)
    }
  }

  private func expect(
    _ option: ModelPathOption, costs exact: Double, error: Double = 0, slack: Double = 0.01,
    seed: UInt64
  ) throws {
    let found = try pools[1].price(of: option, seed: seed, until: .samples(20_000))
    let limit = 6 * (found.standardError * found.standardError + error * error).squareRoot()
    #expect(abs(found.mean - exact) < limit + slack, "\(option): \(found), \(exact), seed \(seed)")
    #expect(found.standardError < 0.03 * exact + 0.1)
  }

  @Test func `tend to those of Black and Scholes`() throws {
    let seed = testSeed()
    for model in limits {
      for (kind, model) in [(EuropeanOption.Kind.call, model), (.put, put(model))] {
        let asian = AsianOption(
          kind, average: .geometric, spot: 100, strike: 102, rate: 0.04, volatility: 0.2, years: 1,
          dates: 6)
        try expect(
          ModelPathOption(.average(.geometric), dates: 6, in: model),
          costs: try #require(asian.exactPrice), seed: seed)
        var arithmetic = asian
        arithmetic.average = .arithmetic
        let mean = try pools[1].price(of: arithmetic, seed: seed + 1, until: .samples(20_000))
        try expect(
          ModelPathOption(.average(.arithmetic), dates: 6, in: model), costs: mean.mean,
          error: mean.standardError, seed: seed)
        for (effect, level) in [
          (BarrierOption.Effect.upAndOut, 125.0), (.upAndIn, 115), (.downAndOut, 88),
          (.downAndIn, 92),
        ] {
          let barrier = BarrierOption(
            kind, effect, barrier: level, monitoring: .dates(6), spot: 100, strike: 102, rate: 0.04,
            volatility: 0.2, years: 1)
          let other = try pools[1].price(of: barrier, seed: seed + 1, until: .samples(40_000))
          try expect(
            ModelPathOption(.barrier(effect, at: level), dates: 6, in: model), costs: other.mean,
            error: other.standardError, seed: seed)
        }
        for strike in [LookbackOption.Strike.floating, .fixed(105)] {
          let lookback = LookbackOption(
            kind, strike: strike, monitoring: .dates(6), spot: 100, rate: 0.04, volatility: 0.2,
            years: 1)
          let other = try pools[1].price(of: lookback, seed: seed + 1, until: .samples(40_000))
          try expect(
            ModelPathOption(.lookback(strike), dates: 6, in: model), costs: other.mean,
            error: other.standardError, seed: seed)
        }
      }
    }
  }

  @Test func `are European options where they look at the last price alone`() throws {
    let seed = testSeed()
    for model in [ModelPathOption.Model.merton(merton), .heston(heston)] {
      for model in [model, put(model)] {
        let one = ModelPathOption(.average(.arithmetic), dates: 1, in: model)
        let exact = try #require(one.exactPrice)
        // Heston's steps are off by 0.03 % of the spot.
        try expect(one, costs: exact, slack: 0.06, seed: seed)
        // What is ended by a barrier and what is begun by it are a European option together.
        let (out, into) = try (
          pools[1].price(
            of: ModelPathOption(.barrier(.downAndOut, at: 90), dates: 12, in: model), seed: seed,
            until: .samples(20_000)),
          pools[1].price(
            of: ModelPathOption(.barrier(.downAndIn, at: 90), dates: 12, in: model), seed: seed,
            until: .samples(20_000))
        )
        let error = (out.variance + into.variance).squareRoot() / 20_000.0.squareRoot()
        #expect(abs(out.mean + into.mean - exact) < 6 * error + 0.06, "seed \(seed)")
        #expect(out.mean > 0 && into.mean > 0)
      }
    }
    #expect(ModelPathOption(.average(.geometric), dates: 2, in: .merton(merton)).exactPrice == nil)
  }

  /// S. A. K. Metwally, A. F. Atiya, *Using Brownian bridge for fast simulation of jump-diffusion processes and barrier
  /// options*, Journal of Derivatives 10 (2002): 9.013 for a barrier that is looked at at every moment, with 1 paid when it
  /// is met. Dates move it by 0.5826·σ·√dt (Broadie, Glasserman and Kou).
  @Test func `with barriers agree with a published price with jumps`() throws {
    let seed = testSeed()
    let dates = 100
    func price(strike: Double) throws -> MonteCarloEstimate {
      let model = MertonOption(
        .call, spot: 100, strike: strike, rate: 0.05, volatility: 0.25, jumpsPerYear: 2,
        jumpMean: 0, jumpDeviation: 0.1, years: 1)
      let barrier = 85 * exp(0.5826 * 0.25 / Double(dates).squareRoot())
      return try pools[1].price(
        of: ModelPathOption(.barrier(.downAndOut, at: barrier), dates: dates, in: .merton(model)),
        seed: seed, until: .samples(40_000))
    }
    let (found, low, high) = try (price(strike: 110), price(strike: 1), price(strike: 81))
    // Both end above their strikes unless the barrier is met: their difference tells how often it is not.
    let met = 1 - (low.mean - high.mean) / (80 * exp(-0.05))
    let limit = 5 * found.standardError
    #expect(found.mean + met > 9.013 - limit, "\(found), \(met), seed \(seed)")
    #expect(found.mean + met * exp(-0.05) < 9.013 + limit, "\(found), \(met), seed \(seed)")
    #expect(limit < 0.6 && met > 0.2 && met < 0.6, "\(found), \(met)")
  }

  @Test func `have the same bits on all pools, and refuse what has no price`() throws {
    let seed = testSeed()
    for model in [ModelPathOption.Model.merton(merton), .heston(heston)] {
      let option = ModelPathOption(.lookback(.floating), dates: 5, in: model)
      let expected = try pools[0].price(of: option, seed: seed, until: .samples(10_000))
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.price(of: option, seed: seed, until: .samples(10_000))
        #expect(found == expected, "seed \(seed)")
      }
      // Where the last price is the extreme nothing is paid, and not -0.
      let none = try pools[1].price(
        of: ModelPathOption(.lookback(.floating), dates: 5, in: put(model)), seed: seed,
        until: .samples(10_000))
      #expect(none.minimum == 0 && none.minimum.sign == .plus, "seed \(seed)")
      for bad in [
        ModelPathOption(.average(.arithmetic), dates: 0, in: model),
        ModelPathOption(.barrier(.upAndOut, at: 90), dates: 5, in: model),
        ModelPathOption(.barrier(.downAndOut, at: -1), dates: 5, in: model),
        ModelPathOption(.lookback(.fixed(0)), dates: 5, in: model),
      ] {
        #expect(throws: PoolError.self, "\(bad)") {
          try pools[0].price(of: bad, seed: 1, until: .samples(10))
        }
      }
    }
    var wrong = merton
    wrong.jumpDeviation = -1
    #expect(throws: PoolError.self) {
      try pools[0].price(
        of: ModelPathOption(.average(.arithmetic), dates: 3, in: .merton(wrong)), seed: 1,
        until: .samples(10))
    }
  }
}
