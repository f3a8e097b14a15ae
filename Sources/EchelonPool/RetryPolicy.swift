/// How often, when and after what a task is run again. An integer is a count of retries after the death
/// of a worker, without a pause:
///
///     try pool.submit(retries: 3, parse, file)
///     try pool.submit(retries: .init(3, backOff: .exponential(from: .milliseconds(10))), fetch, part)
public struct RetryPolicy: Sendable, ExpressibleByIntegerLiteral {
  /// The pause before a task is run again.
  public enum BackOff: Sendable, Equatable {
    case none
    case constant(Duration)
    /// `first · factorⁿ⁻¹` before the n-th retry, at most `limit`, times a number from 1/2 to 1 that
    /// depends on `seed` and n alone: tasks with seeds of their own do not all come back at once.
    case exponential(
      from: Duration, factor: Double = 2, limit: Duration = .seconds(30), seed: UInt64 = 0)
  }

  /// How many more times the task is run, 0 or more. After the last of several attempts it counts as
  /// poison, and its error says so.
  public var count: Int

  /// What else there may be to say. Every task carries a policy, and most are a count: so it is a
  /// reference, which costs nothing to copy when there is none.
  @usableFromInline struct Finer: Sendable {
    var backOff = BackOff.none
    var deaths: (@Sendable (WorkerDied.Cause) -> Bool)?
    var errors: (@Sendable (any Error) -> Bool)?
  }
  @usableFromInline final class Box: Sendable {
    let finer: Finer
    init(_ finer: Finer) { self.finer = finer }
  }
  @usableFromInline var box: Box?
  private var finer: Finer {
    get { box?.finer ?? Finer() }
    set { box = Box(newValue) }
  }

  /// The pause before each of them. Chunks of a job are run again at once.
  public var backOff: BackOff {
    get { finer.backOff }
    set { finer.backOff = newValue }
  }
  package typealias DeathFilter = @Sendable (WorkerDied.Cause) -> Bool

  /// Which deaths of a worker are worth another attempt; nil is all of them. It may ask the pool, but
  /// not wait for work of it: the pool replaces its dead workers when it has the answer.
  public var deaths: (@Sendable (WorkerDied.Cause) -> Bool)? {
    get { finer.deaths }
    set { finer.deaths = newValue }
  }
  /// Which errors that the task throws are; nil is none. An error that is not `Codable` comes as a
  /// `RemoteError`.
  public var errors: (@Sendable (any Error) -> Bool)? {
    get { finer.errors }
    set { finer.errors = newValue }
  }

  /// A policy that says more than how often.
  public init(
    _ count: Int, backOff: BackOff = .none,
    deaths: (@Sendable (WorkerDied.Cause) -> Bool)? = nil,
    errors: (@Sendable (any Error) -> Bool)? = nil
  ) {
    self.count = count
    finer = Finer(backOff: backOff, deaths: deaths, errors: errors)
  }

  /// A count of retries after the death of a worker.
  @inlinable public init(integerLiteral count: Int) { self.count = count }

  /// Whether it is no more than a count.
  package var isPlain: Bool {
    guard let finer = box?.finer else { return true }
    return finer.backOff == .none && finer.deaths == nil && finer.errors == nil
  }

  /// The pause before the n-th retry, n = 1….
  package func pauseNanoseconds(before retry: Int) -> UInt64 {
    switch backOff {
    case .none: return 0
    case .constant(let pause): return pause.nanoseconds
    case .exponential(let first, let factor, let limit, let seed):
      var grown = Double(first.nanoseconds)
      for _ in 1..<max(1, retry) where grown < Double(limit.nanoseconds) { grown *= factor }
      // SplitMix64 of seed and number.
      var z = seed &+ UInt64(truncatingIfNeeded: retry) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      let jitter = 0.5 + 0.5 * Double((z ^ z >> 31) >> 11) * 0x1p-53
      // A factor may be negative or no number, and infinity times zero is none either.
      guard grown > 0 else { return 0 }
      return UInt64(min(grown, Double(limit.nanoseconds)) * jitter)
    }
  }
}

extension Duration {
  /// Whole nanoseconds, 0 for a negative duration, at most some centuries.
  package var nanoseconds: UInt64 {
    let parts = components
    guard parts.seconds >= 0, parts.attoseconds >= 0 else { return 0 }
    let seconds = UInt64(min(parts.seconds, 9_000_000_000))
    return seconds * 1_000_000_000 + UInt64(parts.attoseconds / 1_000_000_000)
  }
}
