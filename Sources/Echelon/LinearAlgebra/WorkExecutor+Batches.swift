import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire

/// Linear algebra of many small matrices, each worked on by one worker; fewer than 8 real ones of 1024 × 1024, and than
/// 8·k² of k times that order, come one after the other, each with the steps and the bits that it has by itself.
extension WorkExecutor {
  /// Starts solving `A·X = B` for every pair of matrices of two batches, and returns the future of all `X`.
  ///
  /// Systems of real numbers of up to 256 × 256 are solved in the caches by code of Echelon's own, larger ones by the
  /// system's LAPACK, and if there is none by that code, too; systems of complex numbers by LAPACK. The bits of
  /// a system do not depend on the others of its batch; from 1024 × 1024 on they do on how many there are (`explain`).
  /// - Parameters:
  ///   - a: n × n, any view; `SharedMatrixBatch(repeating:count:)` has one matrix for all. Each is worked on by one
  ///     worker, but few and large ones by all, one after the other; `explain` says which.
  ///   - b: n × m, any view, of as many matrices.
  ///   - x: takes the solutions, n × m, sharing no memory with `a` or `b`; nil makes new ones.
  ///   - assumption: what is known of `a`.
  ///   - singular: what happens when a matrix has no inverse: elimination leaves a column of exact zeros, or of a
  ///     positive definite one an element that is not above 0. Its own solution is NaN in either case, and all others
  ///     are there in `x`.
  ///   - checkingFinite: whether `a`, as far as it is read, and `b` are searched for NaN and infinities first.
  ///     Otherwise these propagate to the solutions of their own systems, unless a matrix is found to be singular
  ///     before they count.
  ///   - checkingResidual: whether all solutions are measured by `startResiduals`, and the first whose ratio is 30, or
  ///     the number given, or more, is an error. Those of matrices without an inverse are not.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: as for `startConcurrentPerform`; where one large matrix comes after the other, counted from the call
  ///     on.
  /// - Accuracy: ‖B − A·X‖ is a small multiple of n·u·‖A‖·‖X‖; of the errors of X itself that says as much as the
  ///   condition of A does.
  /// - Throws: `KernelError` when the shapes do not fit; of complex matrices `LinearAlgebraError.noLAPACK`. The future
  ///   fails with `LinearAlgebraError.notFiniteInBatch`, `.singularInBatch`, `.notPositiveDefiniteInBatch` or
  ///   `.largeResidualInBatch`, which name the first matrix.
  public func startSolve<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into x: SharedMatrixBatch<Element>? = nil, assuming assumption: MatrixAssumption = .general,
    singular: SingularMatrixPolicy = .fail, checkingFinite: Bool = false,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedMatrixBatch<Element>> {
    guard a.rows == a.columns, b.rows == a.rows, b.count == a.count else {
      throw KernelError.shapeMismatch(kernel: "solve", shapes: [a.shape, b.shape])
    }
    try requireLAPACK(of: Element.self, "solve", a.rows, b.columns)
    let x = try result(x, of: "solve", count: a.count, b.rows, b.columns, inputs: [a, b])
    return try startSolve(
      .solve(order: a.rows, rightSides: b.columns), a, b, into: x, assumption, singular,
      checkingFinite, checkingResidual.ratio, priority,
      deadline)
  }

  /// Starts inverting every matrix of a batch, and returns the future of the inverses; see `startSolve`.
  /// - Parameter checkingResidual: whether all inverses are measured by `startResiduals(ofInverses:of:)`. The others
  ///   are as for `startSolve`.
  public func startInverse<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, into x: SharedMatrixBatch<Element>? = nil,
    singular: SingularMatrixPolicy = .fail, checkingFinite: Bool = false,
    checkingResidual: ResidualLimit = false, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedMatrixBatch<Element>> {
    guard a.rows == a.columns else {
      throw KernelError.shapeMismatch(kernel: "inverse", shapes: [a.shape])
    }
    try requireLAPACK(of: Element.self, "inverse", a.rows, a.columns)
    let x = try result(x, of: "inverse", count: a.count, a.rows, a.columns, inputs: [a])
    return try startSolve(
      .inverse(order: a.rows), a, nil, into: x, .general, singular, checkingFinite,
      checkingResidual.ratio, priority, deadline)
  }

