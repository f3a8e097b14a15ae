import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
import EchelonWire
import Foundation

/// An option whose price is the expectation of a discounted payoff that can be sampled: what `price(of:seed:until:)`
/// takes.
public protocol SimulatedOption: Sendable {
  /// What a sample is.
  /// - Throws: `PoolError.invalidArgument` for an option that has no price.
  var simulation: OptionSimulation { get throws }

  /// The price by a formula; nil where there is none, and of no meaning for an option that has no price.
  var exactPrice: Double? { get }
}

/// How an option is sampled: from a generator of random numbers a value whose expectation is the price. The options
/// make it for themselves.
public struct OptionSimulation {
  let function: ChunkFunction
  let program: SampleProgram

  /// - Parameters:
  ///   - function: stores the sums of a chunk, or its samples (`accumulateOrKeep`); made outside of generic code, since it
  ///     travels.
  ///   - sample: one sample, for where the function cannot be sent.
  init(_ function: ChunkFunction, _ sample: @escaping (inout PhiloxGenerator) -> Double) {
    self.function = function
    program = SampleProgram(sample)
  }
}

extension ChunkMemory {
  /// Stores the sums of the chunk's samples, or the samples where the job wants them.
  @inline(__always)
  func accumulateOrKeep(_ sample: (inout PhiloxGenerator) -> Double) {
    if parameters(as: SampleRange.self).keeps == 0 {
      accumulate(sample)
    } else {
      keepSamples(sample)
    }
  }
}

/// When it is looked at the path of a price.
public enum OptionMonitoring: Sendable, Hashable, BitwiseCopyable, Codable {
  /// At every moment.
  case continuous
  /// At so many dates, 1 or more, at equal distances, of which the last is the expiry.
  case dates(Int)

  /// What is wrong with it, as the end of a sentence.
  var problem: String? {
    if case .dates(let count) = self { return OptionProblem.dates(count) }
    return nil
  }

  /// How many dates there are; 0 for every moment.
  var dateCount: Int {
    if case .dates(let count) = self { return count }
    return 0
  }
}

/// How an option is sampled whose price depends on chance of two kinds.
public enum OptionSampling: String, Sendable, Hashable, BitwiseCopyable, Codable, CaseIterable {
  /// Both are drawn; a sample is a payoff.
  case path
  /// One kind is drawn, and a sample is the exact price given it (conditional Monte Carlo): the expectation is the same,
  /// and samples vary less, by what the other kind adds.
  /// - Source: P. P. Boyle, M. Broadie, P. Glasserman, *Monte Carlo methods for security pricing*, Journal of Economic
  ///   Dynamics and Control 21 (1997), §2.6.
  case conditional
}

/// What may be wrong with the numbers of an option, as the end of a sentence; nil if nothing is.
enum OptionProblem {
  static func positive(_ name: String, _ value: Double) -> String? {
    value > 0 && value.isFinite ? nil : "a \(name) of \(value); it is above 0"
  }

  static func notNegative(_ name: String, _ value: Double) -> String? {
    value >= 0 && value.isFinite ? nil : "a \(name) of \(value); it is 0 or more"
  }

  static func finite(_ name: String, _ value: Double) -> String? {
    value.isFinite ? nil : "a \(name) of \(value); it is a number"
  }

  static func within(_ name: String, _ value: Double, _ range: ClosedRange<Double>) -> String? {
    range.contains(value)
      ? nil : "a \(name) of \(value); it is \(range.lowerBound) to \(range.upperBound)"
  }

  static func dates(_ count: Int) -> String? {
    1...100_000 ~= count ? nil : "\(count) dates; take 1 to 100,000"
  }

  /// Throws for what is wrong.
  static func refuse(_ problem: String?) throws {
    if let problem { throw PoolError.invalidArgument("an option with \(problem)") }
  }
}

/// The probability that a standard normal number lies below `x`.
func normalProbability(_ x: Double) -> Double { erfc(-x / 2.squareRoot()) / 2 }

extension EuropeanOption.Kind {
  /// 1 for a call, -1 for a put.
  var sign: Double { self == .call ? 1 : -1 }

  /// The value today of an option on a log-normal price.
  /// - Parameters:
  ///   - asset: the value today of the price at expiry.
  ///   - strike: the value today of the strike.
  ///   - deviation: of the logarithm of the price at expiry.
  /// - Source: F. Black, M. Scholes, *The pricing of options and corporate liabilities*, Journal of Political Economy
  ///   81 (1973).
  func logNormalValue(asset: Double, strike: Double, deviation: Double) -> Double {
    guard deviation > 0, asset > 0, strike > 0 else { return max(0, sign * (asset - strike)) }
    let d1 = log(asset / strike) / deviation + deviation / 2
    return sign
      * (asset * normalProbability(sign * d1) - strike * normalProbability(sign * (d1 - deviation)))
  }
}
