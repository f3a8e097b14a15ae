import EchelonRandom

/// What a Monte Carlo run says about the expectations of several quantities that it samples together.
public struct VectorEstimate<let dimension: Int>: Sendable {
  /// Of all samples.
  public let sums: VectorSums<dimension>

  /// What a later run goes on from; nil where there is nothing to go on with.
  public let state: VectorMonteCarloState<dimension>?

  /// The estimate from the sums of samples.
  public init(_ sums: VectorSums<dimension>, state: VectorMonteCarloState<dimension>? = nil) {
    self.sums = sums
    self.state = state
  }

  /// How long the run has taken by the clock; see `MonteCarloEstimate.elapsedTime`.
  public var elapsedTime: Duration { state?.elapsedTime ?? .zero }

  /// The number of samples.
  public var sampleCount: Int { Int(sums.count) }
  /// The mean of each component: the estimates; NaN of no samples.
  public var means: [Double] { (0..<dimension).map { sums.count == 0 ? .nan : sums.means[$0] } }
  /// The standard error of each mean, in the unit of the component; NaN of fewer than two samples.
  public var standardErrors: [Double] {
    (0..<dimension).map { (covariance($0, $0) / sums.count).squareRoot() }
  }

  /// Whether the samples of a component say how far its mean may be off; see `MonteCarloEstimate.isErrorKnown`. Where all
  /// squares underflow they do not, either.
  public func isErrorKnown(of component: Int) -> Bool {
    sums.count >= 2 && sums.comoments[component][component] > 0
      && standardErrors[component].isFinite
  }

  /// The sample covariance of two components, divisor n - 1; NaN of fewer than two samples.
  public func covariance(_ i: Int, _ j: Int) -> Double {
    sums.count < 2 ? .nan : sums.comoments[i][j] / (sums.count - 1)
  }

  /// The correlation of two components, -1 to 1 but for rounding; NaN where one does not vary.
  public func correlation(_ i: Int, _ j: Int) -> Double {
    covariance(i, j) / (covariance(i, i).squareRoot() * covariance(j, j).squareRoot())
  }

  /// The interval that contains the expectation of a component with probability `level`; see
  /// `MonteCarloEstimate.confidenceInterval`.
  public func confidenceInterval(of component: Int, _ level: Double) -> ClosedRange<Double> {
    interval(
      around: means[component], isErrorKnown(of: component) ? standardErrors[component] : .nan,
      level)
  }

  /// The estimate of component 0 with the others as control variates: quantities whose expectations are known, and that
  /// vary with it.
  ///
  ///     let estimate = try pool.monteCarloVectors(samples: n, seed: 42) { rng in
  ///       let price = spot * exp(drift + deviation * rng.normal())
  ///       return [max(0, price - strike), price]
  ///     }
  ///     print(try estimate.controlled(byExpectations: [spot * exp(rate)]))
  ///
  /// What of component 0 the controls explain linearly is known without an error: only the rest is estimated. The
  /// coefficients are those of least squares, which shifts the mean by a part of its error that falls as 1/√n.
  /// Intervals of few samples are a little too short where the rest is skewed: of 300 samples of exp(z / 5) with z as the
  /// control, 92 % of a thousand contained the truth in place of 95 %; of 2,000 as many as should.
  /// - Parameter expectations: of components 1, 2 and so on.
  /// - Throws: `ControlError` for another number of them, for controls that do not vary or depend on each other, and
  ///   for fewer samples than components and two.
  /// - Source: P. Glasserman, *Monte Carlo Methods in Financial Engineering*, §4.1.
  public func controlled(
    byExpectations expectations: [Double]
  ) throws(ControlError) -> ControlledEstimate {
    let count = dimension - 1
    guard expectations.count == count, count >= 1 else {
      throw .wrongCount(expectations.count, controls: max(0, count))
    }
    guard sampleCount >= dimension + 2 else {
      throw .tooFewSamples(sampleCount, needed: dimension + 2)
    }
    // Σ·β = s by Cholesky, Σ the controls' covariances divided by their deviations.
    let deviations = (1...count).map { covariance($0, $0).squareRoot() }
    for (index, deviation) in deviations.enumerated() where !(deviation > 0 && deviation.isFinite) {
      throw .dependent(control: index)
    }
    var factor = [[Double]](repeating: [], count: count)
    var solution = [Double](repeating: 0, count: count)
    for i in 0..<count {
      for j in 0...i {
        var rest = covariance(i + 1, j + 1) / (deviations[i] * deviations[j])
        for k in 0..<j { rest -= factor[i][k] * factor[j][k] }
        if j < i {
          factor[i].append(rest / factor[j][j])
        } else {
          guard rest > 0x1p-40 else { throw .dependent(control: i) }
          factor[i].append(rest.squareRoot())
        }
      }
      var rest = covariance(0, i + 1) / deviations[i]
      for k in 0..<i { rest -= factor[i][k] * solution[k] }
      solution[i] = rest / factor[i][i]
    }
    let explained = solution.reduce(0) { $0 + $1 * $1 }
    for i in (0..<count).reversed() {
      for k in i + 1..<max(i + 1, count) { solution[i] -= factor[k][i] * solution[k] }
      solution[i] /= factor[i][i]
    }
    let coefficients = zip(solution, deviations).map { $0 / $1 }
    var mean = sums.means[0]
    for i in 0..<count { mean -= coefficients[i] * (sums.means[i + 1] - expectations[i]) }
    // As of a regression with so many coefficients.
    let freedom = (sums.count - 1) / (sums.count - 1 - Double(count))
    // A little below 0 by rounding; NaN where samples are.
    let rest = covariance(0, 0) - explained
    let variance = (rest < 0 ? 0 : rest) * freedom
    return ControlledEstimate(
      sampleCount: sampleCount, mean: mean, variance: variance, plainVariance: covariance(0, 0),
      coefficients: coefficients)
  }
}

