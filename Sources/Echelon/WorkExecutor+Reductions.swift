public import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// Reductions. Chunks and the tree that merges them depend on the count alone, so the answer has the
/// same bits for any number of workers.
extension WorkExecutor {
  /// Starts a reduction of the catalog over vectors and returns the future of its value.
  /// - Parameters:
  ///   - reduction: what to compute.
  ///   - inputs: its vectors.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  public func start<Value, Element: KernelElement & Sendable>(
    _ reduction: Reduction<Value>, _ inputs: SharedArray<Element>...,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Future<Value> {
    var job = try KernelJob(reduction.kernel, inputs: inputs.map(\.operand)) {
      try reduction.finish($0)
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }

  /// `Σ xᵢ`, pairwise; 0 for no elements. See `KernelFamily.sum`.
  public func sum<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws
    -> Element
  {
    try await start(Reduction<Element>.sum, x, priority: priority, deadline: deadline).value
  }

  /// `Σ xᵢ·yᵢ`; 0 for no elements. See `KernelFamily.dot`.
  /// - Throws: `KernelError` when the counts differ.
  public func dot<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, _ y: SharedArray<Element>,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Element {
    try await start(Reduction<Element>.dot, x, y, priority: priority, deadline: deadline).value
  }

  /// The smallest element; NaN if there is one. See `KernelFamily.minimum`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func minimum<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Element {
    try await start(Reduction<Element>.minimum, x, priority: priority, deadline: deadline).value
  }

  /// The largest element; NaN if there is one. See `KernelFamily.maximum`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func maximum<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Element {
    try await start(Reduction<Element>.maximum, x, priority: priority, deadline: deadline).value
  }

  /// Count, mean and variance in one pass. See `KernelFamily.meanVariance`.
  /// - Throws: `KernelError.emptyInput` for no elements.
  public func moments<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) async throws -> Moments {
    try await start(
      Reduction<Moments>.meanVariance(of: Element.self), x, priority: priority, deadline: deadline
    ).value
  }

  /// `Σ xᵢ`, blocking.
  @available(*, noasync)
  public func sum<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Element {
    try start(Reduction<Element>.sum, x, priority: priority, deadline: deadline).result()
  }

  /// `Σ xᵢ·yᵢ`, blocking.
  @available(*, noasync)
  public func dot<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, _ y: SharedArray<Element>,
    priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws -> Element {
    try start(Reduction<Element>.dot, x, y, priority: priority, deadline: deadline).result()
  }

  /// The smallest element, blocking.
  @available(*, noasync)
  public func minimum<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws
    -> Element
  {
    try start(Reduction<Element>.minimum, x, priority: priority, deadline: deadline).result()
  }

  /// The largest element, blocking.
  @available(*, noasync)
  public func maximum<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws
    -> Element
  {
    try start(Reduction<Element>.maximum, x, priority: priority, deadline: deadline).result()
  }

  /// Count, mean and variance, blocking.
  @available(*, noasync)
  public func moments<Element: KernelElement & Sendable>(
    _ x: SharedArray<Element>, priority: WorkPriority = .normal, deadline: Duration? = nil
  ) throws
    -> Moments
  {
    try start(
      Reduction<Moments>.meanVariance(of: Element.self), x, priority: priority, deadline: deadline
    ).result()
  }
}

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
    if product.storage.sharesMemory(with: a.storage)
      || product.storage.sharesMemory(with: b.storage)
    {
      throw KernelError.outputOverlapsInput(kernel: kernel.name, output: 0, input: 0)
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
