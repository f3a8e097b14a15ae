import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension PrincipalComponents {
  /// Starts measuring how well the components fit the observations that they are of, and returns the future of the
  /// measure. With S the observations less their means, divided by their scales, and V the components as columns it is
  /// the largest ‖Sᴴ·S·v - λ·v‖₂ / (2·max(n, p)·‖S‖²·ε) of all columns, where λ is n - 1 times a variance and ‖S‖ the
  /// root of the sum of all squares: the measure of eigenvectors, of the covariance matrix, which is not formed; a
  /// square has twice the relative error. And of V it is ‖1 - Vᴴ·V‖₁ / (p·ε).
  ///
  /// One worker does it, in as much memory as the observations take.
  /// - Parameters:
  ///   - observations: n × p, those that the components were found in, any view.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError.shapeMismatch` for another number of variables; `PoolError.invalidArgument` for n < 2;
  ///   `LinearAlgebraError.noLAPACK`.
  /// - Source: LAPACK Working Note 41, xGET22, with the scales of a product.
  public func startResidual(
    of observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    guard observations.columns == components.columns else {
      throw residualShapes(components, observations)
    }
    guard observations.rows >= 2 else {
      throw PoolError.invalidArgument(
        "the residual of components of \(observations.rows) observations; give it those that they were found in"
      )
    }
    try requireLAPACK(for: observations)
    return try executor.startSteps { [self] in
      let ratio = try executor.array(repeating: 0.0, count: 1)
      try await executor.finish(
        MeasureComponents(
          type: Element.scalarType, report: TaskReport(on: executor),
          observations: MatrixBytes(observations), components: MatrixBytes(components),
          means: MatrixBytes(means.asColumn), scales: MatrixBytes(scales.asColumn),
          variances: explainedVariance, ratio: ratio),
        "residual", priority)
      return ResidualCheck(
        operation: "principalComponents", residual: ratio[0],
        orthogonality: try await executor.orthogonalityRatio(
          of: components, areRows: true, priority))
    }
  }

  /// How well the components fit the observations; see `startResidual`.
  public func residual(
    of observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(of: observations, priority: priority).value
  }

  /// How well the components fit the observations, blocking; see `startResidual`.
  @available(*, noasync)
  public func residual(
    of observations: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(of: observations, priority: priority).result()
  }
}

private struct MeasureComponents: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let observations: MatrixBytes
  let components: MatrixBytes
  let means: MatrixBytes
  let scales: MatrixBytes
  let variances: [Double]
  let ratio: SharedArray<Double>

  var blasThreadCount: Int { wideCallThreadCount(observations.rows, observations.columns) }
  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let (n, p, k) = (observations.rows, observations.columns, components.rows)
    guard p > 0, k > 0 else { return }
    let means = try means.withSpan(of: Element.self) { Array(copying: $0) }
    let scales = try scales.withSpan(of: Element.Real.self) { Array(copying: $0) }
    let shape = ColumnMajorShape(rows: n, columns: p)
    let scoreShape = ColumnMajorShape(rows: n, columns: k)
    let restShape = ColumnMajorShape(rows: p, columns: k)
    ratio[0] = try withScratch(of: Element.self, shape) { data throws(LinearAlgebraError) in
      try observations.copy(into: &data, shape)
      standardize(&data, shape, means, scales)
      // By a power of 2 near 1: the squares would overflow or underflow.
      let exponent = scaleToOne(&data, shape)
      let size = matrixNorm(data.span, view(shape), .frobenius)
      if size == 0 { return variances.allSatisfy { $0 == 0 } ? 0 : .infinity }
      return try withScratch(of: Element.self, scoreShape) { scores throws(LinearAlgebraError) in
        try withScratch(of: Element.self, restShape) { rest throws(LinearAlgebraError) in
          try components.withSpan(of: Element.self) { components throws(LinearAlgebraError) in
            let vShape = self.components.columnMajor
            LAPACK.gemm(
              data.span, shape, components, vShape, bForm: .adjoint, &scores, scoreShape)
            LAPACK.gemm(
              data.span, shape, aForm: .adjoint, scores.span, scoreShape, &rest, restShape)
            for component in 0..<k {
              let root = variances[component].squareRoot() * Double(n - 1).squareRoot()
              let value = Double(sign: .plus, exponent: -exponent, significand: root)
              let eigenvalue = Element.Real(value * value)
              for variable in 0..<p {
                let place = variable + component * restShape.leading
                let entry = components[component + variable * vShape.leading].conjugate
                rest[place] = rest[place] - entry.scaled(by: eigenvalue)
              }
            }
          }
          let column = MatrixView(rows: p, columns: 1, rowStride: 1)
          let lengths = (0..<k).map { component in
            let start = component * restShape.leading
            return matrixNorm(rest.span.extracting(start..<start + p), column, .frobenius)
          }
          return residualRatio(
            Element.self, largest(lengths[...]), to: [size, size, 2], count: max(n, p))
        }
      }
    }
  }

  /// - Returns: the exponent of the power of 2 that all elements were divided by.
  private func scaleToOne<Element: LinearAlgebraScalar>(
    _ data: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) -> Int {
    let largest = matrixNorm(data.span, view(shape), .maximum)
    guard largest > 0, largest.isFinite else { return 0 }
    scale(&data, byPowerOf2: -Int(largest.exponent))
    return Int(largest.exponent)
  }
}
