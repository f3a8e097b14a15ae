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
