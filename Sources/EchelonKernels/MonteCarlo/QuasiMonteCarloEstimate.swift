import RealModule

/// What quasi-Monte Carlo says about an integral: the mean over several sets of scrambled points, each without bias,
/// and the error that their differences show.
public struct QuasiMonteCarloEstimate: Sendable, Hashable, CustomStringConvertible {
  /// Points in each replicate.
  public let pointCount: Int
  /// The mean of each replicate.
  public let replicateMeans: [Double]
  /// What a later run can go on from; nil of an estimate that no run has made.
  public let state: QuasiMonteCarloState?

  /// Puts all of it together as it is; there are two replicates or more.
  public init(pointCount: Int, replicateMeans: [Double], state: QuasiMonteCarloState? = nil) {
    self.pointCount = pointCount
    self.replicateMeans = replicateMeans
    self.state = state
  }

  /// How long the run has taken by the clock; see `MonteCarloEstimate.elapsedTime`.
  public var elapsedTime: Duration { state?.elapsedTime ?? .zero }

  /// All points of all replicates.
  public var sampleCount: Int { pointCount * replicateMeans.count }
  /// The estimate.
  public var mean: Double { replicateMeans.reduce(0, +) / Double(replicateMeans.count) }
  /// The standard error of the mean, by the differences of the replicates, in the unit of the integral.
  public var standardError: Double {
    let count = Double(replicateMeans.count)
    return (squares / (count - 1) / count).squareRoot()
  }
  /// Whether the replicates say how far the mean may be off. They do not if they are all equal, or not finite.
  public var isErrorKnown: Bool { squares > 0 && standardError.isFinite }
  /// Of the differences of replicates from their mean.
  var squares: Double {
    let mean = mean
    return replicateMeans.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
  }

  /// The interval that contains the integral with probability `level`, 0 < level < 1: mean ± t·standard error, by
  /// Student's distribution, since few replicates know their own spread badly.
  ///
  /// It takes the means of replicates for normal, which they are nearly, and not exactly, for many points. The whole
  /// line where a mean is not finite, or the error not known (`isErrorKnown`).
  public func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    precondition(level > 0 && level < 1, "a confidence level lies between 0 and 1, not \(level)")
    let half = studentQuantile(tail: (1 - level) / 2, replicateMeans.count - 1) * standardError
    guard half.isFinite, mean.isFinite, isErrorKnown else { return -.infinity ... .infinity }
    return (mean - half)...(mean + half)
  }

  /// Mean ± standard error, and how many points.
  public var description: String {
    "\(mean) ± \(standardError) (\(replicateMeans.count) × \(pointCount) points)"
  }
}

/// What a number of Student's distribution exceeds with the probability `tail`, 0 < tail < ½.
/// - Source: M. Abramowitz, I. Stegun, *Handbook of Mathematical Functions*, 26.7.3 and 26.7.4.
package func studentQuantile(tail: Double, _ freedom: Int) -> Double {
  // The distribution function is a finite sum of powers of cos θ, where tan θ = t/√ν. It is searched for by halves.
  func upperTail(_ angle: Double) -> Double {
    let (sine, cosine) = (Double.sin(angle), Double.cos(angle))
    var (term, sum) = (freedom % 2 == 1 ? cosine : 1.0, 0.0)
    var power = freedom % 2 == 1 ? 1 : 0
    while power <= freedom - 2 {
      sum += term
      power += 2
      term *= cosine * cosine * Double(power - 1) / Double(power)
    }
    let between = freedom % 2 == 1 ? 2 / .pi * (angle + sine * sum) : sine * sum
    return (1 - between) / 2
  }
  var (low, high) = (0.0, Double.pi / 2)
  for _ in 0..<60 {
    let middle = (low + high) / 2
    if upperTail(middle) > tail { low = middle } else { high = middle }
  }
  return Double.tan((low + high) / 2) * Double(freedom).squareRoot()
}
