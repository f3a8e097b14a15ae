import EchelonTables
import TestSupport
import Testing

/// Values by their ranks, in passes over numbers that are never together.
@Suite struct `A search by ranks` {
  /// Few ranks are told apart by comparisons one after the other, many by a search.
  @Test(arguments: [1, 3, 16, 17, 200], [0, 1000, 1 << 20])
  func `finds what sorting finds`(_ rankCount: Int, _ mostKept: Int) {
    let seed = testSeed()
    var generator = TestRandom(seed: seed)
    let many = (0..<60_000).map { _ in Double.random(in: -1...1, using: &generator) }
    let equal = (0..<20_000).map { _ in Double(Int.random(in: -3...3, using: &generator)) }
    let values = (many + equal + [.infinity, -.infinity, 0, -0.0, 5e-324, -5e-324])
      .shuffled(using: &generator)
    let sorted = values.sorted()
    let ranks = Set(
      (0..<rankCount).map { _ in Int.random(in: 0..<values.count, using: &generator) }
        + [0, values.count - 1])
    var search = RankSearch(mostKept: mostKept, rowCount: values.count) { count in
      #expect(count == values.count)
      return Array(ranks)
    }
    var passes = 0
    while let question = search.question, passes < 6 {
      var total = RankTotal()
      for part in [values[..<30_000], values[30_000...]].map(Array.init) {
        var count = RankCount(question)
        count.add(part.span)
        total.add(count)
      }
      search.take(total)
      passes += 1
    }
    #expect(search.question == nil, "seed \(seed)")
    for rank in ranks { #expect(search.value(rank) == sorted[rank], "seed \(seed), rank \(rank)") }
  }
}
