import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// `startResidual` of every factorization and decomposition; `MatrixFactorization` says what it is.

extension LUFactorization {
  /// See `MatrixFactorization.startResidual`.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try executor.startSteps { [self] in
      let residual = try await executor.productRatio(of: self, a, priority)
      return ResidualCheck(operation: "lu", residual: residual, orthogonality: 0)
    }
  }
}

extension CholeskyFactorization {
  /// See `MatrixFactorization.startResidual`; of A the elements on the diagonal and below count.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try executor.startSteps { [self] in
      let residual = try await executor.productRatio(
        of: self, a, priority, reading: ReadPart(mirrored: .lower))
      return ResidualCheck(operation: "cholesky", residual: residual, orthogonality: 0)
    }
  }
}

extension QRFactorization {
  /// See `MatrixFactorization.startResidual`.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try executor.startSteps { [self] in
      let residual = try await executor.productRatio(of: self, a, priority, count: a.rows)
      let q = try await finished(startQ(priority: priority))
      return ResidualCheck(
        operation: "qr", residual: residual,
        orthogonality: try await executor.orthogonalityRatio(of: q, priority))
    }
  }
}

extension SingularValueDecomposition {
  /// See `MatrixFactorization.startResidual`.
  /// - Precondition: there are vectors.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    precondition(vectors != .none, "residual needs singular vectors: decompose with `.thin`")
    return try executor.startSteps { [self] in
      let residual = try await executor.productRatio(of: self, a, priority)
      let left = try await executor.orthogonalityRatio(of: u, priority)
      let right = try await executor.orthogonalityRatio(of: vAdjoint, areRows: true, priority)
      return ResidualCheck(operation: "svd", residual: residual, orthogonality: max(left, right))
    }
  }
}

extension SymmetricEigendecomposition {
  /// See `MatrixFactorization.startResidual`; of A the triangle counts that was read.
  /// - Precondition: it is of one matrix; see `startResidual(of:and:)` for a pair.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    precondition(!isOfPair, "a decomposition of a pair: take `residual(of: a, and: b)`")
    return try executor.startSteps { [self] in
      let residual = try await executor.productRatio(
        of: self, a, priority, reading: ReadPart(mirrored: triangle))
      return ResidualCheck(
        operation: "symmetricEigen", residual: residual,
        orthogonality: try await executor.orthogonalityRatio(of: eigenvectors, priority))
    }
  }

  /// Starts measuring how well eigenvalues and vectors fit the pair that they are of, and returns the future of the
  /// measure: ‖A·V - B·V·Λ‖₁ / (n·‖A‖₁·‖V‖₁·ε), and ‖1 - Vᴴ·B·V‖₁ / (n·‖V‖₁·‖B·V‖₁·ε).
  /// - Parameters:
  ///   - a: n × n, any view; the triangle counts that was read.
  ///   - b: as A.
  ///   - priority: how urgent it is.
  /// - Source: LAPACK Working Note 41, xSGT01.
  public func startResidual(
    of a: SharedMatrix<Element>, and b: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try checkSquare(a, "residual")
    try checkSquare(b, "residual", .b)
    let size = eigenvectors.rows
    guard a.rows == size, b.rows == size else { throw residualShapes(eigenvectors, a, b) }
    return try executor.startSteps { [self] in
      let structure: FactorStructure =
        Element.isComplex ? .hermitian(triangle) : .symmetric(triangle)
      let product = try await finished(
        executor.startMultiply(b, eigenvectors, structure: structure, priority: priority))
      let values = try executor.array(Array(eigenvalues).map { Element(real: $0) })
      let norms = try await executor.residualNorms(
        a, ReadPart(mirrored: triangle), eigenvectors, product, times: values, priority)
      let residual = residualRatio(
        Element.self, largest(norms.residuals[...]),
        to: [norms.a, largest(columnNorms(eigenvectors)[...])], count: size)
      return ResidualCheck(
        operation: "symmetricEigen", residual: residual,
        orthogonality: try await executor.orthogonalityRatio(
          of: eigenvectors, times: product, priority))
    }
  }

  /// How well they fit a pair; see `startResidual(of:and:)`.
  public func residual(
    of a: SharedMatrix<Element>, and b: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) async throws -> ResidualCheck {
    try await startResidual(of: a, and: b, priority: priority).value
  }

  /// How well they fit a pair, blocking; see `startResidual(of:and:)`.
  @available(*, noasync)
  public func residual(
    of a: SharedMatrix<Element>, and b: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> ResidualCheck {
    try startResidual(of: a, and: b, priority: priority).result()
  }
}

extension SchurDecomposition {
  /// See `MatrixFactorization.startResidual`.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try executor.startSteps { [self] in
      let residual = try await executor.productRatio(of: self, a, priority)
      return ResidualCheck(
        operation: "schur", residual: residual,
        orthogonality: try await executor.orthogonalityRatio(of: q, priority))
    }
  }
}

extension Eigendecomposition {
  /// Starts measuring how well eigenvalues and vectors fit the matrix that they are of, and returns the future of the
  /// measure: ‖A·V - V·Λ‖₁ / (‖A‖₁·‖V‖₁·ε), and the same of Aᴴ and left vectors where there are some; and how far the
  /// lengths of vectors are from 1.
  /// - Parameters:
  ///   - a: the n × n matrix, any view.
  ///   - priority: how urgent it is.
  /// - Source: LAPACK Working Note 41, xGET22.
  public func startResidual(
    of a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<ResidualCheck> {
    try checkSquare(a, "residual")
    guard a.rows == eigenvectors.rows else {
      throw KernelError.shapeMismatch(
        kernel: "residual",
        shapes: ["\(eigenvectors.rows) eigenvectors", "\(a.rows) × \(a.columns)"])
    }
    return try executor.startSteps { [self] in
      func ratio(
        _ vectors: SharedMatrix<Element.ComplexNumber>, isAdjoint: Bool
      ) async throws -> Double {
        let norms = try await executor.residualNorms(
          a, ReadPart(isAdjoint: isAdjoint), vectors, vectors, times: eigenvalues, priority)
        return residualRatio(
          Element.self, largest(norms.residuals[...]),
          to: [norms.a, largest(columnNorms(vectors)[...])])
      }
      var residual = try await ratio(eigenvectors, isAdjoint: false)
      if let leftEigenvectors {
        residual = max(residual, try await ratio(leftEigenvectors, isAdjoint: true))
      }
      let lengths = ([eigenvectors] + (leftEigenvectors.map { [$0] } ?? [])).flatMap {
        columnNorms($0, .frobenius).map { abs(1 - $0) }
      }
      return ResidualCheck(
        operation: "eigen", residual: residual,
        orthogonality: residualRatio(
          Element.self, largest(lengths[...]), to: [], count: eigenvectors.rows))
    }
  }
}
