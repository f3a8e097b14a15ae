import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
package import EchelonWire

// Factorizations by tiles: the jobs of which the functions for users are made. There are kernels for Double and Float;
// `isDivided` says whether a factorization is to go this way. A is not changed, nor searched for what is not finite, but
// by `startTallQR`.
// Results are column-major, and their bits depend on the shape and the BLAS and LAPACK in use only.

/// L of a Cholesky factorization.
package struct TiledCholeskyFactor<Element: BitwiseCopyable & Sendable>: Sendable {
  /// L, n × n, column-major; above its diagonal there are zeros.
  package let lower: SharedMatrix<Element>
  /// The column, from 0, at which the matrix is not positive definite; then `lower` means nothing.
  package let failedColumn: Int?
}

/// L and U in one matrix.
package struct TiledLUFactors<Element: BitwiseCopyable & Sendable>: Sendable {
  /// L below the diagonal, without its ones, and U on it and above; m × n, column-major.
  package let factors: SharedMatrix<Element>
  /// The row that each of the first min(m, n) rows was exchanged with, in this order, counted from 0.
  package let exchanges: [Int]
}

/// R and reflectors.
package struct TiledQRFactors<Element: BitwiseCopyable & Sendable>: Sendable {
  /// R on the diagonal and above, and the reflectors below it, as LAPACK's geqrf has them; m × n, column-major.
  package let factors: SharedMatrix<Element>
  /// LAPACK's τ: the scalar factors of the min(m, n) reflectors.
  package let scalarFactors: [Element]
}

/// R and reflectors of a tall matrix.
package struct TallQRFactors<Element: BitwiseCopyable & Sendable>: Sendable {
  /// What a factorization by tiles gives, too.
  package let qr: TiledQRFactors<Element>
  /// Whether there is neither NaN nor an infinity in the matrix; else `qr` means nothing.
  package let isFinite: Bool
}

extension WorkExecutor {
  /// Starts computing L, lower triangular with A = L·Lᵀ, by tiles, and returns its future.
  /// - Parameters:
  ///   - a: n × n, any view, of Double or Float; the diagonal and what is below it are read.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`. A matrix that is not positive definite is no error.
  /// - Source: see `KernelFamily.tiledCholesky`.
  package func startTiledCholesky<Element: BitwiseCopyable & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledCholeskyFactor<Element>> {
    let lower = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let count = KernelFamily.choleskyTileCount(order: a.rows)
    let status = try uninitializedArray(of: Element.self, count: max(1, count))
    return try startFactorization(
      KernelFamily.tiledCholesky, of: a, into: [lower.operand, status.operand], priority
    ) {
      let failed = wholeNumbers(status[0..<count]).first { $0 > 0 }
      return TiledCholeskyFactor(lower: lower, failedColumn: failed.map { $0 - 1 })
    }
  }

  /// Starts computing P·A = L·U by block columns, and returns the future of L, U and P.
  /// - Parameters:
  ///   - a: m × n, any view, of Double or Float.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`. A pivot of 0 is no error.
  /// - Source: see `KernelFamily.tiledLU`.
  package func startTiledLU<Element: BitwiseCopyable & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledLUFactors<Element>> {
    let factors = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let count = min(a.rows, a.columns)
    let blocks = KernelFamily.blockColumnCount(rows: a.rows, columns: a.columns)
    let exchanges = try uninitializedArray(of: Element.self, count: max(1, count))
    let state = try uninitializedArray(of: Element.self, count: max(1, 2 * blocks))
    let saved = try uninitializedArray(of: Element.self, count: max(1, blocks * a.rows))
    let outputs = [factors.operand, exchanges.operand, state.operand, saved.operand]
    return try startFactorization(KernelFamily.tiledLU, of: a, into: outputs, priority) {
      TiledLUFactors(factors: factors, exchanges: wholeNumbers(exchanges[0..<count]))
    }
  }

  /// Starts computing A = Q·R by block columns, and returns the future of R and the reflectors of Q.
  /// - Parameters:
  ///   - a: m × n, any view, of Double or Float.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`.
  /// - Source: see `KernelFamily.tiledQR`.
  package func startTiledQR<Element: BitwiseCopyable & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledQRFactors<Element>> {
    let factors = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let count = min(a.rows, a.columns)
    let width = KernelFamily.blockColumnWidth(rows: a.rows, columns: a.columns)
    let blocks = KernelFamily.blockColumnCount(rows: a.rows, columns: a.columns)
    let reflectors = try uninitializedArray(
      of: Element.self, count: max(1, blocks * width * width))
    let state = try uninitializedArray(of: Element.self, count: max(1, blocks))
    let outputs = [factors.operand, reflectors.operand, state.operand]
    return try startFactorization(KernelFamily.tiledQR, of: a, into: outputs, priority) {
      let scalarFactors = (0..<count).map { index in
        let (block, place) = (index / width, index % width)
        let order = min(width, count - block * width)
        return reflectors[block * width * width + place * (order + 1)]
      }
      return TiledQRFactors(factors: factors, scalarFactors: scalarFactors)
    }
  }

  /// Starts computing A = Q·R by a tree of blocks of rows, and returns the future of R and the reflectors of Q.
  /// - Parameters:
  ///   - a: m × n, m ≥ n ≥ 1, any view, of Double or Float.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`.
  /// - Source: see `KernelFamily.tallQR`.
  package func startTallQR<Element: BitwiseCopyable & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TallQRFactors<Element>> {
    let factors = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let tau = try uninitializedArray(of: Element.self, count: a.columns)
    let memory = try uninitializedArray(
      of: Element.self, count: KernelFamily.tallQRScratchCount(rows: a.rows, columns: a.columns))
    let outputs = [factors.operand, tau.operand, memory.operand]
    return try startFactorization(KernelFamily.tallQR, of: a, into: outputs, priority) {
      let flags = memory[KernelFamily.tallQRFlags(rows: a.rows, columns: a.columns)]
      return TallQRFactors(
        qr: TiledQRFactors(factors: factors, scalarFactors: Array(tau)),
        isFinite: wholeNumbers(flags).allSatisfy { $0 == 0 })
    }
  }

  private func startFactorization<Element, Factors: Sendable>(
    _ family: KernelFamily, of a: SharedMatrix<Element>, into outputs: [JobOperand],
    _ priority: WorkPriority, _ finish: @escaping @Sendable () throws -> Factors
  ) throws -> Future<Factors> {
    var job = try KernelJob(
      family[elementType(of: Element.self)], outputs: outputs, inputs: [a.operand]
    ) { _ in try finish() }
    job.options = JobOptions(priority: priority)
    return try start(job)
  }
}

private func elementType<Element>(of type: Element.Type) -> ElementType {
  guard let elementType = ElementType(of: type) else {
    preconditionFailure("no kernel factors \(type)")
  }
  return elementType
}

/// What a kernel has counted in numbers of its element type.
private func wholeNumbers<Element>(_ array: SharedArray<Element>) -> [Int] {
  switch elementType(of: Element.self) {
  case .float64: Array(array.bytes.view(as: Double.self)).map { Int($0) }
  case .float32: Array(array.bytes.view(as: Float.self)).map { Int($0) }
  }
}

extension ElementType {
  /// That of Double or Float; nil of other types, which there are no kernels for.
  init?(of type: Any.Type) {
    guard let type = type as? any KernelElement.Type else { return nil }
    self = type.elementType
  }
}
