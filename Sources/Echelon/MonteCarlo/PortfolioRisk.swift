import EchelonKernels
import EchelonMemory
import EchelonPool
public import EchelonRandom
public import EchelonWire

/// Where the returns of a simulated period come from.
public enum ReturnModel: String, Sendable, Hashable, Codable, CaseIterable {
  /// A past period, each equally likely, with the returns of all assets together (the bootstrap).
  case historical
  /// A multivariate normal distribution with the means and covariances of the past ones.
  case normal
}

/// What a portfolio may lose in some periods, from simulated ones. Losses are parts of its value today: 0.1 is 10 %,
/// and a gain is negative.
public struct PortfolioRisk: Sendable, Hashable, Codable {
  /// The probability that no more than the value at risk is lost.
  public let level: Double
  /// The number of simulated courses.
  public let sampleCount: Int
  /// The mean of the losses.
  public let meanLoss: Double
  /// The standard deviation of the losses.
  public let standardDeviation: Double
  /// The value at risk: the `level` quantile of the losses, interpolated as `quantiles` does.
  public let valueAtRisk: Double
  /// Where the quantile of infinitely many courses lies, with a probability of 95 %: between two of the losses,
  /// whatever their distribution.
  public let valueAtRiskInterval: ClosedRange<Double>
  /// The expected shortfall, or conditional value at risk: the mean of the losses in the 1 - `level` worst cases.
  public let expectedShortfall: Double
  /// The standard error of `expectedShortfall`. Since the value at risk comes from the same courses, the shortfall is too
  /// low in the mean, by a part of this error that falls as 1/√n; with 1,500 courses tests find none.
  public let expectedShortfallError: Double
}

extension WorkExecutor {
  /// Starts the simulation of what a portfolio may lose, and returns the future of its risk.
  ///
  /// A course draws the returns of `horizon` periods, one after the other and independent of one another. What was
  /// bought at its beginning is kept: each part grows by itself.
  /// - Parameters:
  ///   - returns: a past period in each row and an asset in each column, price / earlier price - 1: -1 or more.
  ///   - weights: the part of the portfolio's value in each asset; what is missing to 1 is cash, and what is below 0
  ///     sold short.
  ///   - level: of the value at risk, between 0 and 1.
  ///   - horizon: periods, 1 or more.
  ///   - model: where the returns come from.
  ///   - samples: courses, 100 or more, and so many that 10 of them lie on either side of the level; 8 bytes of memory
  ///     each.
  ///   - seed: course i draws from the `PhiloxGenerator` of (seed, i), so the answer has the same bits for any number
  ///     of workers.
  ///   - priority: how urgent it is.
  /// - Throws: `PoolError.invalidArgument` for what is said above, and where values exceed the range of numbers; of
  ///   `.normal` `DistributionError.notPositiveDefinite` when assets depend on each other, or there are no more periods
  ///   than assets.
  /// - Source: R. T. Rockafellar, S. Uryasev, *Conditional value-at-risk for general loss distributions*, Journal of
  ///   Banking & Finance 26 (2002).
  public func startPortfolioRisk(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> Future<PortfolioRisk> {
    let (periods, assets) = (returns.rows, returns.columns)
    func refuse(_ problem: String) -> PoolError { .invalidArgument("portfolioRisk \(problem)") }
    guard weights.count == assets, weights.allSatisfy(\.isFinite) else {
      throw refuse("of \(assets) assets with the weights \(weights); give each a finite one")
    }
    guard periods >= 2 else {
      throw refuse("of \(periods) past periods; they are the rows, and it needs 2 or more")
    }
    guard level > 0, level < 1 else {
      throw refuse("at a level of \(level); it lies between 0 and 1")
    }
    guard horizon >= 1 else { throw refuse("over \(horizon) periods; take 1 or more") }
    guard samples >= 100, Double(samples) * min(level, 1 - level) >= 10 else {
      let needed = max(100, (10 / min(level, 1 - level)).rounded(.up))
      throw refuse(
        "at a level of \(level) from \(samples) courses; take \(Int(min(needed, 1e18))) or more, so that 10 lie beyond it"
      )
    }
    var rows: [Double] = []
    for period in 0..<periods {
      for asset in 0..<assets {
        let value = returns[period, asset]
        guard value >= -1, value.isFinite else {
          throw refuse(
            "with a return of \(value) in row \(period), column \(asset); it is -1 or more")
        }
        rows.append(value)
      }
    }
    let law =
      model == .normal ? try normalDistribution(rows, periods: periods, assets: assets) : nil
    return try startSteps { [self, rows] in
      let losses = try uninitializedArray(of: Double.self, count: samples)
      let simulation = RiskSimulation(
        returns: try array(rows), periods: periods, weights: weights, law: law, horizon: horizon,
        seed: seed, losses: losses)
      try await finished(
        startConcurrentPerform(
          iterations: simulation.chunkCount, chunkLength: 1, priority: priority, simulation.body))
      // The ranks between which the quantile lies: ± 1.96 deviations of a binomial number.
      let half = 1.96 * (level * (1 - level) / Double(samples)).squareRoot()
      let found = try await finished(
        startQuantiles(
          losses, [max(0, level - half), level, min(1, level + half)], priority: priority))
      let moments = try await finished(
        start(
          Reduction<Moments>.meanVariance(of: Double.self), losses, where: nil, ignoringNaN: false,
          priority: priority, deadline: nil))
      let tooLarge = PoolError.invalidArgument(
        "portfolioRisk over \(horizon) periods: values exceed the range of numbers; take fewer periods"
      )
      guard (found + [moments.standardDeviation]).allSatisfy(\.isFinite) else { throw tooLarge }
      let tail = RiskTail(
        losses: losses, threshold: found[1],
        sums: try uninitializedArray(of: Double.self, count: 2 * simulation.chunkCount))
      try await finished(
        startConcurrentPerform(
          iterations: simulation.chunkCount, chunkLength: 1, priority: priority, tail.body))
      let (mean, deviation) = tail.meanAndDeviation
      guard deviation.isFinite else { throw tooLarge }
      return PortfolioRisk(
        level: level, sampleCount: samples, meanLoss: moments.mean,
        standardDeviation: moments.standardDeviation, valueAtRisk: found[1],
        valueAtRiskInterval: found[0]...found[2],
        expectedShortfall: found[1] + mean / (1 - level),
        expectedShortfallError: deviation / (1 - level) / Double(samples).squareRoot())
    }
  }

  /// What a portfolio may lose; see `startPortfolioRisk`.
  public func portfolioRisk(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    priority: WorkPriority = .normal
  ) async throws -> PortfolioRisk {
    try await startPortfolioRisk(
      returns: returns, weights: weights, level: level, horizon: horizon, model: model,
      samples: samples, seed: seed, priority: priority
    ).value
  }

  /// What a portfolio may lose, blocking; see `startPortfolioRisk`.
  @available(*, noasync)
  public func portfolioRisk(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> PortfolioRisk {
    try startPortfolioRisk(
      returns: returns, weights: weights, level: level, horizon: horizon, model: model,
      samples: samples, seed: seed, priority: priority
    ).result()
  }
}

/// The distribution with the means and covariances, divisor n - 1, of the rows.
private func normalDistribution(
  _ rows: [Double], periods: Int, assets: Int
) throws -> MultivariateNormalDistribution {
  func column(_ asset: Int) -> [Double] { (0..<periods).map { rows[$0 * assets + asset] } }
  let means = (0..<assets).map { column($0).reduce(0, +) / Double(periods) }
  let deviations = (0..<assets).map { asset in column(asset).map { $0 - means[asset] } }
  let covariance = deviations.map { a in
    deviations.map { b in
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } / Double(periods - 1)
    }
  }
  return try MultivariateNormalDistribution(mean: means, covariance: covariance)
}

/// Courses in a chunk, which depend on nothing else.
private let chunkLength = 4096

/// Simulates the losses of courses, each from a generator of its own.
private struct RiskSimulation: Sendable {
  /// Row by row.
  let returns: SharedArray<Double>
  let periods: Int
  let weights: [Double]
  /// nil where periods of the past are drawn.
  let law: MultivariateNormalDistribution?
  let horizon: Int
  let seed: UInt64
  let losses: SharedArray<Double>

