public import EchelonMemory

/// Making arrays in the executor's memory.
extension WorkExecutor {
  /// An array of `count` elements whose values are not set.
  /// - Throws: `ArenaError.outOfMemory` with what is needed, what there is and what stands in the way.
  public func uninitializedArray<Element: BitwiseCopyable & Sendable>(
    of type: Element.Type = Element.self, count: Int
  ) throws(ArenaError) -> SharedArray<Element> {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard count >= 0, !overflow else { throw .invalidSize(bytes: overflow ? .max : byteCount) }
    return SharedArray(block: try allocate(byteCount: byteCount), count: count)
  }

  /// An array whose element `i` is `value(i)`, computed here.
  @inlinable
  public func array<Element: BitwiseCopyable & Sendable>(
    count: Int, _ value: (Int) -> Element
  ) throws(ArenaError) -> SharedArray<Element> {
    let array = try uninitializedArray(of: Element.self, count: count)
    array.withMutableSpan { span in for index in span.indices { span[index] = value(index) } }
    return array
  }

  /// A copy of `elements` in shared memory.
  public func array<Element: BitwiseCopyable & Sendable>(
    _ elements: some Collection<Element>
  ) throws(ArenaError) -> SharedArray<Element> {
    let array = try uninitializedArray(of: Element.self, count: elements.count)
    array.withMutableSpan { span in
      for (index, element) in zip(span.indices, elements) { span[index] = element }
    }
    return array
  }

  /// An array whose elements are all `value`.
  public func array<Element: BitwiseCopyable & Sendable>(
    repeating value: Element, count: Int
  ) throws(ArenaError) -> SharedArray<Element> {
    let array = try uninitializedArray(of: Element.self, count: count)
    array.fill(value)
    return array
  }

  /// A matrix whose element (i, j) is `value(i, j)`, computed here.
  public func matrix<Element: BitwiseCopyable & Sendable>(
    rows: Int, columns: Int, _ value: (Int, Int) -> Element
  ) throws(ArenaError) -> SharedMatrix<Element> {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow else { throw .invalidSize(bytes: .max) }
    let storage = try uninitializedArray(of: Element.self, count: count)
    storage.withMutableSpan { span in
      for row in 0..<rows {
        for column in 0..<columns { span[row * columns + column] = value(row, column) }
      }
    }
    return SharedMatrix(storage, rows: rows, columns: columns)
  }

  /// A matrix whose elements are all `value`.
  public func matrix<Element: BitwiseCopyable & Sendable>(
    repeating value: Element, rows: Int, columns: Int
  ) throws(ArenaError) -> SharedMatrix<Element> {
    try matrix(rows: rows, columns: columns) { _, _ in value }
  }

  /// `count` numbers at equal distances, `lower` the first and `upper` the last.
  ///
  /// Number i is `lower + i·((upper - lower) / (count - 1))`, rounded, and the last one is `upper` itself; a single
  /// one is `lower`.
  /// - Throws: `ArenaError` when memory runs out.
  public func linspace<Element: BinaryFloatingPoint & BitwiseCopyable & Sendable>(
    from lower: Element, through upper: Element, count: Int
  ) throws(ArenaError) -> SharedArray<Element> {
    let step = count > 1 ? (upper - lower) / Element(count - 1) : 0
    return try array(count: count) { index in
      index > 0 && index == count - 1 ? upper : lower + Element(index) * step
    }
  }

  /// A square matrix of ones on the diagonal and zeros elsewhere.
  /// - Throws: `ArenaError` when memory runs out.
  public func identityMatrix<Element: Numeric & BitwiseCopyable & Sendable>(
    of type: Element.Type = Element.self, size: Int
  ) throws(ArenaError) -> SharedMatrix<Element> {
    try matrix(rows: size, columns: size) { $0 == $1 ? 1 : 0 }
  }

  /// A square complex matrix of ones on the diagonal and zeros elsewhere.
  /// - Throws: `ArenaError` when memory runs out.
  public func identityMatrix<Part: ComplexPart>(
    of type: ComplexElement<Part>.Type, size: Int
  ) throws(ArenaError) -> SharedMatrix<ComplexElement<Part>> {
    try matrix(rows: size, columns: size) { ComplexElement($0 == $1 ? 1 : 0, 0) }
  }
}
