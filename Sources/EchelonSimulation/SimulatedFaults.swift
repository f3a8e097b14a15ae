/// What may go wrong on a simulated machine. How much of it does, and when, follows from the seed; about a
/// third of all runs are left in peace.
public struct SimulatedFaults: Sendable {
  /// The most workers that are killed from outside, anywhere in what they do.
  public var deaths: Int
  /// The most workers that are stopped, as by SIGSTOP. They go on after some time, or are killed.
  public var stops: Int
  /// The most workers that get no processor for up to a tenth of a second.
  public var delays: Int
  /// The most attempts to start a worker that fail.
  public var failingStarts: Int
  /// Whether sleepers may be woken for no reason, as the system allows itself.
  public var spuriousWakeUps: Bool
  /// What becomes of the workers that are started on a seat, by their number there, 1…; nil lets all of
  /// them come up. For tests of the pool itself.
  package var start: (@Sendable (_ seat: Int, _ incarnation: Int) -> SimulatedStart)?

  /// - Parameters: as the properties of the same names.
  public init(
    deaths: Int = 0, stops: Int = 0, delays: Int = 0, failingStarts: Int = 0,
    spuriousWakeUps: Bool = false
  ) {
    self.deaths = deaths
    self.stops = stops
    self.delays = delays
    self.failingStarts = failingStarts
    self.spuriousWakeUps = spuriousWakeUps
  }

  /// Nothing goes wrong; only the order of things is by chance.
  public static let none = SimulatedFaults()

  /// Everything but starts that fail: work that allows retries, as many as `deaths`, ends with its value.
  public static let all = SimulatedFaults(
    deaths: 4, stops: 2, delays: 4, spuriousWakeUps: true)
}

/// How a worker comes up.
package enum SimulatedStart: Sendable {
  case up
  /// It comes up after some time.
  case late(Duration)
  /// It ends by itself before.
  case dies
  /// Its initializer fails after some time.
  case refuses(after: Duration)
}
