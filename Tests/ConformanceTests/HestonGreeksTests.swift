import Echelon
import Foundation
import TestSupport
import Testing

/// Vega and theta of Heston's model, which are differences of paths.
@Suite(.timeLimit(.minutes(10))) struct `Vega and theta in Heston's model` {
  private static func option(
    _ kind: EuropeanOption.Kind, strike: Double = 100, rate: Double = 0.03, variance: Double = 0.04,
    longRunVariance: Double = 0.04, meanReversion: Double = 2, volatilityOfVariance: Double = 0.5,
    correlation: Double = -0.6, years: Double = 0.5, steps: Int = 16
  ) -> HestonOption {
    HestonOption(
      kind, spot: 100, strike: strike, rate: rate, variance: variance,
      longRunVariance: longRunVariance, meanReversion: meanReversion,
      volatilityOfVariance: volatilityOfVariance, correlation: correlation, years: years,
      steps: steps)
  }

  /// By differences of the integral, of the volatility of today and of the years, of 0.1 %.
  private static func exact(_ option: HestonOption) throws -> (vega: Double, theta: Double) {
    func price(volatility: Double = 1, years: Double = 1) throws -> Double {
      var moved = option
      moved.variance *= volatility * volatility
      moved.years *= years
      return try #require(moved.exactPrice)
    }
    let step = 1e-3
    let vega = try price(volatility: 1 + step) - price(volatility: 1 - step)
    let theta = try price(years: 1 - step) - price(years: 1 + step)
    return (
      vega / (2 * step * option.variance.squareRoot()), theta / (2 * step * option.years)
    )
  }

  /// An option, and what the bias of the scheme and of the differences is less than, and the standard error, as a part of
  /// vega and of theta.
  struct Case: CustomTestStringConvertible {
    let name: String
    let option: HestonOption
    let vegaBias: Double
    let thetaBias: Double
    let error: Double
    var samples = 6000
    var testDescription: String { name }
  }

  /// Feller's ratio is 2κθ/σ²; V reaches 0 where it is below 1.
  /// Measured with millions of samples: biases and errors are some two thirds of these and less.
  static let cases: [Case] = [
    Case(
      name: "Feller's ratio 1.9",
      option: option(
        .call, strike: 104, rate: 0.05, variance: 0.0625, longRunVariance: 0.05, meanReversion: 3,
        volatilityOfVariance: 0.4, years: 0.8, steps: 24),
      vegaBias: 0.003, thetaBias: 0.003, error: 0.006),
    Case(
      name: "Feller's ratio 0.6",
      option: option(
        .put, rate: 0.0319, variance: 0.010201, longRunVariance: 0.019, meanReversion: 6.21,
        volatilityOfVariance: 0.61, correlation: -0.7, years: 1, steps: 32),
      vegaBias: 0.012, thetaBias: 0.01, error: 0.023),
    Case(
      name: "Feller's ratio 0.4, five years",
      option: option(
        .call, rate: 0.05, variance: 0.09, longRunVariance: 0.09, volatilityOfVariance: 1,
        correlation: -0.3, years: 5, steps: 40),
      vegaBias: 0.01, thetaBias: 0.003, error: 0.007),
    // Rare paths count for much: more samples until errors are normal.
    Case(
      name: "Feller's ratio 0.04, ten years",
      option: option(
        .call, rate: 0, meanReversion: 0.5, volatilityOfVariance: 1, correlation: -0.9, years: 10,
        steps: 40),
      vegaBias: 0.05, thetaBias: 0.02, error: 0.04, samples: 24_000),
    Case(
      name: "a volatility of the variance of 2",
      option: option(
        .call, meanReversion: 1, volatilityOfVariance: 2, years: 1, steps: 32),
      vegaBias: 0.02, thetaBias: 0.01, error: 0.08, samples: 24_000),
    Case(
      name: "correlation 0.9",
      option: option(
        .call, strike: 104, longRunVariance: 0.06, volatilityOfVariance: 0.6, correlation: 0.9,
        years: 1),
      vegaBias: 0.005, thetaBias: 0.005, error: 0.02),
    Case(
      name: "correlation -0.99",
      option: option(
        .put, strike: 104, longRunVariance: 0.06, volatilityOfVariance: 0.6, correlation: -0.99,
        years: 1),
      vegaBias: 0.01, thetaBias: 0.01, error: 0.022),
    Case(
      name: "a low variance", option: option(.call, variance: 0.003),
      vegaBias: 0.005, thetaBias: 0.003, error: 0.018),
    Case(
      name: "a tiny variance", option: option(.call, variance: 1e-9),
      vegaBias: 0.005, thetaBias: 0.003, error: 0.028),
    Case(
      name: "four days", option: option(.put, years: 0.01, steps: 4),
      vegaBias: 0.002, thetaBias: 0.002, error: 0.006),
    Case(
      name: "two deviations out of the money", option: option(.put, strike: 80, years: 0.25),
      vegaBias: 0.01, thetaBias: 0.01, error: 0.06),
  ]

  @Test(arguments: cases)
  func `are the differences of the exact price`(_ item: Case) throws {
    let drawn = testSeed()
    var option = item.option
    let exact = try Self.exact(option)
    for seed in [7, drawn] {
      for sampling in OptionSampling.allCases {
        option.sampling = sampling
        let found = try pools[1].greeks(of: option, samples: item.samples, seed: seed)
        for (name, known, greek, bias) in [
          ("vega", exact.vega, \OptionGreeks.vega, item.vegaBias),
          ("theta", exact.theta, \.theta, item.thetaBias),
        ] {
          let (mean, error) = (found.means[keyPath: greek], found.standardErrors[keyPath: greek])
          #expect(
            abs(mean - known) < optionErrorLimit * error + bias * abs(known),
            "\(name) \(mean) ± \(error), \(known); \(item.name), \(sampling), seed \(seed)")
          #expect(
            error < item.error * abs(known),
            "\(name) \(mean) ± \(error); \(item.name), \(sampling), seed \(seed)")
        }
        guard sampling == .path else { continue }
        // The same differences.
        let ratio = try pools[1].greeks(
          of: option, method: .likelihoodRatio, samples: item.samples, seed: seed)
        #expect(ratio.means.vega == found.means.vega && ratio.means.theta == found.means.theta)
        #expect(ratio.means.price == found.means.price)
      }
    }
  }

  /// A variance that hardly varies is Black and Scholes', and there is no chance in the path of the variance.
  @Test(arguments: EuropeanOption.Kind.allCases)
  func `are those of Black and Scholes where the variance is constant`(
    _ kind: EuropeanOption.Kind
  ) throws {
    for correlation in [-0.5, 0, 0.5] {
      for strike in [90.0, 100, 115] {
        let option = Self.option(
          kind, strike: strike, meanReversion: 1e-6, volatilityOfVariance: 1e-6,
          correlation: correlation, steps: 2)
        let known = EuropeanOption(
          kind, spot: 100, strike: strike, rate: 0.03, volatility: 0.2, years: 0.5
        ).greeks
        // With correlation the path of the variance has a part of the price's chance.
        let found = try pools[1].greeks(of: option, samples: 4000, seed: 7)
        for greek in [\OptionGreeks.vega, \.theta] {
          let error = found.means[keyPath: greek] - known[keyPath: greek]
          #expect(
            abs(error) < 6 * found.standardErrors[keyPath: greek] + 2e-3
              * abs(known[keyPath: greek]),
            "\(greek), \(option): \(found) and \(known)")
          if correlation == 0 { #expect(found.standardErrors[keyPath: greek] < 1e-3) }
        }
      }
    }
  }

  /// Where the scheme goes from one way to draw a variance to the other as the variance of today is moved: without
  /// paths that follow each other errors would be two to six times as large there.
  @Test func `do not jump with the draws of the variance`() throws {
    let seed = testSeed()
    func option(_ variance: Double) -> HestonOption {
      Self.option(.call, variance: variance, volatilityOfVariance: 0.8, steps: 2)
    }
    // The variance relative to the square of the mean is 1.5 here.
    let critical = 0.09795
    func found(_ factor: Double) throws -> GreeksEstimate {
      try pools[1].greeks(of: option(critical * factor), samples: 10_000, seed: seed)
    }
    let here = try found(1)
    let beside = [try found(0.8), try found(1.25)]
    for greek in [\OptionGreeks.vega, \.theta] {
      let most = 1.3 * beside.map { $0.standardErrors[keyPath: greek] }.max()!
      #expect(here.standardErrors[keyPath: greek] < most, "\(here), \(beside), seed \(seed)")
    }
  }

  @Test func `are numbers at the ends of what is allowed`() throws {
    let seed = testSeed()
    let all: [(inout HestonOption) -> Void] = [
      { $0.variance = 1e-300 }, { $0.variance = 1e-12 }, { $0.variance = 10 },
      { $0.correlation = 0.999_999 }, { $0.correlation = -0.999_999 },
      { ($0.correlation, $0.volatilityOfVariance) = (0.99, 5) },
      { ($0.correlation, $0.volatilityOfVariance, $0.steps) = (0.9, 3, 1) },
      { ($0.correlation, $0.volatilityOfVariance) = (-0.99, 5) },
      { $0.years = 1e-9 }, { $0.years = 30 }, { $0.steps = 1 }, { $0.volatilityOfVariance = 1e-9 },
      { ($0.meanReversion, $0.variance) = (1e-9, 1e-9) }, { $0.meanReversion = 1000 },
      { $0.longRunVariance = 1e-12 }, { $0.strike = 1e-3 }, { $0.strike = 1e4 }, { $0.rate = -0.1 },
    ]
    for (place, change) in all.enumerated() {
      for kind in EuropeanOption.Kind.allCases {
        for sampling in OptionSampling.allCases {
          var option = Self.option(kind, steps: 6)
          option.sampling = sampling
          change(&option)
          let found = try pools[1].greeks(of: option, samples: 200, seed: seed)
          for (name, greek) in greekNames where name == "vega" || name == "theta" {
            #expect(
              found.means[keyPath: greek].isFinite && found.standardErrors[keyPath: greek].isFinite,
              "\(name) of change \(place), \(option): \(found), seed \(seed)")
          }
        }
      }
    }
  }

  /// The variance of today matters little where it is tiny, and all the less.
  @Test func `fall with the volatility of today`() throws {
    let seed = testSeed()
    var last = Double.infinity
    for variance in [1e-4, 1e-8, 1e-16, 1e-300] {
      let option = Self.option(.call, variance: variance, steps: 4)
      let found = try pools[1].greeks(of: option, samples: 2000, seed: seed)
      let slope = found.means.vega / variance.squareRoot()
      #expect(slope > 100 && slope < 200, "\(found), seed \(seed)")
      #expect(found.means.vega < last / 10, "\(found), seed \(seed)")
      last = found.means.vega
    }
  }
}
