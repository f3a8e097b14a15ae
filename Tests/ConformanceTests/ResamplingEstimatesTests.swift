import Echelon
import Foundation
import TestSupport
import Testing

private func mean(_ x: Span<Double>) -> Double {
  var sum = 0.0
  for index in x.indices { sum += x[index] }
  return sum / Double(x.count)
}

/// Bootstraps and permutation tests that report on the way.
@Suite(.timeLimit(.minutes(2))) struct `Resampling on the way` {
  private static let numbers = (0..<53).map { Double($0 * $0 % 17) / 3 }
  /// Where it is looked at, if there are to be 21,000.
  private static let looks = [256, 512, 1024, 2048, 4096, 8192, 16_384, 20_480, 21_000]

  /// That their numbers rise, and each is one of those at which all runs are looked at; some may have been passed over.
  private func expectLooks(_ counts: [Int], seed: UInt64) {
    #expect(counts == Self.looks.filter { counts.contains($0) }, "\(counts), seed \(seed)")
    #expect(counts.last == 21_000, "\(counts), seed \(seed)")
  }

  @Test func `gives ever better estimates, the last with the bits of one call`() async throws {
    let seed = testSeed()
    let whole = try await pools[0].bootstrap(
      try pools[0].array(Self.numbers), resamples: 21_000, seed: seed, mean)
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let x = try executor.array(Self.numbers)
      var found: [BootstrapEstimate] = []
      for try await estimate in try executor.bootstrapEstimates(
        x, resamples: 21_000, seed: seed, mean)
      {
        #expect(estimate.replicates == Array(whole.replicates[..<estimate.replicates.count]))
        #expect(estimate.jackknife == whole.jackknife && estimate.estimate == whole.estimate)
        found.append(estimate)
      }
      expectLooks(found.map(\.replicates.count), seed: seed)
      #expect(found.last == whole, "seed \(seed)")
      // On the way and from any number the looks are the same; where there are enough, there is one.
      let few = try await executor.bootstrap(x, resamples: 300, seed: seed, mean)
      for earlier in [few, found[0], whole] {
        var counts: [Int] = []
        for try await estimate in try executor.bootstrapEstimates(
          x, resamples: 21_000, seed: seed, resuming: earlier, mean)
        {
          counts.append(estimate.replicates.count)
          found.append(estimate)
        }
        expectLooks(counts, seed: seed)
        #expect(counts[0] > earlier.replicates.count || counts == [21_000])
        #expect(found.last == whole, "seed \(seed)")
      }
    }
  }

  @Test func `gives ever better tests, the last with the bits of one call`() async throws {
    let seed = testSeed()
    func samples(_ executor: some WorkExecutor) throws -> (
      SharedArray<Double>, SharedArray<Double>
    ) {
      (try executor.array(Self.numbers.prefix(20)), try executor.array(Self.numbers.dropFirst(20)))
    }
    let (a, b) = try samples(pools[0])
    let whole = try await pools[0].permutationTest(
      a, b, permutations: 21_000, alternative: .less, seed: seed
    ) { mean($0) - mean($1) }
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let (x, y) = try samples(executor)
      var found: PermutationTest?
      for _ in 0..<2 {
        var counts: [Int] = []
        // The second time from the first test of the first time, whose alternative may be another.
        for try await test in try executor.permutationTestEstimates(
          x, y, permutations: 21_000, alternative: .less, seed: seed,
          resuming: found.map {
            PermutationTest(
              statistic: $0.statistic, distribution: Array($0.distribution[..<256]),
              alternative: .greater)
          }, { mean($0) - mean($1) })
        {
          #expect(test.distribution == Array(whole.distribution[..<test.distribution.count]))
          #expect(test.alternative == .less)
          counts.append(test.distribution.count)
          found = test
        }
        expectLooks(counts, seed: seed)
        #expect(found == whole, "seed \(seed)")
      }
    }
  }

  @Test func `has the same bits after a worker died on the way`() async throws {
    let seed = testSeed()
    let pool = try TestedExecutor.forkServer.makePool(2)
    let x = try pool.array(Self.numbers)
    let whole = try await pool.bootstrap(x, resamples: 21_000, seed: seed, mean)
    let late = whole.replicates[20_000]
    let deaths = Countdown(2)
    defer { deaths.clear() }
    var last: BootstrapEstimate?
    for try await estimate in try pool.bootstrapEstimates(
      x, resamples: 21_000, seed: seed,
      { x in
        let found = mean(x)
        if found == late, deaths.take() { OwnDeath.kill.happen() }
        return found
      })
    {
      last = estimate
    }
    #expect(last == whole, "seed \(seed)")
    #expect(deaths.taken == 2 && pool.deaths == 2)
    await pool.shutdown()
  }

  @Test func `ends with the error of a statistic, behind what there was before it`() async throws {
    let seed = testSeed()
    let pool = try TestedExecutor.forkServer.makePool(2)
    // Means of such numbers are all different.
    let x = try pool.array(Self.numbers.enumerated().map { $1 + 1e-3 * Double($0 * $0) })
    let whole = try await pool.bootstrap(x, resamples: 2000, seed: seed, mean)
    let fatal = whole.replicates[700]
    #expect(!whole.replicates[..<512].contains(fatal), "seed \(seed)")
    var last: BootstrapEstimate?
    do {
      for try await estimate in try pool.bootstrapEstimates(
        x, resamples: 2000, seed: seed,
        { x in
          let found = mean(x)
          if found == fatal { OwnDeath.kill.happen() }
          return found
        })
      {
        last = estimate
      }
      Issue.record("the statistic killed no worker, seed \(seed)")
    } catch {
      #expect(error is WorkerDied, "\(error)")
    }
    // Either look may have been passed over.
    let count = try #require(last?.replicates.count)
    #expect([256, 512].contains(count) && last?.replicates == Array(whole.replicates[..<count]))
    // What there was can be gone on from, and the pool works.
    let better = try await pool.bootstrap(x, resamples: 2000, seed: seed, resuming: last, mean)
    #expect(better == whole, "seed \(seed)")

    // What it is refused for, it is refused for at once.
    #expect(throws: PoolError.self) {
      try pool.bootstrapEstimates(x, resamples: 1, seed: seed, mean)
    }
    #expect(throws: PoolError.self) {
      try pool.bootstrapEstimates(x, resamples: 1999, seed: seed, resuming: whole, mean)
    }
    #expect(throws: PoolError.self) {
      try pool.permutationTestEstimates(x, x, permutations: 0, seed: seed) { mean($0) - mean($1) }
    }
    // Whether it is of this run is found out by drawing.
    await #expect(throws: PoolError.self) {
      for try await _ in try pool.bootstrapEstimates(
        x, resamples: 3000, seed: seed &+ 1, resuming: whole, mean)
      {}
    }
    await pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `ends with its Swift task, which keeps what it has got`(_ kind: TestedExecutor) async throws
  {
    let (pool, seed) = (kind.shared, testSeed())
    let x = try pool.array(Self.numbers)
    // One that takes an hour.
    let reading = Task {
      var last: BootstrapEstimate?
      for try await estimate in try pool.bootstrapEstimates(
        x, resamples: 1 << 32, seed: seed, mean)
      {
        last = estimate
        if estimate.replicates.count >= 1024 {
          unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
        }
      }
      return last
    }
    let last = try #require(try await reading.value)
    let count = last.replicates.count
    #expect(count >= 1024, "seed \(seed)")
    let whole = try await pool.bootstrap(x, resamples: count + 100, seed: seed, mean)
    let better = try await pool.bootstrap(
      x, resamples: count + 100, seed: seed, resuming: last, mean)
    #expect(better == whole, "seed \(seed)")
    for try await _ in try pool.permutationTestEstimates(
      x, x, permutations: 1 << 32, seed: seed, { mean($0) - mean($1) })
    { break }
    #expect(try await pool.submit { 17 }.value == 17)
  }
}
