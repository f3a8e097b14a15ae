import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
public import EchelonRandom

/// A distribution that all workers fill an array from.
///
///     let x = try pool.random(.normal(mean: 10, standardDeviation: 2), count: 1_000_000, seed: 42)
///     let k = try pool.random(.poisson(mean: 3), count: 1_000_000, seed: 42)
///
/// The parameters are those of the types of the same names, and so are the errors.
public struct ArrayDistribution<Element: BitwiseCopyable & Sendable>: Sendable {
  let law: ArrayLaw
}

/// Those that are a few numbers, which travel as bytes, and the one with a table.
enum ArrayLaw: Sendable {
  case numbers(RandomLaw)
  case categorical(CategoricalDistribution)
}

/// All kinds that are a few numbers, as they travel.
enum RandomLaw: Sendable, BitwiseCopyable {
  case uniform(UniformDistribution)
  case normal(NormalDistribution)
  case logNormal(LogNormalDistribution)
  case exponential(ExponentialDistribution)
  case gamma(GammaDistribution)
  case beta(BetaDistribution)
  case chiSquared(ChiSquaredDistribution)
  case studentT(StudentTDistribution)
  case poisson(PoissonDistribution)
  case binomial(BinomialDistribution)
  case geometric(GeometricDistribution)
  case bernoulli(BernoulliDistribution)
  case uniformOpen
  case uniformClosed
  case words
}

extension ArrayDistribution {
  fileprivate init(law: RandomLaw) { self.law = .numbers(law) }
}

extension ArrayDistribution where Element == Double {
  /// Every number of an interval alike, the lower end included; see `UniformDistribution`.
  public static func uniform(
    from lowerBound: Double = 0, to upperBound: Double = 1
  ) throws(DistributionError) -> Self {
    Self(law: .uniform(try UniformDistribution(from: lowerBound, to: upperBound)))
  }

  /// Every number of (0, 1) alike: element i is what `uniformOpen()` makes of element i of `words`.
  ///
  /// Neither end can occur, so logarithms and quantiles are finite.
  public static var uniformOpen: Self { Self(law: .uniformOpen) }

  /// Every number of [0, 1] alike: element i is what `uniformClosed()` makes of element i of `words`.
  public static var uniformClosed: Self { Self(law: .uniformClosed) }

  /// See `NormalDistribution`; in pairs by Box and Muller's transformation, not by inversion.
  public static func normal(
    mean: Double = 0, standardDeviation: Double = 1
  ) throws(DistributionError) -> Self {
    Self(law: .normal(try NormalDistribution(mean: mean, standardDeviation: standardDeviation)))
  }

  /// See `LogNormalDistribution`.
  public static func logNormal(
    logMean: Double = 0, logStandardDeviation: Double = 1
  ) throws(DistributionError) -> Self {
    Self(
      law: .logNormal(
        try LogNormalDistribution(logMean: logMean, logStandardDeviation: logStandardDeviation)))
  }

  /// See `ExponentialDistribution`.
  public static func exponential(rate: Double = 1) throws(DistributionError) -> Self {
    Self(law: .exponential(try ExponentialDistribution(rate: rate)))
  }

  /// See `GammaDistribution`.
  public static func gamma(shape: Double, scale: Double = 1) throws(DistributionError) -> Self {
    Self(law: .gamma(try GammaDistribution(shape: shape, scale: scale)))
  }

  /// See `BetaDistribution`.
  public static func beta(alpha: Double, beta: Double) throws(DistributionError) -> Self {
    Self(law: .beta(try BetaDistribution(alpha: alpha, beta: beta)))
  }

  /// See `ChiSquaredDistribution`.
  public static func chiSquared(degreesOfFreedom: Double) throws(DistributionError) -> Self {
    Self(law: .chiSquared(try ChiSquaredDistribution(degreesOfFreedom: degreesOfFreedom)))
  }

  /// See `StudentTDistribution`.
  public static func studentT(degreesOfFreedom: Double) throws(DistributionError) -> Self {
    Self(law: .studentT(try StudentTDistribution(degreesOfFreedom: degreesOfFreedom)))
  }
}

extension ArrayDistribution where Element == Int {
  /// See `PoissonDistribution`.
  public static func poisson(mean: Double) throws(DistributionError) -> Self {
    Self(law: .poisson(try PoissonDistribution(mean: mean)))
  }

  /// See `BinomialDistribution`.
  public static func binomial(
    trials: Int, probability: Double
  ) throws(DistributionError) -> Self {
    Self(law: .binomial(try BinomialDistribution(trials: trials, probability: probability)))
  }

