import EchelonRandom
import Testing

@Suite struct `Philox 4x32` {
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

  @Test func `repeats itself and differs between seeds, indices and streams`() {
    func words(_ seed: UInt64, _ index: UInt64, _ stream: UInt32) -> [UInt64] {
      var rng = PhiloxGenerator(seed: seed, index: index, stream: stream)
      return (0..<8).map { _ in rng.next() }
    }
    #expect(words(1, 2, 3) == words(1, 2, 3))
    let all = [words(1, 2, 3), words(2, 2, 3), words(1, 3, 3), words(1, 2, 4)].flatMap { $0 }
    #expect(Set(all).count == all.count)
  }

  @Test func `skips numbers as drawing them does, at once`() {
    let all = (0..<40).reduce(into: ([UInt64](), PhiloxGenerator(seed: 5, index: 6))) { found, _ in
      found.0.append(found.1.next())
    }.0
    for before in 0..<4 {
      for count in 0..<12 {
        var rng = PhiloxGenerator(seed: 5, index: 6)
        // Also one whose first block was made before.
        let block = PhiloxGenerator.block(counter: (6, 0, 0, 0), key: (5, 0))
        var made = PhiloxGenerator(
          seed: 5, index: 6, stream: 0,
          firstBlock: (
            UInt64(block.0) | UInt64(block.1) << 32, UInt64(block.2) | UInt64(block.3) << 32
          ), firstUniforms: (0.5, 0.5))
        for place in 0..<before { #expect(rng.next() == all[place] && made.next() == all[place]) }
        rng.skip(UInt64(count))
        made.skip(UInt64(count))
        for place in before + count..<before + count + 5 {
          #expect(rng.next() == all[place] && made.next() == all[place], "\(before), \(count)")
        }
      }
    }
    // All numbers of a stream, behind which it begins anew; in parts, and with bits that are changed.
    var rng = PhiloxGenerator(seed: 5, index: 6).mirrored
    rng.skip(1 << 32)
    rng.skip((1 << 32) - 1)
    _ = rng.next()
    #expect(rng.next() == ~all[0] && rng.next() == ~all[1])
  }

  @Test func `of 64 bits skips numbers, too`() {
    var whole = Philox64Generator(seed: 5, index: 6, stream: 7)
    let all = (0..<40).map { _ in whole.next() }
    for before in 0..<6 {
      for count in 0..<14 {
        var rng = Philox64Generator(seed: 5, index: 6, stream: 7)
        for place in 0..<before { #expect(rng.next() == all[place]) }
        rng.skip(UInt64(count))
        for place in before + count..<before + count + 6 {
          #expect(rng.next() == all[place], "\(before), \(count)")
        }
      }
    }
    var far = Philox64Generator(seed: 5, index: 6)
    far.skip(4_000_000_000_003)
    let block = Philox64Generator.block(counter: (1_000_000_000_000, 6, 0, 0), key: (5, 0))
    #expect(far.next() == block.3)
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