extension VectorEstimate: CustomStringConvertible {
  /// Each mean ± its standard error, and the number of samples.
  public var description: String {
    let parts = zip(means, standardErrors).map { "\($0) ± \($1)" }
    return "[\(parts.joined(separator: ", "))] (\(sampleCount) samples)"
  }
}

/// An estimate with control variates.
public struct ControlledEstimate: Sendable, Hashable, CustomStringConvertible {
  /// The number of samples.
  public let sampleCount: Int
  /// The estimate.
  public let mean: Double
  /// The variance of what the controls leave of a sample.
  public let variance: Double
  /// That of a sample by itself.
  public let plainVariance: Double
  /// What each control was multiplied by.
  public let coefficients: [Double]

  /// The standard error of the mean, in the unit of the samples.
  public var standardError: Double { (variance / Double(sampleCount)).squareRoot() }
  /// How many times as many samples an estimate without the controls needs; ∞ where they explain all.
  public var varianceReduction: Double { plainVariance / variance }

  /// The interval that contains the expectation with probability `level`; see `MonteCarloEstimate.confidenceInterval`.
  public func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    interval(around: mean, standardError, level)
  }

  /// Mean ± standard error, and the number of samples.
  public var description: String { "\(mean) ± \(standardError) (\(sampleCount) samples)" }
}

/// Why control variates cannot be used.
public enum ControlError: Error, Hashable, CustomStringConvertible {
  /// There are more or fewer expectations than controls.
  case wrongCount(Int, controls: Int)
  /// A control does not vary, or the ones before it say all that it does; counted from 0.
  case dependent(control: Int)
  /// There are too few samples for the coefficients.
  case tooFewSamples(Int, needed: Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .wrongCount(let count, let controls):
      "\(count) expectations for \(controls) control variates; components 1 and up are the controls, give each its "
        + "expectation"
    case .dependent(let control):
      "control variate \(control) (counted from 0) does not vary, or follows from the ones before it; leave it out"
    case .tooFewSamples(let count, let needed):
      "\(count) samples are too few for the coefficients of control variates; take \(needed) or more"
    }
  }
}

/// mean ± z·error; the whole line where the error is not known.
func interval(around mean: Double, _ error: Double, _ level: Double) -> ClosedRange<Double> {
  precondition(level > 0 && level < 1, "a confidence level lies between 0 and 1, not \(level)")
  // From the lower tail: (1 - level) / 2 keeps its digits when the level is close to 1.
  let half = -normalQuantile((1 - level) / 2) * error
  guard half.isFinite, mean.isFinite else { return -.infinity ... .infinity }
  return (mean - half)...(mean + half)
}
