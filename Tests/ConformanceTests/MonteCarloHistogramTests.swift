import Echelon
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Samples in bins` {
  @Test func `are those that are kept, counted, on all pools`() throws {
    let seed = testSeed()
    for count in [0, 1, 100_001] {
      let kept = try pools[0].monteCarloSamples(count: count, seed: seed) { $0.normal() }
      let expected = try pools[0].histogram(kept, bins: 40, in: -2...2)
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.monteCarloHistogram(
          samples: count, seed: seed, bins: 40, in: -2...2
        ) { $0.normal() }
        #expect(found == expected && found.count == count, "seed \(seed)")
      }
    }
  }

  /// Release builds alone: more samples than are kept at a time.
  #if !DEBUG
    @Test func `are counted in pieces when they are many`() throws {
      let seed = testSeed()
      let count = 1 << 24 + 1000
      let found = try pools[1].monteCarloHistogram(
        samples: count, seed: seed, bins: 2, in: 0...1
      ) { $0.uniform() }
      #expect(found.count == count && found.below + found.above + found.nanCount == 0)
      #expect(found.confidenceInterval(ofBin: 0, 1 - 1e-9).contains(0.5), "seed \(seed)")
    }
  #endif

  @Test func `have intervals that contain their probability as often as they say`() throws {
    let seed = testSeed()
    var hits = 0
    for run in 0..<1000 {
      let found = try TestedExecutor.inProcess.shared.monteCarloHistogram(
        samples: 300, seed: seed &+ UInt64(run), bins: 10, in: 0...1
      ) { $0.uniform() }
      hits += found.confidenceInterval(ofBin: 3, 0.95).contains(0.1) ? 1 : 0
    }
    // For 300 samples of probability 0.1 the interval covers it with 0.957; ± six standard errors of 1,000 runs.
    #expect(abs(hits - 957) < 39, "\(hits), seed \(seed)")
  }

  @Test func `say what they do not know, and are refused where there are none`() throws {
    let pool = pools[0]
    let none = try pool.monteCarloHistogram(samples: 0, seed: 1, bins: 3, in: 0...1) {
      $0.uniform()
    }
    #expect(none.count == 0 && none.probability(ofBin: 0).isNaN)
    #expect(none.confidenceInterval(ofBin: 2, 0.9) == 0...1)
    let all = try pool.monteCarloHistogram(samples: 100, seed: 1, bins: 2, in: 0...2) {
      $0.uniform()
    }
    #expect(
      all.probability(ofBin: 0) == 1 && all.confidenceInterval(ofBin: 0, 0.95).upperBound == 1)
    #expect(throws: PoolError.self) {
      try pool.monteCarloHistogram(samples: -1, seed: 1, bins: 2, in: 0...2) { $0.uniform() }
    }
    #expect(throws: PoolError.self) {
      try pool.monteCarloHistogram(samples: 1, seed: 1, bins: 0, in: 0...2) { $0.uniform() }
    }
  }

  @Test func `are the same after workers are killed`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try pool.monteCarloHistogram(samples: 150_000, seed: seed, bins: 20, in: -3...3) {
        $0.normal()
      }
    }
  }
}
