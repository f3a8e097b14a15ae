import Echelon
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `The Greeks` {
  private let call = EuropeanOption(
    .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 0.5)

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of a European option are the differences of its price`(_ kind: EuropeanOption.Kind) {
    for strike in [80.0, 105, 140] {
      var option = call
      (option.kind, option.strike) = (kind, strike)
      func price(_ change: (inout EuropeanOption) -> Void) -> Double {
        var other = option
        change(&other)
        return other.price
      }
      func slope(_ member: WritableKeyPath<EuropeanOption, Double>) -> Double {
        (price { $0[keyPath: member] += 1e-4 } - price { $0[keyPath: member] -= 1e-4 }) / 2e-4
      }
      let greeks = option.greeks
      #expect(greeks.price == option.price)
      #expect(abs(greeks.delta - slope(\.spot)) < 1e-7)
      #expect(abs(greeks.vega - slope(\.volatility)) < 1e-4)
      #expect(abs(greeks.theta + slope(\.years)) < 1e-4)
      #expect(abs(greeks.rho - slope(\.rate)) < 1e-4)
      let curvature =
        (price { $0.spot += 0.01 } - 2 * option.price + price { $0.spot -= 0.01 }) / 1e-4
      #expect(abs(greeks.gamma - curvature) < 1e-6)
    }
    // J. C. Hull, Options, Futures, and Other Derivatives: 49, 50, 5 %, 20 %, 20 weeks: 0.522, 0.066, 12.1, -4.31,
    // 8.91.
    let known = EuropeanOption(
      .call, spot: 49, strike: 50, rate: 0.05, volatility: 0.2, years: 0.3846
    ).greeks
    #expect(abs(known.delta - 0.522) < 5e-4 && abs(known.gamma - 0.066) < 5e-4)
    #expect(abs(known.vega - 12.1) < 0.05 && abs(known.theta + 4.31) < 5e-3)
    #expect(abs(known.rho - 8.91) < 5e-3)
  }

  @Test(arguments: GreeksMethod.allCases)
  func `by simulation agree with the formulas`(_ method: GreeksMethod) throws {
    let drawn = testSeed()
    for kind in EuropeanOption.Kind.allCases {
      for (strike, years) in [(105.0, 0.5), (90, 2)] {
        var option = call
        (option.kind, option.strike, option.years) = (kind, strike, years)
        let exact = option.greeks
        for seed in [7, drawn] {
          let found = try pools[1].greeks(of: option, method: method, samples: 40_000, seed: seed)
          for (name, greek) in greekNames {
            let error = found.means[keyPath: greek] - exact[keyPath: greek]
            let unit = found.standardErrors[keyPath: greek]
            #expect(
              unit > 0 && abs(error) < 6 * unit, "\(name) of \(option), seed \(seed): \(found)")
            #expect(
              found.confidenceInterval(of: greek, 0.999_999_999_9).contains(exact[keyPath: greek]))
          }
        }
      }
    }
  }

  @Test func `vary less along the path than by the likelihood ratio`() throws {
    let seed = testSeed()
    let path = try pools[1].greeks(of: call, samples: 40_000, seed: seed)
    let ratio = try pools[1].greeks(
      of: call, method: .likelihoodRatio, samples: 40_000, seed: seed)
    for (name, greek) in greekNames where name != "price" {
      #expect(
        path.standardErrors[keyPath: greek] < ratio.standardErrors[keyPath: greek], "\(name)")
    }
    #expect(path.means.price == ratio.means.price)
  }

  @Test func `have the same bits for 1, 2, 3 and 7 workers, and after deaths`() throws {
    let (seed, call) = (testSeed(), call)
    for method in GreeksMethod.allCases {
      var first: GreeksEstimate?
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.greeks(of: call, method: method, samples: 140_001, seed: seed)
        #expect(found == first ?? found, "seed \(seed)")
        first = found
      }
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) {
      try $0.greeks(of: call, samples: 100_000, seed: seed)
    }
  }

  /// The estimate of a state that was written and read.
  private func saved(_ found: GreeksEstimate) throws -> GreeksState {
    let state = try #require(found.state)
    return try JSONDecoder().decode(GreeksState.self, from: JSONEncoder().encode(state))
  }

  @Test(arguments: GreeksMethod.allCases)
  func `go on from what was saved, to the same bits on any number of workers`(
    _ method: GreeksMethod
  ) throws {
    let seed = testSeed()
    let american = AmericanOption(
      .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.2, years: 1, dates: 3)
    let basket = BasketOption(
      .call, spots: [100, 90], weights: [0.5, 0.6], strike: 105, rate: 0.05,
      volatilities: [0.25, 0.35], correlation: 0.4, years: 0.8)
    let whole = try pools[0].greeks(of: call, method: method, samples: 100_001, seed: seed)
    let wholeAmerican = try pools[0].greeks(
      of: american, method: method, regressionSamples: 500, samples: 9000, seed: seed)
    let wholeBasket = try pools[0].greeks(of: basket, method: method, samples: 9000, seed: seed)
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      for count in [0, 511, 5000, 70_000, 100_001] {
        let part = try executor.greeks(of: call, method: method, samples: count, seed: seed)
        // But for parts of 512 samples none is drawn once more.
        #expect(part.state?.nextSample == count / 512 * 512)
        let resumed = try executor.greeks(
          of: call, method: method, samples: 100_001, seed: seed, resuming: saved(part))
        #expect(resumed == whole, "\(count), seed \(seed)")
      }
      let part = try executor.greeks(
        of: american, method: method, regressionSamples: 500, samples: 3000, seed: seed)
      let resumed = try executor.greeks(
        of: american, method: method, regressionSamples: 500, samples: 9000, seed: seed,
        resuming: saved(part))
      #expect(resumed == wholeAmerican, "seed \(seed)")
      let parts = try executor.greeks(of: basket, method: method, samples: 3000, seed: seed)
      let assets = try executor.greeks(
        of: basket, method: method, samples: 9000, seed: seed, resuming: parts.map(saved))
      #expect(assets == wholeBasket, "seed \(seed)")
    }
    let call = call
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      let part = try pool.greeks(of: call, method: method, samples: 40_000, seed: seed)
      return try pool.greeks(
        of: call, method: method, samples: 80_000, seed: seed, resuming: part.state)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are reported on the way`(_ kind: TestedExecutor) async throws {
    let (pool, call) = (kind.shared, call)
    let whole = try await pool.greeks(of: call, samples: 20_001, seed: 5)
    let early = try await pool.greeks(of: call, samples: 5000, seed: 5)
    for state in [nil, early.state] {
      var last: GreeksEstimate?
      for try await found in try pool.greeksEstimates(
        of: call, samples: 20_001, seed: 5, resuming: state)
      {
        #expect(found.sampleCount > last?.sampleCount ?? 0)
        last = found
      }
      #expect(last == whole)
    }
    let basket = BasketOption(
      .call, spots: [100, 90], weights: [0.5, 0.6], strike: 105, rate: 0.05,
      volatilities: [0.25, 0.35], correlation: 0.4, years: 0.8)
    var counts: [[Int]] = []
    var assets: [GreeksEstimate] = []
    for try await found in try pool.greeksEstimates(of: basket, samples: 9000, seed: 5) {
      counts.append(found.map(\.sampleCount))
      assets = found
    }
    #expect(counts.last == [9000, 9000] && counts.allSatisfy { $0[0] == $0[1] })
    #expect(try await pool.greeks(of: basket, samples: 9000, seed: 5) == assets)
    let american = AmericanOption(
      .put, spot: 100, strike: 105, rate: 0.05, volatility: 0.2, years: 1, dates: 2)
    var price: GreeksEstimate?
    for try await found in try pool.greeksEstimates(
      of: american, regressionSamples: 500, samples: 5000, seed: 5)
    {
      price = found
    }
    #expect(
      try await pool.greeks(of: american, regressionSamples: 500, samples: 5000, seed: 5) == price)
    // One that would take long ends with the loop.
    for try await _ in try pool.greeksEstimates(of: call, samples: 1 << 50, seed: 5) { break }
    #expect(try await pool.submit { 17 }.value == 17)
  }

  @Test func `go on from no state of another run, nor from nonsense`() throws {
    let pool = pools[0]
    let found = try pool.greeks(of: call, samples: 5000, seed: 1)
    let state = try #require(found.state)
    func problem(_ body: () throws -> Void) -> String {
      do {
        try body()
        return "none"
      } catch { return "\(error)" }
    }
    let seed = problem { _ = try pool.greeks(of: call, samples: 5000, seed: 2, resuming: state) }
    #expect(seed.contains("of seed 2 that goes on from one of seed 1"))
    let count = problem { _ = try pool.greeks(of: call, samples: 4000, seed: 1, resuming: state) }
    #expect(count.contains("of 4000 samples that goes on from 4608"))
    let basket = BasketOption(
      .call, spots: [100, 90], weights: [0.5, 0.6], strike: 105, rate: 0.05,
      volatilities: [0.25, 0.35], correlation: 0.4, years: 0.8)
    func goOn(_ states: [GreeksState]) -> String {
      problem { _ = try pool.greeks(of: basket, samples: 5000, seed: 1, resuming: states) }
    }
    #expect(goOn([state]).contains("of 2 assets that go on from those of 1"))
    #expect(goOn([state, GreeksState(seed: 1)]).contains("go on from 4608 and 0 samples"))
    #expect(goOn([state, GreeksState(seed: 3)]).contains("from one of seed 3"))
    let text = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
    let damaged = text.replacing("\"count\":4608", with: "\"count\":4609")
    #expect(damaged != text)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode(GreeksState.self, from: Data(damaged.utf8))
    }
  }

  @Test func `are refused where there are none`() async throws {
    for change in [
      { $0.spot = 0 }, { $0.volatility = 0 }, { $0.years = 0 }, { $0.rate = .nan },
    ] as [(inout EuropeanOption) -> Void] {
      var option = call
      change(&option)
      #expect(throws: PoolError.self) { try pools[1].greeks(of: option, samples: 10, seed: 1) }
    }
    #expect(throws: PoolError.self) { try pools[1].startGreeks(of: call, samples: -1, seed: 1) }
    let found = try await pools[1].greeks(of: call, samples: 1000, seed: 1)
    #expect("\(found)".hasPrefix("price ") && "\(found)".hasSuffix(" (1000 samples)"))
  }
}
