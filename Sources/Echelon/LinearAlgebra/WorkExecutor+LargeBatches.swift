import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
import EchelonWire
import Synchronization

// Batches of few large matrices: all workers share the steps of one, and then of the next. A matrix for each worker
// would leave those without one idle.

extension BatchOperation {
  /// The operation on one matrix by itself, where a batch of so many of this size does one after the other; nil where
  /// each worker takes matrices of its own. It depends on shapes and number only, since it shows in the bits.
  func single(count: Int) -> DenseOperation? {
    guard count > 0 else { return nil }
    func isFew(of order: Int) -> Bool {
      // Steps of larger matrices lose less, and more workers find some (0031). Without a LAPACK there are none.
      let size = Double(order) / 1024
      return size >= 1 && Double(count) < 8 * size * size && (try? LAPACK.require()) != nil
    }
    switch self {
    case .solve(let order, _): return isFew(of: order) ? .solve(order: order) : nil
    case .inverse(let order), .determinant(let order):
      return isFew(of: order) ? .lu(rows: order, columns: order) : nil
    case .product(let rows, let inner, let columns):
      return isFew(of: min(rows, inner, columns))
        ? .product(rows: rows, inner: inner, columns: columns) : nil
    case .lu, .cholesky, .qr, .leastSquares, .svd, .pseudoInverse, .matrixNorm, .symmetricEigen,
      .eigen:
      return nil
    }
  }
}

