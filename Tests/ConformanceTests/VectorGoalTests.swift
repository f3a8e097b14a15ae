import Echelon
import Foundation
import TestSupport
import Testing

/// Both coordinates and their product, whose expectations are 0, 1 and 0 and whose errors differ.
@inline(__always)
private func point(_ rng: inout PhiloxGenerator) -> InlineArray<3, Double> {
  let (x, y) = (rng.normal(), rng.normal())
  return [x, 1 + 2 * y, x * y]
}

private func bits(_ estimate: VectorEstimate<3>) -> [UInt64] {
  (0..<3).flatMap { i in
    [estimate.sums.means[i].bitPattern]
      + (0..<3).map { estimate.sums.comoments[i][$0].bitPattern }
  } + [UInt64(estimate.sampleCount)]
}

@Suite(.timeLimit(.minutes(5))) struct `Samples of several values until they are good enough` {
  @Test func `end where each has the error that is asked for, at a boundary`() throws {
    let seed = testSeed()
    let goal = MonteCarloGoal.standardError(1.5e-3)
    let found = try pools[1].monteCarloVectors(seed: seed, until: goal) { point(&$0) }
    #expect(found.standardErrors.allSatisfy { $0 <= 1.5e-3 })
    #expect(MonteCarloGoal.isBoundary(found.sampleCount))
    // The second component has twice the error of the others: without it the run would have ended at a quarter.
    #expect(found.sampleCount > 1_600_000 && found.sampleCount < 2_400_000)
    let (count, expected) = (found.sampleCount, bits(found))
    let whole = try pools[0].monteCarloVectors(samples: count, seed: seed) { point(&$0) }
    #expect(bits(whole) == expected, "seed \(seed)")
    for executor in Array(pools.dropFirst(2)) as [any WorkExecutor] + [
      TestedExecutor.inProcess.shared
    ] {
      let other = try executor.monteCarloVectors(seed: seed, until: goal) { point(&$0) }
      #expect(bits(other) == expected, "seed \(seed)")
    }
  }

  @Test func `go on from a saved state with the bits of one run`() throws {
    let seed = testSeed()
    let whole = try pools[1].monteCarloVectors(samples: 700_001, seed: seed) { point(&$0) }
    for count in [0, 600, 65_536, 200_001, 500_000] {
      let first = try pools[2].monteCarloVectors(samples: count, seed: seed) { point(&$0) }
      let saved = try JSONEncoder().encode(first.state)
      let state = try JSONDecoder().decode(VectorMonteCarloState<3>.self, from: saved)
      #expect(state.nextSample == count / 512 * 512 && state.seed == seed)
      let second = try pools[0].monteCarloVectors(
        seed: seed, until: .samples(700_001), resuming: state
      ) { point(&$0) }
      #expect(bits(second) == bits(whole), "seed \(seed), \(count) samples before")
    }
  }

  @Test func `report ever better estimates, and stop when nobody listens`() async throws {
    let seed = testSeed()
    var counts: [Int] = []
    for try await found in try pools[1].monteCarloVectorEstimates(
      seed: seed, until: .samples(1 << 40), { point(&$0) })
    {
      counts.append(found.sampleCount)
      if found.standardErrors[0] < 1e-3 { break }
    }
    #expect(counts == counts.sorted() && counts.allSatisfy { MonteCarloGoal.isBoundary($0) })
    let last = try #require(counts.last)
    let again = try await pools[0].monteCarloVectors(seed: seed, until: .samples(last)) {
      point(&$0)
    }
    #expect(again.standardErrors[0] < 1e-3, "seed \(seed)")
  }

  @Test func `refuse goals and states that cannot be`() throws {
    let pool = pools[0]
    for goal in [MonteCarloGoal.samples(-1), .standardError(0), .relativeError(.nan)] {
      #expect(throws: PoolError.self) {
        try pool.monteCarloVectors(seed: 1, until: goal) { point(&$0) }
      }
    }
    let found = try pool.monteCarloVectors(samples: 140_000, seed: 1) { point(&$0) }
    #expect(throws: PoolError.self) {
      try pool.monteCarloVectors(seed: 2, until: .samples(1 << 20), resuming: found.state) {
        point(&$0)
      }
    }
    #expect(throws: PoolError.self) {
      try pool.monteCarloVectors(seed: 1, until: .samples(100), resuming: found.state) {
        point(&$0)
      }
    }
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    // What is right, and what samples that are no numbers leave.
    for sound in [
      #"{"seed":1,"count":65536,"means":[0,0,0],"comoments":[[1],[1,1],[-1,1,1]]}"#,
      #"{"seed":1,"count":65536,"means":["nan",0,0],"comoments":[["nan"],["nan",1],["nan",0,1]]}"#,
      #"{"seed":1,"count":0,"means":[0,0,0],"comoments":[[0],[0,0],[0,0,0]],"tail":{"count":512,"means":[0,0,0],"comoments":[[1],[0,1],[0,0,1]]}}"#,
    ] {
      #expect(throws: Never.self, "\(sound)") {
        try decoder.decode(VectorMonteCarloState<3>.self, from: Data(sound.utf8))
      }
    }
    for broken in [
      #"{"seed":1,"count":7,"means":[0,0,0],"comoments":[[1],[1,1],[1,1,1]]}"#,
      #"{"seed":1,"count":65536,"means":[0,0],"comoments":[[1],[1,1]]}"#,
      #"{"seed":1,"count":65536,"means":[0,0,0],"comoments":[[1],[1],[1,1,1]]}"#,
      #"{"seed":1,"count":-65536,"means":[0,0,0],"comoments":[[1],[1,1],[1,1,1]]}"#,
      #"{"seed":1,"count":65536,"means":[0,0,0],"comoments":[[-1],[1,1],[1,1,1]]}"#,
      // A product that two squares of 1 cannot have, and sums of nothing.
      #"{"seed":1,"count":65536,"means":[0,0,0],"comoments":[[1],[2,1],[1,1,1]]}"#,
      #"{"seed":1,"count":0,"means":[1,0,0],"comoments":[[0],[0,0],[0,0,0]]}"#,
      #"{"seed":1,"count":65536,"means":["nan",0,0],"comoments":[[1],[0,1],[0,0,1]]}"#,
      #"{"seed":1,"count":65536,"means":[0,0,0],"comoments":[["nan"],[0,1],[0,0,1]]}"#,
      #"{"seed":1,"count":65536,"means":[0,0,0],"comoments":[[1],["nan",1],[0,0,1]]}"#,
      #"{"seed":1,"count":0,"means":[0,0,0],"comoments":[[0],[0,0],[0,0,0]],"tail":{"count":100,"means":[0,0,0],"comoments":[[1],[0,1],[0,0,1]]}}"#,
      #"{"seed":1,"count":0,"means":[0,0,0],"comoments":[[0],[0,0],[0,0,0]],"tail":{"count":-512,"means":[0,0,0],"comoments":[[1],[0,1],[0,0,1]]}}"#,
    ] {
      #expect(throws: DecodingError.self, "\(broken)") {
        try decoder.decode(VectorMonteCarloState<3>.self, from: Data(broken.utf8))
      }
    }
  }

  @Test func `end when a component is no number, and wait for one that did not vary`() throws {
    let infinite = try pools[0].monteCarloVectors(seed: 1, until: .standardError(1e-2)) {
      rng -> InlineArray<2, Double> in [rng.uniform(), .infinity]
    }
    #expect(infinite.sampleCount == MonteCarloGoal.boundary(after: 0))
    let constant = try pools[0].monteCarloVectors(seed: 1, until: .standardError(1)) {
      rng -> InlineArray<2, Double> in [rng.uniform(), 3]
    }
    #expect(constant.sampleCount > 1 << 20)
    #expect(constant.standardErrors[1] == 0 && constant.means[1] == 3)
    #expect(constant.isErrorKnown(of: 0) && !constant.isErrorKnown(of: 1))
    #expect(constant.confidenceInterval(of: 1, 0.95) == -.infinity ... .infinity)
  }
}
