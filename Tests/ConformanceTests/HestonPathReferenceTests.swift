import Echelon
import TestSupport
import Testing

/// Averages, barriers and extremes in Heston's model, where the variance varies much: with characteristic functions and a grid.
@Suite(.timeLimit(.minutes(10))) struct `Options on paths in Heston's model` {
  static let dates = 4

  static func option(_ kind: EuropeanOption.Kind, steps: Int) -> HestonOption {
    HestonOption(
      kind, spot: 100, strike: 100, rate: 0.04, variance: 0.04, longRunVariance: 0.05,
      meanReversion: 2, volatilityOfVariance: 0.4, correlation: -0.6, years: 0.5, steps: steps)
  }

  /// - Parameter bias: what the steps may be off by, beside what the reference may.
  private func expect(
    _ payoff: ModelPathOption.Payoff, _ kind: EuropeanOption.Kind, costs known: Double,
    bias: (few: Double, many: Double), seed: UInt64
  ) throws {
    for (steps, bias) in [(4, bias.few), (32, bias.many)] {
      let option = ModelPathOption(
        payoff, dates: Self.dates, in: .heston(Self.option(kind, steps: steps)))
      let found = try pools[1].price(
        of: option, seed: seed, until: .samples(isReleaseBuild ? 2_000_000 : 100_000))
      #expect(
        abs(found.mean - known) < optionErrorLimit * found.standardError + bias,
        "\(payoff), \(steps) steps: \(found), \(known), seed \(seed)")
    }
  }

  @Test func `on averages agree with their characteristic function`() throws {
    let seed = testSeed()
    for kind in EuropeanOption.Kind.allCases {
      let option = Self.option(kind, steps: 1)
      // Of one date it is the European option.
      #expect(abs(hestonGeometricAsian(option, dates: 1) - option.exactPrice!) < 1e-6)
      try expect(
        .average(.geometric), kind, costs: hestonGeometricAsian(option, dates: Self.dates),
        bias: (0.01, 0.01), seed: seed)
    }
  }

  @Test func `with a barrier agree with a grid`() throws {
    let seed = testSeed()
    let option = Self.option(.call, steps: 1)
    // Without a barrier to speak of it is the European option, so near is the grid.
    let free = HestonGrid.downAndOut(option, nodesToBarrier: 24, barrier: 70, dates: 1)
    #expect(abs(free - option.exactPrice!) < 0.02, "\(free), \(option.exactPrice!)")
    let known = HestonGrid.downAndOut(option, nodesToBarrier: 7, barrier: 90, dates: Self.dates)
    try expect(
      .barrier(.downAndOut, at: 90), .call, costs: known, bias: (0.02, 0.02), seed: seed)
    #expect(known < option.exactPrice! - 0.1)
  }

  @Test func `on extremes agree with a grid`() throws {
    let seed = testSeed()
    let known = HestonGrid.highestLessLast(Self.option(.put, steps: 1), dates: Self.dates)
    try expect(.lookback(.floating), .put, costs: known, bias: (0.04, 0.02), seed: seed)
  }
}
