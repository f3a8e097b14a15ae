import EchelonMemory
import EchelonRandom
import Foundation

/// A European option on the weighted sum of several prices, each in Heston's or in Merton's model.
///
///     let option = ModelBasketOption(
///       .call,
///       on: [
///         .heston(
///           HestonAsset(
///             spot: 100, variance: 0.04, longRunVariance: 0.05, meanReversion: 2,
///             volatilityOfVariance: 0.4, correlation: -0.7)),
///         .merton(
///           MertonAsset(
///             spot: 90, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1, jumpDeviation: 0.15)),
///       ], weights: [0.5, 0.6], strike: 105, rate: 0.03, correlation: 0.4, years: 1)
///     let price = try await pool.price(of: option, seed: 42, until: .relativeError(1e-3))
///
/// Correlations are of the Brownian motions of the prices. Jumps of the assets are independent of each other and of all else.
/// The variance of an asset in Heston's model goes with its own price, as the asset says, and with other assets by that alone:
/// what it has beside its own price's Brownian motion is independent of all else. So all correlations that assets can have
/// go with all of the assets' own, and two variances have the product of their own and of their assets' correlation.
///
/// Merton's prices are drawn at expiry from their distribution, so without an asset of Heston's samples are exact. The
/// paths of Heston's are discretised as those of `HestonOption` are, each with the same distribution as there, and the mean
/// of samples is off by about as much; where a variance comes near 0 a correlation is that of normal numbers of which the two
/// are made.
/// - Source: G. Dimitroff, S. Lorenz, A. Szimayer, *A parsimonious multi-asset Heston model: calibration and derivative
///   pricing*, International Journal of Theoretical and Applied Finance 14 (2011), for a model with correlations of the
///   assets alone.
public struct ModelBasketOption: SimulatedOption, Hashable, Codable {
  /// An asset, in its model.
  public enum Asset: Sendable, Hashable, BitwiseCopyable, Codable {
    /// With a variance that is a process.
    case heston(HestonAsset)
    /// With jumps.
    case merton(MertonAsset)
  }

  /// A call or a put.
  public var kind: EuropeanOption.Kind
  /// What the basket is made of, one or more.
  public var assets: [Asset]
  /// How many of each asset the basket holds; below 0 for what it owes, as in the option on a difference of two prices.
  public var weights: [Double]
  /// The price at which the basket may be bought or sold; any number.
  public var strike: Double
  /// The riskless rate, continuous, per year.
  public var rate: Double
  /// Of the Brownian motions of the prices, row by row: 1 on the diagonal, the same in both orders.
  public var correlations: [[Double]]
  /// To expiry, above 0.
  public var years: Double
  /// In which the paths are simulated, 1 to 100,000; without meaning where no asset is Heston's.
  public var steps: Int

  /// An option with these numbers.
  public init(
    _ kind: EuropeanOption.Kind, on assets: [Asset], weights: [Double], strike: Double,
    rate: Double, correlations: [[Double]], years: Double, steps: Int = 32
  ) {
    self.kind = kind
    self.assets = assets
    self.weights = weights
    self.strike = strike
    self.rate = rate
    self.correlations = correlations
    self.years = years
    self.steps = steps
  }

  /// An option on assets of which each two have the same correlation.
  public init(
    _ kind: EuropeanOption.Kind, on assets: [Asset], weights: [Double], strike: Double,
    rate: Double, correlation: Double, years: Double, steps: Int = 32
  ) {
    self.init(
      kind, on: assets, weights: weights, strike: strike, rate: rate,
      correlations: assets.indices.map { i in assets.indices.map { $0 == i ? 1 : correlation } },
      years: years, steps: steps)
  }

  /// That of one asset; nil of several.
  public var exactPrice: Double? {
    guard problem == nil, assets.count == 1, weights[0] > 0 else { return nil }
    guard strike > 0 else {
      return max(0, kind.sign * (weights[0] * assets[0].spot - strike * exp(-rate * years)))
    }
    switch assets[0] {
    case .heston(let asset):
      var option = option(on: asset)
      (option.spot, option.strike) = (weights[0] * option.spot, strike)
      return option.exactPrice
    case .merton(let asset):
      var option = option(on: asset)
      (option.spot, option.strike) = (weights[0] * option.spot, strike)
      return option.exactPrice
    }
  }

  /// A European option on one asset alone, at the money.
  func option(on asset: HestonAsset) -> HestonOption {
    HestonOption(
      kind, spot: asset.spot, strike: asset.spot, rate: rate, variance: asset.variance,
      longRunVariance: asset.longRunVariance, meanReversion: asset.meanReversion,
      volatilityOfVariance: asset.volatilityOfVariance, correlation: asset.correlation,
      years: years, steps: steps)
  }

