/// When a Monte Carlo run is good enough.
///
///     .samples(10_000_000)
///     .standardError(1e-4).or(.time(.seconds(60)))
///
/// A run is looked at after numbers of samples that are the same for every run (`MonteCarloGoal.boundary(after:)`), and
/// ends at the first where a goal is reached; but for one that sets a time, its answer depends on nothing else.
///
/// A run that ends at an error is a little likelier to end where chance has made the error small. Where samples are like
/// one another that is not to be seen: intervals of 95 % contain the truth as often as those of a given number of samples.
/// Where most of what counts comes from few of them, it is. Of an event that has happened k times when its probability is
/// known well enough:
///
///     k      standard error: the mean is     95 % are        relative error: the mean is     95 % are
///       10   8 to 14 % too low               83 to 89 %      8 to 10 % too high              95 %
///       30   3 to 4 % too low                92 to 94 %      3 % too high                    95 %
///      100   1 % too low                     94 to 95 %      1 % too high                    95 %
///     1000   0.2 % too low                   95 %            0.2 % too high                  95 %
///
/// The bias is about 1 / k of the mean, hence 1 / √k of the standard error. So ask for a relative error where an event may
/// be rare, one of 10 % or less; or make it less rare (`shiftedNormal(by:)`). The first look is at 4096 samples, so that
/// samples that take long are not drawn in vain; where a few of very many count most, ask for more of them (`atLeast`).
public struct MonteCarloGoal: Sendable, Hashable {
  /// No more samples than these.
  public private(set) var sampleLimit: Int?
  /// A standard error of the mean, in the unit of the samples.
  public private(set) var standardError: Double?
  /// A standard error as a part of the mean.
  public private(set) var relativeError: Double?
  /// A time to run for.
  public private(set) var duration: Duration?
  /// Errors are not looked at before so many samples.
  public private(set) var leastSamples = 0

  private init() {}

  /// So many samples, exactly.
  public static func samples(_ count: Int) -> MonteCarloGoal {
    var goal = MonteCarloGoal()
    goal.sampleLimit = count
    return goal
  }

  /// A standard error of the mean of no more than this, in the unit of the samples.
  public static func standardError(_ error: Double) -> MonteCarloGoal {
    var goal = MonteCarloGoal()
    goal.standardError = error
    return goal
  }

  /// A standard error of no more than this part of the mean's magnitude; never reached by a mean of 0.
  public static func relativeError(_ part: Double) -> MonteCarloGoal {
    var goal = MonteCarloGoal()
    goal.relativeError = part
    return goal
  }

  /// No longer than this, but for the chunks that workers are at when it is over: as many are begun at a time as there
  /// seems to be time for. The number of samples then says what the
  /// answer depends on: a run with `samples` of that number gives the same bits.
  public static func time(_ duration: Duration) -> MonteCarloGoal {
    var goal = MonteCarloGoal()
    goal.duration = duration
    return goal
  }

  /// The same, but that no error counts as reached before so many samples: where they are cheap, and most of what counts
  /// comes from few of them, which the first thousands may not have. Numbers of samples and times end a run as before.
  ///
  ///     .relativeError(0.01).atLeast(1_000_000)
  public func atLeast(_ samples: Int) -> MonteCarloGoal {
    var goal = self
    goal.leastSamples = samples
    return goal
  }

  /// Either of both, whatever comes first; of one kind the one that is reached sooner. Errors of both wait for as many
  /// samples as one of them asks for.
  public func or(_ other: MonteCarloGoal) -> MonteCarloGoal {
    func either<Value: Comparable>(
      _ a: Value?, _ b: Value?, _ choose: (Value, Value) -> Value
    ) -> Value? {
      guard let a, let b else { return a ?? b }
      return choose(a, b)
    }
    var goal = MonteCarloGoal()
    goal.sampleLimit = either(sampleLimit, other.sampleLimit, min)
    goal.standardError = either(standardError, other.standardError, max)
    goal.relativeError = either(relativeError, other.relativeError, max)
    goal.duration = either(duration, other.duration, min)
    goal.leastSamples = max(leastSamples, other.leastSamples)
    return goal
  }

