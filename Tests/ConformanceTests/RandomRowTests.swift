import Echelon
import TestSupport
import Testing

/// Covariances i and j apart: positive definite.
private func covariances(_ dimension: Int) -> [[Double]] {
  (0..<dimension).map { i in (0..<dimension).map { j in 1 / Double(1 + abs(i - j)) } }
}

@Suite(.timeLimit(.minutes(5))) struct `Random vectors in the rows of a matrix` {
  private let executors = pools as [any WorkExecutor] + [TestedExecutor.inProcess.shared]

  /// Each distribution with the scalar one whose vectors the rows are.
  private func forEachDistribution(
    _ body: (RowDistribution, any VectorDistribution) throws -> Void
  ) throws {
    for dimension in [1, 3, 40] {
      let mean = (0..<dimension).map { Double($0) - 1 }
      try body(
        .multivariateNormal(mean: mean, covariance: covariances(dimension)),
        MultivariateNormalDistribution(mean: mean, covariance: covariances(dimension)))
      let concentrations = (0..<dimension).map { 0.3 + Double($0) }
      try body(
        .dirichlet(concentrations: concentrations),
        DirichletDistribution(concentrations: concentrations))
      try body(.unitSphere(dimension: dimension), UnitSphereDistribution(dimension: dimension))
    }
  }

  private func bits(_ matrix: SharedMatrix<Double>, _ rows: Range<Int>) -> [[UInt64]] {
    rows.map { row in (0..<matrix.columns).map { matrix[row, $0].bitPattern } }
  }

  @Test func `are those of the generators of their indices, on all executors`() throws {
    let seed = testSeed()
    try forEachDistribution { rows, law in
      // The last chunk of rows is not a whole one.
      let count = 2 * 32_768 / law.dimension + 7
      let expected = bits(
        try executors[0].random(rows, count: count, seed: seed, stream: 3), 0..<count)
      for executor in executors.dropFirst() {
        let found = try executor.random(rows, count: count, seed: seed, stream: 3)
        #expect(found.rows == count && found.columns == rows.dimension && found.isContiguous)
        #expect(bits(found, 0..<count) == expected, "\(law), seed \(seed)")
      }
      let looked = [0, 1, 2, count / 2 - 1, count / 2, count - 2, count - 1]
      for index in looked {
        var generator = PhiloxGenerator(seed: seed, index: UInt64(index), stream: 3)
        #expect(
          law.sample(using: &generator).map(\.bitPattern) == expected[index],
          "row \(index) of \(law), seed \(seed)")
      }
      for short in [0, 1, 5] {
        let found = try executors[1].random(rows, count: short, seed: seed, stream: 3)
        #expect(bits(found, 0..<short) == Array(expected[..<short]), "seed \(seed)")
      }
      let others = try executors[1].random(rows, count: 100, seed: seed, stream: 4)
      #expect(bits(others, 0..<100) != Array(expected[..<100]) || law.dimension == 1)
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are put into any view, and nothing beside it is touched`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let seed = testSeed()
    try forEachDistribution { rows, law in
      let (count, d) = (32_768 / law.dimension + 11, law.dimension)
      let expected = bits(try pool.random(rows, count: count, seed: seed), 0..<count)
      let whole = try pool.matrix(repeating: 0.0, rows: count, columns: d)
      let transposed = try pool.matrix(repeating: 0.0, rows: d, columns: count).transposed
      let large = try pool.matrix(repeating: 7.0, rows: count + 3, columns: d + 5)
      let block = large[2..<count + 2, 1..<d + 1]
      for output in [whole, transposed, block] {
        let found = try pool.random(rows, count: count, seed: seed, into: output)
        #expect(found.storage.sharesMemory(with: output.storage))
        #expect(bits(output, 0..<count) == expected, "\(law), seed \(seed)")
      }
      var touched = 0
      for row in 0..<large.rows {
        for column in 0..<large.columns where large[row, column] != 7 { touched += 1 }
      }
      #expect(touched == count * d, "\(law)")
    }
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of many variables have their parameters sent along`(_ kind: TestedExecutor) async throws {
    let (seed, d) = (testSeed(), 300)
    let zeros = [Double](repeating: 0, count: d)
    let law = try MultivariateNormalDistribution(mean: zeros, covariance: covariances(d))
    let found = try await kind.shared.random(
      .multivariateNormal(mean: zeros, covariance: covariances(d)), count: 250, seed: seed)
    var generator = PhiloxGenerator(seed: seed, index: 249)
    #expect(bits(found, 249..<250)[0] == law.sample(using: &generator).map(\.bitPattern))
    // Vectors longer than a chunk, and vectors of nothing.
    let long = try await kind.shared.random(.unitSphere(dimension: 70_000), count: 3, seed: seed)
    var last = PhiloxGenerator(seed: seed, index: 2)
    #expect(
      bits(long, 2..<3)[0]
        == (try UnitSphereDistribution(dimension: 70_000)).sample(using: &last).map(\.bitPattern))
    let none = try await kind.shared.random(
      .multivariateNormal(mean: [], covariance: []), count: 5, seed: seed)
    #expect(none.rows == 5 && none.columns == 0)
  }

  @Test(arguments: TestedExecutor.pools)
  func `are the same where workers are killed`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool()
    let seed = testSeed()
    let rows = try RowDistribution.unitSphere(dimension: 8)
    let count = 50_000
    let expected = Array(try pools[0].random(rows, count: count, seed: seed).storage)
    // A debug build takes tens of milliseconds for a chunk.
    let killer = Killer(of: pool, every: 100_000...200_000, seed: seed)
    var (round, whole) = (0, 0)
    while killer.kills < 10 {
      round += 1
      // A chunk that was hit more often than it is run again says so.
      do {
        let given = try pool.matrix(repeating: 0.0, rows: 8, columns: count).transposed
        let output = round % 2 == 0 ? nil : given
        let found = try pool.random(rows, count: count, seed: seed, into: output)
        let dense = try pool.evaluateMatrix(found * 1)
        #expect(Array(dense.storage) == expected, "seed \(seed)")
        whole += 1
      } catch is WorkerDied {}
    }
    killer.stop()
    pool.shutdown()
    #expect(whole > 0, "\(killer.kills) deaths in \(round) rounds, seed \(seed)")
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are refused when they cannot be`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let sphere = try RowDistribution.unitSphere(dimension: 3)
    let error = #expect(throws: PoolError.self) { try pool.random(sphere, count: -1, seed: 1) }
    #expect("\(error!)".contains("-1 random vectors"))
    for (rows, columns) in [(4, 3), (5, 2), (3, 5), (0, 3)] {
      let given = try pool.matrix(repeating: 1.0, rows: rows, columns: columns)
      #expect(
        throws: KernelError.shapeMismatch(
          kernel: "random", shapes: ["5 × 3", "\(rows) × \(columns)"])
      ) { try pool.random(sphere, count: 5, seed: 1, into: given) }
      #expect((0..<rows).allSatisfy { given[$0, columns - 1] == 1 })
    }
    let storage = try pool.array(repeating: 0.0, count: 7)
    let overlapping = SharedMatrix(storage, rows: 5, columns: 3, rowStride: 1)
    #expect(throws: KernelError.outputOverlapsItself(kernel: "random", output: 0)) {
      try pool.random(sphere, count: 5, seed: 1, into: overlapping)
    }
    #expect(throws: ArenaError.self) {
      try pool.random(.unitSphere(dimension: 1 << 40), count: 1 << 40, seed: 1)
    }
    #expect(throws: DistributionError.self) {
      try pool.random(.dirichlet(concentrations: [1, -1]), count: 1, seed: 1)
    }
    #expect(throws: DistributionError.self) {
      try pool.random(.unitSphere(dimension: 0), count: 1, seed: 1)
    }
    #expect(throws: DistributionError.notSymmetric(row: 0, column: 1)) {
      try pool.random(
        .multivariateNormal(mean: [0, 0], covariance: [[1, 0.5], [0.4, 1]]), count: 1, seed: 1)
    }
  }
}
