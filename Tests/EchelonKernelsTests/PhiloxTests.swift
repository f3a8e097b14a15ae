import EchelonKernels
import EchelonLinearAlgebra
import EchelonRandom
import Testing

@Suite struct `Philox in vectors` {
  @Test(arguments: [0, 1, 7, 8, 31, 32, 33, 512])
  func `fills many first blocks as the generator makes one`(count: Int) {
    // The indices cross 2³², so that the carry into the second word counts.
    let (seed, first): (UInt64, UInt64) = (0x0123_4567_89ab_cdef, 0xffff_fff0)
    for level in InstructionSet.available {
      var low = [UInt64](repeating: 0, count: count)
      var high = low
      var lowSpan = low.mutableSpan
      var highSpan = high.mutableSpan
      fillPhilox(
        seed: seed, firstIndex: first, stream: 9, low: &lowSpan, high: &highSpan, level: level)
      for k in 0..<count {
        var rng = PhiloxGenerator(seed: seed, index: first + UInt64(k), stream: 9)
        #expect(low[k] == rng.next() && high[k] == rng.next(), "index \(k), \(level)")
      }
    }
  }
}

@Suite struct `A Monte Carlo run` {
  private func pi(_ indices: Range<UInt64>, seed: UInt64 = 42) -> MomentAccumulator {
    accumulateMonteCarlo(seed: seed, indices: indices) { rng in
      let (u, v) = (rng.uniform(), rng.uniform())
      return u * u + v * v < 1 ? 4 : 0
    }
  }

  @Test func `finds π within its own error`() {
    let estimate = MonteCarloEstimate(pi(0..<1_000_000))
    #expect(estimate.sampleCount == 1_000_000)
    #expect(abs(estimate.mean - .pi) < 5 * estimate.standardError)
    #expect(abs(estimate.variance - Double.pi * (4 - .pi)) < 0.05)
    #expect(estimate.confidenceInterval(0.999_999).contains(.pi))
    let interval = estimate.confidenceInterval(0.95)
    let width = (interval.upperBound - interval.lowerBound) / estimate.standardError
    #expect(abs(width - 2 * 1.959963984540054) < 1e-6)
  }

  @Test func `gives each index the numbers that are its own`() {
    var values: [Double] = []
    _ = accumulateMonteCarlo(seed: 3, indices: 1000..<1600) { rng in
      values.append(rng.uniform() + rng.uniform() + rng.uniform())  // needs a second block
      return 0
    }
    for (k, value) in values.enumerated() {
      var rng = PhiloxGenerator(seed: 3, index: 1000 + UInt64(k))
      #expect(value == rng.uniform() + rng.uniform() + rng.uniform())
    }
    #expect(values.count == 600)
  }

  @Test func `gives the same bits for fixed chunks whoever ran them`() {
    let chunks = (0..<7).map { UInt64($0) * 10_000..<UInt64($0 + 1) * 10_000 }
    func body(_ range: Range<UInt64>) -> MomentAccumulator {
      accumulateMonteCarlo(seed: 1, indices: range) { $0.normal() * 1e3 }
    }
    let forward = chunks.map(body)
    let backward = Array(chunks.reversed().map(body).reversed())
    #expect(mergeMonteCarlo(forward) == mergeMonteCarlo(backward))
    #expect(forward.reduce(into: MomentAccumulator()) { $0.merge($1) } != mergeMonteCarlo(forward))
    #expect(MomentAccumulator(forward[0].partial) == forward[0])
  }

  @Test func `accumulates one at a time as the definition says`() {
    let x: [Double] = mixedMagnitudes(count: 999, seed: 8)
    var (whole, left, right) = (MomentAccumulator(), MomentAccumulator(), MomentAccumulator())
    for (k, x) in x.enumerated() {
      whole.add(x)
      if k < 300 { left.add(x) } else { right.add(x) }
    }
    left.merge(right)
    let mean = x.reduce(0, +) / 999
    let squares = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let largest = x.map(abs).max()!
    for accumulator in [whole, left] {
      #expect(accumulator.count == 999)
      #expect(abs(accumulator.mean - mean) <= 1e-13 * largest)
      #expect(abs(accumulator.sumOfSquaredDeviations / squares - 1) <= 1e-12)
      #expect(accumulator.minimum == x.min() && accumulator.maximum == x.max())
    }
  }

  @Test func `says what it cannot know`() {
    let none = MonteCarloEstimate(pi(5..<5))
    #expect(none.mean.isNaN && none.variance.isNaN && none.sampleCount == 0)
    let one = MonteCarloEstimate(pi(5..<6))
    #expect(one.variance.isNaN && one.confidenceInterval(0.95) == -.infinity ... .infinity)
  }
}
