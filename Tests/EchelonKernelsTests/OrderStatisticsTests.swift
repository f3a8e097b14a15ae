import EchelonKernels
import EchelonRandom
import Testing

@Suite struct `Order statistics` {
  private static let seed: UInt64 = 20_261_123

  /// Values of several kinds: all different, few different, sorted, and shaped like an organ pipe.
  private static func samples(_ count: Int) -> [(name: String, values: [Double])] {
    var generator = PhiloxGenerator(seed: seed, index: UInt64(count))
    let mixed = (0..<count).map { _ in generator.normal() * 1e3 }
    return [
      ("mixed", mixed), ("sorted", mixed.sorted()), ("reversed", mixed.sorted().reversed()),
      ("few", (0..<count).map { _ in Double(generator.integer(below: 3)) }),
      ("equal", [Double](repeating: -2.5, count: count)),
      ("organ pipe", (0..<count).map { Double(min($0, count - $0)) }),
      ("infinite", mixed.map { abs($0) > 1500 ? .infinity * $0 : $0 }),
    ]
  }

  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 599, 601, 602, 5000, 30_011])
  func `are what sorting finds`(_ count: Int) {
    for (name, values) in Self.samples(count) {
      let sorted = values.sorted()
      for rank in Set([0, count / 4, count / 2, count * 3 / 4, count - 1]) where rank < count {
        var copy = values
        var span = copy.mutableSpan
        OrderStatistics.select(rank, in: &span, 0...count - 1)
        let place: Comment = "\(name), \(count) values, rank \(rank), seed \(Self.seed)"
        #expect(copy[rank] == sorted[rank], place)
        #expect(copy[..<rank].allSatisfy { $0 <= copy[rank] }, place)
        #expect(copy[rank...].allSatisfy { $0 >= copy[rank] }, place)
        #expect(copy.sorted() == sorted, place)
      }
      var copy = values
      var span = copy.mutableSpan
      let quartiles = OrderStatistics.quartiles(of: &span)
      let place: Comment = "\(name), \(count) values, seed \(Self.seed)"
      #expect(quartiles?.lower == Self.quantile(0.25, sorted), place)
      #expect(quartiles?.median == Self.quantile(0.5, sorted), place)
      #expect(quartiles?.upper == Self.quantile(0.75, sorted), place)
    }
  }

  /// As numpy's `_lerp` computes it; between two equal values there is nothing to compute.
  private static func quantile(_ p: Double, _ sorted: [Double]) -> Double {
    let position = p * Double(sorted.count - 1)
    let below = sorted[Int(position)]
    let share = position - position.rounded(.down)
    guard share > 0, sorted[Int(position) + 1] != below else { return below }
    let above = sorted[Int(position) + 1]
    return share < 0.5 ? below + (above - below) * share : above - (above - below) * (1 - share)
  }

  @Test func `of nothing do not exist`() {
    var none: [Double] = []
    var span = none.mutableSpan
    #expect(OrderStatistics.quartiles(of: &span) == nil)
  }
}
