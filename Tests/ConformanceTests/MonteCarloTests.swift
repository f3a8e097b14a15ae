import Echelon
import Foundation
import TestSupport
import Testing

/// A sample whose mean is ½ and whose generator needs a second block.
private func threeDraws(_ generator: inout PhiloxGenerator) -> Double {
  let sum = generator.uniform() + generator.uniform() + generator.uniform()
  return sum < 1.5 ? 0 : 1
}

@Suite(.timeLimit(.minutes(10))) struct `Monte Carlo runs` {
  @Test(arguments: TestedExecutor.allCases)
  func `end at the first boundary where a goal is reached`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let error = 3e-4
    let found = try pool.monteCarlo(seed: 7, until: .standardError(error)) { threeDraws(&$0) }
    #expect(found.standardError <= error)
    #expect(found.confidenceInterval(0.999_999).contains(0.5))
    // The boundary before it was too early.
    var boundary = 0
    var before = 0
    while boundary < found.sampleCount {
      (before, boundary) = (boundary, MonteCarloGoal.boundary(after: boundary))
    }
    #expect(boundary == found.sampleCount && before > 0)
    let earlier = try pool.monteCarlo(samples: before, seed: 7) { threeDraws(&$0) }
    #expect(earlier.standardError > error)
    // A run of so many samples is the same one.
    let again = try pool.monteCarlo(samples: found.sampleCount, seed: 7) { threeDraws(&$0) }
    #expect(again == found)
    let relative = try pool.monteCarlo(seed: 7, until: .relativeError(2 * error)) {
      threeDraws(&$0)
    }
    #expect(relative.standardError <= 2 * error * relative.mean)
  }

  @Test func `are the same on 1, 2, 3 and 7 workers, and in-process`() throws {
    let seed = testSeed()
    var expected: MonteCarloEstimate?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try executor.monteCarlo(seed: seed, until: .relativeError(4e-4)) {
        $0.exponential()
      }
      #expect(found == expected ?? found, "seed \(seed)")
      expected = found
    }
    #expect(expected!.confidenceInterval(0.999_999_999).contains(1))
    #expect(abs(expected!.skewness - 2) < 0.1 && expected!.minimum > 0)
  }

  /// What a run of so many samples was when it was made of whole chunks alone: their tree, and the rest in one piece.
  @Test func `have the bits of whole chunks, however chunks are divided`() throws {
    let seed = testSeed()
    let length = MonteCarloState.chunkLength
    func sums(_ samples: Range<Int>) -> SampleSums {
      accumulateMonteCarlo(
        seed: seed, indices: UInt64(samples.lowerBound)..<UInt64(samples.upperBound)
      ) { threeDraws(&$0) * 1e9 + $0.uniform() }
    }
    for count in [1, 2047, 2048, 4096, 65_535, 65_536, 70_000, 140_000, 262_144, 300_001] {
      var state = MonteCarloState(seed: seed)
      for chunk in 0..<count / length { state.append(sums(chunk * length..<(chunk + 1) * length)) }
      let expected = state.sums(with: sums(count / length * length..<count))
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.monteCarlo(samples: count, seed: seed) {
          threeDraws(&$0) * 1e9 + $0.uniform()
        }
        #expect(found.sums == expected, "\(count) samples, seed \(seed)")
        #expect(found.state?.nextSample == count / 2048 * 2048)
      }
    }
  }

  /// Samples that take some 60 µs each.
  @Test func `of samples that take long end early, and divide chunks, with the same bits`() throws {
    let seed = testSeed()
    for executor in [pools[0], pools[1]] as [any WorkExecutor] {
      let few = try executor.monteCarlo(seed: seed, until: .relativeError(0.02)) { rng in
        usleep(10)
        return rng.uniform()
      }
      #expect(few.sampleCount == 4096 && few.state?.nextSample == 4096, "seed \(seed)")
      let timed = try executor.monteCarlo(seed: seed, until: .time(.milliseconds(800))) { rng in
        usleep(10)
        return rng.uniform()
      }
      #expect(timed.sampleCount >= 4096 && timed.sampleCount % 2048 == 0)
      let same = try executor.monteCarlo(samples: timed.sampleCount, seed: seed) { $0.uniform() }
      #expect(same == timed, "seed \(seed)")
    }
    // Beyond a chunk, in parts.
    let many = try pools[1].monteCarlo(
      seed: seed, until: .standardError(1e-9).or(.samples(100_000))
    ) { rng in
      usleep(10)
      return rng.uniform()
    }
    let same = try pools[0].monteCarlo(samples: 100_000, seed: seed) { $0.uniform() }
    #expect(many == same, "seed \(seed)")
    #expect(many.state?.nextSample == 100_000 / 2048 * 2048)
    // What is asked for at least is drawn.
    let later = try pools[1].monteCarlo(
      seed: seed, until: .relativeError(0.02).atLeast(10_000)
    ) { $0.uniform() }
    #expect(later.sampleCount == 16_384)
  }

  @Test func `end where no error gets smaller, and not where there is no mean yet`() throws {
    let pool = pools[1]
    let none = try pool.monteCarlo(seed: 3, until: .relativeError(0.5).or(.samples(1_500_000))) {
      _ in 0
    }
    #expect(none.sampleCount == 1_500_000)
    for bad in [Double.nan, .infinity, 1e200] {
      let found = try pool.monteCarlo(seed: 3, until: .standardError(1e-3)) {
        $0.uniform() < 0.5 ? bad : 0
      }
      #expect(found.sampleCount == MonteCarloGoal.boundary(after: 0), "\(bad)")
    }
  }

  @Test func `take no more chunks than there is time for, wherever they begin`() throws {
    let pool = pools[1]
    let long = try pool.monteCarlo(samples: 200 * 65_536, seed: 3) { $0.uniform() }
    let state = try #require(long.state)
    let found = try pool.monteCarlo(resuming: state, until: .time(.nanoseconds(1))) { $0.uniform() }
    #expect(found.sampleCount == 200 * 65_536 + 4096)
    let same = try pool.monteCarlo(samples: found.sampleCount, seed: 3) { $0.uniform() }
    #expect(same == found)
    #expect(throws: PoolError.self) {
      try pool.pi(seed: 4, until: .samples(20_000_000), resuming: state)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `go on from what was saved, to the same bits`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    let whole = try pool.monteCarlo(samples: 2_000_000, seed: seed) { $0.normal() }
    for count in [0, 1, 65_536, 65_537, 1_000_000, 2_000_000] {
      let part = try pool.monteCarlo(samples: count, seed: seed) { $0.normal() }
      #expect(part.sampleCount == count)
      let saved = try JSONEncoder().encode(part.state)
      let state = try JSONDecoder().decode(MonteCarloState.self, from: saved)
      let resumed = try pool.monteCarlo(resuming: state, until: .samples(2_000_000)) {
        $0.normal()
      }
      #expect(resumed == whole, "\(count), seed \(seed)")
    }
    // Fewer than there are, and a goal that has been reached.
    let state = try #require(whole.state)
    #expect(throws: PoolError.self) {
      try pool.monteCarlo(resuming: state, until: .samples(1000)) { $0.normal() }
    }
    let enough = try pool.monteCarlo(resuming: state, until: .standardError(1)) { $0.normal() }
    #expect(enough.sampleCount == MonteCarloGoal.boundary(after: state.nextSample))
  }

  @Test(arguments: TestedExecutor.allCases)
  func `end when their time is over, after whole parts of a chunk`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let found = try pool.monteCarlo(seed: 3, until: .time(.nanoseconds(1))) { $0.uniform() }
    #expect(found.sampleCount == 4096)
    let again = try pool.monteCarlo(samples: found.sampleCount, seed: 3) { $0.uniform() }
    #expect(again == found)
    let limited = try pool.monteCarlo(
      seed: 3, until: .time(.seconds(1000)).or(.samples(1_500_000)).or(.standardError(1e-300))
    ) { $0.uniform() }
    #expect(limited.sampleCount == 1_500_000)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `report ever better estimates, and end with the loop`(_ kind: TestedExecutor) async throws {
    let pool = kind.shared
    var last: MonteCarloEstimate?
    let estimates = try pool.monteCarloEstimates(seed: 5, until: .samples(3_000_000)) {
      $0.normal()
    }
    for try await estimate in estimates {
      #expect(estimate.sampleCount > last?.sampleCount ?? 0)
      last = estimate
    }
    let whole = try await pool.monteCarlo(samples: 3_000_000, seed: 5) { $0.normal() }
    #expect(last == whole)
    // One that would go on for ever.
    var count = 0
    for try await _ in try pool.monteCarloEstimates(
      seed: 5, until: .standardError(1e-300), { $0.normal() })
    {
      count += 1
      if count == 2 { break }
    }
    #expect(count == 2)
    #expect(try await pool.submit { 17 }.value == 17)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuse goals that make no sense, and end when they are cancelled`(
    _ kind: TestedExecutor
  ) throws {
    let pool = kind.shared
    for goal in [
      MonteCarloGoal.samples(-1), .standardError(0), .standardError(.nan), .relativeError(-1),
      .time(.zero),
    ] {
      #expect(throws: PoolError.self) {
        try pool.startMonteCarlo(seed: 1, until: goal) { $0.normal() }
      }
    }
    let endless = try pool.startMonteCarlo(seed: 1, until: .standardError(1e-300)) { $0.normal() }
    #expect(endless.cancel())
    #expect(throws: CancellationError.self) { try endless.result() }
    let none = try pool.monteCarlo(samples: 0, seed: 1) { $0.normal() }
    #expect(none.sampleCount == 0 && none.mean.isNaN && none.standardError.isNaN)
  }

  @Test func `have the same bits when workers are killed on the way`() throws {
    let seed = testSeed()
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool -> [MonteCarloEstimate] in
      [
        try pool.monteCarlo(seed: seed, until: .standardError(6e-4)) { $0.normal() },
        try pool.monteCarlo(samples: 700_001, seed: seed) { threeDraws(&$0) },
      ]
    }
  }

  /// With 1000 repetitions a rate has a standard deviation of 0.7 %.
  @Test func `have intervals that cover the truth as often as they say`() throws {
    var covered = 0
    for seed in 0..<1000 as Range<UInt64> {
      let found = try pools[1].monteCarlo(samples: 1000, seed: seed) { threeDraws(&$0) }
      if found.confidenceInterval(0.95).contains(0.5) { covered += 1 }
    }
    #expect((930...970) ~= covered, "\(covered)")
  }
}
