public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// An element and where it was.
public struct RankedElement<Element: SortableElement>: Sendable {
  /// The element.
  public let value: Element
  /// Its position in the array or view, from 0; of a matrix in row-major order.
  public let index: Int
}

extension RankedElement: Equatable where Element: Equatable {}

/// In which order to sort.
public enum SortDirection: Sendable, Codable {
  /// The smallest first.
  case ascending
  /// The largest first.
  case descending
}

// Sorting. Runs are sorted one by one; then the elements between two samples are taken out of every run and
// sorted. NaN are last in either order, and -0 is smaller than +0. Equal elements keep their order, which shows
// in positions.

extension WorkExecutor {
  /// Starts sorting an array into another one and returns the future of that.
  /// - Parameters:
  ///   - x: n ≥ 0 elements of an array, a matrix in row-major order, a view or an expression; of what does not lie in
  ///     one piece an array is made first.
  ///   - order: NaN are last in either.
  ///   - output: takes them, n elements; `x` itself is allowed. Nil makes a new array.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `KernelError.shapeMismatch` for an output of another count; for an expression as
  ///   `startEvaluate`. The future fails with
  ///   `ArenaError` when there is no room for 8·n bytes more.
  public func startSorted<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending,
    into output: SharedArray<Element>? = nil, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let operand = try PreparedOperand(x, operation: "sorted")
    if let output { try checkCounts(operand.count, output.count) }
    let target = try output ?? uninitializedArray(of: Element.self, count: operand.count)
    try checkWritable([target.operand], "sorted")
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      try await sort(x, order, into: target, priority, isShielded: output != nil)
      return target
    }
  }

  /// Starts sorting in the one way or the other, whatever the instruction set has: for tests of both.
  package func startSorted<Element: SortableElement>(
    _ x: SharedArray<Element>, _ order: SortDirection, byComparing: Bool
  ) throws -> Future<SharedArray<Element>> {
    let target = try uninitializedArray(of: Element.self, count: x.count)
    return try startSteps { [self] in
      try await sort(x, order, into: target, .normal, isShielded: false, byComparing: byComparing)
      return target
    }
  }

  /// - Parameters:
  ///   - isShielded: whether the output is the caller's, and would be left torn if it was interrupted.
  ///   - byComparing: whether runs are parted before they are sorted, or sorted by digits first.
  func sort<Element: SortableElement>(
    _ x: SharedArray<Element>, _ order: SortDirection, into target: SharedArray<Element>,
    _ priority: WorkPriority, isShielded: Bool, byComparing: Bool = hasQuickSort
  ) async throws {
    let sort = SortCode(
      type: Element.sortType, order: order, count: x.count, output: ArrayReference(target).bytes)
    let keys = try uninitializedArray(of: UInt64.self, count: x.count)
    let (shift, splitters): (Int, SharedArray<UInt64>)
    if byComparing {
      // Only parted at the splitters: sorting by comparisons is about as much work before as after.
      (shift, splitters) = (0, try self.splitters(fromSamplesOf: x, order))
      try await finished(startKeys(sort.keys(partedAt: splitters), of: x, into: keys, priority))
    } else {
      shift = lowestBit(of: x)
      try await finished(startKeys(sort.keys(from: shift), of: x, into: keys, priority))
      splitters = try self.splitters(of: keys, from: shift)
    }
    let piece = sort.piece(keys, splitters, from: shift)
    let pieces = try startConcurrentPerform(
      iterations: sort.runCount, chunkLength: 1, priority: priority, piece)
    try await finished(pieces, isShielded: isShielded)
  }

  /// Starts finding the positions of an array's elements in sorted order; equal ones keep theirs.
  /// - Parameters: as for `startSorted`, which also says what is thrown; it takes 16·n bytes.
  public func startSortedIndices<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Int>> {
    let operand = try PreparedOperand(x, operation: "sortedIndices")
    let target = try uninitializedArray(of: Int.self, count: operand.count)
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      let sort = SortCode(
        type: Element.sortType, order: order, count: x.count, output: ArrayReference(target).bytes)
      let shift = lowestBit(of: x)
      let keys = try uninitializedArray(of: IndexedKey.self, count: x.count)
      try await finished(startKeys(sort.indexedKeys(from: shift), of: x, into: keys, priority))
      let splitters = try splitters(of: keys, from: shift)
      try await finished(
        startConcurrentPerform(
          iterations: sort.runCount, chunkLength: 1, priority: priority,
          sort.indexPiece(keys, splitters, from: shift)
        ))
      return target
    }
  }

  /// Sorts an array into a new one, or into `output`; see `startSorted`.
  public func sorted<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending,
    into output: SharedArray<Element>? = nil, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startSorted(x, order, into: output, priority: priority).value
  }

  /// Sorts an array into a new one, or into `output`, blocking; see `startSorted`.
  @available(*, noasync)
  public func sorted<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending,
    into output: SharedArray<Element>? = nil, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startSorted(x, order, into: output, priority: priority).result()
  }

  /// The positions of an array's elements in sorted order; see `startSortedIndices`.
  public func sortedIndices<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) async throws -> SharedArray<Int> {
    try await startSortedIndices(x, order, priority: priority).value
  }

  /// The positions of an array's elements in sorted order, blocking; see `startSortedIndices`.
  @available(*, noasync)
  public func sortedIndices<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ order: SortDirection = .ascending,
    priority: WorkPriority = .normal
  ) throws -> SharedArray<Int> {
    try startSortedIndices(x, order, priority: priority).result()
  }

  /// Starts finding the first `count` elements in sorted order, with their positions.
  /// - Parameters:
  ///   - count: 0 or more; of fewer elements all are found.
  ///   - x: as for `startSorted`.
  ///   - order: `.descending` finds the largest, `.ascending` the smallest. NaN come after all others.
  public func startTop<Element: SortableElement>(
    _ count: Int, of x: some ArrayOperand<Element>, _ order: SortDirection = .descending,
    priority: WorkPriority = .normal
  ) throws -> Future<[RankedElement<Element>]> {
    guard count >= 0 else {
      throw PoolError.invalidArgument("the top \(count); the number is 0 or more")
    }
    let operand = try PreparedOperand(x, operation: "top")
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      // The best of every run, and the best of those; of many, sorting all is less work.
      if count > SortCode.runLength / 16 {
        let indices = try await finished(startSortedIndices(x, order, priority: priority))
        return indices[0..<min(count, x.count)].withSpan { indices in
          indices.indices.map { RankedElement(value: x[indices[$0]], index: indices[$0]) }
        }
      }
      let sort = SortCode(
        type: Element.sortType, order: order, count: x.count, output: ArrayReference(x).bytes)
      let kept = min(count, sort.runLength)
      let best = try uninitializedArray(of: IndexedKey.self, count: kept * sort.runCount)
      try await finished(
        startConcurrentPerform(
          iterations: sort.runCount, chunkLength: 1, priority: priority, sort.best(kept, into: best)
        ))
      var candidates = Array(best).filter { $0.index >= 0 }
      candidates.sort { ($0.key, $0.index) < ($1.key, $1.index) }
      return candidates.prefix(count).map { found in
        RankedElement(value: x[found.index], index: found.index)
      }
    }
  }

  /// The first `count` elements in sorted order, with their positions; see `startTop`.
  public func top<Element: SortableElement>(
    _ count: Int, of x: some ArrayOperand<Element>, _ order: SortDirection = .descending,
    priority: WorkPriority = .normal
  ) async throws -> [RankedElement<Element>] {
    try await startTop(count, of: x, order, priority: priority).value
  }

  /// The first `count` elements in sorted order, with their positions, blocking; see `startTop`.
  @available(*, noasync)
  public func top<Element: SortableElement>(
    _ count: Int, of x: some ArrayOperand<Element>, _ order: SortDirection = .descending,
    priority: WorkPriority = .normal
  ) throws -> [RankedElement<Element>] {
    try startTop(count, of: x, order, priority: priority).result()
  }

  /// Sorts the keys of every run.
  private func startKeys<Element: SortableElement, Record: SortRecord>(
    _ function: ChunkFunction, of x: SharedArray<Element>, into keys: SharedArray<Record>,
    _ priority: WorkPriority
  ) throws -> Future<Void> {
    var job = ClosureJob<_, Void>(
      function: function, program: function, label: "sorting the runs of an array",
      elementCount: x.count, chunkLength: SortCode.runLength, output: ArrayReference(keys),
      inputs: [ArrayReference(x)], parameters: .none
    ) { _ in }
    job.options.priority = priority
    return try start(job)
  }

  /// Keys between which the pieces of the result lie, one fewer than there are runs: samples of every run, in
  /// order, at equal distances.
  private func splitters<Record: SortRecord>(
    of keys: SharedArray<Record>, from lowestBit: Int
  ) throws -> SharedArray<UInt64> {
    try splitters(SortCode.runCount(of: keys.count)) {
      keys.withSpan { keys in
        stride(from: 0, to: keys.count, by: SortCode.runLength / 64)
          .map { keys[$0].key >> UInt64(lowestBit) }
      }
    }
  }

  /// The same of elements that nobody has sorted yet.
  private func splitters<Element: SortableElement>(
    fromSamplesOf x: SharedArray<Element>, _ order: SortDirection
  ) throws -> SharedArray<UInt64> {
    let runCount = SortCode.runCount(of: x.count)
    return try splitters(runCount) {
      scattered(64 * runCount, of: x)
        .map { order == .ascending ? $0.sortKey : $0.descendingSortKey }
    }
  }

  private func splitters(_ runCount: Int, samples: () -> [UInt64]) throws -> SharedArray<UInt64> {
    guard runCount > 1 else { return try array([]) }
    let samples = samples().sorted()
    var splitters = (1..<runCount).map { samples[$0 * samples.count / runCount] }
    // What is frequent has a piece of its own, which needs no sorting.
    for index in splitters.indices.dropFirst() where splitters[index] <= splitters[index - 1] {
      splitters[index] = max(
        splitters[index - 1], samples[(index + 1) * samples.count / runCount] &+ 1)
    }
    return try array(splitters)
  }

  /// The bits of keys from which on most elements differ, by a sample: runs need to be sorted by these only.
  private func lowestBit<Element: SortableElement>(of x: SharedArray<Element>) -> Int {
    guard x.count > SortCode.runLength else { return 0 }
    let keys = scattered(4096, of: x).map(\.sortKey)
    let different = Set(keys).count
    guard different > 16 else { return 0 }
    return stride(from: 56, to: 0, by: -8).first { bit in
      2 * Set(keys.lazy.map { $0 >> UInt64(bit) }).count >= different
    } ?? 0
  }
}

/// Elements at places all over an array, without a period that the elements could have, too.
private func scattered<Element: SortableElement>(_ count: Int, of x: SharedArray<Element>) -> [Element] {
  x.withSpan { x in
    (0..<count).map { sample in
      let place = UInt64(sample) &* 0x9E37_79B9_7F4A_7C15
      return x[Int(place.multipliedFullWidth(by: UInt64(x.count)).high)]
    }
  }
}