extension WorkExecutor {
  /// Solves systems one after the other, or inverts matrices.
  /// - Parameters:
  ///   - b: nil for inverses.
  ///   - failures: takes, for each matrix, 0, or the number of the column where it turned out to be singular, or not
  ///     positive definite, from 1 on; its results are NaN then.
  func solveOneByOne<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>?,
    into x: SharedMatrixBatch<Element>, _ assumption: MatrixAssumption,
    failures: SharedArray<Int>, _ priority: WorkPriority, _ deadline: Duration?
  ) async throws {
    let structure: MatrixStructure = assumption == .positiveDefinite ? .positiveDefinite : .general
    try await finish(within: deadline, b == nil ? "inverse" : "solve") { [self] in
      for index in 0..<a.count {
        do {
          let solution =
            if let b {
              try await solution(of: a[index], b[index], structure, priority)
            } else {
              try await finished(startInverse(a[index], priority: priority))
            }
          try await put(solution, into: x[index], b == nil ? "inverse" : "solve", priority)
          failures[index] = 0
        } catch let error as LinearAlgebraError {
          // What is not finite gives NaN, whatever the LAPACK in use makes of it.
          if case .notFinite = error {
            failures[index] = 0
          } else if let column = error.columnWithoutPivot {
            failures[index] = column + 1
          } else {
            throw error
          }
          let view = MatrixBytes(x[index]).view
          x[index].storage.withMutableSpan { fillWithNaN(&$0, view) }
        }
      }
    }
  }

  /// Solves one system; what is not finite in B spoils its own columns of the solution.
  private func solution<Element: LinearAlgebraScalar>(
    of a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, _ structure: MatrixStructure,
    _ priority: WorkPriority
  ) async throws -> SharedMatrix<Element> {
    do {
      return try await finished(startSolve(a, b, structure: structure, priority: priority))
    } catch LinearAlgebraError.notFinite(operand: .b, row: _, column: _) {
      return try await finished(
        startSolve(a, b, structure: structure, checkingFinite: false, priority: priority))
    }
  }

  /// Computes determinants one after the other.
  func determinantsOneByOne<Element: LinearAlgebraScalar>(
    of a: SharedMatrixBatch<Element>, into determinants: SharedArray<Element>,
    _ priority: WorkPriority, _ deadline: Duration?
  ) async throws {
    try await finish(within: deadline, "determinant") { [self] in
      for index in 0..<a.count {
        do {
          determinants[index] = try await finished(startDeterminant(a[index], priority: priority))
        } catch LinearAlgebraError.notFinite {
          determinants[index] = .notANumber
        }
      }
    }
  }

  /// Multiplies matrices one after the other.
  func multiplyOneByOne<Element: LinearAlgebraScalar>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into c: SharedMatrixBatch<Element>, _ priority: WorkPriority, _ deadline: Duration?
  ) async throws {
    try await finish(within: deadline, "multiply") { [self] in
      switch Element.scalarType {
      case .float64: try await multiplyOneByOne(a, b, into: c, as: Double.self, priority)
      case .float32: try await multiplyOneByOne(a, b, into: c, as: Float.self, priority)
      case .complexFloat64, .complexFloat32:
        for index in 0..<a.count {
          try await put(
            try await finished(startProduct(a[index], .plain, b[index], .plain, priority)),
            into: c[index], "multiply", priority)
        }
      }
    }
  }

  /// Copies what was computed of one matrix to its place in a batch.
  private func put<Element: LinearAlgebraScalar>(
    _ result: SharedMatrix<Element>, into place: SharedMatrix<Element>, _ what: String,
    _ priority: WorkPriority
  ) async throws {
    try await finish(
      CopyMatrix(
        type: Element.scalarType, report: TaskReport(on: self), from: MatrixBytes(result),
        to: MatrixBytes(place)), what, priority)
  }

  /// The same with the type that the elements are of.
  private func multiplyOneByOne<Element: LinearAlgebraScalar, Real>(
    _ a: SharedMatrixBatch<Element>, _ b: SharedMatrixBatch<Element>,
    into c: SharedMatrixBatch<Element>, as type: Real.Type, _ priority: WorkPriority
  ) async throws where Real: LinearAlgebraScalar & KernelElement {
    for index in 0..<a.count {
      let (a, b, c) = (MatrixBytes(a[index]), MatrixBytes(b[index]), MatrixBytes(c[index]))
      _ = try await finished(
        startMultiply(
          a.matrix(of: type), b.matrix(of: type), into: c.matrix(of: type), priority: priority))
    }
  }

  /// Runs work of several passes, and cancels it when it takes longer than it may.
  /// - Throws: `PoolError.deadlineExceeded`, or what the work throws.
  func finish(
    within deadline: Duration?, _ what: String, _ body: @escaping @Sendable () async throws -> Void
  ) async throws {
    let work = try startSteps(body)
    guard let deadline else { return try await finished(work) }
    let expiry = Expiry()
    Timer.after(nanoseconds: Int64(clamping: deadline.nanoseconds)) { [weak work] in
      guard let work else { return }
      expiry.isOver.store(true, ordering: .relaxed)
      work.cancel(.force)
    }
    do {
      try await finished(work)
    } catch {
      guard expiry.isOver.load(ordering: .relaxed) else { throw error }
      throw PoolError.deadlineExceeded(deadline, what: what)
    }
  }
}

/// Whether the time is over.
private final class Expiry: Sendable {
  let isOver = Atomic(false)
}

extension LinearAlgebraError {
  /// Where elimination stopped, of a matrix without an inverse.
  fileprivate var columnWithoutPivot: Int? {
    switch self {
    case .singular(let column), .notPositiveDefinite(_, let column): column
    default: nil
    }
  }
}

/// Copies a matrix to another place.
private struct CopyMatrix: DenseTask {
  let type: ScalarType
  let report: TaskReport
  let from: MatrixBytes
  let to: MatrixBytes

  var body: @Sendable (Int) -> Void { { _ in execute() } }

  func run<Element: LinearAlgebraScalar>(_: Element.Type) throws(LinearAlgebraError) {
    let (fromView, toView) = (from.view, to.view)
    try from.withSpan(of: Element.self) { from throws(LinearAlgebraError) in
      try to.withMutableSpan(of: Element.self) { to throws(LinearAlgebraError) in
        for column in 0..<toView.columns {
          for row in 0..<toView.rows {
            to[row * toView.rowStride + column * toView.columnStride] =
              from[row * fromView.rowStride + column * fromView.columnStride]
          }
        }
      }
    }
  }
}
