import EchelonRandom
import RealModule
import TestSupport
import Testing

/// Words of each sequence: as many as a debug build has time for.
#if DEBUG
  private let wordCount = 1 << 14
#else
  private let wordCount = 1 << 18
#endif

/// There are some 112,000 comparisons in this file, half of them at drawn seeds: all of these fail by chance with less
/// than 10⁻⁶. (A sum is so far from its mean where it lies 6.8 standard errors off.)
private let threshold = 1e-11
private let comparisonLimit = 100_000

/// How a generator is made of what tells it apart from others.
private typealias Maker =
  @Sendable (_ seed: UInt64, _ index: UInt64, _ stream: UInt64) ->
  any RandomNumberGenerator

/// The generators that are tested.
private enum Generator: String, CaseIterable {
  case philox32 = "Philox 4x32"
  case philox64 = "Philox 4x64"

  var maker: Maker {
    switch self {
    case .philox32:
      { PhiloxGenerator(seed: $0, index: $1, stream: UInt32(truncatingIfNeeded: $2)) }
    case .philox64: { Philox64Generator(seed: $0, index: $1, stream: $2) }
    }
  }

  /// Bits of seed, index and stream.
  var inputs: (seed: Int, index: Int, stream: Int) {
    (64, 64, self == .philox32 ? 32 : 64)
  }
}

/// In which order words are taken from generators.
private enum Order: String, CaseIterable {
  case draws, indices, indicesByOneBit, interleaved, seeds, streams

  func words(_ make: Maker, seed: UInt64) -> [UInt64] {
    func first(_ make: (UInt64) -> any RandomNumberGenerator) -> [UInt64] {
      (0..<wordCount).map {
        var generator = make(UInt64($0))
        return generator.next()
      }
    }
    switch self {
    case .draws:
      var generator = make(seed, 0, 0)
      return (0..<wordCount).map { _ in generator.next() }
    case .indices: return first { make(seed, $0, 0) }
    // Gray's code: each number differs from the one before in one bit.
    case .indicesByOneBit: return first { make(seed, $0 ^ $0 >> 1, 0) }
    case .seeds: return first { make(seed &+ $0, 0, 0) }
    case .streams: return first { make(seed, 0, $0) }
    case .interleaved:
      var generators = (0..<1000).map { make(seed, $0, 0) }
      return (0..<wordCount).map { generators[$0 % 1000].next() }
    }
  }
}

/// Pairs of streams that differ in little, of so many words each.
private func comparisonsOfPairs(
  _ make: Maker, seed: UInt64, inputs: (seed: Int, index: Int, stream: Int), count: Int = 500
) -> [Comparison] {
  func words(_ seed: UInt64, _ index: UInt64, _ stream: UInt64) -> [UInt64] {
    var generator = make(seed, index, stream)
    return (0..<count).map { _ in generator.next() }
  }
  // An index with bits of all sizes.
  let (index, stream) = (seed &* 0x9E37_79B9_7F4A_7C15 >> 20, 1 as UInt64)
  let original = words(seed, index, stream)
  var others: [(String, [UInt64])] = [
    ("next seed", words(seed &+ 1, index, stream)),
    ("next index", words(seed, index &+ 1, stream)),
    ("next stream", words(seed, index, stream + 1)),
    ("index and seed changed for each other", words(index, seed, stream)),
  ]
  for bit in 0..<inputs.seed {
    others.append(("seed bit \(bit)", words(seed ^ 1 << bit, index, stream)))
  }
  for bit in 0..<inputs.index {
    others.append(("index bit \(bit)", words(seed, index ^ 1 << bit, stream)))
  }
  for bit in 0..<inputs.stream {
    others.append(("stream bit \(bit)", words(seed, index, stream ^ 1 << bit)))
  }
  return others.flatMap { comparisons(of: original, and: $0.1, $0.0) }
}

