public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts finding the principal components of observations, by the singular value decomposition of the centred data,
  /// and returns their future.
  /// - Parameters:
  ///   - observations: n × p, an observation in each row, n ≥ 2, any view; it is not changed.
  ///   - count: how many components are kept, of min(n, p); nil keeps all.
  ///   - scaled: whether each variable is divided by its standard deviation, so that its unit does not count; the
  ///     components are then those of the correlation matrix.
  ///   - priority: how urgent it is.
  /// - Accuracy: better than by the eigenvalues of the covariance matrix, which squares the condition number. The bits are
  ///   those of the LAPACK in use, and do not depend on the number of workers.
  /// - Throws: `PoolError.invalidArgument` for n < 2 and for `count`; `LinearAlgebraError`: `notFinite`, `noConvergence`,
  ///   `noLAPACK`, and `outOfRange` where deviations or variances exceed the range of numbers.
  /// - Source: I. T. Jolliffe, *Principal Component Analysis*, 2nd ed., §3.5; LAPACK's gesdd.
  public func startPrincipalComponents<Element: LinearAlgebraScalar>(
    _ observations: SharedMatrix<Element>, count: Int? = nil, scaled: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<PrincipalComponents<Element>> {
    let (n, p) = (observations.rows, observations.columns)
    guard n >= 2 else {
      throw PoolError.invalidArgument(
        "principalComponents of \(n) observations; they are its rows, and it needs 2 or more")
    }
    let all = min(n, p)
    let count = count ?? all
    guard (0...all) ~= count else {
      throw PoolError.invalidArgument(
        "principalComponents with \(count) components; \(n) observations of \(p) variables have "
          + "\(all)")
    }
    try requireLAPACK(for: observations)
    return try startSteps { [self] in
      let components = try columnMajorMatrix(of: Element.self, rows: count, columns: p)
      let means = try uninitializedArray(of: Element.self, count: p)
      let scales = try array(repeating: 1 as Element.Real, count: p)
      let variances = try array(repeating: 0.0, count: all)
      try await finish(
        FindComponents(
          type: Element.scalarType, report: TaskReport(on: self), isScaled: scaled,
          observations: MatrixBytes(observations), components: MatrixBytes(components),
          means: MatrixBytes(means.asColumn), scales: MatrixBytes(scales.asColumn),
          variances: variances),
        "principalComponents (gesdd, and then gesvd)", priority)
      let found = Array(variances)
      // The small ones first: their sum is rounded less.
      let total = found.reversed().reduce(0, +)
      return PrincipalComponents(
        components: components, explainedVariance: Array(found.prefix(count)),
        explainedVarianceRatio: found.prefix(count).map { total == 0 ? 0 : $0 / total },
        means: means, scales: scales, executor: self)
    }
  }

  /// The principal components of observations; see `startPrincipalComponents`.
  public func principalComponents<Element: LinearAlgebraScalar>(
    _ observations: SharedMatrix<Element>, count: Int? = nil, scaled: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> PrincipalComponents<Element> {
    try await startPrincipalComponents(
      observations, count: count, scaled: scaled, priority: priority
    ).value
  }

  /// The principal components of observations, blocking; see `startPrincipalComponents`.
  @available(*, noasync)
  public func principalComponents<Element: LinearAlgebraScalar>(
    _ observations: SharedMatrix<Element>, count: Int? = nil, scaled: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> PrincipalComponents<Element> {
    try startPrincipalComponents(
      observations, count: count, scaled: scaled, priority: priority
    ).result()
  }
}

private struct FindComponents: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let isScaled: Bool
  let observations: MatrixBytes
  let components: MatrixBytes
  let means: MatrixBytes
  let scales: MatrixBytes
  /// Along all components, also those that are not kept.
  let variances: SharedArray<Double>

  var blasThreadCount: Int { wideCallThreadCount(observations.rows, observations.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try observations.checkFinite(Element.self, .observations)
    let shape = ColumnMajorShape(rows: observations.rows, columns: observations.columns)
    guard shape.extent > 0 else { return }
    let shapes = SingularVectors.thin.shapes(rows: shape.rows, columns: shape.columns)
    let count = min(shape.rows, shape.columns)
    try withScratch(of: Element.self, shape) { data throws(LinearAlgebraError) in
      try withScratch(of: Element.self, shapes.u) { u throws(LinearAlgebraError) in
        try withScratch(of: Element.self, shapes.vAdjoint) { v throws(LinearAlgebraError) in
          try withScratch(of: Element.Real.self, count: count) {
            values throws(LinearAlgebraError) in
            try copyStandardized(into: &data, shape)
            // Deviations may exceed the range of numbers where the observations do not.
            let view = MatrixView(
              rows: shape.rows, columns: shape.columns, rowStride: 1, columnStride: shape.leading)
            guard firstNotFinite(data.span, view) == nil else {
              throw .outOfRange(operation: "principalComponents")
            }
            if try !LAPACK.gesdd(.thin, &data, shape, values: &values, u: &u, vAdjoint: &v) {
              try copyStandardized(into: &data, shape)
              try LAPACK.gesvd(.thin, &data, shape, values: &values, u: &u, vAdjoint: &v)
            }
            for index in 0..<count {
              let value = Double(values[index])
              variances[index] = value * value / Double(shape.rows - 1)
              guard variances[index].isFinite else {
                throw .outOfRange(operation: "principalComponents")
              }
            }
          }
          let v = v.span
          try components.withMutableSpan(of: Element.self) {
            components throws(LinearAlgebraError) in
            copySigned(v, shapes.vAdjoint, into: &components, self.components.columnMajor)
          }
        }
      }
    }
  }

  private func copyStandardized<Element: LinearAlgebraScalar>(
    into data: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    try observations.copy(into: &data, shape)
    let columns = (0..<shape.columns).map { $0 * shape.leading..<$0 * shape.leading + shape.rows }
    let found = columns.map { mean(data.span.extracting($0)) }
    let ones = [Element.Real](repeating: 1, count: shape.columns)
    standardize(&data, shape, found, ones)
    var divisors = ones
    if isScaled {
      let view = MatrixView(rows: shape.rows, columns: 1, rowStride: 1)
      for (column, range) in columns.enumerated() {
        let norm = matrixNorm(data.span.extracting(range), view, .frobenius)
        let deviation = Element.Real(norm / Double(shape.rows - 1).squareRoot())
        // What rounding leaves of a variable that does not vary is not blown up.
        let rounding = 4 * Double(Element.Real.ulpOfOne) * Double(found[column].modulus)
        if Double(deviation) > rounding { divisors[column] = deviation }
      }
      standardize(&data, shape, [Element](repeating: 0, count: shape.columns), divisors)
    }
    try means.withMutableSpan(of: Element.self) { means throws(LinearAlgebraError) in
      for index in means.indices { means[index] = found[index] }
    }
    try scales.withMutableSpan(of: Element.Real.self) { scales throws(LinearAlgebraError) in
      for index in scales.indices { scales[index] = divisors[index] }
    }
  }
}

/// The mean, from a compensated sum (Kahan's).
private func mean<Element: LinearAlgebraScalar>(_ x: Span<Element>) -> Element {
  let found = mean(x, scaledBy: 1)
  // Where the sum exceeds the range of numbers, the mean does not.
  return found.modulus.isFinite ? found : mean(x, scaledBy: 0x1p-40).scaled(by: 0x1p40)
}

private func mean<Element: LinearAlgebraScalar>(
  _ x: Span<Element>, scaledBy scale: Element.Real
) -> Element {
  var sum: Element = 0
  var lost: Element = 0
  for index in x.indices {
    let term = x[index].scaled(by: scale) - lost
    let next = sum + term
    lost = (next - sum) - term
    sum = next
  }
  return sum / Element(real: Element.Real(x.count))
}

/// Copies the first rows, as many as `out` has, each times the number of modulus 1 that makes its largest element real
/// and positive.
private func copySigned<Element: LinearAlgebraScalar>(
  _ rows: Span<Element>, _ shape: ColumnMajorShape, into out: inout MutableSpan<Element>,
  _ outShape: ColumnMajorShape
) {
  for row in 0..<outShape.rows {
    var largest: Element = 0
    for column in 0..<shape.columns {
      let element = rows[row + column * shape.leading]
      if element.modulus > largest.modulus { largest = element }
    }
    let factor: Element =
      largest.modulus > 0 ? largest.conjugate.scaled(by: 1 / largest.modulus) : 1
    for column in 0..<shape.columns {
      out[row + column * outShape.leading] = rows[row + column * shape.leading] * factor
    }
  }
}
