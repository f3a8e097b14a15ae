import EchelonMemory
public import EchelonRandom

/// A distribution of vectors that all workers fill the rows of a matrix from.
///
///     let x = try pool.random(
///       .multivariateNormal(mean: [0, 1], covariance: [[2, 0.5], [0.5, 1]]), count: 1_000_000, seed: 42)
///
/// The parameters are those of the types of the same names, and so are the errors.
public struct RowDistribution: Sendable {
  let law: RowLaw

  /// How many numbers a vector has: the columns of the matrix.
  public var dimension: Int {
    switch law {
    case .multivariateNormal(let law): law.dimension
    case .dirichlet(let law): law.dimension
    case .unitSphere(let law): law.dimension
    }
  }

  /// See `MultivariateNormalDistribution`, whose means and factor travel with the job.
  public static func multivariateNormal(
    mean: [Double], covariance: [[Double]]
  ) throws(DistributionError) -> Self {
    Self(
      law: .multivariateNormal(
        try MultivariateNormalDistribution(mean: mean, covariance: covariance)))
  }

  /// See `DirichletDistribution`.
  public static func dirichlet(concentrations: [Double]) throws(DistributionError) -> Self {
    Self(law: .dirichlet(try DirichletDistribution(concentrations: concentrations)))
  }

  /// See `UnitSphereDistribution`.
  public static func unitSphere(dimension: Int) throws(DistributionError) -> Self {
    Self(law: .unitSphere(try UnitSphereDistribution(dimension: dimension)))
  }
}

/// All kinds.
enum RowLaw: Sendable {
  case multivariateNormal(MultivariateNormalDistribution)
  case dirichlet(DirichletDistribution)
  case unitSphere(UnitSphereDistribution)
}

/// Fills chunks of whole rows; made outside of generic code, since it travels.
/// - Parameter target: as `ChunkMemory.scatter` takes it; empty where the rows follow one another.
func rowFunction(
  _ law: RowLaw, into target: [Int], _ seed: UInt64, _ stream: UInt32
) -> ChunkFunction {
  switch law {
  case .multivariateNormal(let law):
    ChunkFunction { chunk in chunk.drawRows(law, into: target, seed: seed, stream: stream) }
  case .dirichlet(let law):
    ChunkFunction { chunk in chunk.drawRows(law, into: target, seed: seed, stream: stream) }
  case .unitSphere(let law):
    ChunkFunction { chunk in chunk.drawRows(law, into: target, seed: seed, stream: stream) }
  }
}

extension ChunkMemory {
  /// Draws the rows of a chunk, each by the generator of its index.
  fileprivate func drawRows(
    _ law: some VectorDistribution, into target: [Int], seed: UInt64, stream: UInt32
  ) {
    let dimension = law.dimension
    func draw(_ output: inout MutableSpan<Double>) {
      for place in stride(from: 0, to: output.count, by: dimension) {
        var generator = PhiloxGenerator(
          seed: seed, index: UInt64((start + place) / dimension), stream: stream)
        var row = output._mutatingExtracting(place..<place + dimension)
        law.sample(into: &row, using: &generator)
      }
    }
    if target.isEmpty { return withOutput(of: Double.self) { draw(&$0) } }
    var rows = [Double](repeating: 0, count: count)
    var span = rows.mutableSpan
    draw(&span)
    scatter(rows.span, into: target) { $0 }
  }
}
