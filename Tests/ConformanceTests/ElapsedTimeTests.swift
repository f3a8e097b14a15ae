import Echelon
import Foundation
import TestSupport
import Testing

private func sample(_ rng: inout PhiloxGenerator) -> Double { rng.normal() }

private func difference(_ level: Int, _ rng: inout PhiloxGenerator) -> Double {
  (1 + rng.normal()) / Double(1 << level)
}

@Suite(.timeLimit(.minutes(5))) struct `The time of a Monte Carlo run` {
  /// Runs something, and expects its time to be some, and no more than passes meanwhile.
  /// - Returns: that bound.
  @discardableResult
  private func check<Estimate>(
    _ what: String, after earlier: Duration = .zero, atMost bound: Duration = .zero,
    _ time: (Estimate) -> Duration, _ run: () throws -> Estimate
  ) rethrows -> (estimate: Estimate, bound: Duration) {
    let start = ContinuousClock.now
    let found = try run()
    let most = bound + (.now - start)
    let taken = time(found)
    #expect(taken > earlier && taken <= most, "\(what): \(taken) of \(most), \(earlier) before")
    return (found, most)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is known of every kind of run`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    try check("a number", { $0.elapsedTime }) { () -> MonteCarloEstimate in
      try pool.monteCarlo(samples: 1000, seed: 1) { sample(&$0) }
    }
    try check("vectors", { $0.elapsedTime }) { () -> VectorEstimate<2> in
      try pool.monteCarloVectors(samples: 1000, seed: 1) { rng in [rng.uniform(), rng.normal()] }
    }
    try check("points", { $0.elapsedTime }) { () -> QuasiMonteCarloEstimate in
      try pool.quasiMonteCarlo(dimension: 2, points: 64, seed: 1) { $0[0] * $0[1] }
    }
    try check("levels", { $0.elapsedTime }) { () -> MultilevelEstimate in
      try pool.multilevelMonteCarlo(error: 0.15, seed: 1) { difference($0, &$1) }
    }
    for method in [IntegrationMethod.plain, .vegas(iterations: 2, samples: 1000)] {
      try check("an integral", { $0.elapsedTime }) { () -> MonteCarloEstimate in
        try pool.integrate(
          over: [0...1, 0...2], method: method, seed: 1, until: .samples(1000)
        ) { $0[0] * $0[1] }
      }
    }
    #expect(MonteCarloEstimate(SampleSums()).elapsedTime == .zero)
  }

  /// Bins that take longer than all samples, which are few.
  @Test func `has that of what a run learns first`() throws {
    func time(_ iterations: Int) throws -> Duration {
      try pools[1].integrate(
        over: [0...1], method: .vegas(iterations: iterations, samples: 1), seed: 1,
        until: .samples(1)
      ) { x in
        usleep(5000)  // what takes the time that is measured; nothing waits for it
        return x[0]
      }.elapsedTime
    }
    #expect(try time(6) >= .milliseconds(35))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `is the sum of all runs that went on from one another, and changes nothing else`(
    _ kind: TestedExecutor
  ) throws {
    let (pool, seed) = (kind.shared, testSeed())
    let (first, bound) = try check("the first", { $0.elapsedTime }) { () -> MonteCarloEstimate in
      try pool.monteCarlo(samples: 300_000, seed: seed) { sample(&$0) }
    }
    let state = try #require(first.state)
    let (second, _) = try check(
      "the second", after: first.elapsedTime, atMost: bound, { $0.elapsedTime }
    ) { () -> MonteCarloEstimate in
      try pool.monteCarlo(resuming: state, until: .samples(600_000)) { sample(&$0) }
    }
    let whole = try pool.monteCarlo(samples: 600_000, seed: seed) { sample(&$0) }
    #expect(second == whole && second.hashValue == whole.hashValue, "seed \(seed)")
    #expect(second.elapsedTime != whole.elapsedTime)
    // Encoded states are the same to the byte, and begin with no time unless it is set.
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let saved = try encoder.encode(second.state)
    #expect(try encoder.encode(whole.state) == saved)
    var restored = try JSONDecoder().decode(MonteCarloState.self, from: saved)
    #expect(restored == second.state && restored.elapsedTime == .zero)
    restored.elapsedTime = .seconds(1000)
    let third = try pool.monteCarlo(resuming: restored, until: .samples(700_000)) { sample(&$0) }
    #expect(third.elapsedTime > .seconds(1000) && third.elapsedTime < .seconds(2000))
  }

  @Test func `is the sum also of several values, and of runs that end at an error`() throws {
    let (pool, seed) = (pools[1], testSeed())
    let (first, bound) = try check("the first", { $0.elapsedTime }) { () -> VectorEstimate<2> in
      try pool.monteCarloVectors(samples: 100_000, seed: seed) { [$0.uniform(), $0.uniform()] }
    }
    try check("the second", after: first.elapsedTime, atMost: bound, { $0.elapsedTime }) {
      () -> VectorEstimate<2> in
      try pool.monteCarloVectors(seed: seed, until: .samples(200_000), resuming: first.state) {
        [$0.uniform(), $0.uniform()]
      }
    }
    let (pi, most) = try check("π", { $0.elapsedTime }) { () -> MonteCarloEstimate in
      try pool.pi(seed: seed, until: .standardError(1.4e-3))
    }
    try check("better", after: pi.elapsedTime, atMost: most, { $0.elapsedTime }) {
      () -> MonteCarloEstimate in
      try pool.pi(seed: seed, until: .standardError(1e-3), resuming: pi.state)
    }
  }
}