  /// Where a run that has got to so many samples is looked at next: after 4096, after twice as many each time up to
  /// 1,048,576, and then four times in each doubling, always after a whole chunk.
  public static func boundary(after samples: Int) -> Int {
    let length = MonteCarloState.chunkLength
    let chunks = samples / length
    guard samples >= 4096 else { return 4096 }
    // The power of 2 above.
    guard chunks >= 16 else { return 1 << (Int.bitWidth - samples.leadingZeroBitCount) }
    // Multiples of a quarter of the power of 2 below.
    let step = 1 << (Int.bitWidth - 1 - chunks.leadingZeroBitCount - 2)
    let next = (chunks / step + 1) * step
    return next > Int.max / length ? Int.max : next * length
  }

  /// Whether runs are looked at after so many samples.
  public static func isBoundary(_ samples: Int) -> Bool {
    samples > 0 && boundary(after: samples - 1) == samples
  }

  /// Up to so many samples that are all the same meet no error: an event of probability 3 · 10⁻⁶ may still hide from them.
  package static let equalSampleLimit = 1 << 20

  /// Whether an estimate is what a goal asks for, or will never be: where samples are not finite, or their squares
  /// overflow. Samples that are all the same have no error that is known (`MonteCarloEstimate.isErrorKnown`), and 0 is
  /// none: a run goes on until there are more than 1,048,576 of them, and only then takes what is always the same for
  /// known.
  public func isReached(by estimate: MonteCarloEstimate) -> Bool {
    isReached(
      count: estimate.sampleCount, mean: estimate.mean, error: estimate.standardError,
      squares: estimate.sums.m2)
  }

  /// Whether that is so of an estimate from quasi-random points.
  public func isReached(by estimate: QuasiMonteCarloEstimate) -> Bool {
    isReached(
      count: estimate.sampleCount, mean: estimate.mean, error: estimate.standardError,
      squares: estimate.squares)
  }

  /// Whether that is so of every component.
  public func isReached<let dimension: Int>(by estimate: VectorEstimate<dimension>) -> Bool {
    isReached(by: estimate, components: Array(0..<dimension))
  }

  /// Whether that is so of all of these components.
  public func isReached<let dimension: Int>(
    by estimate: VectorEstimate<dimension>, components: [Int]
  ) -> Bool {
    let (means, errors) = (estimate.means, estimate.standardErrors)
    return components.allSatisfy {
      isReached(
        count: estimate.sampleCount, mean: means[$0], error: errors[$0],
        squares: estimate.sums.comoments[$0][$0])
    }
  }

  private func isReached(count: Int, mean: Double, error: Double, squares: Double) -> Bool {
    if let sampleLimit, count >= sampleLimit { return true }
    // Where squares underflow the error is not 0, and speaks for itself.
    if squares == 0, !(error > 0), count <= Self.equalSampleLimit { return false }
    if count >= leastSamples {
      if let standardError, error <= standardError { return true }
      if let relativeError, mean != 0, error <= relativeError * abs(mean) { return true }
    }
    // Beyond NaN, infinities and what overflows there is no error that gets smaller.
    return standardError != nil || relativeError != nil ? count > 1 && !squares.isFinite : false
  }

  /// What is wrong with it, as the end of a sentence; nil if it can be reached.
  public var problem: String? {
    if let sampleLimit, sampleLimit < 0 { return "\(sampleLimit) samples; the number is 0 or more" }
    if leastSamples < 0 { return "at least \(leastSamples) samples; the number is 0 or more" }
    for error in [standardError, relativeError].compactMap({ $0 }) where !(error > 0) {
      return "a standard error of \(error); take a positive one"
    }
    if let duration, duration <= .zero { return "a time of \(duration); take a positive one" }
    return nil
  }
}
