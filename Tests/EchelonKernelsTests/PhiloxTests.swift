import EchelonKernels
import EchelonLinearAlgebra
import Testing

@Suite struct `Philox` {
  /// The known answers that come with Random123 (`kat_vectors`, philox4x32 with 10 rounds).
  @Test func `gives the known answers`() {
    func block(_ c: [UInt32], _ k: [UInt32]) -> [UInt32] {
      let words = PhiloxGenerator.block(counter: (c[0], c[1], c[2], c[3]), key: (k[0], k[1]))
      return [words.0, words.1, words.2, words.3]
    }
    #expect(
      block([0, 0, 0, 0], [0, 0]) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(
      block([.max, .max, .max, .max], [.max, .max])
        == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      block(
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0])
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

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

  @Test func `repeats itself and differs between seeds, indices and streams`() {
    func words(_ seed: UInt64, _ index: UInt64, _ stream: UInt32) -> [UInt64] {
      var rng = PhiloxGenerator(seed: seed, index: index, stream: stream)
      return (0..<8).map { _ in rng.next() }
    }
    #expect(words(1, 2, 3) == words(1, 2, 3))
    let all = [words(1, 2, 3), words(2, 2, 3), words(1, 3, 3), words(1, 2, 4)].flatMap { $0 }
    #expect(Set(all).count == all.count)
  }

  @Test func `draws uniform and normal numbers of the right moments`() {
    var (uniform, normal) = (MomentAccumulator(), MomentAccumulator())
    for index in 0..<100_000 {
      var rng = PhiloxGenerator(seed: 5, index: UInt64(index))
      uniform.add(rng.uniform())
      normal.add(rng.normal())
    }
    // Five standard errors; the seed is fixed, so this does not come and go.
    #expect(abs(uniform.mean - 0.5) < 5 * (1.0 / 12 / 1e5).squareRoot())
    #expect(abs(uniform.moments.variance - 1.0 / 12) < 5 * (1.0 / 180 / 1e5).squareRoot())
    #expect(uniform.minimum >= 0 && uniform.maximum < 1)
    #expect(abs(normal.mean) < 5 * (1 / 1e5).squareRoot())
    #expect(abs(normal.moments.variance - 1) < 5 * (2 / 1e5).squareRoot())
  }

  @Test func `fills the bins of an integer range evenly`() {
    var bins = [Int](repeating: 0, count: 10)
    for index in 0..<100_000 {
      var rng = PhiloxGenerator(seed: 6, index: UInt64(index))
      bins[rng.integer(below: 10)] += 1
    }
    let chiSquared = bins.reduce(0.0) { $0 + (Double($1) - 1e4) * (Double($1) - 1e4) / 1e4 }
    #expect(chiSquared < 27.9, "9 degrees of freedom, probability 0.001")
    var rng = PhiloxGenerator(seed: 6, index: 0)
    #expect(rng.integer(below: 1) == 0)
  }
}

@Suite struct `The normal quantile` {
  /// Digits from tables to 1e-15 and from Wichura's paper (p = 0.25, 0.001, 1e-20).
  @Test func `has the known values`() {
    let known: [(Double, Double)] = [
      (0.25, -0.6744897501960817), (0.001, -3.090232306167814), (1e-20, -9.262340089798408),
      (0.975, 1.959963984540054), (0.5, 0), (0.9, 1.2815515655446004),
    ]
    for (p, z) in known {
      #expect(abs(normalQuantile(p) - z) <= 1e-15 * max(1, abs(z)), "p = \(p)")
    }
    #expect(normalQuantile(0) == -.infinity && normalQuantile(1) == .infinity)
    #expect(normalQuantile(-0.1).isNaN && normalQuantile(.nan).isNaN)
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
