import Echelon
import Foundation
import TestSupport
import Testing

// The same samples one by one and by vectors, with all that a generator has, and more draws than a block of it holds.

private func sample(_ rng: inout PhiloxGenerator) -> Double {
  let (u, v) = (rng.uniform(), rng.uniform())
  let (z, x, w) = (rng.normal(), rng.exponential(), rng.uniformOpen())
  return (u * u + v * v < 1 ? z : x) + w + rng.uniform()
}

private func samples(_ rng: inout SIMDPhiloxGenerator) -> SIMD8<Double> {
  let (u, v) = (rng.uniform(), rng.uniform())
  let (z, x, w) = (rng.normal(), rng.exponential(), rng.uniformOpen())
  return x.replacing(with: z, where: u * u + v * v .< 1) + w + rng.uniform()
}

@Suite struct `Monte Carlo by vectors of samples` {
  @Test(arguments: TestedExecutor.allCases)
  func `gives the bits of samples one by one`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    for count in [0, 1, 7, 8, 9, 511, 513, 65_536, 200_003] {
      let found = try pool.monteCarloSIMD(seed: seed, until: .samples(count)) { samples(&$0) }
      let expected = try pool.monteCarlo(samples: count, seed: seed) { sample(&$0) }
      #expect("\(found)" == "\(expected)", "\(count) samples, seed \(seed)")
      #expect(found.sums == expected.sums || count == 0, "\(count) samples, seed \(seed)")
    }
  }

  @Test func `gives the same bits with 1, 2, 3 and 7 workers, and goes on from either`() throws {
    let seed = testSeed()
    let goal = MonteCarloGoal.samples(200_001)
    let half = try pools[0].monteCarlo(samples: 70_000, seed: seed) { sample(&$0) }
    let expected = try pools[0].monteCarlo(samples: 200_001, seed: seed) { sample(&$0) }
    for pool in pools {
      let all = try pool.monteCarloSIMD(seed: seed, until: goal) { samples(&$0) }
      let rest = try pool.monteCarloSIMD(seed: seed, until: goal, resuming: half.state) {
        samples(&$0)
      }
      #expect(all == expected && rest == expected, "\(pool.workerCount) workers, seed \(seed)")
    }
  }

  @Test func `takes words as they come, after numbers and before them`() {
    for index in [0, 8, UInt64.max - 100] {
      let seed = testSeed()
      var lanes = SIMDPhiloxGenerator(seed: seed, index: index, stream: 3)
      var single = (0..<8).map { PhiloxGenerator(seed: seed, index: index + $0, stream: 3) }
      for draw in 0..<12 {
        switch draw {
        case 0, 3, 7:
          let numbers = lanes.uniform()
          for k in 0..<8 {
            #expect(numbers[k] == single[k].uniform(), "draw \(draw), seed \(seed)")
          }
        default:
          let words = lanes.next()
          for k in 0..<8 { #expect(words[k] == single[k].next(), "draw \(draw), seed \(seed)") }
        }
      }
    }
  }

  @Test func `estimates pi, also by a closure that captures`() throws {
    let four = 4.0
    let pool = pools[1]
    let found = try pool.monteCarloSIMD(seed: 42, until: .samples(1 << 20)) { rng in
      let u = rng.uniform(), v = rng.uniform()
      return SIMD8(repeating: 0).replacing(with: four, where: u * u + v * v .< 1)
    }
    #expect(found.mean == (try pool.pi(seed: 42, until: .samples(1 << 20))).mean)
    #expect(abs(found.mean - Double.pi) < 6 * found.standardError)
    #expect(throws: PoolError.self) {
      try pool.monteCarloSIMD(seed: 1, until: .samples(9), resuming: found.state) { $0.uniform() }
    }
  }
}

@Suite struct `Monte Carlo samples that are kept` {
  @Test(arguments: TestedExecutor.allCases)
  func `are those that an estimate is made of`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    for count in [0, 1, 513, 40_000] {
      let found = try pool.monteCarloSamples(count: count, from: 5, seed: seed) { sample(&$0) }
      let expected = (0..<count).map { index in
        var rng = PhiloxGenerator(seed: seed, index: UInt64(index + 5))
        return sample(&rng)
      }
      #expect(Array(found) == expected, "\(count) samples, seed \(seed)")
    }
  }

  @Test func `have quantiles and a histogram, with the same bits for any number of workers`() throws
  {
    let seed = testSeed()
    var answers: [[Double]] = []
    for pool in pools {
      let samples = try pool.monteCarloSamples(count: 200_000, seed: seed) { $0.exponential() }
      let quantiles = try pool.quantiles(samples, [0.1, 0.5, 0.9])
      let counts = try pool.histogram(samples, bins: 20, in: 0...10).counts
      answers.append(quantiles + counts.map { Double($0) } + [try pool.sum(samples)])
      // Of the quantile at p the standard error is √(p(1 - p) / n) / density, and the density is 1 - p.
      for (found, p) in zip(quantiles, [0.1, 0.5, 0.9]) {
        let error = (p / (1 - p) / 200_000).squareRoot()
        #expect(abs(found + log(1 - p)) < 6 * error, "seed \(seed)")
      }
    }
    #expect(answers.allSatisfy { $0 == answers[0] }, "seed \(seed)")
  }

  @Test func `cannot be fewer than none`() {
    for (count, first) in [(-1, 0), (1, -1), (2, Int.max - 1)] {
      #expect(throws: PoolError.self) {
        try pools[0].monteCarloSamples(count: count, from: first, seed: 1) { $0.uniform() }
      }
    }
  }
}
