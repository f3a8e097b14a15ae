import RealModule

/// The number of events of a constant rate in a stretch of time.
///
/// Below a mean of 10 by inversion, from one draw of 64 bits; from there on by transformed rejection, two draws for
/// each attempt.
/// - Source: W. Hörmann, "The transformed rejection method for generating Poisson random variables", *Insurance:
///   Mathematics and Economics* 12 (1993), algorithm PTRS; probabilities by C. Loader's saddle-point formula.
@frozen
public struct PoissonDistribution: IntegerDistribution, Hashable, BitwiseCopyable {
  /// See `IntegerDistribution`.
  public let mean: Double

  /// - Throws: `DistributionError` unless the mean is between 0 and 2⁵².
  public init(mean: Double) throws(DistributionError) {
    guard mean >= 0, mean <= 0x1p52 else {
      throw .invalidParameter(
        "a mean of", value: mean, distribution: "a Poisson distribution",
        needed: "0 or more, and at most 2⁵²; take a normal distribution for larger ones")
    }
    self.mean = mean
  }

  /// See `IntegerDistribution`.
  public var variance: Double { mean }

  /// One value.
  public func sample(using generator: inout some RandomNumberGenerator) -> Int {
    mean < 10 ? inverse(of: generator.uniformOpen()) : rejected(using: &generator)
  }

  private func inverse(of uniform: Double) -> Int {
    var (rest, probability, k) = (uniform, Double.exp(-mean), 0.0)
    // What is left below the resolution of uniform numbers goes to the value that is reached by then.
    while rest > probability, probability > 0x1p-60 || k < mean {
      rest -= probability
      k += 1
      probability *= mean / k
    }
    return Int(k)
  }

  private func rejected(using generator: inout some RandomNumberGenerator) -> Int {
    let b = 0.931 + 2.53 * mean.squareRoot()
    let a = -0.059 + 0.02483 * b
    let inverseAlpha = 1.1239 + 1.1328 / (b - 3.4)
    let limit = 0.9277 - 3.6224 / (b - 2)
    while true {
      let u = generator.uniformOpen() - 0.5
      let v = generator.uniformOpen()
      let distance = 0.5 - abs(u)
      let k = ((2 * a / distance + b) * u + mean + 0.43).rounded(.down)
      if distance >= 0.07, v <= limit { return Int(k) }
      if k < 0 || (distance < 0.013 && v > distance) { continue }
      let density = Double.log(v * inverseAlpha / (a / (distance * distance) + b))
      if density <= logPoissonMass(k, mean: mean) { return Int(k) }
    }
  }
}
