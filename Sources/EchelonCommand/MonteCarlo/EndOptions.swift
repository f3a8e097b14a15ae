import ArgumentParser
import Echelon

/// When samples are enough; whatever comes first.
struct EndOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Ends at a standard error of this, in the unit of the estimate: looked at after 4,096 samples, twice "
        + "as many each time up to a million, and then four times in each doubling.", valueName: "e"
    ))
  var error: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Ends at a standard error of this part of the estimate: 0.001 is 0.1 %.", valueName: "part"))
  var relativeError: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "No error counts before so many samples: where few of them are most of the estimate.",
      valueName: "n"))
  var atLeast: SampleCount?
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Ends after a time, in seconds.", valueName: "t"))
  var seconds: Double?

  func validate() throws {
    for (name, value) in [("error", error), ("relative-error", relativeError)] {
      if let value, !(value > 0 && value.isFinite) {
        throw ValidationError("--\(name) must be a number above 0, not \(value)")
      }
    }
    if let seconds, !(seconds > 0 && seconds <= 1e9) {
      throw ValidationError("--seconds must be above 0, and 1e9 at most, not \(seconds)")
    }
  }

  /// - Parameters:
  ///   - samples: how many there are at most.
  ///   - count: how many where no end is given.
  func goal(samples: Int?, orElse count: Int) -> MonteCarloGoal {
    var goals: [MonteCarloGoal] = []
    if let samples { goals.append(.samples(samples)) }
    if let error { goals.append(.standardError(error)) }
    if let relativeError { goals.append(.relativeError(relativeError)) }
    if let seconds { goals.append(.time(.seconds(seconds))) }
    guard let first = goals.first else { return .samples(count) }
    return goals.dropFirst().reduce(first) { $0.or($1) }.atLeast(atLeast?.count ?? 0)
  }
}

/// A run that ends at a relative error and nothing else, which nothing that is 0 has.
struct EndlessRun {
  /// Fewer may all be 0 by chance.
  private static let fewSamples = 8192
  /// After so many what is not 0 is mostly known to be so.
  private static let manySamples = 1 << 20

  private let goal: MonteCarloGoal
  private let unit: RunUnit
  private var isSaid = false

  init(_ goal: MonteCarloGoal, _ unit: RunUnit) { (self.goal, self.unit) = (goal, unit) }

  static func isPossible(_ goal: MonteCarloGoal) -> Bool {
    goal.relativeError != nil && goal.standardError == nil && goal.sampleLimit == nil
      && goal.duration == nil
  }

  /// What to say of a run that may not end; nil where there is nothing to say, or it has been said.
  mutating func warning(of estimate: some RunEstimate) -> String? {
    guard !isSaid, Self.isPossible(goal),
      estimate.sampleCount >= max(Self.fewSamples, goal.leastSamples)
    else { return nil }
    let count = unit.count(estimate.sampleCount)
    for (name, mean, error) in estimate.counted {
      let found: String
      if mean == 0, error == 0 {
        found = "\(name) is 0 after \(count), and no error is a part of that"
      } else if estimate.sampleCount >= Self.manySamples, abs(mean) < error {
        found =
          "\(name) is \(mean.rounded(significantDigits: 2)) ± \(error.rounded(significantDigits: 2)) after "
          + "\(count), and may be 0, of which no error is a part"
      } else {
        continue
      }
      isSaid = true
      return
        "\(found): --relative-error alone may never end this run; Ctrl-C stops it, and --error, --seconds or "
        + "\(unit.option) beside it ends it"
    }
    return nil
  }
}
