import Foundation

/// By which factor the values of one sample are larger than those of another, with an interval.
///
/// The factor is the median of all quotients of a value of `new` by one of `old`, and its interval reaches from one of the
/// ordered quotients to its mirror image. Which one follows from Mann and Whitney's distribution of ranks, exactly: it asks
/// for independent values whose logarithms have distributions of one shape, and for no other thing. No random numbers, so
/// the same files give the same answer. (M. Hollander, D. A. Wolfe and E. Chicken, *Nonparametric Statistical Methods*,
/// 3rd ed., §4.2 and §4.3: the estimate of Hodges and Lehmann, the interval of Moses, of logarithms.)
public struct QuotientInterval: Equatable, Sendable {
  /// The median of the quotients.
  public let factor: Double
  /// The lower end; 0 where there are too few values for the level.
  public let low: Double
  /// The upper end; infinite where there are too few values for the level.
  public let high: Double

  /// - Parameters:
  ///   - new: at least one value, all above 0.
  ///   - old: at least one value, all above 0.
  ///   - error: how often, at most, an interval may miss the true factor: 0.05 for 95 %.
  public init(of new: [Double], over old: [Double], error: Double) {
    self.init(
      Self.quotients(new, old), ranks: RankDistribution(new.count, old.count), error: error)
  }

  init(_ quotients: [Double], ranks: RankDistribution, error: Double) {
    let middle = quotients.count / 2
    factor =
      quotients.count % 2 == 1
      ? quotients[middle] : (quotients[middle - 1] * quotients[middle]).squareRoot()
    let rank = ranks.largest(withTail: error / 2)
    low = rank > 0 ? quotients[rank - 1] : 0
    high = rank > 0 ? quotients[quotients.count - rank] : .infinity
  }

  static func quotients(_ new: [Double], _ old: [Double]) -> [Double] {
    precondition(!new.isEmpty && !old.isEmpty, "a sample without values has no quotients")
    return new.flatMap { value in old.map { value / $0 } }.sorted()
  }
}

/// The distribution of Mann and Whitney's U of two samples from one distribution: in how many of all pairs of a value each
/// the one of the first sample is larger.
struct RankDistribution {
  private let first: Int
  private let second: Int
  /// P(U = u) for u from 0 to first · second; empty where the normal distribution takes its place.
  private let probabilities: [Double]

  /// More products of counts than this take long, and their U is normal to many digits.
  private static let exactLimit = 4000

  init(_ first: Int, _ second: Int) {
    (self.first, self.second) = (first, second)
    guard first * second <= Self.exactLimit else {
      probabilities = []
      return
    }
    // The largest value belongs to the first sample, and is larger than all of the second, or it belongs to the second:
    // P(m, n, u) = m/(m+n) · P(m−1, n, u−n) + n/(m+n) · P(m, n−1, u). (H. B. Mann and D. R. Whitney, 1947.)
    var row = [[Double]](repeating: [1], count: second + 1)
    for m in 1...max(1, first) {
      var next: [[Double]] = [[1]]
      for n in stride(from: 1, through: second, by: 1) {
        let (mine, theirs) = (Double(m) / Double(m + n), Double(n) / Double(m + n))
        var values = [Double](repeating: 0, count: m * n + 1)
        for (u, value) in row[n].enumerated() { values[u + n] += mine * value }
        for (u, value) in next[n - 1].enumerated() { values[u] += theirs * value }
        next.append(values)
      }
      row = next
    }
    probabilities = row[second]
  }

  /// The largest c with P(U < c) ≤ `tail`; 0 when there is none above.
  func largest(withTail tail: Double) -> Int {
    guard !probabilities.isEmpty else {
      let (m, n) = (Double(first), Double(second))
      let deviation = (m * n * (m + n + 1) / 12).squareRoot()
      var c = Int(m * n / 2)
      // With the correction for steps: P(U ≤ c − 1) is the normal one up to c − 1/2.
      while c > 0, 0.5 * erfc((m * n / 2 - Double(c) + 0.5) / deviation / 2.0.squareRoot()) > tail {
        c -= 1
      }
      return c
    }
    var sum = 0.0
    for (u, probability) in probabilities.enumerated() {
      sum += probability
      if sum > tail { return u }
    }
    return probabilities.count
  }
}