  /// - Parameter sides: nil for the columns of the identity.
  private func startSolve<Element: LinearAlgebraScalar>(
    _ operation: BatchOperation, _ matrices: SharedMatrixBatch<Element>,
    _ sides: SharedMatrixBatch<Element>?, into x: SharedMatrixBatch<Element>,
    _ assumption: MatrixAssumption,
    _ singular: SingularMatrixPolicy, _ checkingFinite: Bool, _ residualLimit: Double?,
    _ priority: WorkPriority, _ deadline: Duration?
  ) throws -> Future<SharedMatrixBatch<Element>> {
    let type = Element.scalarType
    let work = BatchWork(type, count: matrices.count, operation)
    let isOneByOne = operation.single(count: work.count) != nil
    let failures = try uninitializedArray(of: Int.self, count: work.count)
    let isPositiveDefinite = assumption == .positiveDefinite
    let (a, b) = (BatchOperand(matrices), sides.map { BatchOperand($0) })
    return try startSteps { [self] in
      if checkingFinite {
        try await checkFinite(
          matrices, .a, in: isPositiveDefinite ? .lower : .all, priority, deadline)
        if let sides { try await checkFinite(sides, .b, priority, deadline) }
      }
      if isOneByOne {
        try await solveOneByOne(
          matrices, sides, into: x, assumption, failures: failures, priority, deadline)
      } else {
        try await finished(
          startConcurrentPerform(
            iterations: work.chunkCount, chunkLength: 1, priority: priority, deadline: deadline,
            work.solution(
              of: a, b ?? a, into: BatchOperand(x), isInverse: b == nil,
              isPositiveDefinite: isPositiveDefinite, failures: failures)))
      }
      let first = failures.withSpan { failures in failures.indices.first { failures[$0] != 0 } }
      if singular == .fail, let first {
        let column = failures[first] - 1
        throw isPositiveDefinite
          ? LinearAlgebraError.notPositiveDefiniteInBatch(index: first, column: column)
          : LinearAlgebraError.singularInBatch(index: first, column: column)
      }
      guard let residualLimit else { return x }
      let measuring =
        if let sides {
          try startResiduals(
            of: x, solving: matrices, sides, assuming: assumption, priority: priority,
            deadline: deadline)
        } else {
          try startResiduals(ofInverses: x, of: matrices, priority: priority, deadline: deadline)
        }
      let ratios = try await finished(measuring)
      let large = (0..<work.count).first { failures[$0] == 0 && !(ratios[$0] < residualLimit) }
      guard let large else { return x }
      throw LinearAlgebraError.largeResidualInBatch(
        index: large, ratio: ratios[large], limit: residualLimit)
    }
  }

  /// Starts computing the determinant of every matrix of a batch, and returns the future of an array.
  ///
  /// Each is the product of the pivots that elimination chooses, of real numbers rounded once at its end: 0 or infinite
  /// only when the determinant lies out of range, or there is a column of exact zeros.
  /// - Parameters:
  ///   - a: n × n, any view; 1 for n = 0.
  ///   - checkingFinite: whether it is searched for NaN and infinities first; see `startSolve`.
  ///   - priority: as for `startSolve`.
  ///   - deadline: as for `startSolve`.
  /// - Throws: `KernelError` when the matrices are not square; of complex ones `LinearAlgebraError.noLAPACK`.
  ///   The future fails with `LinearAlgebraError.notFiniteInBatch`.
  public func startDeterminant<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, checkingFinite: Bool = false,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedArray<Element>> {
    guard a.rows == a.columns else {
      throw KernelError.shapeMismatch(kernel: "determinant", shapes: [a.shape])
    }
    try requireLAPACK(of: Element.self, "determinant", a.rows, 0)
    let determinants = try uninitializedArray(of: Element.self, count: a.count)
    let operation = BatchOperation.determinant(order: a.rows)
    let work = BatchWork(Element.scalarType, count: a.count, operation)
    let operand = BatchOperand(a)
    let isOneByOne = operation.single(count: a.count) != nil
    return try startSteps { [self] in
      if checkingFinite { try await checkFinite(a, .a, priority, deadline) }
      if isOneByOne {
        try await determinantsOneByOne(of: a, into: determinants, priority, deadline)
        return determinants
      }
      try await finished(
        startConcurrentPerform(
          iterations: work.chunkCount, chunkLength: 1, priority: priority, deadline: deadline,
          work.determinants(of: operand, into: determinants.bytes)))
      return determinants
    }
  }