  /// A European option on one asset alone, at the money.
  func option(on asset: MertonAsset) -> MertonOption {
    MertonOption(
      kind, spot: asset.spot, strike: asset.spot, rate: rate, volatility: asset.volatility,
      jumpsPerYear: asset.jumpsPerYear, jumpMean: asset.jumpMean,
      jumpDeviation: asset.jumpDeviation, years: years)
  }

  var problem: String? {
    let count = assets.count
    if count == 0 { return "no assets; take 1 or more" }
    if weights.count != count {
      return "\(count) assets and \(weights.count) weights; give as many"
    }
    for value in weights { if let bad = OptionProblem.finite("weight", value) { return bad } }
    if let bad = OptionProblem.finite("strike", strike) ?? OptionProblem.finite("rate", rate) {
      return bad
    }
    guard years > 0 && years.isFinite else { return "a time of \(years) years; it is above 0" }
    for (index, asset) in assets.enumerated() {
      let bad =
        switch asset {
        case .heston(let asset): option(on: asset).problem
        case .merton(let asset): option(on: asset).problem
        }
      if let bad { return count == 1 ? bad : "an asset \(index) with \(bad)" }
    }
    return OptionProblem.correlations(correlations, of: count)
  }

  /// See `SimulatedOption`; also throws `DistributionError.notPositiveDefinite` for correlations that no assets have,
  /// or where an asset follows from others.
  public var simulation: OptionSimulation {
    get throws { try ModelBasketPath(self).simulation }
  }
}

/// An asset whose variance is itself a process; see `HestonOption` for the model.
public struct HestonAsset: Sendable, Hashable, BitwiseCopyable, Codable {
  /// The price today, above 0.
  public var spot: Double
  /// V today, per year: the square of a volatility, 0 or more.
  public var variance: Double
  /// θ, to which V returns, above 0.
  public var longRunVariance: Double
  /// κ, how fast it does, per year, above 0.
  public var meanReversion: Double
  /// σ, above 0.
  public var volatilityOfVariance: Double
  /// ρ, of the price and its own variance, -1 to 1.
  public var correlation: Double

  /// An asset with these numbers.
  public init(
    spot: Double, variance: Double, longRunVariance: Double, meanReversion: Double,
    volatilityOfVariance: Double, correlation: Double
  ) {
    self.spot = spot
    self.variance = variance
    self.longRunVariance = longRunVariance
    self.meanReversion = meanReversion
    self.volatilityOfVariance = volatilityOfVariance
    self.correlation = correlation
  }
}

/// An asset whose price jumps; see `MertonOption` for the model.
public struct MertonAsset: Sendable, Hashable, BitwiseCopyable, Codable {
  /// The price today, above 0.
  public var spot: Double
  /// Between jumps, per square root of a year, 0 or more.
  public var volatility: Double
  /// Expected jumps per year, 0 or more, and no more than 10,000 until expiry.
  public var jumpsPerYear: Double
  /// The mean of a jump of the price's logarithm, which is normal.
  public var jumpMean: Double
  /// The standard deviation of a jump of the price's logarithm, 0 or more.
  public var jumpDeviation: Double

  /// An asset with these numbers.
  public init(
    spot: Double, volatility: Double, jumpsPerYear: Double, jumpMean: Double, jumpDeviation: Double
  ) {
    self.spot = spot
    self.volatility = volatility
    self.jumpsPerYear = jumpsPerYear
    self.jumpMean = jumpMean
    self.jumpDeviation = jumpDeviation
  }
}

extension ModelBasketOption.Asset {
  /// The price today.
  var spot: Double {
    switch self {
    case .heston(let asset): asset.spot
    case .merton(let asset): asset.spot
    }
  }
}

/// The prices of a basket, step by step until expiry.
struct ModelBasketPath: Sendable {
  /// An asset on its way.
  enum Asset: BitwiseCopyable, Sendable {
    /// - `own`: the correlation of price and variance; `rest`: the root of what is left of 1 without its square.
    case heston(HestonPath, own: Double, rest: Double)
    case merton(MertonDates)
  }

  /// What the next step of an asset in Heston's model is made of: two independent normal numbers.
  struct Shock {
    /// Of the variance.
    let variance: Double
    /// What the price has beside that.
    let noise: Double
  }

  /// How many jumps until expiry, and what they add up to, as a part of their deviation.
  struct Jumps {
    let count: Double
    let noise: Double
  }

  /// Memory for a path.
  struct Memory {
    /// Of the step, one for each asset.
    var noise: [Double]
    /// The variance of a price that jumps has no meaning, and all of its noise is in its end.
    var walks: [HestonPath.Walk]
  }

