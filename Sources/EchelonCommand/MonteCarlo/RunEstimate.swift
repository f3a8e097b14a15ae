import Echelon

/// What a run of samples has found: what reports and the line on a terminal say.
protocol RunEstimate: Sendable {
  associatedtype State: RunState
  var mean: Double { get }
  var standardError: Double { get }
  var sampleCount: Int { get }
  var state: State? { get }
  func confidenceInterval(_ level: Double) -> ClosedRange<Double>
}

/// From where a run of samples can go on.
protocol RunState: Codable, Sendable {
  var seed: UInt64 { get }
  /// How many samples it has.
  var sampleCount: Int { get }
  var elapsedTime: Duration { get set }
}

extension MonteCarloEstimate: RunEstimate {}

extension MonteCarloState: RunState {
  var sampleCount: Int { nextSample }
}

extension QuasiMonteCarloEstimate: RunEstimate {}

extension QuasiMonteCarloState: RunState {
  var sampleCount: Int { pointCount * replicateCount }
}
