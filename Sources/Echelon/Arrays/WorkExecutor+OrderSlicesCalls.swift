public import EchelonKernels
public import EchelonLinearAlgebra
public import EchelonWire

// The two forms of each operation on whole rows or columns.

extension WorkExecutor {
  /// Every row or column sorted by itself; see `startSorted`.
  public func sorted<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startSorted(
      x, each: slice, order, priority: priority
    ).value
  }

  /// Every row or column sorted by itself, blocking; see `startSorted`.
  @available(*, noasync)
  public func sorted<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startSorted(
      x, each: slice, order, priority: priority
    ).result()
  }

  /// The positions of the elements of every row or column in sorted order; see `startSortedIndices`.
  public func sortedIndices<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Int> {
    try await startSortedIndices(
      x, each: slice, order, priority: priority
    ).value
  }

  /// The positions of the elements of every row or column in sorted order, blocking; see `startSortedIndices`.
  @available(*, noasync)
  public func sortedIndices<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Int> {
    try startSortedIndices(
      x, each: slice, order, priority: priority
    ).result()
  }

  /// Exact quantiles of every row or column, a row of the result for each; see `startQuantiles`.
  public func quantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], each slice: MatrixSlice,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Double> {
    try await startQuantiles(
      x, probabilities, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// Exact quantiles of every row or column, a row of the result for each, blocking; see `startQuantiles`.
  @available(*, noasync)
  public func quantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], each slice: MatrixSlice,
    ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Double> {
    try startQuantiles(
      x, probabilities, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The exact median of every row or column; see `startQuantiles`.
  public func median<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Double> {
    try await startQuantiles(
      x, [0.5], each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value.storage
  }

  /// The exact median of every row or column, blocking; see `startQuantiles`.
  @available(*, noasync)
  public func median<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Double> {
    try startQuantiles(
      x, [0.5], each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result().storage
  }

  /// How many elements of every row or column fall into bins of equal width; see `startHistogram`.
  public func histogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, bins: Int, in range: ClosedRange<Double>,
    each slice: MatrixSlice, priority: WorkPriority = .normal
  ) async throws -> [Histogram] {
    try await startHistogram(
      x, bins: bins, in: range, each: slice, priority: priority
    ).value
  }

  /// How many elements of every row or column fall into bins of equal width, blocking; see `startHistogram`.
  @available(*, noasync)
  public func histogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, bins: Int, in range: ClosedRange<Double>,
    each slice: MatrixSlice, priority: WorkPriority = .normal
  ) throws -> [Histogram] {
    try startHistogram(
      x, bins: bins, in: range, each: slice, priority: priority
    ).result()
  }

  /// `Σ` of every row or column, rounded once; see `startExactSum`.
  public func exactSum<Element: KernelElement & SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startExactSum(
      x, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// `Σ` of every row or column, rounded once, blocking; see `startExactSum`.
  @available(*, noasync)
  public func exactSum<Element: KernelElement & SortableElement>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startExactSum(
      x, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The running sums of every row or column; see `startCumulativeSum`.
  public func cumulativeSum<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCumulativeSum(
      x, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The running sums of every row or column, blocking; see `startCumulativeSum`.
  @available(*, noasync)
  public func cumulativeSum<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCumulativeSum(
      x, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }

  /// The running products of every row or column; see `startCumulativeProduct`.
  public func cumulativeProduct<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> SharedMatrix<Element> {
    try await startCumulativeProduct(
      x, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).value
  }

  /// The running products of every row or column, blocking; see `startCumulativeProduct`.
  @available(*, noasync)
  public func cumulativeProduct<Element: KernelElement & Sendable>(
    _ x: some ArrayOperand<Element>, each slice: MatrixSlice, ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> SharedMatrix<Element> {
    try startCumulativeProduct(
      x, each: slice, ignoringNaN: ignoringNaN, priority: priority
    ).result()
  }
}