/// How often each bit of the first word changes with each bit of seed, index and stream.
private func comparisonsOfAvalanches(
  _ make: Maker, seed: UInt64, inputs: (seed: Int, index: Int, stream: Int)
) -> [Comparison] {
  let count = 1 << 10
  func words(_ mask: (seed: UInt64, index: UInt64, stream: UInt64)) -> [UInt64] {
    (0..<UInt64(count)).map {
      var generator = make(seed ^ mask.seed, $0 ^ mask.index, mask.stream)
      return generator.next()
    }
  }
  let original = words((0, 0, 0))
  var found: [Comparison] = []
  for bit in 0..<inputs.seed {
    found += avalanche(from: original, to: words((1 << bit, 0, 0)), "seed bit \(bit)")
  }
  for bit in 0..<inputs.index {
    found += avalanche(from: original, to: words((0, 1 << bit, 0)), "index bit \(bit)")
  }
  for bit in 0..<inputs.stream {
    found += avalanche(from: original, to: words((0, 0, 1 << bit)), "stream bit \(bit)")
  }
  return found
}

/// How many words streams have in common. Of random ones none: two of 1.5 million words, those of a release build,
/// are equal with a probability of 7 · 10⁻⁸.
private func commonWords(_ make: Maker, seed: UInt64) -> Int {
  var seen: Set<UInt64> = []
  let (streams, count) = (250, wordCount / 128)
  for number in 0..<UInt64(streams) {
    // Neighbouring indices, seeds and streams.
    var generators = [
      make(seed, number, 0), make(seed &+ 1 &+ number, 0, 0), make(seed, 0, 1 &+ number),
    ]
    for place in generators.indices {
      for _ in 0..<count { seen.insert(generators[place].next()) }
    }
  }
  return 3 * streams * count - seen.count
}

@Suite(.timeLimit(.minutes(10))) struct `Streams of random words` {
  /// A fixed seed, and one that is drawn.
  private static let seeds = [20_261_128, testSeed("Streams of random words")]

  /// Comparisons of one generator at one seed: 6 · 2,354 of sequences, up to 2,744 of pairs and 12,288 of changes.
  private func expectNothing(
    _ found: [Comparison], _ what: String, most: Int, location: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count <= most && found.count > 1000, "\(found.count)", sourceLocation: location)
    for comparison in found where !(comparison.probability > threshold) {
      Issue.record("\(what): \(comparison)", sourceLocation: location)
    }
  }

  @Test(arguments: Generator.allCases, Order.allCases)
  fileprivate func `are found to be random by every statistic, in every order`(
    _ generator: Generator, _ order: Order
  ) {
    for seed in Self.seeds {
      expectNothing(
        comparisons(ofWords: order.words(generator.maker, seed: seed)),
        "\(generator.rawValue), \(order), seed \(seed)", most: 2500)
    }
  }

  @Test(arguments: Generator.allCases)
  fileprivate func `of seeds, indices and streams that differ in little have nothing in common`(
    _ generator: Generator
  ) {
    for seed in Self.seeds {
      let what = "\(generator.rawValue), seed \(seed)"
      expectNothing(
        comparisonsOfPairs(generator.maker, seed: seed, inputs: generator.inputs), what, most: 2800)
      expectNothing(
        comparisonsOfAvalanches(generator.maker, seed: seed, inputs: generator.inputs), what,
        most: 12_300)
      #expect(commonWords(generator.maker, seed: seed) == 0, "\(what)")
    }
    // Two generators, at one drawn seed.
    #expect(2 * (6 * 2500 + 2800 + 12_300) < comparisonLimit)
  }
}

/// What is not random, and the statistic that has to find it in a sequence.
private enum BadSequence: String, CaseIterable {
  case biased, equalBits, congruential, alternating, echo, weyl, sticky, sawtooth, shifts

  var statistic: String {
    switch self {
    case .biased: "frequency"
    case .equalBits: "bits of a word"
    case .congruential: "runs of bits"
    case .alternating: "serial correlation"
    case .echo: "serial correlation"
    case .weyl: "birthdays"
    case .sticky: "pairs"
    case .sawtooth: "runs"
    case .shifts: "ranks"
    }
  }

