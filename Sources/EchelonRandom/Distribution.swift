/// A law that random values follow.
///
///     let lifetime = try GammaDistribution(shape: 2, scale: 3)
///     var generator = PhiloxGenerator(seed: 42, index: 0)
///     let hours = lifetime.sample(using: &generator)
///
/// A value depends on the bits that it draws alone. How many it draws is the type's own business, so samples that are
/// to be in step each take a generator of their own.
public protocol Distribution<Value>: Sendable {
  associatedtype Value
  /// One value.
  func sample(using generator: inout some RandomNumberGenerator) -> Value
}

/// A distribution of real numbers, whose moments are known.
public protocol RealDistribution: Distribution where Value == Double {
  /// The expectation; NaN where there is none.
  var mean: Double { get }
  /// The expectation of the squared deviation from the mean; infinite or NaN where there is none.
  var variance: Double { get }
}

/// A distribution of integers, whose moments are known.
public protocol IntegerDistribution: Distribution where Value == Int {
  /// The expectation.
  var mean: Double { get }
  /// The expectation of the squared deviation from the mean.
  var variance: Double { get }
}

/// Why there is no such distribution.
public enum DistributionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A parameter lies outside of what it may be.
  case invalidParameter(String, value: Double, distribution: String, needed: String)
  /// There are no parameters, or not as many as there have to be.
  case invalidCount(Int, distribution: String, needed: String)
  /// A matrix of covariances is not symmetric, here for the first time in row-major order.
  case notSymmetric(row: Int, column: Int)
  /// A matrix of covariances is not positive definite: elimination stopped at this column.
  case notPositiveDefinite(column: Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .invalidParameter(let name, let value, let distribution, let needed):
      "\(distribution) with \(name) \(value): it has to be \(needed)"
    case .invalidCount(let count, let distribution, let needed):
      "\(distribution) of \(count): \(needed)"
    case .notSymmetric(let row, let column):
      "the covariances of variables \(row) and \(column) (counted from 0) differ in the two orders; give the same number "
        + "for both"
    case .notPositiveDefinite(let column):
      "the covariance matrix is not positive definite: variable \(column) (counted from 0) is a linear combination of those "
        + "before it, or the matrix is none of covariances; leave that variable out, and compute it from the others"
    }
  }
}

/// Checks of parameters, each with what is needed in words.
enum Requirement {
  static func finite(
    _ value: Double, _ name: String, _ distribution: String
  ) throws(DistributionError) {
    guard value.isFinite else {
      throw .invalidParameter(
        name, value: value, distribution: distribution, needed: "a finite number")
    }
  }

  static func positive(
    _ value: Double, _ name: String, _ distribution: String
  ) throws(DistributionError) {
    guard value > 0, value.isFinite else {
      throw .invalidParameter(
        name, value: value, distribution: distribution, needed: "positive and finite")
    }
  }

  static func notNegative(
    _ value: Double, _ name: String, _ distribution: String
  ) throws(DistributionError) {
    guard value >= 0, value.isFinite else {
      throw .invalidParameter(
        name, value: value, distribution: distribution, needed: "0 or more, and finite")
    }
  }

  static func probability(
    _ value: Double, _ name: String, _ distribution: String
  ) throws(DistributionError) {
    guard value >= 0, value <= 1 else {
      throw .invalidParameter(
        name, value: value, distribution: distribution, needed: "a number from 0 to 1")
    }
  }
}
