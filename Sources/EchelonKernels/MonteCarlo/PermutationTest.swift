/// Which statistics count as more extreme than the one that was found.
public enum TestAlternative: String, Sendable, Hashable, Codable, CaseIterable {
  /// Those at either end: twice the smaller of both p-values, and 1 at most.
  case twoSided
  /// Those that are as large or larger.
  case greater
  /// Those that are as small or smaller.
  case less
}

/// How extreme a statistic of two samples is among those that chance would have made of their elements.
public struct PermutationTest: Sendable, Hashable, Codable, CustomStringConvertible {
  /// That of the samples.
  public let statistic: Double
  /// Those of chance, in the order in which they were drawn.
  public let distribution: [Double]
  /// Which of them count.
  public let alternative: TestAlternative

  /// Puts all three together as they are.
  public init(statistic: Double, distribution: [Double], alternative: TestAlternative) {
    self.statistic = statistic
    self.distribution = distribution
    self.alternative = alternative
  }

  /// The probability of a statistic as extreme as this, if both samples are of one distribution: (1 + b) / (1 + m), b
  /// being how many of m are, so that it is never 0, and no test at a level is wrong more often than the level says.
  /// NaN where the statistic is NaN; NaN in the distribution count as extreme.
  public var pValue: Double {
    if statistic.isNaN { return .nan }
    // What differs by rounding alone is the same: divisions that are mirror images of one another would else differ.
    let margin = max(1e-14 * statistic.magnitude, .leastNonzeroMagnitude)
    let total = Double(1 + distribution.count)
    let greater = Double(1 + distribution.count { !($0 < statistic - margin) }) / total
    let less = Double(1 + distribution.count { !($0 > statistic + margin) }) / total
    return switch alternative {
    case .greater: greater
    case .less: less
    case .twoSided: min(1, 2 * min(greater, less))
    }
  }

  /// How far the p-value is off that of all divisions, one standard error: by the binomial distribution of those drawn
  /// that count. A two-sided p is twice a tail q, so its error is twice that of q, √(p·(2 - p)/m); where it was cut to 1
  /// it is that at most. NaN where the p-value is.
  public var pValueError: Double {
    let p = pValue
    let rest = alternative == .twoSided ? 2 - p : 1 - p
    return (p * rest / Double(distribution.count)).squareRoot()
  }

  /// The statistic, its p-value, and the number of permutations.
  public var description: String {
    "\(statistic), p = \(pValue) (\(distribution.count) permutations)"
  }
}
