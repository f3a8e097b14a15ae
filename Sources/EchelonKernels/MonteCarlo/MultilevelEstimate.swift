/// What multilevel Monte Carlo says about an expectation: the sum of the means of all levels.
public struct MultilevelEstimate: Sendable, Hashable, CustomStringConvertible {
  /// Of each level, from 0: the estimate of its difference to the level before.
  public let levels: [MonteCarloEstimate]
  /// How much a sample of each level costs.
  public let costs: [Double]
  /// What is left out beyond the last level: as much as the differences of the last levels let expect; infinite of fewer than
  /// three levels, which say nothing of it.
  public let bias: Double
  /// How long the run has taken by the clock; see `MonteCarloEstimate.elapsedTime`. Those of the levels are zero.
  public var elapsedTime: Duration { time.duration }
  private let time: ElapsedTime
  /// What a later run can go on from; nil of an estimate that no run has made.
  public let state: MultilevelState?

  /// Puts all of it together as it is.
  public init(
    levels: [MonteCarloEstimate], costs: [Double], bias: Double, elapsedTime: Duration = .zero,
    state: MultilevelState? = nil
  ) {
    time = ElapsedTime(duration: elapsedTime)
    self.state = state
    self.levels = levels
    self.costs = costs
    self.bias = bias
  }

  /// The estimate.
  public var mean: Double { levels.reduce(0) { $0 + $1.mean } }
  /// The standard error of the mean, without the bias.
  public var standardError: Double {
    levels.reduce(0) { $0 + $1.standardError * $1.standardError }.squareRoot()
  }
  /// Whether the samples of all levels say how far their means may be off; see `MonteCarloEstimate.isErrorKnown`.
  public var isErrorKnown: Bool { levels.allSatisfy(\.isErrorKnown) }
  /// The root of the mean square error: of the standard error and the bias.
  public var rootMeanSquareError: Double {
    (standardError * standardError + bias * bias).squareRoot()
  }
  /// The interval that would contain the expectation with probability `level`, above 0 and below 1, if there were no bias; see
  /// `MonteCarloEstimate.confidenceInterval`.
  public func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    interval(around: mean, isErrorKnown ? standardError : .nan, level)
  }
  /// Samples of all levels.
  public var sampleCount: Int { levels.reduce(0) { $0 + $1.sampleCount } }
  /// What all samples cost, in the unit of `costs`.
  public var totalCost: Double {
    zip(levels, costs).reduce(0) { $0 + Double($1.0.sampleCount) * $1.1 }
  }

  /// Mean ± standard error, the bias, and how many samples of how many levels.
  public var description: String {
    "\(mean) ± \(standardError), bias about \(bias) (\(sampleCount) samples of \(levels.count) levels)"
  }

  /// Samples for each level that together have a variance, at the least cost: 10¹⁵ at most, and none of a level whose
  /// variance is 0.
  /// - Source: M. B. Giles, *Multilevel Monte Carlo path simulation*, Operations Research 56 (2008), §3.
  public static func sampleCounts(
    variances: [Double], costs: [Double], variance: Double
  ) -> [Int] {
    let sum = zip(variances, costs).reduce(0) { $0 + ($1.0 * $1.1).squareRoot() }
    return zip(variances, costs).map { level, cost in
      if level == 0 { return 0 }
      let count = (level / cost).squareRoot() * sum / variance
      return count < 1e15 ? Int(count.rounded(.up)) : Int(1e15)
    }
  }
}
