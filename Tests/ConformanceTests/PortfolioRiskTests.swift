import Echelon
import Foundation
import RealModule
import TestSupport
import Testing

/// Returns of three assets in 40 periods, the third of which moves against the first.
private func returns(on executor: some WorkExecutor, seed: UInt64) throws -> SharedMatrix<Double> {
  var generator = PhiloxGenerator(seed: seed, index: 0)
  let market = (0..<40).map { _ in 0.05 * generator.normal() }
  return try executor.matrix(rows: 40, columns: 3) { row, column in
    [0.01, 0.005, 0.002][column] + [1.0, 0.2, -0.5][column] * market[row] + 0.02
      * generator.normal()
  }
}

/// The losses of a portfolio in each of the past periods, ascending.
private func pastLosses(_ returns: SharedMatrix<Double>, _ weights: [Double]) -> [Double] {
  (0..<returns.rows).map { row in
    -weights.indices.reduce(0) { $0 + weights[$1] * returns[row, $1] }
  }.sorted()
}

@Suite struct `The risk of a portfolio` {
  private let weights = [0.5, 0.3, 0.1]

  @Test(arguments: TestedExecutor.allCases)
  func `of one period of the past is that of the past`(_ kind: TestedExecutor) throws {
    let (pool, seed) = (kind.shared, testSeed())
    let past = try returns(on: pool, seed: seed)
    let losses = pastLosses(past, weights)
    let count = Double(losses.count)
    // At a level between two steps of the distribution function, so that no course decides between two losses.
    for level in [0.5 + 0.5 / count, 0.9 - 0.5 / count, 0.975 + 0.5 / count] {
      let risk = try pool.portfolioRisk(
        returns: past, weights: weights, level: level, samples: 200_000, seed: seed)
      let expected = losses[Int(level * count)]
      #expect(abs(risk.valueAtRisk - expected) < 1e-12, "level \(level), seed \(seed)")
      #expect(risk.valueAtRiskInterval.contains(risk.valueAtRisk))
      let excess = losses.reduce(0) { $0 + max(0, $1 - expected) } / count
      #expect(
        abs(risk.expectedShortfall - expected - excess / (1 - level))
          < 5 * risk.expectedShortfallError + 1e-12, "level \(level), seed \(seed)")
      let mean = losses.reduce(0, +) / count
      #expect(abs(risk.meanLoss - mean) < 5 * risk.standardDeviation / 200_000.0.squareRoot())
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of normal returns is what the formula says`(_ kind: TestedExecutor) throws {
    let (pool, seed) = (kind.shared, testSeed())
    let past = try returns(on: pool, seed: seed)
    let losses = pastLosses(past, weights)
    let mean = losses.reduce(0, +) / 40
    let deviation = (losses.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 39).squareRoot()
    let level = 0.99
    let risk = try pool.portfolioRisk(
      returns: past, weights: weights, level: level, model: .normal, samples: 400_000, seed: seed)
    let quantile = normalQuantile(level)
    let wide = (risk.valueAtRiskInterval.upperBound - risk.valueAtRiskInterval.lowerBound) / 3.92
    #expect(abs(risk.valueAtRisk - mean - quantile * deviation) < 5 * wide, "seed \(seed)")
    #expect(wide < 0.01 * deviation)
    // The density at the quantile.
    let density = Double.exp(-quantile * quantile / 2) / (2 * Double.pi).squareRoot()
    let shortfall = mean + deviation * density / (1 - level)
    #expect(
      abs(risk.expectedShortfall - shortfall) < 5 * risk.expectedShortfallError, "seed \(seed)")
    #expect(abs(risk.standardDeviation / deviation - 1) < 0.01)
  }

  @Test func `has the same bits for 1, 2, 3 and 7 workers, and after deaths`() throws {
    let seed = testSeed()
    for model in ReturnModel.allCases {
      var first: PortfolioRisk?
      for pool in pools {
        let risk = try pool.portfolioRisk(
          returns: try returns(on: pool, seed: seed), weights: weights, horizon: 6, model: model,
          samples: 30_001, seed: seed)
        #expect(risk == first ?? risk, "\(model), \(pool.workerCount) workers")
        first = risk
      }
    }
    try expectSameWhileWorkersAreKilled(seed: seed, by: { $0 == $1 }) { pool in
      try pool.portfolioRisk(
        returns: try returns(on: pool, seed: seed), weights: weights, horizon: 3, samples: 20_000,
        seed: seed)
    }
  }

  @Test(arguments: ReturnModel.allCases)
  func `goes on from fewer courses to the bits of one run`(_ model: ReturnModel) async throws {
    let seed = testSeed()
    func risk(
      _ pool: ProcessPool, _ samples: Int, level: Double = 0.95, from state: PortfolioRiskState?
    ) async throws -> PortfolioRisk {
      try await pool.portfolioRisk(
        returns: try returns(on: pool, seed: seed), weights: weights, level: level, horizon: 3,
        model: model, samples: samples, seed: seed, resuming: state, keepingState: true)
    }
    let whole = try await risk(pools[0], 20_001, from: nil)
    var found: PortfolioRisk?
    // What is added may also be nothing, and be asked at another level on the way.
    for (step, samples) in [200, 4096, 4097, 4097, 20_001].enumerated() {
      let state = try found?.state.map { state in
        try JSONDecoder().decode(
          PortfolioRiskState.self, from: try JSONEncoder().encode(state))
      }
      found = try await risk(
        pools[step % pools.count], samples, level: step == 4 ? 0.95 : 0.9, from: state)
      #expect(found?.state?.losses == whole.state.map { Array($0.losses[..<samples]) })
    }
    #expect(found == whole, "seed \(seed)")
    var (last, counts): (PortfolioRisk?, [Int]) = (nil, [])
    for try await found in try pools[1].portfolioRiskEstimates(
      returns: try returns(on: pools[1], seed: seed), weights: weights, horizon: 3, model: model,
      samples: 20_001, seed: seed)
    {
      counts.append(found.sampleCount)
      last = found
    }
    #expect(last == whole && Set(counts).isSubset(of: [4096, 8192, 16_384, 20_001]))
    // Without a state where nobody asked for one.
    let plain = try await pools[1].portfolioRisk(
      returns: try returns(on: pools[1], seed: seed), weights: weights, horizon: 3, model: model,
      samples: 20_001, seed: seed)
    #expect(plain.state == nil && plain.valueAtRisk == whole.valueAtRisk)
  }

  @Test func `does not go on from another run, nor to fewer courses`() throws {
    let pool = pools[1]
    let past = try returns(on: pool, seed: 1)
    let state = try pool.portfolioRisk(
      returns: past, weights: weights, horizon: 2, samples: 500, seed: 7, keepingState: true
    ).state
    func refusal(
      _ past: SharedMatrix<Double>, _ weights: [Double], horizon: Int = 2,
      _ model: ReturnModel = .historical, _ samples: Int = 600, seed: UInt64 = 7
    ) -> String? {
      do {
        _ = try pool.portfolioRisk(
          returns: past, weights: weights, horizon: horizon, model: model, samples: samples,
          seed: seed, resuming: state)
        return nil
      } catch { return "\(error)" }
    }
    #expect(refusal(past, weights) == nil)
    #expect(refusal(past, weights, seed: 8)?.contains("goes on from one of seed 7") == true)
    #expect(refusal(past, weights, .historical, 499)?.contains("from 500; take more") == true)
    for other in [
      refusal(past, [0.5, 0.3, 0.2]), refusal(past, weights, horizon: 3),
      refusal(past, weights, .normal), refusal(try returns(on: pool, seed: 2), weights),
    ] {
      #expect(other?.contains("goes on from another portfolio") == true, "\(other ?? "")")
    }
    for bytes in [Data(), Data([1, 2, 3]), withUnsafeBytes(of: Double.nan) { Data($0) }] {
      let text = "{\"seed\": 7, \"losses\": \"\(bytes.base64EncodedString())\"}"
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(PortfolioRiskState.self, from: Data(text.utf8))
      }
    }
  }

  @Test func `grows with the horizon as what is kept grows`() throws {
    let pool = pools[1]
    // One return only: nothing is left to chance.
    let past = try pool.matrix(repeating: -0.1, rows: 2, columns: 1)
    let risk = try pool.portfolioRisk(
      returns: past, weights: [0.5], horizon: 3, samples: 200, seed: 1)
    #expect(abs(risk.valueAtRisk - 0.5 * (1 - 0.9 * 0.9 * 0.9)) < 1e-15)
    #expect(abs(risk.expectedShortfall - risk.valueAtRisk) < 1e-15)
    #expect(risk.expectedShortfallError == 0 && risk.standardDeviation < 1e-15)
  }

  @Test func `refuses what cannot be`() throws {
    let pool = pools[1]
    let past = try pool.matrix(rows: 5, columns: 2) { 0.01 * Double($0 * $0 - 2 * $1 * $0) }
    func refused(_ body: () throws -> PortfolioRisk) {
      #expect(throws: PoolError.self) { try body() }
    }
    refused { try pool.portfolioRisk(returns: past, weights: [1], seed: 1) }
    refused { try pool.portfolioRisk(returns: past, weights: [1, .nan], seed: 1) }
    for level in [0, 1, -0.1, .nan] {
      refused { try pool.portfolioRisk(returns: past, weights: [1, 0], level: level, seed: 1) }
    }
    refused { try pool.portfolioRisk(returns: past, weights: [1, 0], horizon: 0, seed: 1) }
    refused { try pool.portfolioRisk(returns: past, weights: [1, 0], samples: 99, seed: 1) }
    refused {
      try pool.portfolioRisk(returns: past, weights: [1, 0], level: 0.999, samples: 9999, seed: 1)
    }
    // Numbers that grow beyond all numbers, and an asset that nobody holds.
    let huge = try pool.matrix(repeating: 1e308, rows: 2, columns: 1)
    refused {
      try pool.portfolioRisk(returns: huge, weights: [1], horizon: 2, samples: 200, seed: 1)
    }
    refused {
      let large = try pool.matrix(rows: 2, columns: 1) { row, _ in row == 0 ? 1e160 : 0 }
      return try pool.portfolioRisk(
        returns: large, weights: [-1], level: 0.5, samples: 2000, seed: 1)
    }
    let none = try pool.portfolioRisk(
      returns: huge, weights: [0], horizon: 2, samples: 200, seed: 1)
    #expect(none.valueAtRisk == 0)
    let one = try pool.matrix(repeating: 0.1, rows: 1, columns: 1)
    refused { try pool.portfolioRisk(returns: one, weights: [1], seed: 1) }
    past[2, 1] = -1.5
    refused { try pool.portfolioRisk(returns: past, weights: [1, 0], seed: 1) }
    // Two assets that are one.
    let same = try pool.matrix(rows: 5, columns: 2) { row, _ in 0.01 * Double(row) }
    #expect(throws: DistributionError.self) {
      try pool.portfolioRisk(returns: same, weights: [1, 0], model: .normal, seed: 1)
    }
  }

  @Test func `is there for async functions`() async throws {
    let pool = pools[1]
    let past = try returns(on: pool, seed: 3)
    let risk = try await pool.portfolioRisk(
      returns: past, weights: weights, samples: 1000, seed: 3)
    #expect(risk.sampleCount == 1000 && risk.level == 0.95)
  }
}
