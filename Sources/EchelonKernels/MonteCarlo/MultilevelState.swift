/// How far a multilevel run has come: what a later one goes on from, with the bits of one that never stopped; see
/// `MonteCarloState`.
///
/// A run can stop after any job, which is all samples that a level is to get next, or 2³⁰ of level 0 and half as many of
/// each level after it. What is to be drawn follows from what has been drawn when it is decided, so a state keeps what was
/// decided, too.
public struct MultilevelState: Sendable, Hashable, Codable {
  /// The key of the run.
  public let seed: UInt64
  /// The root of the mean square error that was asked for.
  public private(set) var error: Double
  /// By which factor a level is finer than the one before.
  public let refinement: Double
  /// By which factor a sample of a level costs more than one of the level before.
  public let costGrowth: Double
  /// Of each level to begin with.
  public let initialSamples: Int
  /// Of each level, from 0.
  package var levels: [SampleSums] = []
  /// How many times samples were drawn as the variances ask for, since the last level was begun.
  package var round = 0
  /// How many samples of each level were asked for the last time, until all of them are drawn; none afterwards.
  package var targets: [Int] = []
  /// How long the run has taken by the clock so far; see `MonteCarloState.elapsedTime`.
  public var elapsedTime: Duration {
    get { time.duration }
    set { time.duration = newValue }
  }
  private var time = ElapsedTime()

  /// After so many rounds a run takes the samples of its levels for enough.
  package static var roundLimit: Int { 10 }
  /// More than any level is told to have.
  private static var sampleLimit: Double { 0x1p53 }

  /// The beginning of a run.
  package init(
    seed: UInt64, error: Double, refinement: Double, costGrowth: Double, initialSamples: Int
  ) {
    (self.seed, self.error, self.refinement) = (seed, error, refinement)
    (self.costGrowth, self.initialSamples) = (costGrowth, initialSamples)
  }

  /// Samples of all levels.
  public var sampleCount: Int { levels.reduce(0) { $0 + Int($1.count) } }
  /// How many levels have been begun.
  public var levelCount: Int { levels.count }

  /// The same, to another error: what was decided for the one before is of no use then.
  package func until(_ error: Double) -> MultilevelState {
    guard error != self.error else { return self }
    var state = self
    (state.error, state.round, state.targets) = (error, 0, [])
    return state
  }

  /// Begins the next level.
  package mutating func beginLevel() {
    levels.append(SampleSums())
    round = 0
  }

  private enum CodingKeys: String, CodingKey {
    case seed, error, refinement, costGrowth, initialSamples, levels, round, targets
  }

  /// Reads what `encode` wrote. Sums of samples that are not finite need an encoder and a decoder that take such numbers.
  /// - Throws: `DecodingError` for what no run has left.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    seed = try values.decode(UInt64.self, forKey: .seed)
    error = try values.decode(Double.self, forKey: .error)
    refinement = try values.decode(Double.self, forKey: .refinement)
    costGrowth = try values.decode(Double.self, forKey: .costGrowth)
    initialSamples = try values.decode(Int.self, forKey: .initialSamples)
    levels = try values.decode([SampleSums].self, forKey: .levels)
    round = try values.decode(Int.self, forKey: .round)
    targets = try values.decode([Int].self, forKey: .targets)
    func refuse(_ key: CodingKeys, _ problem: String) -> DecodingError {
      .dataCorruptedError(forKey: key, in: values, debugDescription: problem)
    }
    let problem = Self.problem(
      error: error, refinement: refinement, costGrowth: costGrowth, initialSamples: initialSamples)
    if let problem { throw refuse(.error, "the run has \(problem)") }
    guard levels.count <= 30 else { throw refuse(.levels, "there are \(levels.count) levels") }
    for (level, sums) in levels.enumerated() {
      let isWhole = sums.count >= 1 && sums.count.rounded() == sums.count
      if !isWhole || sums.count > Self.sampleLimit {
        throw refuse(.levels, "level \(level) has \(sums.count) samples")
      }
      if let problem = sums.problem { throw refuse(.levels, "level \(level) has \(problem)") }
    }
    guard 0...Self.roundLimit ~= round else { throw refuse(.round, "there were \(round) rounds") }
    guard targets.isEmpty || targets.count == levels.count,
      targets.allSatisfy({ 0...Int(Self.sampleLimit) ~= $0 })
    else { throw refuse(.targets, "\(targets) samples of \(levels.count) levels were asked for") }
  }

  /// What is wrong with what a run is told, as the end of a sentence; nil if nothing is.
  package static func problem(
    error: Double, refinement: Double, costGrowth: Double, initialSamples: Int
  ) -> String? {
    guard error > 0, error.isFinite else { return "an error of \(error); take one above 0" }
    // Its square is compared with variances.
    guard error >= 1e-150 else { return "an error of \(error); take 1e-150 or more" }
    guard refinement >= 2, refinement.isFinite else {
      return "levels \(refinement) times as fine as those before; take 2 or more"
    }
    guard costGrowth > 1, costGrowth.isFinite else {
      return "levels of \(costGrowth) times the cost of those before; take more than 1"
    }
    guard 16...1 << 40 ~= initialSamples else {
      return "\(initialSamples) samples to begin with; take 16 to 2⁴⁰"
    }
    return nil
  }
}
