public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing the covariances of the columns of a matrix whose rows count more or less, and returns the
  /// future of a symmetric matrix.
  ///
  ///     cᵢⱼ = Σ wᵣ·(xᵣᵢ − mᵢ)·(xᵣⱼ − mⱼ) / (Σ wᵣ − 1),  mᵢ = Σ wᵣ·xᵣᵢ / Σ wᵣ
  ///
  /// A weight says how often its row was observed, as in `WeightedMoments.variance` and NumPy's `fweights`; it
  /// need not be a whole number.
  /// - Parameters:
  ///   - observations: n × k, any view.
  ///   - weights: n finite numbers, none negative, which add up to more than 1.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Units: entry (i, j) has those of columns i and j, multiplied.
  /// - Accuracy: differences from the columns' means, and these times the roots of weights, are rounded to the
  ///   element type; their products are added as the BLAS in use does it.
  /// - Throws: `LinearAlgebraError.noBLAS`, `KernelError.shapeMismatch`; the future fails with
  ///   `PoolError.invalidArgument` for weights that cannot be.
  public func startCovariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, weights: SharedArray<Element>,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try BLASInfo.require()
    try checkCounts(observations.rows, weights.count)
    return try startSteps { [self] in
      let total = try await total(of: weights, priority)
      let means = try await array(
        sums(of: observations, weights, priority).map { Element($0 / total) })
      let centered = try await finished(
        startEvaluateMatrix(observations - means, priority: priority))
      return try await covariance(ofCentered: centered, weights, total: total, priority)
    }
  }

  /// Starts computing the correlations of the columns of a matrix whose rows count more or less, and returns the
  /// future of a symmetric matrix.
  ///
  /// Columns are divided by the largest distance from their means first, so that any can be represented. Entries
  /// lie in -1 ... 1; those of a column whose elements are all equal are NaN.
  /// - Parameters: as for `startCovariance` with weights, which also says what is thrown.
  public func startCorrelation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, weights: SharedArray<Element>,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try BLASInfo.require()
    try checkCounts(observations.rows, weights.count)
    return try startSteps { [self] in
      let total = try await total(of: weights, priority)
      let means = try await array(
        sums(of: observations, weights, priority).map { Element($0 / total) })
      let distances = try await finished(
        startEvaluateMatrix(abs(observations - means), priority: priority))
      let reach = try await finished(
        start(Reduction<Element>.maximum, distances, each: .column, priority: priority))
      let scaled = try await finished(
        startEvaluateMatrix((observations - means) / reach, priority: priority))
      let matrix = try await covariance(ofCentered: scaled, weights, total: total, priority)
      return matrix.scaledToCorrelations()
    }
  }

  /// The covariances of the columns of a matrix with weights for its rows; see `startCovariance`.
  public func covariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, weights: SharedArray<Element>,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCovariance(observations, weights: weights, priority: priority).value
  }

  /// The covariances of the columns of a matrix with weights for its rows, blocking; see `startCovariance`.
  @available(*, noasync)
  public func covariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, weights: SharedArray<Element>,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCovariance(observations, weights: weights, priority: priority).result()
  }

  /// The correlations of the columns of a matrix with weights for its rows; see `startCorrelation`.
  public func correlation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, weights: SharedArray<Element>,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCorrelation(observations, weights: weights, priority: priority).value
  }

  /// The correlations of the columns of a matrix with weights for its rows, blocking; see `startCorrelation`.
  @available(*, noasync)
  public func correlation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, weights: SharedArray<Element>,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCorrelation(observations, weights: weights, priority: priority).result()
  }
}

extension WorkExecutor {
  /// The sum of the weights of observations, which are checked.
  private func total<Element: KernelElement & Sendable>(
    of weights: SharedArray<Element>, _ priority: WorkPriority
  ) async throws -> Double {
    try await checkWeights(weights, priority)
    let total = try await finished(
      start(.sumInDouble(of: Element.self), weights, priority: priority))
    guard total > 1 else {
      throw PoolError.invalidArgument(
        "weights of observations that add up to \(total); they count observations, and more than 1 is needed"
      )
    }
    return total
  }

  /// The sum of each column, of elements times the weights of their rows.
  private func sums<Element: KernelElement & Sendable>(
    of matrix: SharedMatrix<Element>, _ weights: SharedArray<Element>, _ priority: WorkPriority
  ) async throws -> [Double] {
    let weighted = try await finished(
      startEvaluateMatrix(matrix * weights.asColumn, priority: priority))
    return try await Array(
      finished(
        start(.sumInDouble(of: Element.self), weighted, each: .column, priority: priority)))
  }

  /// Of columns whose means are almost 0.
  private func covariance<Element: KernelElement & Sendable>(
    ofCentered centered: SharedMatrix<Element>, _ weights: SharedArray<Element>, total: Double,
    _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    let rows = try await finished(
      startEvaluateMatrix(centered * sqrt(weights.asColumn), priority: priority))
    let rests = try await sums(of: centered, weights, priority)
    return try await covariance(ofRows: rows, leaving: rests, total: total, priority)
  }
}

extension SharedMatrix where Element: KernelElement {
  /// Of covariances, in place.
  fileprivate func scaledToCorrelations() -> SharedMatrix {
    let deviations = (0..<rows).map { Double(self[$0, $0]).squareRoot() }
    for row in 0..<rows {
      for column in 0..<columns {
        let value = Double(self[row, column]) / (deviations[row] * deviations[column])
        // Rounding may lead beyond what a correlation can be; NaN stays.
        self[row, column] =
          value.isNaN ? .nan : row == column ? 1 : Element(Swift.max(-1, Swift.min(1, value)))
      }
    }
    return self
  }
}
