import Echelon
import TestSupport
import Testing

/// Repetitions of each method at a fixed seed, and in release builds at a drawn one, of which 930 to 970 intervals of 95 % have to contain the truth. At a
/// drawn seed that would fail by chance once in 300 times (three standard errors), and more often where few samples make
/// the true share a little less than 95 %. There it is 890 to 991: shares of 94 to 96 % leave that less than once in 10⁸
/// times, all some 100 of them together no more than once in 10⁶.
private let runCount = 1000

/// Expects intervals of 95 % to contain the truth 93 to 97 % of the time.
/// - Parameters:
///   - most: where intervals may be too long, more than 970.
///   - answers: whether the intervals of the runs of these seeds contain the truth; of each run several answers, of several
///     quantities.
func expectCoverage(
  _ what: String, most: Int = 970, location: SourceLocation = #_sourceLocation,
  answers: (_ seeds: [UInt64]) throws -> [[Bool]]
) throws {
  var seeds = [(UInt64(20_261_128), 930...most)]
  if isReleaseBuild { seeds.append((testSeed("Intervals \(what)"), 890...max(most, 991))) }
  for (seed, allowed) in seeds {
    // Far from each other: runs of neighbouring seeds are as independent as others, but see `CorrelationTests`.
    let found = try answers((0..<UInt64(runCount)).map { seed &+ $0 &* 0x9E37_79B9_7F4A_7C15 })
    #expect(found.count == runCount, sourceLocation: location)
    for place in found[0].indices {
      let count = found.count { $0[place] }
      #expect(
        allowed.contains(count),
        "\(what), quantity \(place): \(count) of \(runCount), seed \(seed)",
        sourceLocation: location)
    }
  }
}

/// The same, of what a pool runs.
/// - Parameters:
///   - start: begins the run of a seed.
///   - contains: whether the interval contains the truth; several answers, of several quantities.
func expectCoverage<Value: Sendable>(
  _ what: String, most: Int = 970, location: SourceLocation = #_sourceLocation,
  _ start: (_ seed: UInt64) throws -> Future<Value>, contains: (Value) -> [Bool]
) throws {
  try expectCoverage(what, most: most, location: location) { seeds in
    try seeds.map(start).map { contains(try $0.result()) }
  }
}

/// The same, of estimates of one value.
func expectCoverage(
  _ what: String, of truth: Double, location: SourceLocation = #_sourceLocation,
  _ start: (_ seed: UInt64) throws -> Future<MonteCarloEstimate>
) throws {
  try expectCoverage(what, location: location, start) {
    [$0.confidenceInterval(0.95).contains(truth)]
  }
}
