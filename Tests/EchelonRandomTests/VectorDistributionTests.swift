import EchelonRandom
import RealModule
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(10))) struct `Distributions of vectors` {
  /// Means and covariances of samples, each entry within so many standard errors.
  private func expectMoments(
    _ distribution: some VectorDistribution, mean: [Double], covariance: [[Double]], seed: UInt64
  ) {
    let (count, d) = (sampleCount / 20, distribution.dimension)
    var sums = [Double](repeating: 0, count: d)
    var products = [SampleMoments](repeating: SampleMoments(around: 0), count: d * d)
    for index in 0..<count {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      let vector = distribution.sample(using: &generator)
      for i in 0..<d {
        sums[i] += vector[i] - mean[i]
        for j in 0..<d { products[i * d + j].add((vector[i] - mean[i]) * (vector[j] - mean[j])) }
      }
    }
    for i in 0..<d {
      let error = sums[i] / (covariance[i][i] * Double(count)).squareRoot()
      #expect(abs(error) < farAway, "mean \(i) of \(distribution), seed \(seed)")
      for j in 0..<d {
        let found = products[i * d + j]
        let spread = ((found.second - found.mean * found.mean) / Double(count)).squareRoot()
        #expect(
          abs(found.mean - covariance[i][j]) < farAway * spread,
          "covariance \(i), \(j) of \(distribution), seed \(seed)")
      }
    }
  }

  @Test func `multivariate normal`() throws {
    let covariance = [[4, 1.2, -0.5], [1.2, 1, 0.3], [-0.5, 0.3, 2]]
    let distribution = try MultivariateNormalDistribution(
      mean: [1, -2, 0], covariance: covariance)
    let seed = testSeed()
    expectMoments(distribution, mean: [1, -2, 0], covariance: covariance, seed: seed)
    // Any combination of the variables is normal.
    var counts = [Int](repeating: 0, count: 100)
    let weights = [0.5, -1, 2]
    var variance = 0.0
    for i in 0..<3 { for j in 0..<3 { variance += weights[i] * covariance[i][j] * weights[j] } }
    for index in 0..<100_000 {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      let x = distribution.sample(using: &generator)
      let sum = weights[0] * x[0] + weights[1] * x[1] + weights[2] * x[2] - 2.5
      counts[min(99, Int(normalDistribution(sum / variance.squareRoot()) * 100))] += 1
    }
    expectFit(counts, [Double](repeating: 1000, count: 100), "a combination, seed \(seed)")
  }

  @Test(arguments: [[2, 3, 5], [0.01, 0.02, 0.01], [1], [0.5, 100]])
  func `Dirichlet`(_ concentrations: [Double]) throws {
    let distribution = try DirichletDistribution(concentrations: concentrations)
    let sum = concentrations.reduce(0, +)
    let mean = concentrations.map { $0 / sum }
    var generator = PhiloxGenerator(seed: testSeed(), index: 0)
    for _ in 0..<1000 {
      let vector = distribution.sample(using: &generator)
      #expect(abs(vector.reduce(0, +) - 1) < 1e-14 && vector.allSatisfy { $0 >= 0 })
    }
    guard concentrations.count > 1 else { return }
    let covariance = mean.indices.map { i in
      mean.indices.map { j in
        ((i == j ? mean[i] : 0) - mean[i] * mean[j]) / (sum + 1)
      }
    }
    expectMoments(distribution, mean: mean, covariance: covariance, seed: testSeed())
  }

  @Test(arguments: [1, 2, 3, 10])
  func `unit sphere`(_ dimension: Int) throws {
    let distribution = try UnitSphereDistribution(dimension: dimension)
    let seed = testSeed()
    var generator = PhiloxGenerator(seed: seed, index: 0)
    for _ in 0..<1000 {
      let square = distribution.sample(using: &generator).reduce(0) { $0 + $1 * $1 }
      #expect(abs(square - 1) < 1e-14)
    }
    let zeros = [Double](repeating: 0, count: dimension)
    let covariance = zeros.indices.map { i in
      zeros.indices.map { $0 == i ? 1 / Double(dimension) : 0 }
    }
    // Of one dimension the square is 1 without a spread.
    if dimension > 1 {
      expectMoments(distribution, mean: zeros, covariance: covariance, seed: seed)
    }
    // On the sphere in space each coordinate is uniform (Archimedes).
    guard dimension == 3 else { return }
    var counts = [Int](repeating: 0, count: 100)
    for index in 0..<100_000 {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      counts[min(99, Int((distribution.sample(using: &generator)[1] + 1) * 50))] += 1
    }
    expectFit(counts, [Double](repeating: 1000, count: 100), "a coordinate, seed \(seed)")
  }

  @Test func `refuse parameters that make no sense, and say where`() {
    #expect(throws: DistributionError.notSymmetric(row: 0, column: 1)) {
      try MultivariateNormalDistribution(mean: [0, 0], covariance: [[1, 0.5], [0.4, 1]])
    }
    #expect(throws: DistributionError.notPositiveDefinite(column: 2)) {
      try MultivariateNormalDistribution(
        mean: [0, 0, 0], covariance: [[1, 0, 1], [0, 1, 1], [1, 1, 2]])
    }
    #expect(throws: DistributionError.self) {
      try MultivariateNormalDistribution(mean: [0, 0], covariance: [[1, 0]])
    }
    #expect(throws: DistributionError.self) {
      try MultivariateNormalDistribution(mean: [.nan], covariance: [[1]])
    }
    #expect(throws: DistributionError.self) {
      try MultivariateNormalDistribution(mean: [0], covariance: [[.infinity]])
    }
    #expect(throws: DistributionError.self) { try DirichletDistribution(concentrations: []) }
    #expect(throws: DistributionError.self) { try DirichletDistribution(concentrations: [1, 0]) }
    #expect(throws: DistributionError.self) { try UnitSphereDistribution(dimension: 0) }
  }
}
