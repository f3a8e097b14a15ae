import EchelonTables
import TestSupport
import Testing

@Suite struct `Histograms of columns` {
  @Test func `count as numpy does`() {
    // numpy.histogram([1, 2, 2, 3, 10], 3): edges 1, 4, 7, 10.
    let found = ColumnHistogram(of: [1, 2, 2, 3, 10, .nan, .infinity], bins: 3)
    #expect(found.edges == [1, 4, 7, 10])
    #expect(found.counts == [4, 0, 1])
    #expect(found.leftOut == 2)
    // The last bin has both its edges.
    #expect(ColumnHistogram(of: [0, 1, 2, 3, 4], bins: 4).counts == [1, 1, 1, 2])
    // numpy.histogram([5, 5]): edges from 4.5 to 5.5.
    #expect(ColumnHistogram(of: [5, 5], bins: 2).edges == [4.5, 5, 5.5])
    #expect(ColumnHistogram(of: [5, 5], bins: 2).counts == [0, 2])
    // len(numpy.histogram(range(100), "auto")[0]) is 8.
    #expect(ColumnHistogram(of: (0..<100).map(Double.init)).counts.count == 8)
    #expect(ColumnHistogram(of: [.nan]).counts.isEmpty)
    for largest in [Double.greatestFiniteMagnitude, -.greatestFiniteMagnitude] {
      let ends = ColumnHistogram(of: [largest, largest], bins: 3)
      #expect(ends.counts.reduce(0, +) == 2 && ends.edges.allSatisfy(\.isFinite))
    }
    #expect(ColumnHistogram(of: []) == ColumnHistogram(of: [], bins: 7))
  }

  @Test func `have every value between its edges, however large and however close`() {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    for round in 0..<300 {
      let scale = [1, 1e-300, 1e300, Double.greatestFiniteMagnitude, 1e-12, 5e-324].randomElement(
        using: &random)!
      let offset = [0, 1, -1e15].randomElement(using: &random)!
      let values = (0..<Int.random(in: 1...200, using: &random)).map { _ in
        offset + scale * Double.random(in: -1...1, using: &random)
      }
      let bins = Int.random(in: 1...60, using: &random)
      let found = ColumnHistogram(of: values, bins: bins)
      #expect(found.counts.reduce(0, +) == values.count, "round \(round), seed \(seed)")
      #expect(zip(found.edges, found.edges.dropFirst()).allSatisfy { $0 <= $1 })
      for bin in found.counts.indices {
        let (low, high) = (found.edges[bin], found.edges[bin + 1])
        let inside = values.count {
          low <= $0 && ($0 < high || (bin == found.counts.count - 1 && $0 == high))
        }
        #expect(inside == found.counts[bin], "bin \(bin) of round \(round), seed \(seed)")
      }
    }
  }
}