  /// See `GeometricDistribution`.
  public static func geometric(probability: Double) throws(DistributionError) -> Self {
    Self(law: .geometric(try GeometricDistribution(probability: probability)))
  }

  /// See `CategoricalDistribution`, whose table of two words for each category travels with the job.
  public static func categorical(weights: [Double]) throws(DistributionError) -> Self {
    Self(law: .categorical(try CategoricalDistribution(weights: weights)))
  }
}

extension ArrayDistribution where Element == Bool {
  /// See `BernoulliDistribution`.
  public static func bernoulli(probability: Double) throws(DistributionError) -> Self {
    Self(law: .bernoulli(try BernoulliDistribution(probability: probability)))
  }
}

extension ArrayDistribution where Element == UInt64 {
  /// All words of 64 bits alike: those that `Philox64Generator` of index 0 gives, one after another, by vector loops.
  ///
  ///     let words = try pool.random(.words, count: 1_000_000, seed: 42)
  public static var words: Self { Self(law: .words) }
}

/// Fills chunks; made outside of generic code, since it travels.
func fillFunction(_ law: ArrayLaw, _ seed: UInt64, _ stream: UInt32) -> ChunkFunction {
  switch law {
  case .numbers(let law):
    ChunkFunction { chunk in law.fill(chunk, seed: seed, stream: stream) }
  case .categorical(let law):
    ChunkFunction { chunk in chunk.draw(law, seed: seed, stream: stream) }
  }
}

extension ChunkMemory {
  /// Draws the elements of a chunk, each by the generator of its index.
  fileprivate func draw<Law: Distribution>(
    _ law: Law, seed: UInt64, stream: UInt32
  ) where Law.Value: BitwiseCopyable {
    withOutput(of: Law.Value.self) { output in
      for index in output.indices {
        var generator = PhiloxGenerator(seed: seed, index: UInt64(start + index), stream: stream)
        output[index] = law.sample(using: &generator)
      }
    }
  }

  /// Draws the elements of a chunk, each of its word of `ArrayDistribution.words`.
  fileprivate func drawByWords(
    seed: UInt64, stream: UInt32, _ number: (inout OneWord) -> Double
  ) {
    withOutput(of: UInt64.self) { output in
      fillWords(seed: seed, stream: UInt64(stream), first: UInt64(start), &output)
      for index in output.indices {
        var word = OneWord(word: output[index])
        output[index] = number(&word).bitPattern
      }
    }
  }
}

/// A generator for what takes a single draw.
private struct OneWord: RandomNumberGenerator {
  let word: UInt64
  mutating func next() -> UInt64 { word }
}

extension RandomLaw {
  /// Draws the elements of a chunk.
  func fill(_ chunk: ChunkMemory, seed: UInt64, stream: UInt32) {
    switch self {
    case .uniform(let law):
      chunk.withOutput(of: Double.self) { output in
        fillUniform(seed: seed, stream: stream, first: UInt64(chunk.start), &output)
        guard law.lowerBound != 0 || law.upperBound != 1 else { return }
        let width = law.upperBound - law.lowerBound
        for index in output.indices { output[index] = law.lowerBound + width * output[index] }
      }
    case .normal(let law):
      chunk.withOutput(of: Double.self) { output in
        fillNormal(seed: seed, stream: stream, first: UInt64(chunk.start), &output)
        guard law.mean != 0 || law.standardDeviation != 1 else { return }
        for index in output.indices {
          output[index] = law.mean + law.standardDeviation * output[index]
        }
      }
    case .logNormal(let law): chunk.draw(law, seed: seed, stream: stream)
    case .exponential(let law): chunk.draw(law, seed: seed, stream: stream)
    case .gamma(let law): chunk.draw(law, seed: seed, stream: stream)
    case .beta(let law): chunk.draw(law, seed: seed, stream: stream)
    case .chiSquared(let law): chunk.draw(law, seed: seed, stream: stream)
    case .studentT(let law): chunk.draw(law, seed: seed, stream: stream)
    case .poisson(let law): chunk.draw(law, seed: seed, stream: stream)
    case .binomial(let law): chunk.draw(law, seed: seed, stream: stream)
    case .geometric(let law): chunk.draw(law, seed: seed, stream: stream)
    case .bernoulli(let law): chunk.draw(law, seed: seed, stream: stream)
    case .uniformOpen:
      chunk.drawByWords(seed: seed, stream: stream) { $0.uniformOpen() }
    case .uniformClosed:
      chunk.drawByWords(seed: seed, stream: stream) { $0.uniformClosed() }
    case .words:
      chunk.withOutput(of: UInt64.self) { output in
        fillWords(seed: seed, stream: UInt64(stream), first: UInt64(chunk.start), &output)
      }
    }
  }
}
