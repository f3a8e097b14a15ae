package import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
package import EchelonWire

// Factorizations by tiles, as the functions for users call them. Results are column-major.

/// L of a Cholesky factorization.
package struct TiledCholeskyFactor<Element: KernelElement & Sendable>: Sendable {
  package let lower: SharedMatrix<Element>
  /// The column at which the matrix is not positive definite; then `lower` means nothing.
  package let failedColumn: Int?
}

/// L and U in one matrix.
package struct TiledLUFactors<Element: KernelElement & Sendable>: Sendable {
  package let factors: SharedMatrix<Element>
  /// The row that each of the first min(m, n) rows was exchanged with, in this order, counted from 0.
  package let exchanges: [Int]
}

/// R and reflectors.
package struct TiledQRFactors<Element: KernelElement & Sendable>: Sendable {
  package let factors: SharedMatrix<Element>
  /// LAPACK's τ: the scalar factors of the reflectors.
  package let scalarFactors: [Element]
}

extension WorkExecutor {
  /// Computes L, lower triangular with A = L·Lᵀ, by tiles. Reads the lower triangle.
  package func startTiledCholesky<Element: KernelElement & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledCholeskyFactor<Element>> {
    let lower = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
    let status = try uninitializedArray(of: Element.self, count: max(1, a.rows))
    var job = try KernelJob(
      KernelFamily.tiledCholesky[Element.elementType],
      outputs: [lower.operand, status.operand], inputs: [a.operand]
    ) { _ in
      let edge = KernelFamily.choleskyEdge(a.rows)
      let failed = (0..<(a.rows + edge - 1) / edge).lazy.map { Int(status[$0]) }.first { $0 > 0 }
      return TiledCholeskyFactor(lower: lower, failedColumn: failed.map { $0 - 1 })
    }
    job.options = JobOptions(priority: priority)
    return try start(job)
  }

  /// Computes P·A = L·U by block columns.
  package func startTiledLU<Element: KernelElement & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledLUFactors<Element>> {
    let factors = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
    let count = min(a.rows, a.columns)
    let blocks = KernelFamily.blockColumnCount(rows: a.rows, columns: a.columns)
    let exchanges = try uninitializedArray(of: Element.self, count: max(1, count))
    let state = try uninitializedArray(of: Element.self, count: max(1, 2 * blocks))
    let saved = try uninitializedArray(of: Element.self, count: max(1, blocks * a.rows))
    var job = try KernelJob(
      KernelFamily.tiledLU[Element.elementType],
      outputs: [factors.operand, exchanges.operand, state.operand, saved.operand],
      inputs: [a.operand]
    ) { _ in
      TiledLUFactors(factors: factors, exchanges: (0..<count).map { Int(exchanges[$0]) })
    }
    job.options = JobOptions(priority: priority)
    return try start(job)
  }

  /// Computes A = Q·R by block columns.
  package func startTiledQR<Element: KernelElement & Sendable>(
    _ a: SharedMatrix<Element>, priority: WorkPriority = .normal
  ) throws -> Future<TiledQRFactors<Element>> {
    let factors = try columnMajorMatrix(of: Element.self, rows: a.rows, columns: a.columns)
    let count = min(a.rows, a.columns)
    let width = KernelFamily.blockColumnWidth(rows: a.rows, columns: a.columns)
    let blocks = KernelFamily.blockColumnCount(rows: a.rows, columns: a.columns)
    let reflectors = try uninitializedArray(
      of: Element.self, count: max(1, blocks * width * width))
    let state = try uninitializedArray(of: Element.self, count: max(1, blocks))
    var job = try KernelJob(
      KernelFamily.tiledQR[Element.elementType],
      outputs: [factors.operand, reflectors.operand, state.operand], inputs: [a.operand]
    ) { _ in
      let scalarFactors = (0..<count).map { index in
        let (block, place) = (index / width, index % width)
        let order = min(width, count - block * width)
        return reflectors[block * width * width + place * (order + 1)]
      }
      return TiledQRFactors(factors: factors, scalarFactors: scalarFactors)
    }
    job.options = JobOptions(priority: priority)
    return try start(job)
  }
}
