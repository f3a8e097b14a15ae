public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire

extension WorkExecutor {
  /// Starts computing the covariances of the columns of a matrix, whose rows are observations, and returns the
  /// future of a symmetric matrix.
  ///
  /// - Parameters:
  ///   - observations: n × k, any view; n ≥ 2.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Units: entry (i, j) has those of columns i and j, multiplied.
  /// - Accuracy: differences from the columns' means are rounded to the element type; their products are added as
  ///   the BLAS in use does it.
  /// - Throws: `LinearAlgebraError.noBLAS`; the future fails with `KernelError.emptyInput` for fewer than two
  ///   observations.
  public func startCovariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try BLASInfo.require()
    return startSteps { [self] in
      guard observations.rows >= 2 else { throw KernelError.emptyInput(kernel: "covariance") }
      let moments = try await moments(observations, each: .column, priority: priority)
      let means = try array(Array(moments).map { Element($0.mean) })
      let centered = try await evaluateMatrix(observations - means, priority: priority)
      let product = try await multiply(centered.transposed, centered, priority: priority)
      // A BLAS may add the two halves up in different orders.
      let divisor = Element(observations.rows - 1)
      for row in 0..<product.rows {
        for column in row..<product.columns {
          let value = product[row, column] / divisor
          product[row, column] = value
          product[column, row] = value
        }
      }
      return product
    }
  }

  /// Starts computing the correlations of the columns of a matrix, whose rows are observations; see
  /// `startCovariance`. Entries lie in -1 ... 1; those of a column whose elements are all equal are NaN.
  public func startCorrelation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    let covariance = try startCovariance(observations, priority: priority)
    return startSteps {
      let matrix = try await covariance.value
      let deviations = (0..<matrix.rows).map { matrix[$0, $0].squareRoot() }
      for row in 0..<matrix.rows {
        for column in 0..<matrix.columns {
          let value = matrix[row, column] / (deviations[row] * deviations[column])
          // Rounding may lead beyond what a correlation can be; NaN stays.
          matrix[row, column] =
            row == column && !value.isNaN ? 1 : value > 1 ? 1 : value < -1 ? -1 : value
        }
      }
      return matrix
    }
  }

  /// The covariances of the columns of a matrix; see `startCovariance`.
  public func covariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCovariance(observations, priority: priority).value
  }

  /// The covariances of the columns of a matrix, blocking; see `startCovariance`.
  @available(*, noasync)
  public func covariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCovariance(observations, priority: priority).result()
  }

  /// The correlations of the columns of a matrix; see `startCorrelation`.
  public func correlation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCorrelation(observations, priority: priority).value
  }

  /// The correlations of the columns of a matrix, blocking; see `startCorrelation`.
  @available(*, noasync)
  public func correlation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCorrelation(observations, priority: priority).result()
  }
}