  func words(seed: UInt64) -> [UInt64] {
    var random = PhiloxGenerator(seed: seed, index: 0)
    var words = (0..<wordCount).map { _ in random.next() }
    switch self {
    // Of every eighth word one bit is always set.
    case .biased: for i in stride(from: 0, to: words.count, by: 8) { words[i] |= 1 << 17 }
    case .equalBits:
      for i in stride(from: 0, to: words.count, by: 8) {
        words[i] = words[i] & ~(1 << 40) | words[i] << 20 & 1 << 40
      }
    case .congruential:
      var generator = CongruentialGenerator(seed: seed)
      return words.map { _ in generator.next() }
    // Antithetic neighbours.
    case .alternating: for i in stride(from: 1, to: words.count, by: 2) { words[i] = ~words[i - 1] }
    // A thousand numbers, again and again.
    case .echo: for i in 1000..<words.count { words[i] = words[i - 1000] }
    case .weyl: return words.indices.map { seed &+ UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
    // The upper half of one word in four is that of the one before.
    case .sticky:
      for i in stride(from: 3, to: words.count, by: 4) {
        words[i] = words[i] & 0xffff_ffff | words[i - 1] & ~0xffff_ffff
      }
    // Three that rise, from time to time.
    case .sawtooth:
      for i in stride(from: 0, to: words.count - 3, by: 12) { words[i..<i + 3].sort() }
    case .shifts:
      var generator = ShiftGenerator(seed: seed)
      return words.map { _ in generator.next() }
    }
    return words
  }
}

@Suite struct `Statistics of random words` {
  @Test(arguments: BadSequence.allCases)
  fileprivate func `find what is not random in a sequence`(_ bad: BadSequence) {
    let seed = testSeed()
    let found = comparisons(ofWords: bad.words(seed: seed)).filter { $0.probability <= threshold }
    #expect(
      found.contains { $0.statistic == bad.statistic },
      "\(bad), seed \(seed): \(Set(found.map(\.statistic)))")
    if bad == .biased { #expect(found.contains { $0.place == "bit 17" }, "seed \(seed)") }
    if bad == .equalBits { #expect(found.contains { $0.place == "20 and 40" }, "seed \(seed)") }
  }

  /// Streams that are each random alone.
  @Test func `find streams that are others shifted, or overlap, or are the same`() {
    let seed = testSeed()
    @Sendable func long(_ seed: UInt64, from place: UInt64) -> any RandomNumberGenerator {
      CountedGenerator(from: place) { count in
        var generator = PhiloxGenerator(seed: seed, index: count, stream: 77)
        return generator.next()
      }
    }
    let inputs = (seed: 4, index: 4, stream: 4)
    func statistics(_ make: @escaping Maker) -> Set<String> {
      Set(
        comparisonsOfPairs(make, seed: seed, inputs: inputs).filter {
          $0.probability <= threshold
        }.map(\.statistic))
    }
    let both: Set = ["bits of two streams", "correlation of two streams"]
    // An index that moves on by one word.
    let shifted: Maker = { seed, index, stream in long(seed, from: index &+ stream << 40) }
    #expect(statistics(shifted) == both && commonWords(shifted, seed: seed) > 0, "seed \(seed)")
    // A first word of each index that says nothing of it, and interleaved, what does.
    func found(_ order: Order) -> Set<String> {
      Set(
        comparisons(ofWords: order.words(shifted, seed: seed)).filter {
          $0.probability <= threshold
        }.map(\.statistic))
    }
    #expect(found(.indices).isEmpty, "seed \(seed)")
    #expect(found(.interleaved).contains("serial correlation"), "seed \(seed)")
    // Indices that are too near to each other for the words that are drawn.
    let overlapping: Maker = { seed, index, stream in
      long(seed &+ stream << 40, from: 100 &* index)
    }
    #expect(commonWords(overlapping, seed: seed) > 0, "seed \(seed)")
    // A stream that has no effect, and one that is the complement.
    let deaf: Maker = { seed, index, _ in PhiloxGenerator(seed: seed, index: index) }
    #expect(statistics(deaf) == both && commonWords(deaf, seed: seed) > 0, "seed \(seed)")
    let mirrored: Maker = { seed, index, stream in
      let generator = PhiloxGenerator(seed: seed, index: index)
      return stream & 1 == 0 ? generator : generator.mirrored
    }
    #expect(statistics(mirrored) == both, "seed \(seed)")
  }

  @Test func `find a Philox of too few rounds`() {
    let seed = testSeed()
    func found(rounds: Int) -> [Comparison] {
      comparisonsOfAvalanches(
        { seed, index, stream in
          CountedGenerator {
            shortPhilox(rounds: rounds, seed: seed, index: index, stream: stream, block: $0)
          }
        }, seed: seed, inputs: (8, 8, 8)
      ).filter { $0.probability <= threshold }
    }
    #expect(!found(rounds: 3).isEmpty && !found(rounds: 4).isEmpty, "seed \(seed)")
    #expect(found(rounds: 10).isEmpty, "seed \(seed)")
  }
}
