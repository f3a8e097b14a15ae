import Echelon
import Foundation
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

  @Test func `go on from what was saved, to the same counts on any number of workers`() throws {
    let seed = testSeed()
    let whole = try pools[0].monteCarloHistogram(samples: 150_000, seed: seed, bins: 9, in: -2...2)
    { $0.normal() }
    for count in [0, 1, 4097, 100_000, 150_000] {
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let part = try executor.monteCarloHistogram(
          samples: count, seed: seed, bins: 9, in: -2...2
        ) { $0.normal() }
        let saved = try JSONEncoder().encode(part.state)
        let state = try JSONDecoder().decode(HistogramState.self, from: saved)
        #expect(state == part.state && state.nextSample == count && state.elapsedTime == .zero)
        let resumed = try executor.monteCarloHistogram(
          seed: seed, until: .samples(150_000), bins: 9, in: -2...2, resuming: state
        ) { $0.normal() }
        #expect(resumed == whole && resumed.state == whole.state, "\(count), seed \(seed)")
      }
    }
    // Of an array there is nothing to go on with.
    let kept = try pools[0].monteCarloSamples(count: 10, seed: seed) { $0.normal() }
    #expect(try pools[0].histogram(kept, bins: 9, in: -2...2).state == nil)
    let timed = try #require(whole.state)
    #expect(timed.elapsedTime > .zero)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are reported on the way, and end at a boundary where the goal is reached`(
    _ kind: TestedExecutor
  ) async throws {
    let pool = kind.shared
    var last: Histogram?
    for try await found in try pool.monteCarloHistogramEstimates(
      seed: 5, until: .samples(20_001), bins: 4, in: 0...1, { $0.uniform() })
    {
      #expect(found.count > last?.count ?? 0)
      last = found
    }
    let whole = try await pool.monteCarloHistogram(samples: 20_001, seed: 5, bins: 4, in: 0...1) {
      $0.uniform()
    }
    #expect(last == whole)
    // Each of four bins has an error of √(3/16 / n), 0.0034 with 16,384 samples and 0.0048 with half of them.
    let precise = try await pool.monteCarloHistogram(
      seed: 5, until: .standardError(0.004), bins: 4, in: 0...1
    ) { $0.uniform() }
    #expect(precise.count == 16_384)
    // As a part of a quarter.
    let relative = try await pool.monteCarloHistogram(
      seed: 5, until: .relativeError(0.016), bins: 4, in: 0...1
    ) { $0.uniform() }
    #expect(relative.count == 16_384)
    // A bin that stays empty has no such error, and bins that are all empty or full tell none.
    let empty = try await pool.monteCarloHistogram(
      seed: 5, until: .relativeError(0.5).or(.samples(10_000)), bins: 4, in: 0...2
    ) { $0.uniform() }
    #expect(empty.count == 10_000 && empty.counts[3] == 0)
    let equal = try await pool.monteCarloHistogram(
      seed: 5, until: .standardError(0.5).or(.samples(9000)), bins: 2, in: 0...2
    ) { $0.uniform() }
    #expect(equal.count == 9000)
    let timed = try await pool.monteCarloHistogram(
      seed: 5, until: .time(.nanoseconds(1)), bins: 4, in: 0...1
    ) { $0.uniform() }
    #expect(timed.count == 4096)
    // One that would go on for ever ends with the loop.
    var count = 0
    for try await _ in try pool.monteCarloHistogramEstimates(
      seed: 5, until: .standardError(1e-300), bins: 4, in: 0...1, { $0.uniform() })
    {
      count += 1
      if count == 2 { break }
    }
    #expect(try await pool.submit { 17 }.value == 17)
  }

  @Test func `go on from no state of another run, nor from nonsense`() throws {
    let pool = pools[0]
    let found = try pool.monteCarloHistogram(samples: 5000, seed: 1, bins: 3, in: 0...1) {
      $0.uniform()
    }
    let state = try #require(found.state)
    func goOn(
      _ state: HistogramState?, seed: UInt64 = 1, bins: Int = 3,
      in range: ClosedRange<Double> = 0...1
    ) throws -> Histogram {
      try pool.monteCarloHistogram(
        seed: seed, until: .samples(5000), bins: bins, in: range, resuming: state
      ) { $0.uniform() }
    }
    #expect(try goOn(state) == found)
    func problem(_ body: () throws -> Histogram) -> String {
      do {
        _ = try body()
        return "none"
      } catch { return "\(error)" }
    }
    #expect(
      problem { try goOn(state, seed: 2) }.contains("of seed 2 that goes on from one of seed 1"))
    for wrong in [problem { try goOn(state, bins: 4) }, problem { try goOn(state, in: 0...2) }] {
      #expect(wrong.contains("that goes on from one of 3 bins from 0.0 to 1.0"), "\(wrong)")
    }
    #expect(
      problem {
        try pool.monteCarloHistogram(
          seed: 1, until: .samples(4999), bins: 3, in: 0...1, resuming: state
        ) { $0.uniform() }
      }.contains("of 4999 samples that goes on from 5000"))
    let text = String(decoding: try JSONEncoder().encode(state), as: UTF8.self)
    let damaged = [
      text.replacing("\"below\":0", with: "\"below\":-1"),
      text.replacing("\"nan\":0", with: "\"nan\":9223372036854775807"),
      text.replacing("\"upper\":1", with: "\"upper\":-1"),
      text.replacing("\"upper\":1", with: "\"upper\":0"),
      text.replacing(#/"counts":\[[0-9,]*\]/#, with: "\"counts\":[]"),
    ]
    for damaged in damaged {
      #expect(damaged != text)
      #expect(throws: DecodingError.self, "\(damaged)") {
        try JSONDecoder().decode(HistogramState.self, from: Data(damaged.utf8))
      }
    }
  }

  @Test func `are the same after workers are killed`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      let part = try pool.monteCarloHistogram(samples: 50_000, seed: seed, bins: 20, in: -3...3) {
        $0.normal()
      }
      return try pool.monteCarloHistogram(
        seed: seed, until: .samples(150_000), bins: 20, in: -3...3, resuming: part.state
      ) { $0.normal() }
    }
  }
}
