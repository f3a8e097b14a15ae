import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts sorting into a view of an array or of a matrix: every n-th element, a row, a column, a block. Memory
  /// between its elements is not touched.
  /// - Parameters:
  ///   - x: as for `startSorted` into an array; the view itself, or what overlaps it, is allowed.
  ///   - order: NaN are last in either.
  ///   - target: takes them: an `ArrayView` of as many elements, or a `SharedMatrix` of their shape, in row-major
  ///     order.
  ///   - priority: as for `startSorted` into an array; 8·n bytes more are needed if the view has gaps.
  /// - Throws: `KernelError.countMismatch`, `shapeMismatch` and `outputOverlapsItself` as `startEvaluate` into a
  ///   view; else as `startSorted` into an array.
  public func startSorted<Element: SortableElement, Target: ArrayTarget<Element>>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending, into target: Target,
    priority: WorkPriority = .normal
  ) throws -> Future<Target> {
    let operand = try PreparedOperand(x, operation: "sorted")
    let places = target.target
    try places.check(operand.shape, "sorted")
    try checkWritable([places.storage.operand], "sorted")
    let isDirect = places.layout.isContiguous
    let output =
      try isDirect
      ? places.storage[0..<operand.count]
      : uninitializedArray(of: Element.self, count: operand.count)
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      try await sort(x, order, into: output, priority, isShielded: isDirect)
      if !isDirect {
        // Interrupted, it would leave the view torn.
        try await finished(startScatter(output, into: places, priority), isShielded: true)
      }
      return target
    }
  }

  /// Sorts into a view; see `startSorted`.
  @discardableResult
  public func sorted<Element: SortableElement, Target: ArrayTarget<Element>>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending, into target: Target,
    priority: WorkPriority = .normal
  ) async throws -> Target {
    try await startSorted(x, order, into: target, priority: priority).value
  }

  /// Sorts into a view, blocking; see `startSorted`.
  @available(*, noasync)
  @discardableResult
  public func sorted<Element: SortableElement, Target: ArrayTarget<Element>>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending, into target: Target,
    priority: WorkPriority = .normal
  ) throws -> Target {
    try startSorted(x, order, into: target, priority: priority).result()
  }
}
