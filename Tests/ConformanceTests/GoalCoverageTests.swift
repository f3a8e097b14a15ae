import Echelon
import Foundation
import TestSupport
import Testing

/// In standard deviations: what chance exceeds less than once in 10¹⁰ times.
private let farAway = 6.5

@Suite(.timeLimit(.minutes(10)))
struct `Intervals of runs that end at a goal contain the truth 93 to 97 % of the time` {
  private let pool = pools[1]

  /// Expects intervals of runs that end at an error to contain the truth, too. Goals are the errors that the third of the
  /// boundaries has, so that chance decides whether a run ends there or goes on, and with it the mean, of which the
  /// samples that decide it say much or all.
  /// - Parameter deviation: of a sample.
  private func expectCoverageAtError(
    _ what: String, of truth: Double, deviation: Double,
    _ start: (_ seed: UInt64, MonteCarloGoal) throws -> Future<MonteCarloEstimate>
  ) throws {
    let boundaries = (0..<4).reduce(into: [0]) { found, _ in
      found.append(MonteCarloGoal.boundary(after: found.last!))
    }
    let error = deviation / Double(boundaries[3]).squareRoot()
    for (kind, goal) in [
      ("an error", MonteCarloGoal.standardError(error)),
      ("a part", .relativeError(error / truth)),
    ] {
      var ends: [Int: Int] = [:]
      try expectCoverage("of \(what) to \(kind)") { seed in
        try start(seed, goal)
      } contains: { found in
        ends[found.sampleCount, default: 0] += 1
        return [found.confidenceInterval(0.95).contains(truth)]
      }
      // At the third boundary and the fourth alone.
      #expect(Set(ends.keys) == Set(boundaries[3...4]), "\(what): \(ends)")
      // Half of all runs each; what is not quite normal moves it a little.
      let total = ends.values.reduce(0, +)
      for (_, count) in ends {
        #expect((total * 35 / 100...total * 65 / 100) ~= count, "\(what): \(ends)")
      }
    }
  }

  @Test func `of runs that end at an error, absolute and relative`() throws {
    try expectCoverageAtError(
      "π", of: .pi, deviation: (.pi * (4 - Double.pi)).squareRoot()
    ) { try pool.startPi(seed: $0, until: $1) }
  }

  /// Larger samples come with larger errors, so that runs of few of them end sooner, and have low means.
  @Test func `of a closure whose runs end at an error`() throws {
    let (mean, square) = (exp(0.125), exp(0.5))
    try expectCoverageAtError(
      "a closure", of: mean, deviation: (square - mean * mean).squareRoot()
    ) { seed, goal in
      try pool.startMonteCarlo(seed: seed, until: goal) { exp($0.normal() / 2) }
    }
  }

  @Test(arguments: EuropeanOption.Kind.allCases)
  func `of options whose runs end at an error`(_ kind: EuropeanOption.Kind) throws {
    let option = EuropeanOption(
      kind, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)
    // The square of what is paid, by the density of the price at expiry.
    let square = normalMean(points: 4001) { z in
      let last = 100 * exp(0.01 + 0.2 * z)
      let paid = exp(-0.03) * max(0, kind == .call ? last - 105 : 105 - last)
      return paid * paid
    }
    try expectCoverageAtError(
      "a \(kind)", of: option.price,
      deviation: (square - option.price * option.price).squareRoot()
    ) { try pool.startPrice(of: option, seed: $0, until: $1) }
  }

  /// A time ends a run at a number of samples that they do not decide: here one that is drawn, without a clock.
  @Test func `of runs that end where a time would`() throws {
    let mean = exp(0.125)
    try expectCoverage("of a number of samples that is drawn", of: mean) { seed in
      var rng = PhiloxGenerator(seed: seed, index: 0, stream: 1)
      let parts = 1 + Int(rng.uniform() * 8)
      return try pool.startMonteCarlo(samples: parts * MonteCarloState.partLength, seed: seed) {
        exp($0.normal() / 2)
      }
    }
    let option = EuropeanOption(
      .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, years: 1)
    let seed = testSeed()
    for goal in [MonteCarloGoal.time(.nanoseconds(1)), .time(.milliseconds(3))] {
      let timed = try pool.price(of: option, seed: seed, until: goal)
      #expect(timed.sampleCount >= 4096 && timed.sampleCount % MonteCarloState.partLength == 0)
      let same = try pools[2].price(of: option, seed: seed, until: .samples(timed.sampleCount))
      #expect(timed == same, "seed \(seed)")
    }
  }

  /// What the comment of `MonteCarloGoal` says of events that are rare: runs whose numbers of events are drawn themselves.
  @Test(arguments: [
    (10, 0.80, 0.94, -0.16, 0.12), (30, 0.91, 0.94, -0.06, 0.04), (100, 0.93, 0.945, -0.02, 0.02),
    (1000, 0.945, 0.945, -0.004, 0.004),
  ])
  func `less often of rare events, as the goals say`(
    _ events: Int, _ share: Double, _ relativeShare: Double, _ low: Double, _ high: Double
  ) throws {
    let seed = testSeed()
    let runs = 20_000
    // Events in a chunk, so that some 64 chunks are needed.
    let mean = Double(events) / 64
    let probability = mean / Double(MonteCarloState.chunkLength)
    let error = Double(events).squareRoot() / 64 / Double(MonteCarloState.chunkLength)
    for (goal, share) in [
      (MonteCarloGoal.standardError(error), share),
      (.relativeError(1 / Double(events).squareRoot()), relativeShare),
    ] {
      var (hits, sum) = (0, 0.0)
      for run in 0..<runs {
        var rng = PhiloxGenerator(seed: seed, index: UInt64(run))
        var (count, found) = (0, 0)
        var estimate = MonteCarloEstimate(SampleSums())
        repeat {
          let next = MonteCarloGoal.boundary(after: count)
          let more = try PoissonDistribution(mean: Double(next - count) * probability)
          found += more.sample(using: &rng)
          count = next
          estimate = MonteCarloEstimate(
            SampleSums(hits: UInt64(found), of: UInt64(count), value: 1))
        } while !goal.isReached(by: estimate)
        hits += estimate.confidenceInterval(0.95).contains(probability) ? 1 : 0
        sum += estimate.mean / probability - 1
      }
      let found = Double(hits) / Double(runs)
      let bound = farAway * (share * (1 - share) / Double(runs)).squareRoot()
      #expect(found > share - bound, "\(goal): \(found), seed \(seed)")
      let bias = sum / Double(runs)
      let spread = farAway / Double(events * runs).squareRoot()
      #expect(bias > low - spread && bias < high + spread, "\(goal): \(bias), seed \(seed)")
    }
  }
}
