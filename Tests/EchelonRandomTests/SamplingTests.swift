import EchelonRandom
import TestSupport
import Testing

@Suite struct `Samples and orders` {
  @Test func `shuffles bring every order alike`() {
    let seed = testSeed()
    var counts: [[Int]: Int] = [:]
    for index in 0..<sampleCount / 20 {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      counts[generator.permutation(of: 4), default: 0] += 1
    }
    let expected = Double(sampleCount / 20) / 24
    #expect(counts.count == 24)
    expectFit(
      Array(counts.values), [Double](repeating: expected, count: 24), "orders of 4, seed \(seed)")
    var generator = PhiloxGenerator(seed: seed, index: 0)
    #expect(generator.permutation(of: 0) == [] && generator.permutation(of: 1) == [0])
    #expect(generator.permutation(of: 1000).sorted() == Array(0..<1000))
  }

  @Test func `samples without replacement bring every choice in every order alike`() {
    let seed = testSeed()
    var counts: [[Int]: Int] = [:]
    for index in 0..<sampleCount / 20 {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      counts[generator.sample(2, of: 5), default: 0] += 1
    }
    #expect(counts.count == 20 && counts.keys.allSatisfy { $0[0] != $0[1] })
    expectFit(
      Array(counts.values), [Double](repeating: Double(sampleCount / 20) / 20, count: 20),
      "2 of 5, seed \(seed)")
    var generator = PhiloxGenerator(seed: seed, index: 0)
    #expect(generator.sample(0, of: 0) == [])
    #expect(generator.sample(100, of: 100).sorted() == Array(0..<100))
    let few = generator.sample(1000, of: .max)
    #expect(Set(few).count == 1000 && few.allSatisfy { $0 >= 0 })
  }
}
