/// The median of a sample, with a 95 % interval that assumes nothing about the distribution.
///
/// The interval reaches from one order statistic to its mirror image: the median of whatever the
/// sample was drawn from lies between them unless too few or too many values fall on one side of it,
/// which is a matter of tossing a fair coin. (W. J. Conover, *Practical Nonparametric Statistics*,
/// 3rd ed., §3.2.)
public struct MedianInterval: Codable, Equatable, Sendable {
  /// The fewest values that give an interval of 95 %.
  public static let fewest = 6

  /// The value in the middle, or the mean of the two there.
  public let median: Double
  /// The lower end of the interval.
  public let low: Double
  /// The upper end of the interval.
  public let high: Double

  /// - Parameter values: at least six; fewer cannot give 95 %.
  public init(of values: [Double]) {
    precondition(values.count >= Self.fewest, "\(values.count) values give no 95 % interval")
    let sorted = values.sorted()
    let middle = sorted.count / 2
    median = sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    let rank = Self.lowRank(count: sorted.count)
    low = sorted[rank]
    high = sorted[sorted.count - 1 - rank]
  }

  /// Whether both ends lie within a part of the median.
  public func isWithin(_ part: Double) -> Bool {
    abs(high - median) <= part * abs(median) && abs(median - low) <= part * abs(median)
  }

  /// The largest k with P(fewer than k + 1 of `count` tosses fall low) ≤ 2.5 %.
  private static func lowRank(count: Int) -> Int {
    // Of more values a probability would be too small for a number, and the normal distribution is as good.
    if count > 1000 {
      return Int((Double(count) - 1.959964 * Double(count).squareRoot() - 1) / 2)
    }
    var probability = 1.0
    for _ in 0..<count { probability /= 2 }
    var tail = probability
    var rank = 0
    while true {
      probability *= Double(count - rank) / Double(rank + 1)
      if tail + probability > 0.025 { return rank }
      tail += probability
      rank += 1
    }
  }
}
