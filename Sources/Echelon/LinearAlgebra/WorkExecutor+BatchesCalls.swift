public import EchelonLinearAlgebra
public import EchelonWire

// The same operations on batches, awaited and blocking.

extension WorkExecutor {
  /// The solutions `X` of `A·X = B` for every pair of matrices of two batches; see `startSolve`.
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into x: SharedMatrixBatch<Element>? = nil, assuming assumption: MatrixAssumption = .general,
    singular: SingularMatrixPolicy = .fail, checkingFinite: Bool = false,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedMatrixBatch<Element> {
    try await startSolve(
      a, b, into: x, assuming: assumption, singular: singular, checkingFinite: checkingFinite,
      checkingResidual: checkingResidual, priority: priority, deadline: deadline
    ).value
  }

  /// The solutions `X` of `A·X = B` for every pair of matrices of two batches, blocking; see `startSolve`.
  @available(*, noasync)
  public func solve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into x: SharedMatrixBatch<Element>? = nil, assuming assumption: MatrixAssumption = .general,
    singular: SingularMatrixPolicy = .fail, checkingFinite: Bool = false,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedMatrixBatch<Element> {
    try startSolve(
      a, b, into: x, assuming: assumption, singular: singular, checkingFinite: checkingFinite,
      checkingResidual: checkingResidual, priority: priority, deadline: deadline
    ).result()
  }

  /// The inverse of every matrix of a batch; see `startInverse`.
  public func inverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, into x: SharedMatrixBatch<Element>? = nil,
    singular: SingularMatrixPolicy = .fail, checkingFinite: Bool = false,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedMatrixBatch<Element> {
    try await startInverse(
      a, into: x, singular: singular, checkingFinite: checkingFinite,
      checkingResidual: checkingResidual, priority: priority, deadline: deadline
    ).value
  }

  /// The inverse of every matrix of a batch, blocking; see `startInverse`.
  @available(*, noasync)
  public func inverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, into x: SharedMatrixBatch<Element>? = nil,
    singular: SingularMatrixPolicy = .fail, checkingFinite: Bool = false,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedMatrixBatch<Element> {
    try startInverse(
      a, into: x, singular: singular, checkingFinite: checkingFinite,
      checkingResidual: checkingResidual, priority: priority, deadline: deadline
    ).result()
  }

  /// The determinant of every matrix of a batch; see `startDeterminant`.
  public func determinant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedArray<Element> {
    try await startDeterminant(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).value
  }

  /// The determinant of every matrix of a batch, blocking; see `startDeterminant`.
  @available(*, noasync)
  public func determinant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedArray<Element> {
    try startDeterminant(
      a, checkingFinite: checkingFinite, priority: priority, deadline: deadline
    ).result()
  }

  /// `A·B` for every pair of matrices of two batches; see `startMultiply`.
  public func multiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into c: SharedMatrixBatch<Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedMatrixBatch<Element> {
    try await startMultiply(a, b, into: c, priority: priority, deadline: deadline).value
  }

  /// `A·B` for every pair of matrices of two batches, blocking; see `startMultiply`.
  @available(*, noasync)
  public func multiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into c: SharedMatrixBatch<Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedMatrixBatch<Element> {
    try startMultiply(a, b, into: c, priority: priority, deadline: deadline).result()
  }
}