  /// Starts `C = A·B` for every pair of matrices of two batches, each one call of the BLAS in use, and returns the
  /// future of all `C`.
  /// - Parameters:
  ///   - a: m × k, any view; `SharedMatrixBatch(repeating:count:)` has one matrix for all.
  ///   - b: k × n, any view, of as many matrices. NaN and infinities of both propagate.
  ///   - c: takes the products, m × n, sharing no memory with `a` or `b`; nil makes new ones.
  ///   - priority: as for `startSolve`.
  ///   - deadline: as for `startSolve`.
  /// - Throws: `KernelError` when the shapes do not fit; `LinearAlgebraError.noBLAS`.
  public func startMultiply<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into c: SharedMatrixBatch<Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedMatrixBatch<Element>> {
    try BLASInfo.require()
    guard a.columns == b.rows, b.count == a.count else {
      throw KernelError.shapeMismatch(kernel: "multiply", shapes: [a.shape, b.shape])
    }
    let c = try result(c, of: "multiply", count: a.count, a.rows, b.columns, inputs: [a, b])
    let limit = Int(Int32.max)
    for batch in [a, b, c] {
      guard max(batch.rows, batch.columns, batch.rowStride, batch.columnStride) <= limit else {
        throw KernelError.tooLarge(kernel: "multiply", limit: limit)
      }
    }
    let operation = BatchOperation.product(rows: a.rows, inner: a.columns, columns: b.columns)
    let work = BatchWork(Element.scalarType, count: a.count, operation)
    let (left, right, product) = (BatchOperand(a), BatchOperand(b), BatchOperand(c))
    return try startSteps { [self] in
      if operation.single(count: a.count) != nil {
        try await multiplyOneByOne(a, b, into: c, priority, deadline)
        return c
      }
      try await finished(
        startConcurrentPerform(
          iterations: work.chunkCount, chunkLength: 1, priority: priority, deadline: deadline,
          work.product(of: left, right, into: product)))
      return c
    }
  }

  /// Complex matrices need a LAPACK, and sizes that it can count.
  private func requireLAPACK<Element: LinearAlgebraScalar>(
    of _: Element.Type, _ operation: String, _ order: Int, _ rightSides: Int
  ) throws {
    guard Element.isComplex else { return }
    try LAPACK.require()
    let limit = Int(Int32.max)
    guard max(order, rightSides) <= limit else {
      throw KernelError.tooLarge(kernel: operation, limit: limit)
    }
  }

  /// What takes the results: new, or given and checked.
  private func result<Element>(
    _ given: SharedMatrixBatch<Element>?, of operation: String, count: Int, _ rows: Int,
    _ columns: Int, inputs: [SharedMatrixBatch<Element>]
  ) throws -> SharedMatrixBatch<Element> {
    guard let given else {
      return try uninitializedMatrixBatch(count: count, rows: rows, columns: columns)
    }
    guard given.count == count, given.rows == rows, given.columns == columns else {
      throw KernelError.shapeMismatch(
        kernel: operation, shapes: (inputs + [given]).map(\.shape))
    }
    guard given.layout.isInjective(count: count) else {
      throw KernelError.outputOverlapsItself(kernel: operation, output: 0)
    }
    if let input = inputs.firstIndex(where: { given.storage.sharesMemory(with: $0.storage) }) {
      throw KernelError.outputOverlapsInput(kernel: operation, output: 0, input: input)
    }
    return given
  }
}

extension SharedMatrixBatch {
  fileprivate var shape: String { "\(count) of \(rows) × \(columns)" }
}
