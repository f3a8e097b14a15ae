import ComplexModule
import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension HestonOption: OptionWithGreeks {
  /// By integration of the characteristic function, as `exactPrice`; vega by the volatility of today, √V. Nil where
  /// simulation has no Greeks either.
  public var exactGreeks: OptionGreeks? {
    guard (try? simulation) != nil, greeksProblem == nil else { return nil }
    let discounted = strike * exp(-rate * years)
    let scale = (spot * discounted).squareRoot() / .pi
    let (kappa, sigma, rho) = (meanReversion, volatilityOfVariance, correlation)
    let call = spot - scale * integral { u, value, _ in value.real / (u * u + 0.25) }
    // By the logarithm of the spot, and twice by it less that.
    let slope = spot - scale * integral { u, value, _ in (value / Complex(0.5, -u)).real }
    let curvature = scale * integral { _, value, _ in value.real }
    let byVariance = -scale * integral { u, value, by in (value * by).real / (u * u + 0.25) }
    // The characteristic function's logarithm changes with the years as Riccati's equation says.
    let byYears =
      -scale
      * integral { u, value, by in
        let beta = Complex(kappa - rho * sigma / 2, -rho * sigma * u)
        let square = (by * by).multiplied(by: sigma * sigma / 2) - beta * by
        let change =
          by.multiplied(by: kappa * longRunVariance)
          + (square - Complex((u * u + 0.25) / 2)).multiplied(by: variance)
        return (value * change).real / (u * u + 0.25)
      }
    var greeks = OptionGreeks(
      price: call, delta: slope / spot, gamma: curvature / (spot * spot),
      vega: 2 * variance.squareRoot() * byVariance, theta: -rate * (slope - call) - byYears,
      rho: years * (slope - call))
    if kind == .put {
      greeks.price += discounted - spot
      greeks.delta -= 1
      greeks.theta += rate * discounted
      greeks.rho -= years * discounted
    }
    return greeks
  }

  /// See `OptionWithGreeks`. Given the path of the variance the price at expiry is log-normal, so it needs a correlation
  /// between -1 and 1, and a variance above 0 today.
  ///
  /// Vega is ∂price/∂√V for the volatility √V of today, with all that V is made of later as it is. Vega and theta are central
  /// differences by both methods, of the price given the path of the variance: with V, and with the years, moved up and
  /// down by a 32nd, and paths of the same random numbers. Within three deviations of the strike that is off by less than
  /// 0.1 % of either, with which few errors by chance compare. Where κθ is far below σ² few paths count for much of both, and
  /// standard errors say so from some 10⁴ samples on.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    // Refuses what has no price.
    _ = try simulation
    try OptionProblem.refuse(greeksProblem)
    try sampling.check(method)
    return HestonGreeksPath(self, isPathwise: method == .pathwise).simulation
  }

  /// What an option has to have for Greeks beside a price.
  var greeksProblem: String? {
    OptionProblem.positive("variance", variance)
      ?? (abs(correlation) < 1
        ? nil : "a correlation of \(correlation); between -1 and 1 it has Greeks")
  }

  /// The mean of V until expiry.
  var meanVariance: Double {
    let reversion = meanReversion * years
    guard reversion > 0 else { return variance }
    return longRunVariance - (variance - longRunVariance) * expm1(-reversion) / reversion
  }

  /// The probability that a call is exercised: the lower of the exact one and of that of a variance that does not vary,
  /// since too high a hedge does more harm than one that is too low.
  fileprivate var exercise: Double {
    let deviation = (meanVariance * years).squareRoot()
    let calm = normalProbability(
      (log(spot / strike) + rate * years) / deviation - deviation / 2)
    let exact = exerciseProbability
    return exact.isNaN ? calm : max(0, min(exact, calm))
  }
}

private struct HestonGreeksPath: BitwiseCopyable, Sendable {
  let path: HestonPath
  let payoff: LogNormalPayoff
  let isPathwise: Bool
  let spot: Double
  let years: Double
  let moves: HestonMoves
  /// How many assets are sold with the option that is moved.
  let hedge: Double
  /// What the option has more of theta than the one that is moved.
  let moreTheta: Double

  init(_ option: HestonOption, isPathwise: Bool) {
    path = HestonPath(option)
    payoff = LogNormalPayoff(option.kind, strike: option.strike)
    self.isPathwise = isPathwise
    spot = option.spot
    years = option.years
    var moved = option
    // Constants that leave the expectations of differences as they are, and take away much of their variance: the
    // discounted price of the asset has the same expectation whatever is moved.
    if option.correlation > 0 {
      // A put in place of a call, which is the same less the strike and with the asset: its value has a bound, where
      // prices that rise with their variance have the longest tails.
      moved.kind = .put
      hedge = 0
      moreTheta = option.kind == .call ? -option.rate * option.strike * path.discount : 0
    } else {
      hedge = option.kind == .call ? option.exercise : option.exercise - 1
      moreTheta = 0
    }
    moves = HestonMoves(moved)
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    let isConditional = path.sampling == .conditional
    var (walk, walks) = (path.start, moves.start)
    for _ in 0..<path.steps {
      var number = HestonPath.CommonNumber(&generator)
      let noise = isConditional ? 0 : generator.normal()
      let isSquare = path.step(&walk, &number, noise: noise)
      moves.follow(&walks, &number, isSquare: isSquare)
    }
    let end = walk.end
    let deviation = end.spread.squareRoot()
    let slopes =
      if isConditional {
        payoff.expected(mean: exp(end.logarithm + end.spread / 2), deviation: deviation)
      } else {
        payoff.slopes(
          at: exp(end.logarithm), noise: end.noise / deviation, deviation: deviation,
          isPathwise: isPathwise)
      }
    var greeks = OptionGreeks(
      price: slopes.value, delta: slopes.spot / spot, gamma: slopes.curvature / (spot * spot),
      vega: 0, theta: 0, rho: years * (slopes.drift - slopes.value)
    ).scaled(by: path.discount)
    let values = HestonMoved(
      low: value(moves.paths.low, walks.low), high: value(moves.paths.high, walks.high),
      short: value(moves.paths.short, walks.short), long: value(moves.paths.long, walks.long))
    greeks.vega = moves.vega(values)
    greeks.theta = moves.theta(values) + moreTheta
    return greeks.components
  }

  /// Of the option less the assets.
  private func value(_ path: HestonPath, _ walk: HestonPath.Walk) -> Double {
    let (option, asset) = path.values(walk.end)
    return hedge == 0 ? option : option - hedge * asset
  }
}
