public import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// Whole numbers and masks, every row or column by itself.

extension WorkExecutor {
  /// Starts a reduction of every row or column of whole numbers or truths.
  private func start<Value: BitwiseCopyable & Sendable>(
    _ reduction: IntegerReduction, _ matrices: [ExpressionNode<ArrayLeaf>],
    _ type: VectorElementType, each slice: MatrixSlice, _ priority: WorkPriority,
    _ finish: @escaping @Sendable (IntegerPartial) throws -> Value
  ) throws -> Future<SharedArray<Value>> {
    let panels = try MatrixPanels(matrices, each: slice, operation: "\(reduction)")
    return try startSteps { [self] in
      let chunkCount = panels.chunksPerVector
      let partials = try await partials(of: IntegerPartial.self, panels, priority) {
        panels.integerPartials(reduction.rawValue, type, into: $0)
      }
      let values = try uninitializedArray(of: Value.self, count: panels.vectorCount)
      try partials.withSpan { partials in
        try values.withMutableSpan { values in
          for vector in values.indices {
            var total = IntegerPartial()
            for chunk in 0..<chunkCount {
              let partial = partials[vector * chunkCount + chunk]
              if chunk == 0 { total = partial } else { reduction.merge(partial, into: &total) }
            }
            values[vector] = try finish(total)
          }
        }
      }
      return values
    }
  }

  private func start<X: ArrayOperand, Value: BitwiseCopyable & Sendable>(
    _ reduction: IntegerReduction, _ x: X, each slice: MatrixSlice, _ mask: ArrayMask<X.Element>?,
    _ priority: WorkPriority, _ finish: @escaping @Sendable (IntegerPartial) throws -> Value
  ) throws -> Future<SharedArray<Value>> {
    try start(
      reduction, [x.expression.node] + (mask.map { [$0.node] } ?? []), X.Element.vectorType,
      each: slice, priority, finish)
  }

  private func startCount<Element: VectorProgramScalar, Value: BitwiseCopyable & Sendable>(
    _ mask: ArrayMask<Element>, each slice: MatrixSlice, _ priority: WorkPriority,
    _ finish: @escaping @Sendable (Int) -> Value
  ) throws -> Future<SharedArray<Value>> {
    try start(.count, [mask.node], Element.vectorType, each: slice, priority) {
      finish(Int($0.low))
    }
  }
}

extension WorkExecutor {
  /// How many elements of every row or column a mask holds for.
  public func count<Element: VectorProgramScalar>(
    where mask: ArrayMask<Element>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Int> {
    try await startCount(mask, each: slice, priority) { $0 }.value
  }

  /// How many elements of every row or column a mask holds for, blocking.
  @available(*, noasync)
  public func count<Element: VectorProgramScalar>(
    where mask: ArrayMask<Element>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) throws -> SharedArray<Int> {
    try startCount(mask, each: slice, priority) { $0 }.result()
  }

  /// Whether a mask holds for any element of every row or column; false for none.
  public func any<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Bool> {
    try await startCount(mask, each: slice, priority) { $0 > 0 }.value
  }

  /// Whether a mask holds for any element of every row or column, blocking; false for none.
  @available(*, noasync)
  public func any<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) throws -> SharedArray<Bool> {
    try startCount(mask, each: slice, priority) { $0 > 0 }.result()
  }

  /// Whether a mask holds for every element of every row or column; true for none.
  public func all<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Bool> {
    try await startCount(.!mask, each: slice, priority) { $0 == 0 }.value
  }

  /// Whether a mask holds for every element of every row or column, blocking; true for none.
  @available(*, noasync)
  public func all<Element: VectorProgramScalar>(
    _ mask: ArrayMask<Element>, each slice: MatrixSlice, priority: WorkPriority = .normal
  ) throws -> SharedArray<Bool> {
    try startCount(.!mask, each: slice, priority) { $0 == 0 }.result()
  }
}

extension WorkExecutor {
  /// `Σ` of every row or column; 0 for no elements.
  /// - Throws: `KernelError.overflow` for a sum that is no Int.
  public func sum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Int> where X.Element: VectorInteger {
    try await start(.sum, x, each: slice, mask, priority) { try $0.sum() }.value
  }

  /// `Σ` of every row or column, blocking; 0 for no elements.
  @available(*, noasync)
  public func sum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Int> where X.Element: VectorInteger {
    try start(.sum, x, each: slice, mask, priority) { try $0.sum() }.result()
  }

  /// The smallest element of every row or column.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func minimum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: VectorInteger {
    try await start(.minimum, x, each: slice, mask, priority) {
      try ($0.extreme(.minimum) as Extreme<X.Element>).value
    }.value
  }

  /// The smallest element of every row or column, blocking.
  @available(*, noasync)
  public func minimum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: VectorInteger {
    try start(.minimum, x, each: slice, mask, priority) {
      try ($0.extreme(.minimum) as Extreme<X.Element>).value
    }.result()
  }

  /// The largest element of every row or column.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func maximum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<X.Element> where X.Element: VectorInteger {
    try await start(.maximum, x, each: slice, mask, priority) {
      try ($0.extreme(.maximum) as Extreme<X.Element>).value
    }.value
  }

  /// The largest element of every row or column, blocking.
  @available(*, noasync)
  public func maximum<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<X.Element> where X.Element: VectorInteger {
    try start(.maximum, x, each: slice, mask, priority) {
      try ($0.extreme(.maximum) as Extreme<X.Element>).value
    }.result()
  }

  /// The smallest element of every row or column and its position in it; of equal ones the first.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Extreme<X.Element>> where X.Element: VectorInteger {
    try await start(.minimum, x, each: slice, mask, priority) { try $0.extreme(.minimum) }.value
  }

  /// The smallest element of every row or column and its position in it, blocking; of equal ones the first.
  @available(*, noasync)
  public func minimumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Extreme<X.Element>> where X.Element: VectorInteger {
    try start(.minimum, x, each: slice, mask, priority) { try $0.extreme(.minimum) }.result()
  }

  /// The largest element of every row or column and its position in it; of equal ones the first.
  /// - Throws: `KernelError.emptyInput` where there are no elements.
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Extreme<X.Element>> where X.Element: VectorInteger {
    try await start(.maximum, x, each: slice, mask, priority) { try $0.extreme(.maximum) }.value
  }

  /// The largest element of every row or column and its position in it, blocking; of equal ones the first.
  @available(*, noasync)
  public func maximumPosition<X: ArrayOperand>(
    _ x: X, each slice: MatrixSlice, where mask: ArrayMask<X.Element>? = nil,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Extreme<X.Element>> where X.Element: VectorInteger {
    try start(.maximum, x, each: slice, mask, priority) { try $0.extreme(.maximum) }.result()
  }
}
