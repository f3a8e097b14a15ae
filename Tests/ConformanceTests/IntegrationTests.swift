import Echelon
import Foundation
import TestSupport
import Testing

/// A peak of width 0.07 in the middle of the unit cube; over all of space its integral is (π / 100)^(d / 2), and what lies
/// outside of the cube is 10⁻¹¹ of it.
private func peak(_ x: Span<Double>) -> Double {
  var sum = 0.0
  for index in x.indices { sum += (x[index] - 0.5) * (x[index] - 0.5) }
  return exp(-100 * sum)
}

@Suite struct `Integrals over a box` {
  private static func expectedPeak(_ dimension: Int) -> Double {
    pow(Double.pi / 100, Double(dimension) / 2)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are those of formulas, by both methods`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    for seed in testSeeds(7) {
      let box = [-1...2.0, 0...Double.pi, 1...3]
      // ∫(x² + 1) · ∫ sin y · ∫ 1 / z
      let expected = (3.0 + 3) * 2 * log(3)
      for method in [IntegrationMethod.plain, .vegas(iterations: 5, samples: 10_000, bins: 40)] {
        let found = try pool.integrate(
          over: box, method: method, seed: seed, until: .samples(150_000)
        ) { x in
          (x[0] * x[0] + 1) * sin(x[1]) / x[2]
        }
        #expect(
          abs(found.mean - expected) < 6 * found.standardError, "\(method), \(found), seed \(seed)")
        #expect(found.standardError < 0.02 * expected)
      }
    }
  }

  @Test func `of a peak have a far smaller error by VEGAS`() throws {
    let seed = testSeed()
    let pool = pools[1]
    let box = Array(repeating: 0...1.0, count: 5)
    let goal = MonteCarloGoal.samples(200_000)
    let plain = try pool.integrate(over: box, seed: seed, until: goal, peak)
    let adaptive = try pool.integrate(
      over: box, method: .vegas(iterations: 8, samples: 20_000), seed: seed, until: goal, peak)
    let expected = Self.expectedPeak(5)
    #expect(abs(plain.mean - expected) < 6 * plain.standardError, "\(plain), seed \(seed)")
    #expect(abs(adaptive.mean - expected) < 6 * adaptive.standardError, "\(adaptive), seed \(seed)")
    // A peak that is a product is what VEGAS is for: of each sample about the same is left.
    #expect(adaptive.standardError < plain.standardError / 20, "seed \(seed)")
    #expect(adaptive.standardDeviation < expected, "seed \(seed)")
  }

  @Test func `have the same bits on all pools, after deaths, and when they are gone on with`()
    throws
  {
    let seed = testSeed()
    let box = Array(repeating: 0...1.0, count: 3)
    let method = IntegrationMethod.vegas(iterations: 3, samples: 9_001, bins: 20)
    var expected: MonteCarloEstimate?
    for executor in pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared] {
      let found = try executor.integrate(
        over: box, method: method, seed: seed, until: .samples(150_000), peak)
      #expect(found == expected ?? found, "seed \(seed)")
      expected = found
    }
    let half = try pools[1].integrate(
      over: box, method: method, seed: seed, until: .samples(70_000), peak)
    let rest = try pools[2].integrate(
      over: box, method: method, seed: seed, until: .samples(150_000), resuming: half.state, peak)
    #expect(rest == expected, "seed \(seed)")
    try expectSameWhileWorkersAreKilled(seed: seed, by: ==) { pool in
      try pool.integrate(over: box, method: method, seed: seed, until: .samples(70_000), peak)
    }
  }

  @Test func `come as ever better estimates, the last of which is that of the whole run`()
    async throws
  {
    let seed = testSeed()
    let box = Array(repeating: 0...1.0, count: 2)
    for method in [IntegrationMethod.plain, .vegas(iterations: 2, samples: 5000, bins: 20)] {
      let goal = MonteCarloGoal.samples(1_500_000)
      let whole = try await pools[1].integrate(
        over: box, method: method, seed: seed, until: goal, peak)
      var (last, before): (MonteCarloEstimate?, Int) = (nil, 0)
      for try await found in try pools[2].integralEstimates(
        over: box, method: method, seed: seed, until: goal, peak)
      {
        #expect(found.sampleCount > before, "seed \(seed)")
        (last, before) = (found, found.sampleCount)
      }
      #expect(last == whole, "seed \(seed)")
    }
    #expect(throws: PoolError.self) {
      try pools[1].integralEstimates(over: [], seed: 1, until: .samples(9)) { _ in 1 }
    }
  }

  /// Chunks of 4,096 samples would be 200, with 100,000 weights of 8 bytes each.
  @Test(.timeLimit(.minutes(5)))
  func `learn from many samples in many dimensions within the memory of a small pool`() throws {
    var options = PoolOptions()
    options.memoryLimit = 128 << 20
    let pool = try ProcessPool(workers: 2, options: options)
    defer { pool.shutdown() }
    let chunks = isReleaseBuild ? 200 : 20
    let found = try pool.integrate(
      over: Array(repeating: 0...1.0, count: 100),
      method: .vegas(iterations: 1, samples: 4096 * chunks, bins: 1000), seed: 3,
      until: .samples(100)
    ) { $0[0] }
    #expect(abs(found.mean - 0.5) < 0.2)
  }

  @Test func `have intervals that contain the truth as often as they say`() throws {
    let seed = testSeed()
    let expected = Self.expectedPeak(2)
    let runs = isReleaseBuild ? 1000 : 200
    let futures = try (0..<runs).map { run in
      try pools[1].startIntegrate(
        over: [0...1, 0...1], method: .vegas(iterations: 3, samples: 1000, bins: 20),
        seed: seed &+ UInt64(run) &* 0x9E37_79B9, until: .samples(2000), peak)
    }
    let hits = try futures.reduce(0) {
      try $0 + ($1.result().confidenceInterval(0.95).contains(expected) ? 1 : 0)
    }
    // ± six standard errors.
    let bound = 6 * (0.05 * 0.95 / Double(runs)).squareRoot()
    #expect(abs(Double(hits) / Double(runs) - 0.95) < bound, "seed \(seed)")
  }

  @Test func `refuse boxes and methods that cannot be, and pass on what is not finite`() throws {
    let pool = pools[0]
    for box in [[], [0...0], [0...Double.infinity], [-1e308...1e308]] {
      #expect(throws: PoolError.self) {
        try pool.integrate(over: box, seed: 1, until: .samples(9)) { _ in 1 }
      }
    }
    for method in [
      IntegrationMethod.vegas(iterations: 0), .vegas(samples: 0), .vegas(bins: 1),
      .vegas(bins: 1001), .vegas(samples: .max), .vegas(samples: 1 << 40 + 1),
    ] {
      #expect(throws: PoolError.self) {
        try pool.integrate(over: [0...1], method: method, seed: 1, until: .samples(9)) { _ in 1 }
      }
    }
    let unknown = try pool.integrate(
      over: [0...1], method: .vegas(iterations: 2, samples: 100), seed: 1, until: .samples(900)
    ) { x in x[0] < 0.1 ? .nan : 1 }
    #expect(unknown.mean.isNaN)
    let none = try pool.integrate(
      over: [0...1, 0...2], method: .vegas(iterations: 2, samples: 100), seed: 1,
      until: .samples(900)
    ) { _ in 0 }
    #expect(none.mean == 0)
    let constant = try pool.integrate(over: [-1...1, 0...2], seed: 1, until: .samples(900)) { _ in
      0.5
    }
    #expect(constant.mean == 2 && constant.standardError == 0)
  }
}
