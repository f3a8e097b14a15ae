public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Linear algebra.
extension WorkExecutor {
  /// Starts `C = A·B` and returns the future of `C`.
  /// - Parameters:
  ///   - a: m × k, any view.
  ///   - b: k × n, any view.
  ///   - c: takes the product, m × n, sharing no memory with `a` or `b`; nil makes a new matrix.
  ///   - priority: as for a reduction.
  ///   - deadline: as for a reduction.
  /// - Throws: `KernelError` when the shapes do not fit; `LinearAlgebraError.noBLAS`.
  public func startMultiply<Element: KernelElement & Sendable>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, into c: SharedMatrix<Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<SharedMatrix<Element>> {
    let kernel = KernelFamily.matrixProduct[Element.elementType]
    try BLASInfo.require()
    guard a.columns == b.rows else {
      throw KernelError.shapeMismatch(
        kernel: kernel.name, shapes: ["\(a.rows) × \(a.columns)", "\(b.rows) × \(b.columns)"])
    }
    let product =
      try c
      ?? SharedMatrix(
        uninitializedArray(of: Element.self, count: a.rows * b.columns), rows: a.rows,
        columns: b.columns)
    if let input = [a, b].firstIndex(where: { product.storage.sharesMemory(with: $0.storage) }) {
      throw KernelError.outputOverlapsInput(kernel: kernel.name, output: 0, input: input)
    }
    var job = try KernelJob(
      kernel, outputs: [product.operand], inputs: [a.operand, b.operand]
    ) { _ in product }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }

  /// `A·B`, tiled over the workers, each tile one call of the BLAS in use. See `startMultiply`.
  public func multiply<Element: KernelElement & Sendable>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, into c: SharedMatrix<Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> SharedMatrix<Element> {
    try await startMultiply(a, b, into: c, priority: priority, deadline: deadline).value
  }

  /// `A·B`, blocking. See `startMultiply`.
  @available(*, noasync)
  public func multiply<Element: KernelElement & Sendable>(
    _ a: SharedMatrix<Element>, _ b: SharedMatrix<Element>, into c: SharedMatrix<Element>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> SharedMatrix<Element> {
    try startMultiply(a, b, into: c, priority: priority, deadline: deadline).result()
  }
}
