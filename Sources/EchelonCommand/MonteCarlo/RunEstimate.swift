import Echelon
import EchelonFiles

/// What a run of samples has found: what reports and the line on a terminal say.
protocol RunEstimate: Sendable {
  associatedtype State: RunState
  var mean: Double { get }
  var standardError: Double { get }
  var sampleCount: Int { get }
  var state: State? { get }
  var isErrorKnown: Bool { get }
  /// How samples are spread; nil where their squares are not kept.
  var spread: SampleSpread? { get }
  func confidenceInterval(_ level: Double) -> ClosedRange<Double>
  /// All whose errors are to be what is asked for.
  var counted: [(name: String, mean: Double, error: Double)] { get }
}

extension RunEstimate {
  var counted: [(name: String, mean: Double, error: Double)] {
    [("the estimate", mean, standardError)]
  }
}

/// How the samples of a run are spread, as its estimate says.
struct SampleSpread {
  let variance, skewness, kurtosis, minimum, maximum: Double

  var members: [(name: String, value: JSONValue)] {
    [
      ("variance", .number(variance)), ("skewness", .number(skewness)),
      ("kurtosis", .number(kurtosis)), ("minimum", .number(minimum)),
      ("maximum", .number(maximum)),
    ]
  }
}

/// What a run has ever more of: the word for one of them, and the option that says how many there are to be in the end.
struct RunUnit: Sendable {
  static let sample = RunUnit(noun: "sample", option: "--samples")

  /// Of which the plural ends in s.
  let noun: String
  let option: String

  /// `1 sample`, `2,000 samples`.
  func count(_ value: Int) -> String { NumberText.count(value, noun) }
}

/// From where a run of samples can go on.
protocol RunState: Codable, Sendable {
  var seed: UInt64 { get }
  /// How many samples it has, or of what else there are ever more.
  var sampleCount: Int { get }
  var elapsedTime: Duration { get set }
  /// What it has where that is not said by the number of samples.
  var words: String? { get }
}

extension RunState {
  var words: String? { nil }
}

extension MonteCarloEstimate: RunEstimate {
  var spread: SampleSpread? {
    SampleSpread(
      variance: variance, skewness: skewness, kurtosis: kurtosis, minimum: minimum,
      maximum: maximum)
  }
}

extension MonteCarloState: RunState {
  var sampleCount: Int { nextSample }
}

extension QuasiMonteCarloEstimate: RunEstimate {
  /// It has the means of replicates alone.
  var spread: SampleSpread? { nil }
}

extension QuasiMonteCarloState: RunState {
  var sampleCount: Int { pointCount * replicateCount }
}
