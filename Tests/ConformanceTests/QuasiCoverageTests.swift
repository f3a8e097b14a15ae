import Echelon
import TestSupport
import Testing

/// Intervals from the means of a few sets of points, moved at random in each way there is; Sobol's, scrambled by the pool
/// itself, are in `CoverageTests`.
@Suite(.timeLimit(.minutes(5)))
struct `Intervals of quasi-random sets contain the truth 93 to 97 % of the time` {
  /// Sets of points.
  private enum Points: String, CaseIterable {
    case sobolOwen, sobolShifted, haltonOwen, haltonShifted, latinHypercube

    func sequence(_ seed: UInt64, _ replicate: UInt64, count: Int, dimension: Int) throws
      -> any QuasiRandomSequence
    {
      let (owen, shift) = (
        Scrambling.owen(seed: seed, replicate: replicate),
        Scrambling.digitalShift(seed: seed, replicate: replicate)
      )
      return switch self {
      case .sobolOwen: try SobolSequence(dimension: dimension, scrambling: owen)
      case .sobolShifted: try SobolSequence(dimension: dimension, scrambling: shift)
      case .haltonOwen: try HaltonSequence(dimension: dimension, scrambling: owen)
      case .haltonShifted: try HaltonSequence(dimension: dimension, scrambling: shift)
      case .latinHypercube:
        try LatinHypercube(count: count, dimension: dimension, seed: seed, replicate: replicate)
      }
    }
  }

  /// 64 points of each of 8 sets; of Halton's 60, which no power of a base divides.
  @Test(arguments: Points.allCases)
  private func `whichever points they are`(_ points: Points) throws {
    let count = points == .haltonOwen || points == .haltonShifted ? 60 : 64
    try expectCoverage("of \(points.rawValue)") { seeds in
      try seeds.map { seed in
        let means = try (0..<UInt64(8)).map { replicate in
          let sequence = try points.sequence(seed, replicate, count: count, dimension: 2)
          let values = (0..<UInt64(count)).map { index in
            let point = sequence.point(index)
            return (0.5 + point[0]) * (0.75 + point[1] / 2)
          }
          return values.reduce(0, +) / Double(count)
        }
        let found = QuasiMonteCarloEstimate(pointCount: count, replicateMeans: means)
        return [found.confidenceInterval(0.95).contains(1)]
      }
    }
  }
}
