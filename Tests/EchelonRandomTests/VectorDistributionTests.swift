import EchelonRandom
import RealModule
import TestSupport
import Testing

/// A number made of a vector, and the distribution that it should have.
private struct Projection {
  let name: String
  let value: ([Double]) -> Double
  var counts: QuantileCounts

  init(
    _ name: String, in range: ClosedRange<Double>? = nil, _ value: @escaping ([Double]) -> Double,
    _ cumulative: (Double) -> Double
  ) {
    (self.name, self.value) = (name, value)
    counts = range.map { QuantileCounts(in: $0, cumulative) } ?? QuantileCounts(cumulative)
  }
}

@Suite(.timeLimit(.minutes(10))) struct `Distributions of vectors` {
  /// Means and covariances of samples, each entry within so many standard errors, and projections.
  private func expectFit(
    _ distribution: some VectorDistribution, mean: [Double], covariance: [[Double]], seed: UInt64,
    _ projections: [Projection]
  ) {
    let d = distribution.dimension
    var projections = projections
    var vector = [Double](repeating: 0, count: d)
    var (deviations, sums) = (vector, vector)
    // Those of row i up to its own column.
    var products = [SampleMoments](repeating: SampleMoments(around: 0), count: d * (d + 1) / 2)
    for index in 0..<sampleCount {
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      var span = vector.mutableSpan
      distribution.sample(into: &span, using: &generator)
      for place in projections.indices {
        projections[place].counts.add(projections[place].value(vector))
      }
      var place = 0
      for i in 0..<d {
        deviations[i] = vector[i] - mean[i]
        sums[i] += deviations[i]
        for j in 0...i {
          products[place].add(deviations[i] * deviations[j])
          place += 1
        }
      }
    }
    let what = "\(type(of: distribution)) of \(d), mean \(mean), seed \(seed)"
    for projection in projections { projection.counts.expectFit("\(projection.name), \(what)") }
    var place = 0
    for i in 0..<d {
      let error = sums[i] / (covariance[i][i] * Double(sampleCount)).squareRoot()
      #expect(abs(error) < farAway, "mean \(i), \(what)")
      for j in 0...i {
        let found = products[place]
        let spread = max(0, found.second - found.mean * found.mean) / Double(sampleCount)
        #expect(
          abs(found.mean - covariance[i][j]) <= farAway * spread.squareRoot() + 1e-12,
          "covariance \(i), \(j), \(what)")
        place += 1
      }
    }
  }

  @Test(arguments: FitSeed.allCases)
  func `multivariate normal`(_ choice: FitSeed) throws {
    let covariance: [[Double]] = [[4, 1.2, -0.5], [1.2, 1, 0.3], [-0.5, 0.3, 2]]
    let mean: [Double] = [1, -2, 0]
    let distribution = try MultivariateNormalDistribution(mean: mean, covariance: covariance)
    // Any combination of the variables is normal.
    let weights: [[Double]] = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.5, -1, 2]]
    let combinations = weights.map { (w: [Double]) -> Projection in
      func combined(_ x: [Double]) -> Double { w[0] * x[0] + w[1] * x[1] + w[2] * x[2] }
      let center = combined(mean)
      let deviation = combined(covariance.map(combined)).squareRoot()
      return Projection("by \(w)", combined) { normalDistribution(($0 - center) / deviation) }
    }
    // The square of the distance by the inverse of the covariances, which are cofactors over the determinant.
    func cofactor(_ i: Int, _ j: Int) -> Double {
      let (a, b) = (covariance[(i + 1) % 3], covariance[(i + 2) % 3])
      let (k, l) = ((j + 1) % 3, (j + 2) % 3)
      return a[k] * b[l] - a[l] * b[k]
    }
    let determinant: Double = (0..<3).reduce(0) { $0 + covariance[0][$1] * cofactor(0, $1) }
    let inverse: [Double] = (0..<9).map { cofactor($0 / 3, $0 % 3) / determinant }
    func distance(_ x: [Double]) -> Double {
      var sum = 0.0
      for i in 0..<3 {
        for j in 0..<3 { sum += (x[i] - mean[i]) * inverse[3 * i + j] * (x[j] - mean[j]) }
      }
      return sum
    }
    let squares = Projection("distance", distance) { incompleteGamma(1.5, $0 / 2).lower }
    expectFit(
      distribution, mean: mean, covariance: covariance, seed: choice.value(),
      combinations + [squares])
  }

  @Test(arguments: [[2, 3, 5], [0.01, 0.02, 0.01], [1], [0.5, 100]], FitSeed.allCases)
  func `Dirichlet`(_ concentrations: [Double], _ choice: FitSeed) throws {
    let distribution = try DirichletDistribution(concentrations: concentrations)
    let sum = concentrations.reduce(0, +)
    let mean = concentrations.map { $0 / sum }
    let seed = choice.value()
    var generator = PhiloxGenerator(seed: seed, index: 0)
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
    // Each proportion has a beta distribution. Small concentrations make many that are 0 or 1 as numbers.
    let proportions = concentrations.indices.map { (i: Int) -> Projection in
      let range = concentrations[i] < 0.1 ? 1e-300...0.999 : nil
      return Projection("proportion \(i)", in: range) {
        $0[i]
      } _: {
        incompleteBeta($0, concentrations[i], sum - concentrations[i])
      }
    }
    expectFit(distribution, mean: mean, covariance: covariance, seed: seed, proportions)
  }

  @Test(arguments: [1, 2, 3, 10], FitSeed.allCases)
  func `unit sphere`(_ dimension: Int, _ choice: FitSeed) throws {
    let distribution = try UnitSphereDistribution(dimension: dimension)
    let seed = choice.value()
    var generator = PhiloxGenerator(seed: seed, index: 0)
    for _ in 0..<1000 {
      let square = distribution.sample(using: &generator).reduce(0) { $0 + $1 * $1 }
      #expect(abs(square - 1) < 1e-14)
    }
    let zeros = [Double](repeating: 0, count: dimension)
    let covariance = zeros.indices.map { i in
      zeros.indices.map { $0 == i ? 1 / Double(dimension) : 0 }
    }
    // The square of a coordinate along any axis has a beta distribution; in one dimension it is 1.
    func cumulative(_ x: Double) -> Double {
      let half = incompleteBeta(min(1, x * x), 0.5, Double(dimension - 1) / 2) / 2
      return x > 0 ? 0.5 + half : 0.5 - half
    }
    let root = Double(dimension).squareRoot()
    let axes =
      dimension == 1
      ? []
      : [
        Projection("first axis", { $0[0] }, cumulative),
        Projection("last axis", { $0[dimension - 1] }, cumulative),
        Projection("diagonal", { $0.reduce(0, +) / root }, cumulative),
      ]
    expectFit(distribution, mean: zeros, covariance: covariance, seed: seed, axes)
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
