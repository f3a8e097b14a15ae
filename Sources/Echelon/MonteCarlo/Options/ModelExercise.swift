import EchelonMemory
import EchelonRandom
import Foundation

/// When an American option is exercised in a model: at a date where a polynomial says that holding on is worth less than the
/// payoff.
///
/// It is a polynomial in e^(-payoff/spread), which lies between 0 and 1 wherever a crash takes the price, as what holding on
/// is worth more than the payoff has bounds, too; powers of the payoff itself follow the few largest ones.
struct ModelExercise: Sendable {
  /// The largest number of terms of a polynomial.
  static let termLimit = 8

  let path: ModelDates
  let start: ModelPoint
  let sign: Double
  let strike: Double
  let rate: Double
  let years: Double
  let dates: Int
  /// Whether it can be best to exercise before expiry.
  let mayBeEarly: Bool
  /// The European option's price today.
  let europeanPrice: Double
  /// Of each polynomial.
  let termCount: Int
  /// Of date 1 first: the variance of the logarithm from then to expiry is expected to be the first and the second times
  /// today's variance, and that is in the mean the third.
  private let expected: [Double]
  /// Of date 1 first, the constant term first: what holding on is worth more than exercising.
  private(set) var coefficients: [Double]
  /// Whether it is exercised today.
  var isExercisedNow = false

  /// One that never exercises.
  init(_ option: ModelAmericanOption) throws {
    let kind: EuropeanOption.Kind
    let spot: Double
    path = try ModelDates(option.model, dates: option.dates)
    dates = option.dates
    mayBeEarly = option.mayBeEarly
    /// See `expected`, of a time that is left.
    let expected: (Double) -> [Double]
    switch option.model {
    case .merton(let model):
      (kind, spot, strike) = (model.kind, model.spot, model.strike)
      (rate, years, termCount) = (model.rate, model.years, 4)
      start = ModelPoint(logarithm: log(spot))
      europeanPrice = model.exactPrice ?? .nan
      let jumps = model.jumpMean * model.jumpMean + model.jumpDeviation * model.jumpDeviation
      let yearly = model.volatility * model.volatility + model.jumpsPerYear * jumps
      expected = { [yearly * $0, 0, 1] }
    case .heston(let model):
      (kind, spot, strike) = (model.kind, model.spot, model.strike)
      (rate, years, termCount) = (model.rate, model.years, Self.termLimit)
      start = ModelPoint(logarithm: log(spot), variance: model.variance)
      europeanPrice = model.exactPrice ?? .nan
      let (kappa, theta) = (model.meanReversion, model.longRunVariance)
      let more = model.variance - theta
      let years = years
      expected = { left in
        let slope = -expm1(-kappa * left) / kappa
        return [theta * (left - slope), slope, theta + more * exp(-kappa * (years - left))]
      }
    }
    sign = kind.sign
    let step = years / Double(dates)
    self.expected = (1...dates).flatMap { [dates] in expected(step * Double(dates - $0)) }
    let none = [.infinity] + [Double](repeating: 0, count: termCount - 1)
    coefficients = (0..<dates).flatMap { _ in none }
  }

  /// Of the option today.
  var payoffNow: Double { payoff(start) }

  mutating func set(_ terms: [Double], at date: Int) {
    for (term, value) in terms.enumerated() {
      coefficients[(date - 1) * termCount + term] = value
    }
  }

  /// What exercising brings, of a call with an asset that is owed, of a put with one that is held.
  ///
  /// The discounted asset has an expectation that does not change, so holding on is worth as much more or less with it as
  /// without it, and what paths bring with it varies far less where the payoff is large.
  var hedgedPayoff: Double { -sign * strike }

  func payoff(_ point: ModelPoint) -> Double { sign * (exp(point.logarithm) - strike) }

  /// What polynomials are made of; the last four where the variance moves.
  @inline(__always)
  func terms(_ payoff: Double, _ variance: Double, at date: Int) -> InlineArray<8, Double> {
    let first = 3 * (date - 1)
    let (base, slope) = (expected[first], expected[first + 1])
    let spread = (base + slope * variance).squareRoot()
    let q = exp(-payoff / (strike * spread))
    let v = spread / (base + slope * expected[first + 2]).squareRoot() - 1
    return [1, q, q * q, q * q * q, v, q * v, v * v, q * q * v]
  }

  /// - Parameter date: before the last.
  func isExercised(_ point: ModelPoint, at date: Int) -> Bool {
    let payoff = payoff(point)
    guard payoff > 0 else { return false }
    let terms = terms(payoff, point.variance, at: date)
    let first = (date - 1) * termCount
    var worth = 0.0
    for term in 0..<termCount { worth += coefficients[first + term] * terms[term] }
    return worth < 0
  }

  /// Samples of the price that the policy brings: the European price, and what exercising before brings more.
  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulate { sample(&$0) } }) { sample(&$0) }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    if isExercisedNow { return payoffNow }
    guard mayBeEarly else { return europeanPrice }
    var point = start
    for date in 1..<dates {
      path.step(&point, &generator)
      if isExercised(point, at: date) {
        return europeanPrice + gain(point, at: date, &generator)
      }
    }
    return europeanPrice
  }

  /// Today's value of what exercising brings more than holding the European option until expiry.
  ///
  /// A put brings the interest on the strike until then, and costs a call at the same strike; a call costs both the interest
  /// and a put. So the option whose price is drawn is out of the money, and varies little: its price given the jumps, or the
  /// path of the variance, until expiry.
  private func gain(
    _ point: ModelPoint, at date: Int, _ generator: inout PhiloxGenerator
  ) -> Double {
    let (mean, variance) = path.rest(point, dates: dates - date, &generator)
    return gain(at: date, mean: mean, variance: variance, rate: rate, years: years)
  }

  /// The same where the logarithm of the price at expiry has this mean and variance, at another rate and of other years, too.
  func gain(
    at date: Int, mean: Double, variance: Double, rate: Double, years: Double
  ) -> Double {
    let last = exp(-rate * years)
    let interest = strike * (exp(-rate * years * Double(date) / Double(dates)) - last)
    let other = (sign > 0 ? EuropeanOption.Kind.put : .call).logNormalValue(
      asset: last * exp(mean + variance / 2), strike: last * strike,
      deviation: variance.squareRoot())
    return -sign * interest - other
  }
}
