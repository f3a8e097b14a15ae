public import RealModule

/// The gamma distribution: of whole shapes, the sum of so many exponential waiting times.
///
/// By rejection: two draws of 64 bits for each attempt, of which one in twenty fails at most; of shapes below 1 one
/// more.
/// - Source: G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", *ACM TOMS* 26 (2000); shapes
///   below 1 by the power of a uniform number that is given there.
@frozen
public struct GammaDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// Often called k or α.
  public let shape: Double
  /// Often called θ, the inverse of a rate.
  public let scale: Double
  @usableFromInline let d: Double
  @usableFromInline let c: Double

  /// - Throws: `DistributionError` unless both are positive and finite.
  public init(shape: Double, scale: Double = 1) throws(DistributionError) {
    let name = "a gamma distribution"
    try Requirement.positive(shape, "a shape of", name)
    try Requirement.positive(scale, "a scale of", name)
    self.init(uncheckedShape: shape, scale: scale)
  }

  @usableFromInline
  init(uncheckedShape shape: Double, scale: Double) {
    self.shape = shape
    self.scale = scale
    d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3
    c = 1 / (9 * d).squareRoot()
  }

  /// See `RealDistribution`.
  public var mean: Double { shape * scale }
  /// See `RealDistribution`.
  public var variance: Double { shape * scale * scale }

  /// One value. Of shapes far below 1 it may be so small that it is 0.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    let standard = standardSample(using: &generator)
    guard shape < 1 else { return scale * standard }
    return scale * standard * .exp(.log(generator.uniformOpen()) / shape)
  }

  /// The logarithm of a value of scale 1, which is finite also where the value itself is too small for a number.
  @inlinable
  func logarithm(using generator: inout some RandomNumberGenerator) -> Double {
    let logarithm = Double.log(standardSample(using: &generator))
    return shape < 1 ? logarithm + .log(generator.uniformOpen()) / shape : logarithm
  }

  /// A value of scale 1 and, of shapes below 1, of a shape that is larger by 1.
  @inlinable
  func standardSample(using generator: inout some RandomNumberGenerator) -> Double {
    while true {
      let x = generator.normal()
      let root = 1 + c * x
      if root <= 0 { continue }
      let v = root * root * root
      let u = generator.uniformOpen()
      // Nearly always enough, and without a logarithm.
      if u < 1 - 0.0331 * (x * x) * (x * x) { return d * v }
      if .log(u) < 0.5 * x * x + d * (1 - v + .log(v)) { return d * v }
    }
  }
}

/// The distribution of the sum of the squares of so many normal numbers.
@frozen
public struct ChiSquaredDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// How many; any positive number.
  public let degreesOfFreedom: Double
  @usableFromInline let gamma: GammaDistribution

  /// - Throws: `DistributionError` unless the degrees of freedom are positive and finite.
  public init(degreesOfFreedom: Double) throws(DistributionError) {
    try Requirement.positive(
      degreesOfFreedom, "degrees of freedom of", "a chi-squared distribution")
    self.degreesOfFreedom = degreesOfFreedom
    gamma = GammaDistribution(uncheckedShape: degreesOfFreedom / 2, scale: 2)
  }

  /// See `RealDistribution`.
  public var mean: Double { degreesOfFreedom }
  /// See `RealDistribution`.
  public var variance: Double { 2 * degreesOfFreedom }

  /// One value, from the draws of a gamma distribution.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    gamma.sample(using: &generator)
  }
}

/// Student's distribution of t: of a normal number over the root of a chi-squared one per degree of freedom.
@frozen
public struct StudentTDistribution: RealDistribution, Hashable, BitwiseCopyable {
  /// Any positive number; Cauchy's distribution has 1.
  public let degreesOfFreedom: Double
  @usableFromInline let gamma: GammaDistribution

  /// - Throws: `DistributionError` unless the degrees of freedom are positive and finite.
  public init(degreesOfFreedom: Double) throws(DistributionError) {
    try Requirement.positive(degreesOfFreedom, "degrees of freedom of", "a t distribution")
    self.degreesOfFreedom = degreesOfFreedom
    gamma = GammaDistribution(uncheckedShape: degreesOfFreedom / 2, scale: 2)
  }

  /// 0; NaN for one degree of freedom and fewer.
  public var mean: Double { degreesOfFreedom > 1 ? 0 : .nan }
  /// Infinite for two degrees of freedom and fewer, NaN for one and fewer.
  public var variance: Double {
    degreesOfFreedom > 2
      ? degreesOfFreedom / (degreesOfFreedom - 2) : degreesOfFreedom > 1 ? .infinity : .nan
  }

  /// One value, from one draw of 64 bits and those of a gamma distribution.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Double {
    let normal = generator.normal()
    // In logarithms below one degree of freedom, where the square may be too small for a number.
    guard degreesOfFreedom < 1 else {
      return normal / (gamma.sample(using: &generator) / degreesOfFreedom).squareRoot()
    }
    let logarithm = gamma.logarithm(using: &generator) + .log(2 / degreesOfFreedom)
    return normal * .exp(-logarithm / 2)
  }
}
