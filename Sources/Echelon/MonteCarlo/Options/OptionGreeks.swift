import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire
import Foundation

/// The price of an option, and how it changes with what it depends on.
public struct OptionGreeks: Sendable, Hashable, Codable {
  /// In the currency of the underlying, like all others.
  public var price: Double
  /// ∂price/∂spot.
  public var delta: Double
  /// ∂²price/∂spot².
  public var gamma: Double
  /// ∂price/∂volatility, for a volatility that is 1 higher.
  public var vega: Double
  /// ∂price/∂t as time goes by, -∂price/∂years, per year.
  public var theta: Double
  /// ∂price/∂rate, for a rate that is 1 higher.
  public var rho: Double

  /// The price, and how it changes.
  public init(
    price: Double, delta: Double, gamma: Double, vega: Double, theta: Double, rho: Double
  ) {
    self.price = price
    self.delta = delta
    self.gamma = gamma
    self.vega = vega
    self.theta = theta
    self.rho = rho
  }

  /// In the order of the components of samples.
  fileprivate init(_ values: [Double]) {
    self.init(
      price: values[0], delta: values[1], gamma: values[2], vega: values[3], theta: values[4],
      rho: values[5])
  }
}

/// How derivatives of a price are sampled.
public enum GreeksMethod: String, Sendable, Hashable, Codable, CaseIterable {
  /// The derivative of the payoff along the path. Gamma, for which payoffs are not smooth enough, is that of delta by
  /// the likelihood ratio.
  case pathwise
  /// The payoff times the derivative of the logarithm of its density: for any payoff, with larger errors, the more so
  /// the shorter the time is.
  case likelihoodRatio
}

/// The Greeks of an option by simulation, all from the same samples.
public struct GreeksEstimate: Sendable, Hashable, CustomStringConvertible {
  /// The number of samples.
  public let sampleCount: Int
  /// The estimates; NaN of no samples.
  public let means: OptionGreeks
  /// The standard error of each; NaN of fewer than two samples.
  public let standardErrors: OptionGreeks

  init(_ estimate: VectorEstimate<6>) {
    sampleCount = estimate.sampleCount
    means = OptionGreeks(estimate.means)
    standardErrors = OptionGreeks(estimate.standardErrors)
  }

  /// The interval that contains the true value with probability `level`; see `MonteCarloEstimate.confidenceInterval`.
  /// - Parameter greek: `\.delta` and so on.
  public func confidenceInterval(
    of greek: KeyPath<OptionGreeks, Double>, _ level: Double
  ) -> ClosedRange<Double> {
    precondition(level > 0 && level < 1, "a confidence level lies between 0 and 1, not \(level)")
    let (mean, error) = (means[keyPath: greek], standardErrors[keyPath: greek])
    let half = -normalQuantile((1 - level) / 2) * error
    guard half.isFinite, mean.isFinite else { return -.infinity ... .infinity }
    return (mean - half)...(mean + half)
  }

