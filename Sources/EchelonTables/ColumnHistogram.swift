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
    let finite = values.filter(\.isFinite)
    leftOut = values.count - finite.count
    guard var low = finite.min(), var high = finite.max() else {
      (edges, counts) = ([], [])
      return
    }
    let count = min(Self.binLimit, max(1, bins ?? Self.automaticCount(of: finite)))
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
    for value in finite {
      let distance = isWide ? value / 2 - low / 2 : value - low
      var bin = min(count - 1, Int(distance / part * total))
      // Rounding may have put it beside its bin.
      while bin > 0, value < edges[bin] { bin -= 1 }
      while bin < count - 1, value >= edges[bin + 1] { bin += 1 }
      counts[bin] += 1
    }
    self.edges = edges
    self.counts = counts
  }

  private static func automaticCount(of values: [Double]) -> Int {
    let n = Double(values.count)
    let sturges = (log2(n) + 1).rounded(.up)
    let sorted = values.sorted()
    func quantile(_ p: Double) -> Double {
      let place = p * (n - 1)
      let index = Int(place)
      let next = sorted[min(index + 1, sorted.count - 1)]
      return sorted[index] + (place - Double(index)) * (next - sorted[index])
    }
    let width = 2 * (quantile(0.75) - quantile(0.25)) / cbrt(n)
    let range = sorted[sorted.count - 1] - sorted[0]
    let freedmanDiaconis = width > 0 && range.isFinite ? (range / width).rounded(.up) : 1
    return Int(min(Double(binLimit), max(sturges, freedmanDiaconis)))
  }
}
