import EchelonRandom
import RealModule
import TestSupport
import Testing

/// Mean and standard error of `body` over generators of a seed.
private func estimate(
  _ count: Int, seed: UInt64, _ body: (inout PhiloxGenerator) -> Double
) -> (mean: Double, error: Double) {
  var (mean, squares) = (0.0, 0.0)
  for index in 0..<count {
    var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
    let difference = body(&generator) - mean
    mean += difference / Double(index + 1)
    squares += difference * difference * Double(index) / Double(index + 1)
  }
  return (mean, (squares / Double(count - 1) / Double(count)).squareRoot())
}

@Suite struct `Variance reduction` {
  @Test func `by mirrored generators: every bit is the other one, in every block`() {
    let seed = testSeed()
    var generator = PhiloxGenerator(seed: seed, index: 5)
    _ = generator.next()
    var mirror = generator.mirrored
    var twice = mirror.mirrored
    for _ in 0..<9 {
      let word = generator.next()
      #expect(mirror.next() == ~word && twice.next() == word)
    }
    var (other, reflection) = (generator, generator.mirrored)
    for _ in 0..<100 {
      let (x, y) = (other.normal(), reflection.normal())
      #expect(abs(x + y) <= 0x1p-40 * abs(x), "\(x) and \(y), seed \(seed)")
    }
  }

  @Test func `by antithetic variates has the same mean and a smaller error`() {
    let seed = testSeed()
    // Of exp(z/4), whose fourth moment is small: errors that are found are then near to what they should be.
    let plain = estimate(40_000, seed: seed) { rng in
      (Double.exp(rng.normal() / 4) + Double.exp(rng.normal() / 4)) / 2
    }
    let antithetic = estimate(40_000, seed: seed &+ 1) { rng in
      var mirror = rng.mirrored
      return (Double.exp(rng.normal() / 4) + Double.exp(mirror.normal() / 4)) / 2
    }
    let (first, second) = (Double.exp(1 / 32.0), Double.exp(1 / 8.0))
    #expect(abs(antithetic.mean - first) < 5.5 * antithetic.error, "seed \(seed)")
    // The variance with w = e^(1/16) is (w² + 1)/2 - w, and of two independent samples (w² - w)/2.
    let w = first * first
    let exact = (((second + 1) / 2 - w) / ((second - w) / 2)).squareRoot()
    let ratio = antithetic.error / plain.error
    #expect(abs(ratio / exact - 1) < 0.2, "\(ratio) and \(exact), seed \(seed)")
  }

  @Test func `by strata has the same mean and a far smaller error`() {
    let seed = testSeed()
    let plain = estimate(2000, seed: seed) { rng in
      (0..<32).reduce(0) { sum, _ in
        let u = rng.uniform()
        return sum + u * u
      } / 32
    }
    let stratified = estimate(2000, seed: seed &+ 1) { rng in
      rng.stratifiedMean(strata: 32) { u, _ in u * u }
    }
    #expect(abs(stratified.mean - 1 / 3.0) < 5.5 * stratified.error, "seed \(seed)")
    #expect(stratified.error < plain.error / 10, "seed \(seed)")
    // Each number lies in its part, and other numbers are drawn on the way.
    var generator = PhiloxGenerator(seed: seed, index: 0)
    var parts: [Int] = []
    _ = generator.stratifiedMean(strata: 7) { u, rng in
      parts.append(Int(u * 7))
      return rng.uniform()
    }
    #expect(parts == Array(0..<7))
    #expect(generator.stratifiedMean(strata: 1) { u, _ in u > 0 && u < 1 ? 1 : 0 } == 1)
  }

  @Test func `by importance finds what is rare`() {
    let seed = testSeed()
    // P(z > 4): its relative error is 0.01 with 40,000 samples; without a shift they find one such number.
    let exact = 3.167124183311986e-5
    let found = estimate(40_000, seed: seed) { rng in
      let (z, weight) = rng.shiftedNormal(by: 4)
      return z > 4 ? weight : 0
    }
    #expect(abs(found.mean - exact) < 5.5 * found.error, "seed \(seed)")
    #expect(found.error < 0.02 * exact)
    // Weights have the mean 1.
    let weights = estimate(40_000, seed: seed) { $0.shiftedNormal(by: -0.5).weight }
    #expect(abs(weights.mean - 1) < 5.5 * weights.error, "seed \(seed)")
  }

  @Test func `by common random numbers tells small differences`() {
    let seed = testSeed()
    let difference = estimate(10_000, seed: seed) { rng in
      var same = rng
      return Double.exp(0.201 * rng.normal()) - Double.exp(0.2 * same.normal())
    }
    let exact = Double.exp(0.201 * 0.201 / 2) - Double.exp(0.02)
    #expect(abs(difference.mean - exact) < 5.5 * difference.error, "seed \(seed)")
    #expect(difference.error < 2e-5)
  }
}