  /// Each mean ± its standard error, and the number of samples.
  public var description: String {
    let names: [(String, KeyPath<OptionGreeks, Double>)] = [
      ("price", \.price), ("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega),
      ("theta", \.theta), ("rho", \.rho),
    ]
    let parts = names.map { name, path in
      "\(name) \(means[keyPath: path]) ± \(standardErrors[keyPath: path])"
    }
    return "\(parts.joined(separator: ", ")) (\(sampleCount) samples)"
  }
}

extension EuropeanOption {
  /// The exact price and its derivatives, for a volatility and a time above 0.
  /// - Source: J. C. Hull, *Options, Futures, and Other Derivatives*, the chapter on the Greek letters.
  public var greeks: OptionGreeks {
    let (sign, root) = (kind.sign, years.squareRoot())
    let deviation = volatility * root
    let discounted = strike * exp(-rate * years)
    let d1 = log(spot / discounted) / deviation + deviation / 2
    let d2 = d1 - deviation
    let density = exp(-d1 * d1 / 2) / (2 * Double.pi).squareRoot()
    let sold = sign * discounted * normalProbability(sign * d2)
    return OptionGreeks(
      price: price, delta: sign * normalProbability(sign * d1),
      gamma: density / (spot * deviation), vega: spot * density * root,
      theta: -spot * density * volatility / (2 * root) - rate * sold, rho: years * sold)
  }
}

extension WorkExecutor {
  /// Starts the estimation of the Greeks of a European option by simulation, and returns the future of the estimate.
  /// `EuropeanOption.greeks` is exact; this one shows how well a simulation does. Samples of both methods are unbiased.
  /// - Parameters:
  ///   - option: with a volatility and a time above 0.
  ///   - method: see `GreeksMethod`.
  ///   - samples: how many, 0 or more.
  ///   - seed: as for `startMonteCarlo(samples:seed:)`, like all others.
  /// - Throws: `PoolError.invalidArgument` for an option that has no Greeks, and a negative number of samples.
  /// - Source: M. Broadie, P. Glasserman, *Estimating security price derivatives using simulation*, Management Science
  ///   42 (1996).
  public func startGreeks(
    of option: EuropeanOption, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> Future<GreeksEstimate> {
    try OptionProblem.refuse(
      option.problem ?? OptionProblem.positive("volatility", option.volatility)
        ?? OptionProblem.positive("time in years", option.years))
    guard samples >= 0 else {
      throw PoolError.invalidArgument("a Monte Carlo run of \(samples) samples; take 0 or more")
    }
    let path = GreeksPath(option, isPathwise: method == .pathwise)
    return try startSteps { [self] in
      GreeksEstimate(
        try await finished(
          startVectorSampling(
            path.function, orElse: VectorSampleProgram(path.sample),
            from: VectorMonteCarloState(seed: seed), until: .samples(samples), priority: priority,
            deadline: nil)))
    }
  }

  /// The Greeks of a European option by simulation; see `startGreeks`.
  public func greeks(
    of option: EuropeanOption, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    priority: WorkPriority = .normal
  ) async throws -> GreeksEstimate {
    try await startGreeks(
      of: option, method: method, samples: samples, seed: seed, priority: priority
    ).value
  }

  /// The Greeks of a European option by simulation, blocking; see `startGreeks`.
  @available(*, noasync)
  public func greeks(
    of option: EuropeanOption, method: GreeksMethod = .pathwise, samples: Int, seed: UInt64,
    priority: WorkPriority = .normal
  ) throws -> GreeksEstimate {
    try startGreeks(of: option, method: method, samples: samples, seed: seed, priority: priority)
      .result()
  }
}

private struct GreeksPath: BitwiseCopyable, Sendable {
  let isPathwise: Bool
  let sign: Double
  let spot: Double
  let strike: Double
  let rate: Double
  let volatility: Double
  let years: Double
  let root: Double
  let discount: Double

  init(_ option: EuropeanOption, isPathwise: Bool) {
    self.isPathwise = isPathwise
    sign = option.kind.sign
    spot = option.spot
    strike = option.strike
    rate = option.rate
    volatility = option.volatility
    years = option.years
    root = option.years.squareRoot()
    discount = exp(-option.rate * option.years)
  }

  var function: ChunkFunction { ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } } }

  func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    let z = generator.normal()
    let drift = rate - volatility * volatility / 2
    let last = spot * exp(drift * years + volatility * root * z)
    // All that lies out of the money has no value, and no derivative.
    guard sign * (last - strike) > 0 else { return InlineArray(repeating: 0) }
    let payoff = discount * sign * (last - strike)
    // ∂/∂spot of the logarithm of the density of the price at expiry.
    let score = z / (spot * volatility * root)
    guard isPathwise else {
      let gamma =
        (z * z - 1) / (spot * spot * volatility * volatility * years) - score / spot
      let vega = (z * z - 1) / volatility - z * root
      let theta = rate - (z * z - 1) / (2 * years) - drift * z / (volatility * root)
      let rho = z * root / volatility - years
      return [
        payoff, payoff * score, payoff * gamma, payoff * vega, payoff * theta, payoff * rho,
      ]
    }
    let asset = discount * sign * last
    let theta = rate * payoff - asset * (drift + volatility * z / (2 * root))
    return [
      payoff, asset / spot, discount * sign * strike * score / spot,
      asset * (root * z - volatility * years), theta, discount * sign * strike * years,
    ]
  }
}
