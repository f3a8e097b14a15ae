public import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
public import EchelonWire

extension WorkExecutor {
  /// Starts computing `Σ xᵢ` without any rounding but that of the answer, which is the same for any order of
  /// the elements, and returns its future. See `ExactSum`.
  /// - Parameters:
  ///   - x: an array, a matrix, a view or an expression; of what does not lie in one piece an array is made first.
  ///   - ignoringNaN: whether elements that are NaN are left out.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `ArenaError` when memory runs out.
  public func startExactSum<Element: KernelElement & SortableElement>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Future<Element> {
    if ignoringNaN { return try startExactSum(x.expression.without(nan: 0), priority: priority) }
    let operand = try PreparedOperand(x, operation: "exactSum")
    return try startSteps { [self] in
      let parts = PartedArray(try await operand.array(on: self, priority))
      let words = try uninitializedArray(
        of: Int64.self, count: parts.partCount * ExactSum.wordCount)
      try await finished(
        startConcurrentPerform(
          iterations: parts.partCount, chunkLength: 1, priority: priority,
          parts.exactSums(into: words)
        ))
      var sum = ExactSum()
      words.withSpan { words in
        for part in 0..<parts.partCount {
          let range = part * ExactSum.wordCount..<(part + 1) * ExactSum.wordCount
          sum.merge(ExactSum(words: range.map { words[$0] }))
        }
      }
      return sum.value(as: Element.self)
    }
  }

  /// `Σ xᵢ`, rounded once; see `startExactSum`.
  public func exactSum<Element: KernelElement & SortableElement>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> Element {
    try await startExactSum(x, ignoringNaN: ignoringNaN, priority: priority).value
  }

  /// `Σ xᵢ`, rounded once, blocking; see `startExactSum`.
  @available(*, noasync)
  public func exactSum<Element: KernelElement & SortableElement>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Element {
    try startExactSum(x, ignoringNaN: ignoringNaN, priority: priority).result()
  }
}
