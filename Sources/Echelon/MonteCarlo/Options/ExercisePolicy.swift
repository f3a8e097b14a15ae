import EchelonMemory
import EchelonRandom
import Foundation

/// When an American option is exercised: at a date where its payoff is more than a polynomial in it, and more than the
/// European option is worth.
struct ExercisePolicy: Sendable {
  /// The number of coefficients of a date.
  static let termCount = 4

  let sign: Double
  let logSpot: Double
  let strike: Double
  let rate: Double
  let volatility: Double
  let years: Double
  let dates: Int
  /// From date to date, of the logarithm.
  let drift: Double
  let deviation: Double
  /// The European option's price today.
  let europeanPrice: Double
  /// Of date 1 first, the constant term first: what holding on is worth.
  private(set) var coefficients: [Double]
  /// Whether it is exercised today.
  var isExercisedNow = false

  /// One that never exercises.
  init(_ option: AmericanOption) {
    let step = option.years / Double(option.dates)
    sign = option.kind.sign
    logSpot = log(option.spot)
    strike = option.strike
    rate = option.rate
    volatility = option.volatility
    years = option.years
    dates = option.dates
    drift = (option.rate - option.volatility * option.volatility / 2) * step
    deviation = option.volatility * step.squareRoot()
    europeanPrice = option.european.price
    coefficients = (1..<max(1, option.dates)).flatMap { _ in [Double.infinity, 0, 0, 0] }
  }

  /// Of the option today.
  var payoffNow: Double { sign * (exp(logSpot) - strike) }

  mutating func set(_ terms: [Double], at date: Int) {
    for (term, value) in terms.enumerated() {
      coefficients[(date - 1) * Self.termCount + term] = value
    }
  }

  /// What exercising brings more than the European option is worth, where it is exercised; nil where it is not.
  /// - Parameters:
  ///   - date: before the last.
  ///   - price: of the underlying.
  func gain(at date: Int, price: Double) -> Double? {
    let payoff = sign * (price - strike)
    guard payoff > 0 else { return nil }
    let first = (date - 1) * Self.termCount
    var worth = 0.0
    for term in (first..<first + Self.termCount).reversed() {
      worth = worth * payoff + coefficients[term]
    }
    guard payoff > worth else { return nil }
    let left = years * Double(dates - date) / Double(dates)
    let european = (sign > 0 ? EuropeanOption.Kind.call : .put).logNormalValue(
      asset: price, strike: strike * exp(-rate * left), deviation: volatility * left.squareRoot())
    return payoff > european ? payoff - european : nil
  }

  /// Samples of the price that the policy brings: the European price, and what exercising before brings more.
  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulate { sample(&$0) } }) { sample(&$0) }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    if isExercisedNow { return payoffNow }
    var logarithm = logSpot
    for date in 1..<max(1, dates) {
      logarithm += drift + deviation * generator.normal()
      if let gain = gain(at: date, price: exp(logarithm)) {
        return europeanPrice + exp(-rate * years * Double(date) / Double(dates)) * gain
      }
    }
    return europeanPrice
  }
}
