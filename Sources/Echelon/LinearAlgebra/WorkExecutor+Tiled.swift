import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
package import EchelonWire

// Factorizations by tiles: the jobs of which the functions for users are made. `isDivided` says whether a factorization is to go this way. A is not changed, nor searched for what is not finite, but
// by `startTallQR`.
// Results are column-major, and their bits depend on the shape and the BLAS and LAPACK in use only.

/// L of a Cholesky factorization.
package struct TiledCholeskyFactor<Element: LinearAlgebraScalar>: Sendable {
  /// L, n × n, column-major; above its diagonal there are zeros.
  package let lower: SharedMatrix<Element>
  /// The column, from 0, at which the matrix is not positive definite; then `lower` means nothing.
  package let failedColumn: Int?
}

/// L and U in one matrix.
package struct TiledLUFactors<Element: LinearAlgebraScalar>: Sendable {
  /// L below the diagonal, without its ones, and U on it and above; m × n, column-major.
  package let factors: SharedMatrix<Element>
  /// The row that each of the first min(m, n) rows was exchanged with, in this order, counted from 0.
  package let exchanges: [Int]
}

/// R and reflectors.
package struct TiledQRFactors<Element: LinearAlgebraScalar>: Sendable {
  /// R on the diagonal and above, and the reflectors below it, as LAPACK's geqrf has them; m × n, column-major.
  package let factors: SharedMatrix<Element>
  /// LAPACK's τ: the scalar factors of the min(m, n) reflectors.
  package let scalarFactors: [Element]
}

/// R and reflectors of a tall matrix.
package struct TallQRFactors<Element: LinearAlgebraScalar>: Sendable {
  /// What a factorization by tiles gives, too.
  package let qr: TiledQRFactors<Element>
  /// Whether there is neither NaN nor an infinity in the matrix; else `qr` means nothing.
  package let isFinite: Bool
}

extension WorkExecutor {
  /// Starts computing L, lower triangular with A = L·Lᴴ, by tiles, and returns its future.
  /// - Parameters:
  ///   - a: n × n, any view; the diagonal and what is below it are read.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`. A matrix that is not positive definite is no error.
  /// - Source: see `KernelFamily.tiledCholesky`.
  package func startTiledCholesky<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledCholeskyFactor<Element>> {
    let lower = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let count = KernelFamily.choleskyTileCount(order: a.rows)
    let status = try uninitializedArray(of: Element.Real.self, count: max(1, count))
    let packed = try uninitializedArray(
      of: Element.self,
      count: max(1, KernelFamily.choleskyPackedCount(order: a.rows, of: Element.self)))
    let outputs = [lower.partsOperand, status.operand, packed.partsOperand]
    return try startFactorization(
      .tiledCholesky, .complexTiledCholesky, of: a, into: outputs, priority
    ) {
      let failed = Array(status[0..<count]).first { $0 > 0 }
      return TiledCholeskyFactor(lower: lower, failedColumn: failed.map { Int($0) - 1 })
    }
  }

  /// Starts computing P·A = L·U by block columns, and returns the future of L, U and P.
  /// - Parameters:
  ///   - a: m × n, any view.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`. A pivot of 0 is no error.
  /// - Source: see `KernelFamily.tiledLU`.
  package func startTiledLU<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledLUFactors<Element>> {
    let factors = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let count = min(a.rows, a.columns)
    let blocks = KernelFamily.blockColumnCount(rows: a.rows, columns: a.columns)
    let exchanges = try uninitializedArray(of: Element.Real.self, count: max(1, count))
    let state = try uninitializedArray(of: Element.Real.self, count: max(1, 2 * blocks))
    let saved = try uninitializedArray(of: Element.self, count: max(1, blocks * a.rows))
    let packed = try uninitializedArray(
      of: Element.self,
      count: max(
        1, KernelFamily.luPackedCount(rows: a.rows, columns: a.columns, of: Element.self)))
    let outputs = [
      factors.partsOperand, exchanges.operand, state.operand, saved.partsOperand,
      packed.partsOperand,
    ]
    return try startFactorization(.tiledLU, .complexTiledLU, of: a, into: outputs, priority) {
      TiledLUFactors(factors: factors, exchanges: Array(exchanges[0..<count]).map { Int($0) })
    }
  }

  /// Starts computing A = Q·R by block columns, and returns the future of R and the reflectors of Q.
  /// - Parameters:
  ///   - a: m × n, any view.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`.
  /// - Source: see `KernelFamily.tiledQR`.
  package func startTiledQR<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledQRFactors<Element>> {
    let factors = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let count = min(a.rows, a.columns)
    let width = KernelFamily.blockColumnWidth(rows: a.rows, columns: a.columns)
    let blocks = KernelFamily.blockColumnCount(rows: a.rows, columns: a.columns)
    let reflectors = try uninitializedArray(
      of: Element.self, count: max(1, blocks * width * width))
    let state = try uninitializedArray(of: Element.Real.self, count: max(1, blocks))
    let outputs = [factors.partsOperand, reflectors.partsOperand, state.operand]
    return try startFactorization(.tiledQR, .complexTiledQR, of: a, into: outputs, priority) {
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
  ///   - a: m × n, m ≥ n ≥ 1, any view.
  ///   - priority: how urgent it is.
  /// - Throws: `KernelError`: `shapeMismatch`, `tooLarge`.
  /// - Source: see `KernelFamily.tallQR`.
  package func startTallQR<Element: LinearAlgebraScalar>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TallQRFactors<Element>> {
    let factors = try columnMajorMatrix(
      of: Element.self, rows: a.rows, columns: a.columns, isOfTiles: true)
    let tau = try uninitializedArray(of: Element.self, count: a.columns)
    let memory = try uninitializedArray(
      of: Element.self, count: KernelFamily.tallQRScratchCount(rows: a.rows, columns: a.columns))
    let outputs = [factors.partsOperand, tau.partsOperand, memory.partsOperand]
    return try startFactorization(.tallQR, .complexTallQR, of: a, into: outputs, priority) {
      let flags = memory[KernelFamily.tallQRFlags(rows: a.rows, columns: a.columns)]
      return TallQRFactors(
        qr: TiledQRFactors(factors: factors, scalarFactors: Array(tau)),
        isFinite: Array(flags).allSatisfy { $0 == 0 })
    }
  }

  private func startFactorization<Element: LinearAlgebraScalar, Factors: Sendable>(
    _ real: KernelFamily, _ complex: KernelFamily, of a: SharedMatrix<Element>,
    into outputs: [JobOperand], _ priority: WorkPriority,
    _ finish: @escaping @Sendable () throws -> Factors
  ) throws -> Future<Factors> {
    let family = Element.isComplex ? complex : real
    let part: ElementType = Element.Real.scalarType == .float64 ? .float64 : .float32
    var job = try KernelJob(family[part], outputs: outputs, inputs: [a.partsOperand]) { _ in
      try finish()
    }
    job.options = JobOptions(priority: priority)
    return try start(job)
  }
}

// A complex matrix as kernels take it: its real parts, behind each of which lies its imaginary part, and all parts of
// a vector.

extension SharedMatrix where Element: LinearAlgebraScalar {
  fileprivate var partsOperand: JobOperand {
    var operand = operand
    guard Element.isComplex else { return operand }
    operand.rowStride *= 2
    operand.columnStride *= 2
    return operand
  }
}

extension SharedArray where Element: LinearAlgebraScalar {
  fileprivate var partsOperand: JobOperand {
    Element.isComplex ? bytes.view(as: Element.Real.self).operand : operand
  }
}
