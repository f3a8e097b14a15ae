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
  /// From where `startPortfolioRisk(…, resuming:)` can go on; nil where it was not asked for.
  public internal(set) var state: PortfolioRiskState?
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
  ///   - state: of the risk of the same portfolio, returns, horizon, model and seed, from fewer courses or as many, to go on
  ///     with its run; the bits are those of one run. The level may be another.
  ///   - keepsState: whether the answer has a state: 8 bytes for each course.
  ///   - priority: how urgent it is.
  /// - Throws: `PoolError.invalidArgument` for what is said above, where values exceed the range of numbers, and for a state
  ///   of another run, which the last of its courses show when they are simulated once more; of
  ///   `.normal` `DistributionError.notPositiveDefinite` when assets depend on each other, or there are no more periods
  ///   than assets.
  /// - Source: R. T. Rockafellar, S. Uryasev, *Conditional value-at-risk for general loss distributions*, Journal of
  ///   Banking & Finance 26 (2002).
  public func startPortfolioRisk(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    resuming state: PortfolioRiskState? = nil, keepingState keepsState: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<PortfolioRisk> {
    let plan = try riskPlan(returns, weights, level, horizon, model, samples, seed, state)
    let clock = RunClock(after: state?.elapsedTime ?? .zero)
    return try startSteps { [self] in
      let earlier = try state.map { try array($0.losses) }
      let losses = try await simulatedLosses(plan, after: earlier, upTo: samples, priority)
      return try await risk(losses, plan, keepsState ? clock : nil, priority)
    }
  }

  /// What a portfolio may lose; see `startPortfolioRisk`.
  public func portfolioRisk(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    resuming state: PortfolioRiskState? = nil, keepingState keepsState: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> PortfolioRisk {
    try await startPortfolioRisk(
      returns: returns, weights: weights, level: level, horizon: horizon, model: model,
      samples: samples, seed: seed, resuming: state, keepingState: keepsState, priority: priority
    ).value
  }

  /// What a portfolio may lose, blocking; see `startPortfolioRisk`.
  @available(*, noasync)
  public func portfolioRisk(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    resuming state: PortfolioRiskState? = nil, keepingState keepsState: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> PortfolioRisk {
    try startPortfolioRisk(
      returns: returns, weights: weights, level: level, horizon: horizon, model: model,
      samples: samples, seed: seed, resuming: state, keepingState: keepsState, priority: priority
    ).result()
  }

  /// The risk from ever more courses, as `monteCarloEstimates` gives estimates: after 4,096 of them, or as many as the level
  /// needs, twice as many each time up to a million, and then four times in each doubling. The last one has the bits of
  /// `portfolioRisk`. Leaving the loop ends the run.
  /// - Parameters: as for `startPortfolioRisk`; each has a state where it is not told otherwise.
  public func portfolioRiskEstimates(
    returns: SharedMatrix<Double>, weights: [Double], level: Double = 0.95, horizon: Int = 1,
    model: ReturnModel = .historical, samples: Int = 1_000_000, seed: UInt64,
    resuming state: PortfolioRiskState? = nil, keepingState keepsState: Bool = true,
    priority: WorkPriority = .normal
  ) throws -> AsyncThrowingStream<PortfolioRisk, any Error> {
    let plan = try riskPlan(returns, weights, level, horizon, model, samples, seed, state)
    let clock = RunClock(after: state?.elapsedTime ?? .zero)
    return try reporting { [self] report in
      var found = try state.map { try array($0.losses) }
      repeat {
        var next = found?.count ?? 0
        repeat {
          next = MonteCarloGoal.boundary(after: next)
        } while Double(next) < plan.leastSamples
        let losses = try await simulatedLosses(plan, after: found, upTo: min(next, samples), priority)
        report(try await risk(losses, plan, keepsState ? clock : nil, priority))
        found = losses
      } while found?.count != samples
    }
  }

  /// Checks what is asked for.
  private func riskPlan(
    _ returns: SharedMatrix<Double>, _ weights: [Double], _ level: Double, _ horizon: Int,
    _ model: ReturnModel, _ samples: Int, _ seed: UInt64, _ state: PortfolioRiskState?
  ) throws -> RiskPlan {
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
      let needed = RiskPlan.leastSamples(level)
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
    if let state {
      try check(state.seed, is: seed)
      guard state.sampleCount <= samples else {
        throw refuse("from \(samples) courses that goes on from \(state.sampleCount); take more")
      }
    }
    let law =
      model == .normal ? try normalDistribution(rows, periods: periods, assets: assets) : nil
    return RiskPlan(
      returns: rows, periods: periods, weights: weights, level: level, law: law, horizon: horizon,
      seed: seed)
  }

  /// Losses of the first courses: the earlier ones, the last of which are simulated once more to see that they are of this
  /// run, and those behind them.
  private func simulatedLosses(
    _ plan: RiskPlan, after earlier: SharedArray<Double>?, upTo count: Int,
    _ priority: WorkPriority
  ) async throws -> SharedArray<Double> {
    let losses = try uninitializedArray(of: Double.self, count: count)
    let known = earlier?.count ?? 0
    let simulation = RiskSimulation(
      plan: plan, returns: try array(plan.returns), first: max(0, known - RiskPlan.comparedCount),
      losses: losses)
    try await finished(
      startConcurrentPerform(
        iterations: simulation.chunkCount, chunkLength: 1, priority: priority, simulation.body))
    guard let earlier else { return losses }
    let isSame = earlier.withSpan { earlier in
      losses.withMutableSpan { losses in
        for course in simulation.first..<known where losses[course] != earlier[course] {
          return false
        }
        for course in 0..<simulation.first { losses[course] = earlier[course] }
        return true
      }
    }
    guard isSame else {
      throw PoolError.invalidArgument(
        "portfolioRisk that goes on from another portfolio, other returns, or another horizon or model; give the same, "
          + "or begin anew")
    }
    return losses
  }

  /// - Parameter clock: of a run whose state is kept.
  private func risk(
    _ losses: SharedArray<Double>, _ plan: RiskPlan, _ clock: RunClock?, _ priority: WorkPriority
  ) async throws -> PortfolioRisk {
    let level = plan.level
    // The ranks between which the quantile lies: ± 1.96 deviations of a binomial number.
    let half = 1.96 * (plan.level * (1 - plan.level) / Double(losses.count)).squareRoot()
    let found = try await finished(
      startQuantiles(
        losses, [max(0, level - half), level, min(1, level + half)], priority: priority))
    let moments = try await finished(
      start(
        Reduction<Moments>.meanVariance(of: Double.self), losses, where: nil, ignoringNaN: false,
        priority: priority, deadline: nil))
    let tooLarge = PoolError.invalidArgument(
      "portfolioRisk over \(plan.horizon) periods: values exceed the range of numbers; take fewer periods, or smaller weights"
    )
    guard (found + [moments.standardDeviation]).allSatisfy(\.isFinite) else { throw tooLarge }
    let tail = RiskTail(
      losses: losses, threshold: found[1],
      sums: try uninitializedArray(of: Double.self, count: 2 * riskChunks(of: losses.count)))
    try await finished(
      startConcurrentPerform(
        iterations: riskChunks(of: losses.count), chunkLength: 1, priority: priority, tail.body))
    let (mean, deviation) = tail.meanAndDeviation
    guard deviation.isFinite else { throw tooLarge }
    var state = clock.map { _ in PortfolioRiskState(seed: plan.seed, losses: Array(losses)) }
    if let clock { state?.elapsedTime = clock.elapsed }
    return PortfolioRisk(
      level: level, sampleCount: losses.count, meanLoss: moments.mean,
      standardDeviation: moments.standardDeviation, valueAtRisk: found[1],
      valueAtRiskInterval: found[0]...found[2],
      expectedShortfall: found[1] + mean / (1 - level),
      expectedShortfallError: deviation / (1 - level) / Double(losses.count).squareRoot(),
      state: state)
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
