public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts computing the covariances of the columns of a matrix, whose rows are observations, and returns the
  /// future of a symmetric matrix.
  ///
  /// - Parameters:
  ///   - observations: n × k, any view; n ≥ 2.
  ///   - ignoringNaN: whether observations are left out that have a NaN in any column; else the entries of its column
  ///     are NaN.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Units: entry (i, j) has those of columns i and j, multiplied.
  /// - Accuracy: differences from the columns' means are rounded to the element type; their products are added as
  ///   the BLAS in use does it.
  /// - Throws: `LinearAlgebraError.noBLAS`; `PoolError.invalidArgument` for fewer than two observations.
  public func startCovariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkObservations(observations.rows)
    return try startSteps { [self] in
      let observations =
        try ignoringNaN ? await completeRows(of: observations, priority) : observations
      let moments = Array(
        try await finished(
          start(
            Reduction<Moments>.meanVariance(of: Element.self), observations, each: .column,
            priority: priority)))
      let means = try array(moments.map { Element($0.mean) })
      return try await products(
        of: startEvaluateMatrix(observations - means, priority: priority), priority)
    }
  }

  /// Starts computing the correlations of the columns of a matrix, whose rows are observations, and returns the
  /// future of a symmetric matrix.
  ///
  /// Columns are divided by their deviations first, so that any can be represented. Entries lie in -1 ... 1;
  /// those of a column whose elements are all equal are NaN.
  /// - Parameters: as for `startCovariance`, which also says what is thrown.
  public func startCorrelation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try checkObservations(observations.rows)
    return try startSteps { [self] in
      let observations =
        try ignoringNaN ? await completeRows(of: observations, priority) : observations
      let moments = Array(
        try await finished(
          start(
            Reduction<Moments>.meanVariance(of: Element.self), observations, each: .column,
            priority: priority)))
      let means = try array(moments.map { Element($0.mean) })
      let deviations = try array(moments.map { Element($0.standardDeviation) })
      let matrix = try await products(
        of: startEvaluateMatrix((observations - means) / deviations, priority: priority), priority)
      for row in 0..<matrix.rows {
        for column in 0..<matrix.columns {
          // Rounding may lead beyond what a correlation can be; NaN stays.
          let value = matrix[row, column]
          matrix[row, column] =
            value.isNaN ? value : row == column ? 1 : Swift.max(-1, Swift.min(1, value))
        }
      }
      return matrix
    }
  }

  /// Of columns whose means are almost 0.
  private func products<Element: KernelElement & Sendable>(
    of centering: Future<SharedMatrix<Element>>, _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    let centered = try await finished(centering)
    let rests = try await finished(
      start(.sumInDouble(of: Element.self), centered, each: .column, priority: priority))
    return try await covariance(
      ofRows: centered, leaving: Array(rests), total: Double(centered.rows), priority)
  }

  /// The sums of products of columns, divided by one less than the total of weights.
  /// - Parameters:
  ///   - rows: of differences from the means, each times the root of its weight.
  ///   - rests: what the differences add up to, with their weights: means are rounded to the element type.
  func covariance<Element: KernelElement & Sendable>(
    ofRows rows: SharedMatrix<Element>, leaving rests: [Double], total: Double,
    _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    let product = try await finished(startMultiply(rows.transposed, rows, priority: priority))
    for row in 0..<product.rows {
      for column in row..<product.columns {
        let value =
          (Double(product[row, column]) - rests[row] * rests[column] / total) / (total - 1)
        // A BLAS may add the two halves up in different orders.
        product[row, column] = Element(value)
        product[column, row] = Element(value)
      }
    }
    return product
  }

  /// The rows in which there is no NaN.
  private func completeRows<Element: KernelElement & Sendable>(
    of matrix: SharedMatrix<Element>, _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    let isComplete = try await all(
      matrix.expression .== matrix.expression, each: .row, priority: priority)
    let kept = isComplete.withSpan { x in x.indices.filter { x[$0] } }
    if kept.count == matrix.rows { return matrix }
    try checkObservations(kept.count)
    let rows = try uninitializedArray(of: Element.self, count: kept.count * matrix.columns)
      .reshaped(rows: kept.count, columns: matrix.columns)
    try await finished(
      startConcurrentPerform(
        iterations: kept.count, priority: priority,
        rowCopy(
          of: matrix.storage.bytes, matrix.layout, array(kept), Element.elementType,
          into: rows.storage.bytes)))
    return rows
  }

  private func checkObservations(_ count: Int) throws {
    try BLASInfo.require()
    guard count >= 2 else {
      throw PoolError.invalidArgument("covariances of \(count) observations; 2 are the fewest")
    }
  }

  /// The covariances of the columns of a matrix; see `startCovariance`.
  public func covariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCovariance(
      observations, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The covariances of the columns of a matrix, blocking; see `startCovariance`.
  @available(*, noasync)
  public func covariance<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCovariance(
      observations, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The correlations of the columns of a matrix; see `startCorrelation`.
  public func correlation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCorrelation(
      observations, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The correlations of the columns of a matrix, blocking; see `startCorrelation`.
  @available(*, noasync)
  public func correlation<Element: KernelElement & Sendable>(
    _ observations: SharedMatrix<Element>, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCorrelation(
      observations, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }
}

/// Copies chosen rows, one behind the other; made outside of generic code, since it travels.
private func rowCopy(
  of bytes: SharedArray<UInt8>, _ layout: LeafLayout, _ chosen: SharedArray<Int>,
  _ type: ElementType, into output: SharedArray<UInt8>
) -> @Sendable (Int) -> Void {
  { row in
    func copy<Element: BitwiseCopyable & Sendable>(_ type: Element.Type) {
      let (from, to) = (bytes.view(as: type), output.view(as: type))
      let start = chosen[row] * layout.rowStride
      for column in 0..<layout.columns {
        to[row * layout.columns + column] = from[start + column * layout.columnStride]
      }
    }
    switch type {
    case .float64: copy(Double.self)
    case .float32: copy(Float.self)
    }
  }
}
