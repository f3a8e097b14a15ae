import Glibc

/// How many values fall into each of some ranges of equal width.
public struct ColumnHistogram: Sendable, Equatable {
  /// One more than there are bins, ascending; a bin has its lower edge, and the last one its upper edge as well.
  public let edges: [Double]
  /// How many values each bin has.
  public let counts: [Int]
  /// Values that are missing or infinite, and are not counted.
  public let leftOut: Int

  /// The most bins there can be.
  public static let binLimit = 100_000

  /// Counts values.
  /// - Parameters:
  ///   - values: NaN is a missing value.
  ///   - bins: how many bins, 1 or more; nil takes as many as NumPy's `auto`: the larger of Sturges' and of Freedman and
  ///     Diaconis' numbers.
  public init(of values: [Double], bins: Int? = nil) {
    self.init(valueCount: values.count, bins: bins) { take in take(values) }
  }

  /// Counts values that come in pieces, as often as they are asked for.
  /// - Parameters:
  ///   - valueCount: how many there are.
  ///   - bins: as above.
  ///   - mostBins: where nobody says how many.
  ///   - pass: gives all values.
  public init(
    valueCount: Int, bins: Int? = nil, mostBins: Int = binLimit,
    pass: (_ take: ([Double]) -> Void) throws -> Void
  ) rethrows {
    var searches = RankSearches([
      RankSearch(mostKept: 1 << 20, rowCount: valueCount) { count in
        bins != nil ? [] : [0.25, 0.75].flatMap { Self.neighbours($0, of: count) }
      }
    ])
    while searches.isOpen {
      try pass { values in searches.add(values.filter(\.isFinite), to: 0) }
      searches.endPass()
    }
    let search = searches.searches[0]
    leftOut = valueCount - search.count
    guard var (low, high) = search.extremes else {
      (edges, counts) = ([], [])
      return
    }
    let wanted = bins ?? min(mostBins, Self.automaticCount(search))
    let count = min(Self.binLimit, max(1, wanted))
    // As NumPy has it for equal values: half a unit to either side, or as far as there are numbers between.
    if low == high {
      let margin = max(0.5, abs(low).ulp * Double(count))
      let largest = Double.greatestFiniteMagnitude
      (low, high) = (max(low - margin, -largest), min(high + margin, largest))
    }
    // In two halves where the difference of the largest numbers is none.
    let (total, isWide) = (Double(count), !(high - low).isFinite)
    let part = isWide ? high / 2 - low / 2 : high - low
    let edges = (0...count).map { place in
      let step = Double(place) / total * part
      return place == count ? high : min(high, low + step + (isWide ? step : 0))
    }
    var counts = [Int](repeating: 0, count: count)
    func add(_ value: Double) {
      let distance = isWide ? value / 2 - low / 2 : value - low
      var bin = min(count - 1, Int(distance / part * total))
      // Rounding may have put it beside its bin.
      while bin > 0, value < edges[bin] { bin -= 1 }
      while bin < count - 1, value >= edges[bin + 1] { bin += 1 }
      counts[bin] += 1
    }
    try pass { values in for value in values where value.isFinite { add(value) } }
    self.edges = edges
    self.counts = counts
  }

  /// The ranks between which a quantile lies.
  private static func neighbours(_ p: Double, of count: Int) -> [Int] {
    let index = Int(p * (Double(count) - 1))
    return [index, min(index + 1, count - 1)]
  }

  private static func automaticCount(_ search: RankSearch) -> Int {
    let n = Double(search.count)
    let sturges = (log2(n) + 1).rounded(.up)
    func quantile(_ p: Double) -> Double {
      let place = p * (n - 1)
      let ranks = neighbours(p, of: search.count)
      let (value, next) = (search.value(ranks[0]), search.value(ranks[1]))
      return value + (place - Double(ranks[0])) * (next - value)
    }
    let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(n)
    let range = (search.extremes?.maximum ?? 0) - (search.extremes?.minimum ?? 0)
    let freedmanDiaconis = width > 0 && range.isFinite ? (range / width).rounded(.up) : 1
    return Int(min(Double(binLimit), max(sturges, freedmanDiaconis)))
  }
}
