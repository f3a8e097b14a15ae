public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// The directions in which observations vary most.
///
/// Of each component the entry of the largest modulus, the first of several, is real and positive, so that signs do not
/// depend on the LAPACK in use. Work goes to the executor that found the components, which must not be shut down.
public struct PrincipalComponents<Element: LinearAlgebraScalar>: Sendable {
  /// The components as rows, k × p, column-major: orthonormal, and in descending order of their variance.
  public let components: SharedMatrix<Element>
  /// The variance of the observations along each component, divisor n - 1.
  public let explainedVariance: [Double]
  /// The same as parts of the sum of all variables' variances; 0 where that is 0.
  public let explainedVarianceRatio: [Double]
  /// The p means of the variables.
  public let means: SharedArray<Element>
  /// What the p variables were divided by: their standard deviations, divisor n - 1, or 1 for one that does not vary
  /// beyond rounding; all 1 when they were not scaled.
  public let scales: SharedArray<Element.Real>
  let executor: any WorkExecutor

  /// Starts computing the coordinates of observations along the components and returns their future, m × k,
  /// column-major.
  /// - Parameter x: m × p, any view, in the units of the observations; it is not changed.
  /// - Throws: `PoolError.invalidArgument` for another number of variables; `LinearAlgebraError.notFinite`.
  public func startTransform(
    _ x: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try startProjection(x, isInverse: false, "transform", priority)
  }

  /// The coordinates of observations along the components; see `startTransform`.
  public func transform(
    _ x: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startTransform(x, priority: priority).value
  }

  /// The coordinates of observations along the components, blocking; see `startTransform`.
  @available(*, noasync)
  public func transform(
    _ x: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startTransform(x, priority: priority).result()
  }

  /// Starts computing the observations that have given coordinates and returns their future, m × p, column-major: of
  /// what `transform` gives, the observations if all components are there, and else their best approximations.
  /// - Parameter x: m × k, any view; it is not changed.
  /// - Throws: `PoolError.invalidArgument` for another number of components; `LinearAlgebraError.notFinite`.
  public func startInverseTransform(
    _ x: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<SharedMatrix<Element>> {
    try startProjection(x, isInverse: true, "inverseTransform", priority)
  }

  /// The observations that have given coordinates; see `startInverseTransform`.
  public func inverseTransform(
    _ x: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startInverseTransform(x, priority: priority).value
  }

  /// The observations that have given coordinates, blocking; see `startInverseTransform`.
  @available(*, noasync)
  public func inverseTransform(
    _ x: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startInverseTransform(x, priority: priority).result()
  }

  private func startProjection(
    _ x: SharedMatrix<Element>, isInverse: Bool, _ operation: String, _ priority: WorkPriority
  ) throws -> Future<SharedMatrix<Element>> {
    let (count, variables) = (components.rows, components.columns)
    guard x.columns == (isInverse ? count : variables) else {
      throw PoolError.invalidArgument(
        "\(operation) of \(x.columns) columns: there are \(count) components of \(variables) "
          + "variables; give it a column for each \(isInverse ? "component" : "variable")")
    }
    return try executor.startMatrix(
      rows: x.rows, columns: isInverse ? variables : count, operation, priority
    ) { [components, means, scales] report, result in
      Project(
        type: Element.scalarType, report: report, isInverse: isInverse, x: MatrixBytes(x),
        components: MatrixBytes(components), means: MatrixBytes(means.asColumn),
        scales: MatrixBytes(scales.asColumn), result: result)
    }
  }
}

private struct Project: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let isInverse: Bool
  let x: MatrixBytes
  let components: MatrixBytes
  let means: MatrixBytes
  let scales: MatrixBytes
  let result: MatrixBytes

  var blasThreadCount: Int { wideCallThreadCount(result.rows, result.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    try x.checkFinite(Element.self, .observations)
    let means = try means.withSpan(of: Element.self) { Array(copying: $0) }
    let scales = try scales.withSpan(of: Element.Real.self) { Array(copying: $0) }
    let shape = ColumnMajorShape(rows: x.rows, columns: x.columns)
    try withScratch(of: Element.self, shape) { copy throws(LinearAlgebraError) in
      try x.copy(into: &copy, shape)
      if !isInverse { standardize(&copy, shape, means, scales) }
      let copy = copy.span
      try result.withMutableSpan(of: Element.self) { result throws(LinearAlgebraError) in
        let resultShape = self.result.columnMajor
        try components.withSpan(of: Element.self) { components throws(LinearAlgebraError) in
          LAPACK.gemm(
            copy, shape, components, self.components.columnMajor,
            bForm: isInverse ? .plain : .adjoint, &result, resultShape)
        }
        guard isInverse else { return }
        for column in 0..<resultShape.columns {
          for row in 0..<resultShape.rows {
            let index = row + column * resultShape.leading
            result[index] = result[index].scaled(by: scales[column]) + means[column]
          }
        }
      }
    }
  }
}

/// Subtracts the means of columns and divides by their scales.
func standardize<Element: LinearAlgebraScalar>(
  _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, _ means: [Element],
  _ scales: [Element.Real]
) {
  for column in 0..<shape.columns {
    let divisor = Element(real: scales[column])
    for row in 0..<shape.rows {
      let index = row + column * shape.leading
      a[index] = (a[index] - means[column]) / divisor
    }
  }
}
