import Echelon
import Foundation
import RealModule
import TestSupport
import Testing

/// A smooth function of all coordinates whose integral is 1.
@inline(__always)
private func smooth(_ point: Span<Double>) -> Double {
  var product = 1.0
  for index in point.indices { product *= 1 + (point[index] - 0.5) / Double(index + 1) }
  return product
}

@Suite(.timeLimit(.minutes(10))) struct `Quasi-Monte Carlo` {
  @Test(arguments: TestedExecutor.allCases)
  func `has a far smaller error than random numbers, and an honest one`(_ kind: TestedExecutor)
    throws
  {
    let (pool, seed) = (kind.shared, testSeed())
    let found = try pool.quasiMonteCarlo(dimension: 5, points: 512, seed: seed) { smooth($0) }
    #expect(found.sampleCount == 16 * 512 && found.pointCount == 512)
    #expect(found.confidenceInterval(0.999_999).contains(1), "\(found), seed \(seed)")
    let random = try pool.monteCarlo(samples: 16 * 512, seed: seed) { rng in
      var product = 1.0
      for index in 0..<5 { product *= 1 + (rng.uniform() - 0.5) / Double(index + 1) }
      return product
    }
    #expect(found.standardError < random.standardError / 30, "seed \(seed)")
    // Eight times as many points are some twenty times better; by how much, 16 replicates say but roughly.
    let more = try pool.quasiMonteCarlo(dimension: 5, points: 4096, seed: seed) { smooth($0) }
    #expect(more.standardError < found.standardError / 1.5, "seed \(seed)")
    #expect(more.confidenceInterval(0.999_999).contains(1), "\(more), seed \(seed)")
  }

  @Test func `has the means of the points themselves, and never 0 or 1`() throws {
    let seed = testSeed()
    for (dimension, points) in [(1, 1), (3, 2), (7, 64), (2, 8192), (300, 128)] {
      let found = try pools[1].quasiMonteCarlo(
        dimension: dimension, points: points, replicates: 3, seed: seed
      ) { point in
        for index in point.indices where !(point[index] > 0 && point[index] < 1) { return .nan }
        return smooth(point)
      }
      for replicate in 0..<3 {
        let sequence = try SobolSequence(
          dimension: dimension, scrambling: .owen(seed: seed, replicate: UInt64(replicate)))
        let mean =
          (0..<points).reduce(0.0) { sum, index in
            sum + smooth(sequence.point(UInt64(index)).span)
          } / Double(points)
        #expect(
          abs(found.replicateMeans[replicate] - mean) < 1e-13, "\(dimension), \(points), \(seed)")
      }
    }
  }

  @Test func `has the same bits for 1, 2, 3 and 7 workers, and after deaths`() throws {
    let seed = testSeed()
    for points in [1, 256, 16_384] {
      var first: QuasiMonteCarloEstimate?
      for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
        let found = try executor.quasiMonteCarlo(
          dimension: 4, points: points, replicates: 5, seed: seed
        ) { smooth($0) }
        #expect(found == first ?? found, "\(points) points, seed \(seed)")
        first = found
      }
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: { $0 == $1 }) { pool in
      try pool.quasiMonteCarlo(dimension: 6, points: 8192, replicates: 4, seed: seed) { smooth($0) }
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `goes on from what was saved, to the same bits`(_ kind: TestedExecutor) throws {
    let (pool, seed) = (kind.shared, testSeed())
    func run(_ points: Int, from state: QuasiMonteCarloState?) throws -> QuasiMonteCarloEstimate {
      // Of mixed magnitudes and signs, so that the order of sums shows.
      try pool.quasiMonteCarlo(
        dimension: 2, points: points, replicates: 2, seed: seed, resuming: state
      ) { 1 / ($0[0] - 0.5) + 1e6 * $0[1] }
    }
    let whole = try run(8192, from: nil)
    for count in [1, 2048, 4096, 8192] {
      let part = try run(count, from: nil)
      let saved = try JSONEncoder().encode(part.state)
      let state = try JSONDecoder().decode(QuasiMonteCarloState.self, from: saved)
      #expect(state == part.state && state.pointCount == (count < 4096 ? 0 : count))
      let resumed = try run(8192, from: state)
      #expect(resumed == whole && resumed.state == whole.state, "\(count), seed \(seed)")
    }
    // Fewer points than there are, and another run.
    let state = try #require(whole.state)
    #expect(throws: PoolError.self) { try run(4096, from: state) }
    for (dimension, replicates, seed) in [(3, 2, seed), (2, 3, seed), (2, 2, seed ^ 1)] {
      #expect(throws: PoolError.self) {
        try pool.quasiMonteCarlo(
          dimension: dimension, points: 16_384, replicates: replicates, seed: seed, resuming: state
        ) { $0[0] }
      }
    }
    for damaged in [
      #"{"seed":1,"dimension":3,"pointCount":4097,"sums":[1,2]}"#,
      #"{"seed":1,"dimension":3,"pointCount":12288,"sums":[1,2]}"#,
      #"{"seed":1,"dimension":3,"pointCount":4096,"sums":[1]}"#,
      #"{"seed":1,"dimension":0,"pointCount":4096,"sums":[1,2]}"#,
    ] {
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(QuasiMonteCarloState.self, from: Data(damaged.utf8))
      }
    }
  }

  @Test func `ends at the first doubling where a goal is reached, and reports each`() async throws {
    let (pool, seed) = (pools[1], testSeed())
    func run(_ goal: MonteCarloGoal, from state: QuasiMonteCarloState? = nil) async throws
      -> [QuasiMonteCarloEstimate]
    {
      var found: [QuasiMonteCarloEstimate] = []
      for try await estimate in try pool.quasiMonteCarloEstimates(
        dimension: 2, replicates: 2, seed: seed, until: goal, resuming: state,
        { abs($0[0] - 0.3) * $0[1] })
      {
        found.append(estimate)
      }
      // The stream keeps the newest, and the last of all is the value.
      let last = try await pool.quasiMonteCarlo(
        dimension: 2, replicates: 2, seed: seed, until: goal, resuming: state
      ) { abs($0[0] - 0.3) * $0[1] }
      if goal.duration == nil { #expect(found.last == last, "\(goal), seed \(seed)") }
      return found
    }
    func points(_ count: Int) async throws -> QuasiMonteCarloEstimate {
      try await pool.quasiMonteCarlo(dimension: 2, points: count, replicates: 2, seed: seed) {
        abs($0[0] - 0.3) * $0[1]
      }
    }
    // As many as a power of 2 allows: of 20,000 in 2 replicates 8192 in each.
    let most = try await run(.samples(20_000))
    #expect(most.last?.pointCount == 8192)
    #expect(zip(most, most.dropFirst()).allSatisfy { $0.pointCount < $1.pointCount })
    #expect(try await most.last == points(8192))
    #expect(try await run(.samples(3)).last == points(1))
    // An error that 8192 points have.
    let error = try await points(8192).standardError
    let ended = try #require(try await run(.standardError(error)).last)
    #expect(ended.standardError <= error && [4096, 8192].contains(ended.pointCount))
    #expect(try await ended == points(ended.pointCount))
    // What has been reached is reached at once, and other goals are gone on to.
    #expect(try await run(.standardError(error), from: ended.state) == [ended])
    let more = try await run(.samples(2 * 16_384), from: ended.state)
    #expect(try await more.last == points(16_384))
    #expect(try await run(.time(.nanoseconds(1))).map(\.pointCount) == [4096])
    for goal in [MonteCarloGoal.samples(1), .standardError(0), .samples(2 * 2048)] {
      await #expect(throws: PoolError.self) { try await run(goal, from: ended.state) }
    }
  }

  @Test func `has intervals that contain the truth as often as they say`() throws {
    let seed = testSeed()
    // 95 % of 400 is 380, with a deviation of 4.4; means of few points are not quite normal.
    var hits = 0
    for run in 0..<400 {
      let found = try pools[1].quasiMonteCarlo(
        dimension: 2, points: 64, replicates: 8, seed: seed &+ UInt64(run)
      ) { smooth($0) }
      if found.confidenceInterval(0.95).contains(1) { hits += 1 }
    }
    #expect((352...400) ~= hits, "\(hits) of 400, seed \(seed)")
  }

  @Test func `takes the quantiles of Student's distribution`() {
    // scipy.stats.t.ppf.
    for (probability, freedom, expected) in [
      (0.975, 7, 2.364624251592784), (0.975, 1, 12.706204736174694),
      (0.995, 15, 2.946712883475238), (0.9, 2, 1.8856180831641272),
      (0.99999, 31, 5.024874407794808),
    ] {
      let means = (0...freedom).map { Double($0) }
      let found = QuasiMonteCarloEstimate(pointCount: 1, replicateMeans: means)
      let interval = found.confidenceInterval(2 * probability - 1)
      let quantile = (interval.upperBound - found.mean) / found.standardError
      #expect(abs(quantile / expected - 1) < 1e-9, "\(probability), \(freedom)")
    }
    let unknown = QuasiMonteCarloEstimate(pointCount: 1, replicateMeans: [1, .nan])
    #expect(unknown.confidenceInterval(0.9) == -.infinity ... .infinity)
  }

  @Test func `refuses what cannot be`() async throws {
    let pool = pools[1]
    for points in [0, -1, 3, 1000, 1 << 32] {
      #expect(throws: PoolError.self) {
        try pool.quasiMonteCarlo(dimension: 2, points: points, seed: 1) { smooth($0) }
      }
    }
    for replicates in [1, 0, -3] {
      #expect(throws: PoolError.self) {
        try pool.quasiMonteCarlo(dimension: 2, points: 2, replicates: replicates, seed: 1) {
          smooth($0)
        }
      }
    }
    #expect(throws: QuasiRandomError.invalidDimension(21_202, most: 21_201)) {
      try pool.quasiMonteCarlo(dimension: 21_202, points: 2, seed: 1) { smooth($0) }
    }
    let found = try await pool.quasiMonteCarlo(dimension: 1, points: 2, seed: 1) { smooth($0) }
    #expect("\(found)".hasSuffix(" (16 × 2 points)"))
  }
}
