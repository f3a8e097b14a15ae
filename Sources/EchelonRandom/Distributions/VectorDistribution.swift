public import RealModule

/// A distribution of vectors of one length.
public protocol VectorDistribution: Distribution where Value == [Double] {
  /// How many numbers a vector has.
  var dimension: Int { get }
  /// Writes one vector without making an array.
  /// - Parameter vector: of `dimension` elements; traps otherwise.
  func sample(
    into vector: inout MutableSpan<Double>, using generator: inout some RandomNumberGenerator)
}

extension VectorDistribution {
  /// One vector.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> [Double] {
    var vector = [Double](repeating: 0, count: dimension)
    var span = vector.mutableSpan
    sample(into: &span, using: &generator)
    return vector
  }

  @usableFromInline
  func check(_ count: Int) {
    precondition(count == dimension, "\(count) elements for vectors of \(dimension)")
  }
}

/// The normal distribution of several variables.
///
/// The mean and the Cholesky factor of the covariances, times independent normal numbers: one draw of 64 bits for each
/// variable, and d² / 2 multiplications.
public struct MultivariateNormalDistribution: VectorDistribution, Hashable, Codable {
  /// Of each variable.
  public let mean: [Double]
  /// The lower factor, row by row, d·(d + 1) / 2 elements.
  @usableFromInline let factor: [Double]

  /// - Parameters:
  ///   - mean: of each variable.
  ///   - covariance: row by row, the same in both orders.
  /// - Throws: `DistributionError` unless there are as many rows and columns as means, all finite, and the matrix is
  ///   symmetric and positive definite.
  public init(mean: [Double], covariance: [[Double]]) throws(DistributionError) {
    let name = "a multivariate normal distribution"
    guard covariance.count == mean.count, covariance.allSatisfy({ $0.count == mean.count }) else {
      throw .invalidCount(
        mean.count, distribution: name,
        needed: "it needs as many rows of the covariance matrix as means, and as many columns")
    }
    for value in mean { try Requirement.finite(value, "a mean of", name) }
    for (i, row) in covariance.enumerated() {
      for (j, value) in row.enumerated() {
        try Requirement.finite(value, "a covariance of", name)
        if value != covariance[j][i] { throw .notSymmetric(row: i, column: j) }
      }
    }
    var factor: [Double] = []
    for i in mean.indices {
      let start = factor.count
      for j in 0...i {
        var rest = covariance[i][j]
        let other = j * (j + 1) / 2
        for k in 0..<j { rest -= factor[start + k] * factor[other + k] }
        if j == i {
          // Also what rounding alone has left of a variable that depends on others.
          guard rest > 0x1p-48 * covariance[i][i] else { throw .notPositiveDefinite(column: i) }
          factor.append(rest.squareRoot())
        } else {
          factor.append(rest / factor[other + j])
        }
      }
    }
    self.mean = mean
    self.factor = factor
  }

  /// See `VectorDistribution`.
  public var dimension: Int { mean.count }

  /// Reads what `encode` wrote.
  /// - Throws: `DecodingError` for a factor of another size.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    mean = try values.decode([Double].self, forKey: .mean)
    factor = try values.decode([Double].self, forKey: .factor)
    guard factor.count == mean.count * (mean.count + 1) / 2 else {
      throw DecodingError.dataCorruptedError(
        forKey: .factor, in: values,
        debugDescription: "\(factor.count) elements of a factor for \(mean.count) variables")
    }
  }

  private enum CodingKeys: String, CodingKey {
    case mean, factor
  }

  /// See `VectorDistribution`.
  @inlinable
  public func sample(
    into vector: inout MutableSpan<Double>, using generator: inout some RandomNumberGenerator
  ) {
    check(vector.count)
    for i in vector.indices { vector[i] = generator.normal() }
    // From the last on, so that what is still needed is there.
    for i in vector.indices.reversed() {
      var sum = mean[i]
      let start = i * (i + 1) / 2
      for j in 0...i { sum += factor[start + j] * vector[j] }
      vector[i] = sum
    }
  }
}

/// Dirichlet's distribution, of proportions that add up to 1.
///
/// Gamma variates over their sum, in logarithms, since those of small shapes may all be too small for numbers.
/// - Source: L. Devroye, *Non-Uniform Random Variate Generation* (1986), §XI.4.
public struct DirichletDistribution: VectorDistribution, Hashable, Codable {
  /// One for each proportion.
  public let concentrations: [Double]
  @usableFromInline let gammas: [GammaDistribution]

  /// - Throws: `DistributionError` unless there are concentrations, all positive and finite.
  public init(concentrations: [Double]) throws(DistributionError) {
    let name = "a Dirichlet distribution"
    guard !concentrations.isEmpty else {
      throw .invalidCount(0, distribution: name, needed: "it needs a concentration or more")
    }
    var gammas: [GammaDistribution] = []
    for shape in concentrations {
      try Requirement.positive(shape, "a concentration of", name)
      gammas.append(GammaDistribution(uncheckedShape: shape, scale: 1))
    }
    self.concentrations = concentrations
    self.gammas = gammas
  }

  private enum CodingKeys: String, CodingKey {
    case concentrations
  }

  /// Reads what `encode` wrote.
  /// - Throws: `DecodingError` for concentrations that `init(concentrations:)` refuses.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    do {
      try self.init(
        concentrations: values.decode([Double].self, forKey: .concentrations))
    } catch let error as DistributionError {
      throw DecodingError.dataCorruptedError(
        forKey: .concentrations, in: values, debugDescription: "\(error)")
    }
  }

  /// Writes the concentrations, from which everything else follows.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(concentrations, forKey: .concentrations)
  }

  /// See `VectorDistribution`.
  public var dimension: Int { concentrations.count }

  /// See `VectorDistribution`.
  @inlinable
  public func sample(
    into vector: inout MutableSpan<Double>, using generator: inout some RandomNumberGenerator
  ) {
    check(vector.count)
    var largest = -Double.infinity
    for i in vector.indices {
      vector[i] = gammas[i].logarithm(using: &generator)
      largest = max(largest, vector[i])
    }
    var sum = 0.0
    for i in vector.indices {
      vector[i] = .exp(vector[i] - largest)
      sum += vector[i]
    }
    for i in vector.indices { vector[i] /= sum }
  }
}

/// All directions alike: points of the sphere of radius 1 around the origin.
///
/// Normal numbers over their length: one draw of 64 bits for each coordinate.
/// - Source: M. E. Muller, *Communications of the ACM* 2 (1959).
@frozen
public struct UnitSphereDistribution: VectorDistribution, Hashable, BitwiseCopyable {
  /// See `VectorDistribution`.
  public let dimension: Int

  /// - Parameter dimension: of the space; the sphere of 2 is a circle, that of 1 are -1 and 1.
  /// - Throws: `DistributionError` unless it is 1 or more.
  public init(dimension: Int) throws(DistributionError) {
    guard dimension > 0 else {
      throw .invalidCount(
        dimension, distribution: "a unit sphere", needed: "it needs a dimension or more")
    }
    self.dimension = dimension
  }

  /// See `VectorDistribution`.
  @inlinable
  public func sample(
    into vector: inout MutableSpan<Double>, using generator: inout some RandomNumberGenerator
  ) {
    check(vector.count)
    var square = 0.0
    // 0 comes up once in 2⁵³ draws at most, and of all coordinates next to never.
    while square == 0 {
      for i in vector.indices {
        vector[i] = generator.normal()
        square += vector[i] * vector[i]
      }
    }
    let length = square.squareRoot()
    for i in vector.indices { vector[i] /= length }
  }
}
