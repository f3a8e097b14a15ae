import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension HestonOption: OptionWithGreeks {
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
  fileprivate var meanVariance: Double {
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

/// What vega and theta are the differences of: other options, whose paths are made of the same numbers.
struct HestonMoves {
  /// How far they are moved, as a part. Where V often comes near 0, the squares of the errors are as the inverse of it;
  /// else it counts for nothing but the bias, which is as its square.
  private static let step = 1.0 / 32

  private(set) var low: HestonOption
  private(set) var high: HestonOption
  private(set) var short: HestonOption
  private(set) var long: HestonOption

  init(_ option: HestonOption) {
    (low, high, short, long) = (option, option, option, option)
    // Far enough for digits to be left of the difference, where V is tiny and on its way up.
    let move = max(Self.step * option.variance, option.meanVariance / 1024)
    (low.variance, high.variance) = (max(0, option.variance - move), option.variance + move)
    (short.years, long.years) = (
      (1 - Self.step) * option.years, (1 + Self.step) * option.years
    )
  }

  /// Through the differences of prices.
  func vega(at variance: Double) -> Double {
    2 * variance.squareRoot() / (high.variance - low.variance)
  }
  var theta: Double { -1 / (long.years - short.years) }
}

private struct HestonGreeksPath: BitwiseCopyable, Sendable {
  typealias Moved = (down: HestonPath, up: HestonPath)

  let path: HestonPath
  let payoff: LogNormalPayoff
  let isPathwise: Bool
  let spot: Double
  let years: Double
  let variance: Moved
  let time: Moved
  /// How many assets are sold with the option that is moved.
  let hedge: Double
  /// Through the differences of prices.
  let vega: Double
  let theta: Double
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
    let moves = HestonMoves(moved)
    variance = (HestonPath(moves.low), HestonPath(moves.high))
    time = (HestonPath(moves.short), HestonPath(moves.long))
    vega = moves.vega(at: option.variance)
    theta = moves.theta
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    let isConditional = path.sampling == .conditional
    var walk = path.start
    var (cheap, dear) = (variance.down.start, variance.up.start)
    var (short, long) = (time.down.start, time.up.start)
    for _ in 0..<path.steps {
      var number = HestonPath.CommonNumber(&generator)
      let noise = isConditional ? 0 : generator.normal()
      let isSquare = path.step(&walk, &number, noise: noise)
      variance.down.follow(&cheap, &number, isSquare: isSquare)
      variance.up.follow(&dear, &number, isSquare: isSquare)
      time.down.follow(&short, &number, isSquare: isSquare)
      time.up.follow(&long, &number, isSquare: isSquare)
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
    greeks.vega = vega * (value(variance.up, dear) - value(variance.down, cheap))
    greeks.theta = theta * (value(time.up, long) - value(time.down, short)) + moreTheta
    return greeks.components
  }

  /// Of the option less the assets.
  private func value(_ path: HestonPath, _ walk: HestonPath.Walk) -> Double {
    let (option, asset) = path.values(walk.end)
    return hedge == 0 ? option : option - hedge * asset
  }
}
