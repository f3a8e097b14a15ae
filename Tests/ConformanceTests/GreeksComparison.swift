import Echelon
import Foundation
import TestSupport
import Testing

typealias Greek = (name: String, path: KeyPath<OptionGreeks, Double>)
/// In the order of samples.
var greekNames: [Greek] {
  [
    ("price", \.price), ("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega),
    ("theta", \.theta),
    ("rho", \.rho),
  ]
}
/// Beyond so many standard errors lies one estimate in 10 billion where they are normal; these tests compare some 1500.
let greeksFarAway = 6.5

/// What a price is made of.
struct OptionMarket {
  var spot = 100.0
  var volatility = 0.25
  var rate = 0.05
  var years = 0.8

  /// The central differences of a price.
  func differences(step: Double = 1e-3, _ price: (OptionMarket) throws -> Double) rethrows
    -> OptionGreeks
  {
    func slope(_ member: WritableKeyPath<OptionMarket, Double>, _ step: Double) throws -> Double {
      let (high, low) = try both(member, step)
      return (high - low) / (2 * step)
    }
    func both(_ member: WritableKeyPath<OptionMarket, Double>, _ step: Double) throws -> (
      Double, Double
    ) {
      var (high, low) = (self, self)
      high[keyPath: member] += step
      low[keyPath: member] -= step
      return try (price(high), price(low))
    }
    let here = try price(self)
    let (high, low) = try both(\.spot, step * spot)
    return OptionGreeks(
      price: here, delta: (high - low) / (2 * step * spot),
      gamma: (high - 2 * here + low) / (step * step * spot * spot),
      vega: try slope(\.volatility, step), theta: -(try slope(\.years, step)),
      rho: try slope(\.rate, step))
  }
}

/// Compares estimates with Greeks that are known.
/// - Parameters:
///   - bias: of the estimate, and of what is known, as a part of each, and of what each is for an option at the money.
///   - greeks: those that are compared.
func expectGreeks(
  _ found: GreeksEstimate, are exact: OptionGreeks, bias: Double = 2e-4,
  of greeks: [Greek] = greekNames, _ comment: String, location: SourceLocation = #_sourceLocation
) {
  let size = OptionGreeks(price: 10, delta: 0.5, gamma: 0.02, vega: 30, theta: 6, rho: 30)
  for (name, greek) in greeks {
    let known = exact[keyPath: greek]
    let error = found.means[keyPath: greek] - known
    let unit = found.standardErrors[keyPath: greek]
    #expect(
      abs(error) <= greeksFarAway * unit + bias * (abs(known) + size[keyPath: greek]),
      "\(name) \(found.means[keyPath: greek]) ± \(unit), \(known); \(comment)",
      sourceLocation: location)
  }
}

/// Compares both methods with Greeks that are known, for a seed that is the same always and for one that was drawn.
func expectGreeks(
  _ option: some OptionWithGreeks, has exact: OptionGreeks,
  by methods: [GreeksMethod] = GreeksMethod.allCases, samples: Int = 20_000, bias: Double = 2e-4,
  of greeks: [Greek] = greekNames, seed: UInt64, location: SourceLocation = #_sourceLocation
) throws {
  for method in methods {
    for seed in [7, seed] {
      let found = try pools[1].greeks(of: option, method: method, samples: samples, seed: seed)
      expectGreeks(
        found, are: exact, bias: bias, of: greeks, "\(method) of \(option), seed \(seed)",
        location: location)
    }
  }
}

/// Compares Greeks along the path with the differences of the price of the same samples, which lie much nearer than a
/// standard error: a step of 10⁻⁶ brings few paths over the strike.
func expectDerivatives<Option: OptionWithGreeks & SimulatedOption>(
  except skipped: [String] = [], seed: UInt64, location: SourceLocation = #_sourceLocation,
  _ option: (OptionMarket) -> Option
) throws {
  let found = try pools[1].greeks(of: option(OptionMarket()), samples: 4000, seed: seed)
  let differences = try OptionMarket().differences(step: 1e-6) {
    try pools[1].price(of: option($0), seed: seed, until: .samples(4000)).mean
  }
  for (name, greek) in greekNames where name != "gamma" && !skipped.contains(name) {
    let error = found.means[keyPath: greek] - differences[keyPath: greek]
    #expect(
      abs(error) <= 0.3 * found.standardErrors[keyPath: greek] + 1e-6,
      "\(name) of \(option(OptionMarket())), seed \(seed): \(found), \(differences)",
      sourceLocation: location)
  }
}