  var chunkCount: Int { (losses.count + chunkLength - 1) / chunkLength }
  var body: @Sendable (Int) -> Void { { run($0) } }

  private func run(_ chunk: Int) {
    let courses = chunk * chunkLength..<min(losses.count, (chunk + 1) * chunkLength)
    var drawn = [Double](repeating: 0, count: weights.count)
    var growth = drawn
    returns.withSpan { returns in
      losses.withMutableSpan { losses in
        for course in courses {
          var generator = PhiloxGenerator(seed: seed, index: UInt64(course))
          for asset in growth.indices { growth[asset] = 1 }
          for _ in 0..<horizon {
            if let law {
              var span = drawn.mutableSpan
              law.sample(into: &span, using: &generator)
              // Nothing is worth less than nothing.
              for asset in growth.indices { growth[asset] *= max(0, 1 + drawn[asset]) }
            } else {
              let start = generator.integer(below: periods) * weights.count
              for asset in growth.indices { growth[asset] *= 1 + returns[start + asset] }
            }
          }
          var loss = 0.0
          for asset in growth.indices where weights[asset] != 0 {
            loss -= weights[asset] * (growth[asset] - 1)
          }
          losses[course] = loss
        }
      }
    }
  }
}

/// Adds up by how much losses exceed a threshold.
private struct RiskTail: Sendable {
  let losses: SharedArray<Double>
  let threshold: Double
  /// For each chunk the sum, and that of the squares.
  let sums: SharedArray<Double>

  var body: @Sendable (Int) -> Void { { run($0) } }

  private func run(_ chunk: Int) {
    let courses = chunk * chunkLength..<min(losses.count, (chunk + 1) * chunkLength)
    let (sum, squares) = losses.withSpan { losses in
      courses.reduce((0.0, 0.0)) { sums, course in
        let excess = max(0, losses[course] - threshold)
        return (sums.0 + excess, sums.1 + excess * excess)
      }
    }
    sums[2 * chunk] = sum
    sums[2 * chunk + 1] = squares
  }

  /// Of the excesses of all losses, most of which are 0; in the order of the chunks.
  var meanAndDeviation: (mean: Double, deviation: Double) {
    let sums = Array(sums)
    let count = Double(losses.count)
    let mean = stride(from: 0, to: sums.count, by: 2).reduce(0) { $0 + sums[$1] } / count
    let squares = stride(from: 1, to: sums.count, by: 2).reduce(0) { $0 + sums[$1] }
    let rest = squares - count * mean * mean
    // A little below 0 by rounding; NaN where squares are infinite.
    return (mean, (rest < 0 ? 0 : rest / (count - 1)).squareRoot())
  }
}
