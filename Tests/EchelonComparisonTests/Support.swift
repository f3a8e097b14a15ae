import EchelonComparison
import Foundation

/// Numbers that look random, the same on every machine (SplitMix64).
struct Noise {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func uniform() -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((z ^ (z >> 31)) >> 11) * 0x1p-53
  }

  /// Factors from 1/(1 + spread) to 1 + spread.
  mutating func factor(_ spread: Double) -> Double { pow(1 + spread, 2 * uniform() - 1) }
}

/// A figure whose pairs scatter around a ratio.
func figure(
  _ name: String, ratio: Double, count: Int = 31, spread: Double = 0.05, seed: UInt64,
  subject: Subject = .kernels, title: String? = nil, requirement: Requirement = .none
) -> MeasuredFigure {
  var noise = Noise(seed: seed)
  let pairs = (0..<count).map { _ in
    let rival = 0.1 * noise.factor(0.3)
    return Pair(echelon: rival * ratio * noise.factor(spread), rival: rival)
  }
  return MeasuredFigure(
    name: name, subject: subject, title: title ?? "what \(name) does", rivalTitle: "a loop",
    requirement: requirement, pairs: pairs)
}

/// A complete run with these figures.
func record(_ figures: [MeasuredFigure]) -> ComparisonRecord {
  var record = ComparisonRecord(
    date: Date(timeIntervalSince1970: 1_700_000_000.75),
    command: ["echelon-compare", "--only", "<sum> & dot"],
    machine: ComparisonRecord.Machine(
      processor: "Quick <7>", cores: 2, memory: 8 << 30, kernel: "6.1", governor: nil),
    versions: ComparisonRecord.Versions(
      echelon: "abc1234", swift: "6.3", blas: "OpenBLAS", lapack: "of the BLAS", python: "3.11.2",
      numpy: "2.1.0"),
    workers: 2, pairs: .usual, shrink: 1)
  record.figures = figures
  record.isComplete = true
  return record
}