  /// Of the Brownian motions of the prices, in a step.
  let law: MultivariateNormalDistribution
  let assets: [Asset]
  /// The logarithms of today's prices.
  let logSpots: [Double]
  let weights: [Double]
  let strike: Double
  let sign: Double
  let discount: Double
  let steps: Int
  /// Of a step of a price that jumps: the root of its part of the time until expiry.
  let rootOfPart: Double

  init(_ option: ModelBasketOption) throws {
    try OptionProblem.refuse(option.problem)
    law = try MultivariateNormalDistribution(
      mean: option.assets.map { _ in 0 }, covariance: option.correlations)
    assets = try option.assets.map { asset in
      switch asset {
      case .heston(let asset):
        .heston(
          HestonPath(option.option(on: asset)), own: asset.correlation,
          rest: ((1 - asset.correlation) * (1 + asset.correlation)).squareRoot())
      case .merton(let asset): .merton(try MertonDates(option.option(on: asset), dates: 1))
      }
    }
    logSpots = option.assets.map { log($0.spot) }
    weights = option.weights
    strike = option.strike
    sign = option.kind.sign
    discount = exp(-option.rate * option.years)
    steps = option.stepCount
    rootOfPart = (1 / Double(steps)).squareRoot()
  }

  var simulation: OptionSimulation {
    OptionSimulation(
      ChunkFunction { chunk in
        var memory = memory
        chunk.accumulateOrKeep { sample(&$0, &memory) }
      }
    ) { generator in
      var memory = memory
      return sample(&generator, &memory)
    }
  }

  var memory: Memory {
    Memory(
      noise: assets.map { _ in 0 },
      walks: logSpots.map { HestonPath.Walk(end: HestonPath.End(logarithm: $0), variance: 0) })
  }

  /// Where an asset begins.
  func start(_ asset: Int) -> HestonPath.Walk {
    switch assets[asset] {
    case .heston(let path, _, _): path.start
    case .merton:
      HestonPath.Walk(end: HestonPath.End(logarithm: logSpots[asset]), variance: 0)
    }
  }

  /// Draws the Brownian motions of a step.
  @inline(__always)
  func draw(_ memory: inout Memory, _ generator: inout PhiloxGenerator) {
    var span = memory.noise.mutableSpan
    law.sample(into: &span, using: &generator)
  }

  /// Draws what an asset's variance has beside its price.
  /// - Parameters:
  ///   - own: the correlation of the two, as `rest` says, too.
  ///   - price: the Brownian motion of the price.
  @inline(__always)
  func shock(
    own: Double, rest: Double, price: Double, _ generator: inout PhiloxGenerator
  ) -> Shock {
    let other = generator.normal()
    return Shock(variance: own * price + rest * other, noise: rest * price - own * other)
  }

  /// Draws the jumps of an asset until expiry.
  @inline(__always)
  func jumps(_ dates: MertonDates, _ generator: inout PhiloxGenerator) -> Jumps {
    let count = Double(dates.jumps.sample(using: &generator))
    return Jumps(count: count, noise: generator.normal())
  }

  private func sample(
    _ generator: inout PhiloxGenerator, _ memory: inout Memory
  ) -> Double {
    for asset in assets.indices { memory.walks[asset] = start(asset) }
    for _ in 0..<steps {
      draw(&memory, &generator)
      for index in assets.indices {
        switch assets[index] {
        case .heston(let path, let own, let rest):
          let shock = shock(own: own, rest: rest, price: memory.noise[index], &generator)
          var number = HestonPath.CommonNumber(normal: shock.variance)
          path.step(&memory.walks[index], &number, noise: shock.noise)
        case .merton: memory.walks[index].end.noise += memory.noise[index]
        }
      }
    }
    var sum = 0.0
    for index in assets.indices {
      if case .merton(let dates) = assets[index] {
        let jumps = jumps(dates, &generator)
        memory.walks[index].end.logarithm += end(dates, memory.walks[index].end.noise, jumps)
      }
      sum += weights[index] * exp(memory.walks[index].end.logarithm)
    }
    return discount * max(0, sign * (sum - strike))
  }

  /// What the logarithm of a price that jumps takes until expiry.
  /// - Parameter noise: the sum of its steps.
  @inline(__always)
  func end(_ dates: MertonDates, _ noise: Double, _ jumps: Jumps) -> Double {
    dates.drift + dates.variance.squareRoot() * rootOfPart * noise + jumps.count * dates.jumpMean
      + (jumps.count * dates.jumpVariance).squareRoot() * jumps.noise
  }
}

extension ModelBasketOption {
  /// One where all prices are drawn at expiry.
  var stepCount: Int {
    assets.contains { if case .heston = $0 { true } else { false } } ? steps : 1
  }
}
