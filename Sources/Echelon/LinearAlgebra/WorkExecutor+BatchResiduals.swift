import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire

extension WorkExecutor {
  /// Starts measuring how well every `X` of a batch solves its `A·X = B`, and returns the future of a ratio for each:
  /// the largest ‖b - A·x‖₁ / (‖A‖₁·‖x‖₁·ε) of all columns, as `ResidualCheck` has it: a few units are usual, and 30 a
  /// failure; ∞ where there is NaN.
  /// - Parameters:
  ///   - x: n × m, any view.
  ///   - a: n × n, any view, as many matrices.
  ///   - b: as `x`.
  ///   - assumption: what was known of `a` when `x` was computed; the same elements count.
  ///   - priority: as for `startSolve`.
  ///   - deadline: as for `startSolve`.
  /// - Throws: `KernelError` when the shapes do not fit.
  /// - Source: LAPACK Working Note 41, xGET02; sums are in double precision, but for large matrices, see `startSolve`.
  public func startResiduals<Element: LinearAlgebraScalar>(
    of x: SharedMatrixBatch<Element>, solving a: SharedMatrixBatch<Element>,
    _ b: SharedMatrixBatch<Element>, assuming assumption: MatrixAssumption = .general,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Double>> {
    guard a.rows == a.columns, b.rows == a.rows, b.count == a.count,
      (x.count, x.rows, x.columns) == (b.count, b.rows, b.columns)
    else {
      throw KernelError.shapeMismatch(
        kernel: "residuals", shapes: [x, a, b].map { "\($0.count) of \($0.rows) × \($0.columns)" })
    }
    let type = Element.scalarType
    let part = ReadPart(mirrored: assumption == .positiveDefinite ? .lower : nil)
    let ratios = try uninitializedArray(of: Double.self, count: a.count)
    // Of what is solved one after the other, it is measured so, too: by products of the BLAS.
    let solve = BatchOperation.solve(order: a.rows, rightSides: b.columns)
    if solve.single(count: a.count) != nil {
      return try startSteps { [self] in
        try await finish(within: deadline, "residuals") { [self] in
          for index in 0..<a.count {
            let check = try await residual(
              of: x[index], solving: a[index], b[index], part, priority)
            ratios[index] = check.residual
          }
        }
        return ratios
      }
    }
    let work = BatchWork(
      type, count: a.count, .product(rows: a.rows, inner: a.rows, columns: b.columns))
    let (xBytes, aBytes, bBytes) = (BatchOperand(x), BatchOperand(a), BatchOperand(b))
    return try startSteps { [self] in
      try await finished(
        startConcurrentPerform(
          iterations: work.chunkCount, chunkLength: 1, priority: priority, deadline: deadline,
          work.residuals(of: xBytes, solving: aBytes, part, bBytes, into: ratios)))
      return ratios
    }
  }

  /// How well every `X` of a batch solves its `A·X = B`; see `startResiduals`.
  public func residuals<Element: LinearAlgebraScalar>(
    of x: SharedMatrixBatch<Element>, solving a: SharedMatrixBatch<Element>,
    _ b: SharedMatrixBatch<Element>, assuming assumption: MatrixAssumption = .general,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Double> {
    try await startResiduals(
      of: x, solving: a, b, assuming: assumption, priority: priority, deadline: deadline
    ).value
  }

  /// How well every `X` of a batch solves its `A·X = B`, blocking; see `startResiduals`.
  @available(*, noasync)
  public func residuals<Element: LinearAlgebraScalar>(
    of x: SharedMatrixBatch<Element>, solving a: SharedMatrixBatch<Element>,
    _ b: SharedMatrixBatch<Element>, assuming assumption: MatrixAssumption = .general,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Double> {
    try startResiduals(
      of: x, solving: a, b, assuming: assumption, priority: priority, deadline: deadline
    ).result()
  }

  /// Starts measuring how well every `X` of a batch inverts its `A`, and returns the future of a ratio for each: as
  /// solutions of A·X = 1, the largest ‖e - A·x‖₁ / (‖A‖₁·‖x‖₁·ε) of all columns, which is how `inverse` of a batch
  /// computes them; of few large matrices (see `startSolve`) that or the measure of `startResidual(ofInverse:of:)`,
  /// whichever is smaller, since an inverse is seldom good from both sides.
  /// - Parameters:
  ///   - x: n × n, any view.
  ///   - a: n × n, any view, as many matrices.
  ///   - priority: as for `startSolve`.
  ///   - deadline: as for `startSolve`.
  /// - Throws: `KernelError` when the shapes do not fit.
  /// - Source: LAPACK Working Note 41, xGET02.
  public func startResiduals<Element: LinearAlgebraScalar>(
    ofInverses x: SharedMatrixBatch<Element>, of a: SharedMatrixBatch<Element>,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Double>> {
    guard a.rows == a.columns, (x.count, x.rows, x.columns) == (a.count, a.rows, a.columns) else {
      throw KernelError.shapeMismatch(
        kernel: "residuals", shapes: [x, a].map { "\($0.count) of \($0.rows) × \($0.columns)" })
    }
    let fromRight = try startResiduals(
      of: x, solving: a, try identities(like: a), priority: priority, deadline: deadline)
    let isLarge =
      BatchOperation.inverse(order: a.rows).single(count: a.count) != nil
    guard isLarge else { return fromRight }
    return try startSteps { [self] in
      let ratios = try await finished(fromRight)
      try await finish(within: deadline, "residuals") { [self] in
        for index in 0..<a.count where !(ratios[index] < 1) {
          let check = try await finished(
            startResidual(ofInverse: x[index], of: a[index], priority: priority))
          ratios[index] = min(ratios[index], check.residual)
        }
      }
      return ratios
    }
  }

  /// How well every `X` of a batch inverts its `A`; see `startResiduals(ofInverses:of:)`.
  public func residuals<Element: LinearAlgebraScalar>(
    ofInverses x: SharedMatrixBatch<Element>, of a: SharedMatrixBatch<Element>,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Double> {
    try await startResiduals(ofInverses: x, of: a, priority: priority, deadline: deadline).value
  }

  /// How well every `X` of a batch inverts its `A`, blocking; see `startResiduals(ofInverses:of:)`.
  @available(*, noasync)
  public func residuals<Element: LinearAlgebraScalar>(
    ofInverses x: SharedMatrixBatch<Element>, of a: SharedMatrixBatch<Element>,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Double> {
    try startResiduals(ofInverses: x, of: a, priority: priority, deadline: deadline).result()
  }

  /// As many identities as there are matrices in a batch, without copies.
  func identities<Element: LinearAlgebraScalar>(
    like a: SharedMatrixBatch<Element>
  ) throws -> SharedMatrixBatch<Element> {
    SharedMatrixBatch(repeating: try identity(order: a.rows), count: a.count)
  }
}

extension BatchWork {
  /// Measures the solutions of a chunk.
  fileprivate func residuals(
    of x: BatchOperand, solving a: BatchOperand, _ part: ReadPart, _ b: BatchOperand,
    into ratios: SharedArray<Double>
  ) -> @Sendable (Int) -> Void {
    { [self] chunk in
      func run<Element: LinearAlgebraScalar, Wide: LinearAlgebraScalar>(
        _ type: Element.Type, widen: (Element) -> Wide
      ) {
        a.bytes.view(as: type).withSpan { allA in
          b.bytes.view(as: type).withSpan { allB in
            x.bytes.view(as: type).withSpan { allX in
              for index in range(ofChunk: chunk) {
                ratios[index] = residual(
                  of: allX.extracting(x.layout.place(of: index)), x.layout.view,
                  solving: allA.extracting(a.layout.place(of: index)), a.layout.view, part,
                  allB.extracting(b.layout.place(of: index)), b.layout.view, widen: widen)
              }
            }
          }
        }
      }
      switch type {
      case .float64: run(Double.self) { $0 }
      case .float32: run(Float.self) { Double($0) }
      case .complexFloat64: run(ComplexElement<Double>.self) { $0 }
      case .complexFloat32:
        run(ComplexElement<Float>.self) { ComplexElement(Double($0.real), Double($0.imaginary)) }
      }
    }
  }
}

/// The largest ‖b - A·x‖₁ / (‖A‖₁·‖x‖₁·ε) of all columns.
/// - Parameter widen: makes a number of double precision of an element.
private func residual<Element: LinearAlgebraScalar, Wide: LinearAlgebraScalar>(
  of x: Span<Element>, _ xView: MatrixView, solving a: Span<Element>, _ aView: MatrixView,
  _ part: ReadPart, _ b: Span<Element>, _ bView: MatrixView, widen: (Element) -> Wide
) -> Double {
  func modulus(_ number: Wide) -> Double { Double(number.modulus) }
  var norm = 0.0
  for column in 0..<aView.columns {
    var sum = 0.0
    for row in 0..<aView.rows { sum += modulus(widen(part.element(a, aView, row, column))) }
    if !(sum <= norm) { norm = sum }
  }
  var largest = 0.0
  for column in 0..<bView.columns {
    var (rest, size) = (0.0, 0.0)
    for row in 0..<bView.rows {
      var left = widen(b[row * bView.rowStride + column * bView.columnStride])
      for inner in 0..<aView.columns {
        left =
          left - widen(part.element(a, aView, row, inner))
          * widen(x[inner * xView.rowStride + column * xView.columnStride])
      }
      rest += modulus(left)
      size += modulus(widen(x[row * xView.rowStride + column * xView.columnStride]))
    }
    largest = max(largest, residualRatio(Element.self, rest, to: [norm, size]))
  }
  return largest
}
