import EchelonKernels
import EchelonMemory
import EchelonPool
public import EchelonWire

/// How many elements a worker moves at a time.
private let movedAtATime = 16_384

extension WorkExecutor {
  /// Starts making a random order of the numbers 0 ..< `count`, by all workers, and returns its future.
  ///
  ///     let order = try await pool.permutation(of: 1_000_000, seed: 42)
  ///
  /// Number i gets word i of `ArrayDistribution.words`, and they are sorted by these: every order is as likely as any other
  /// but for equal words, which come in their own order (for n numbers with probability n² / 2⁶⁵). It has the same bits
  /// for any number of workers.
  /// - Parameters:
  ///   - count: 0 or more.
  ///   - seed: with the stream, what the order depends on.
  ///   - stream: of the same seed, another order.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `PoolError.invalidArgument` for a negative number; `ArenaError` when memory runs out.
  public func startPermutation(
    of count: Int, seed: UInt64, stream: UInt32 = 0, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Int>> {
    let words = try startRandom(
      .words, count: count, seed: seed, stream: stream, priority: priority)
    return try startSteps { [self] in
      // As whole numbers with a sign they have another order, which is as random.
      let keys = try await finished(words).bytes.view(as: Int.self)
      return try await finished(startSortedIndices(keys, priority: priority))
    }
  }

  /// A random order of the numbers 0 ..< `count`; see `startPermutation`.
  public func permutation(
    of count: Int, seed: UInt64, stream: UInt32 = 0, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Int> {
    try await startPermutation(of: count, seed: seed, stream: stream, priority: priority).value
  }

  /// A random order of the numbers 0 ..< `count`, blocking; see `startPermutation`.
  @available(*, noasync)
  public func permutation(
    of count: Int, seed: UInt64, stream: UInt32 = 0, priority: WorkPriority = .normal
  ) throws -> SharedArray<Int> {
    try startPermutation(of: count, seed: seed, stream: stream, priority: priority).result()
  }

  /// Starts copying an array in a random order, by all workers, and returns the future of the copy: element i is that at
  /// place i of `startPermutation`'s order.
  /// - Parameters:
  ///   - x: is not changed.
  ///   - seed: as for `startPermutation`, like the stream and the priority.
  /// - Throws: `ArenaError` when memory runs out.
  public func startShuffled<Element>(
    _ x: SharedArray<Element>, seed: UInt64, stream: UInt32 = 0, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    let order = try startPermutation(of: x.count, seed: seed, stream: stream, priority: priority)
    return try startSteps { [self] in
      try await picked(finished(order), of: x, priority)
    }
  }

  /// A copy of an array in a random order; see `startShuffled`.
  public func shuffled<Element>(
    _ x: SharedArray<Element>, seed: UInt64, stream: UInt32 = 0, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startShuffled(x, seed: seed, stream: stream, priority: priority).value
  }

  /// A copy of an array in a random order, blocking; see `startShuffled`.
  @available(*, noasync)
  public func shuffled<Element>(
    _ x: SharedArray<Element>, seed: UInt64, stream: UInt32 = 0, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startShuffled(x, seed: seed, stream: stream, priority: priority).result()
  }

  /// Starts drawing elements of an array, by all workers, and returns the future of the sample.
  ///
  ///     let thousand = try await pool.sample(1000, of: x, seed: 42)
  ///
  /// Without replacement they are the first elements of `startShuffled`'s copy. With it, element i is at place
  /// ⌊w·n / 2⁶⁴⌋ for word w = i of `ArrayDistribution.words`: every place with the same probability but for n / 2⁶⁴.
  /// - Parameters:
  ///   - count: how many, 0 or more; without replacement as many as there are at most.
  ///   - x: is not changed.
  ///   - isWithReplacement: whether an element may be drawn more than once.
  ///   - seed: as for `startPermutation`, like the stream and the priority.
  /// - Throws: `PoolError.invalidArgument` for a number that cannot be drawn; `ArenaError` when memory runs out.
  public func startSample<Element>(
    _ count: Int, of x: SharedArray<Element>, isWithReplacement: Bool = false, seed: UInt64,
    stream: UInt32 = 0, priority: WorkPriority = .normal
  ) throws -> Future<SharedArray<Element>> {
    guard count >= 0, count == 0 || x.count > 0, isWithReplacement || count <= x.count else {
      throw PoolError.invalidArgument(
        "a sample of \(count) of \(x.count) elements; "
          + (isWithReplacement ? "there are none to draw" : "draw fewer, or with replacement"))
    }
    if !isWithReplacement {
      let order = try startPermutation(
        of: x.count, seed: seed, stream: stream, priority: priority)
      return try startSteps { [self] in
        try await picked(finished(order)[0..<count], of: x, priority)
      }
    }
    let words = try startRandom(
      .words, count: count, seed: seed, stream: stream, priority: priority)
    return try startSteps { [self] in
      try await picked(
        finished(words).bytes.view(as: Int.self), of: x, areScaled: true, priority)
    }
  }

  /// Elements drawn from an array; see `startSample`.
  public func sample<Element>(
    _ count: Int, of x: SharedArray<Element>, isWithReplacement: Bool = false, seed: UInt64,
    stream: UInt32 = 0, priority: WorkPriority = .normal
  ) async throws -> SharedArray<Element> {
    try await startSample(
      count, of: x, isWithReplacement: isWithReplacement, seed: seed, stream: stream,
      priority: priority
    ).value
  }

  /// Elements drawn from an array, blocking; see `startSample`.
  @available(*, noasync)
  public func sample<Element>(
    _ count: Int, of x: SharedArray<Element>, isWithReplacement: Bool = false, seed: UInt64,
    stream: UInt32 = 0, priority: WorkPriority = .normal
  ) throws -> SharedArray<Element> {
    try startSample(
      count, of: x, isWithReplacement: isWithReplacement, seed: seed, stream: stream,
      priority: priority
    ).result()
  }

  /// The elements at some places.
  /// - Parameter areScaled: whether places are random words, of which each stands for one.
  private func picked<Element>(
    _ places: SharedArray<Int>, of x: SharedArray<Element>, areScaled: Bool = false,
    _ priority: WorkPriority
  ) async throws -> SharedArray<Element> {
    let output = try uninitializedArray(of: Element.self, count: places.count)
    let picking = Picking(
      stride: MemoryLayout<Element>.stride, alignment: MemoryLayout<Element>.alignment,
      places: places, placeCount: areScaled ? x.count : nil, from: x.bytes, to: output.bytes)
    try await finished(
      startConcurrentPerform(
        iterations: pieceCount(places.count), priority: priority, picking.body))
    return output
  }
}

private func pieceCount(_ count: Int) -> Int { (count + movedAtATime - 1) / movedAtATime }
private func piece(_ index: Int, of count: Int) -> Range<Int> {
  index * movedAtATime..<min(count, (index + 1) * movedAtATime)
}

/// Copies elements of any type from some places to successive ones.
private struct Picking: Sendable {
  let stride: Int
  let alignment: Int
  let places: SharedArray<Int>
  /// Of how many each of them is one, if they are random words; nil if they are places.
  let placeCount: Int?
  let from: SharedArray<UInt8>
  let to: SharedArray<UInt8>

  var body: @Sendable (Int) -> Void { { run($0) } }

  private func run(_ index: Int) {
    let range = piece(index, of: places.count)
    // By words as wide as elements are aligned to.
    switch alignment {
    case 1: copy(range, UInt8.self)
    case 2: copy(range, UInt16.self)
    case 4: copy(range, UInt32.self)
    default: copy(range, UInt64.self)
    }
  }

  private func copy<Word: BitwiseCopyable & Sendable>(_ range: Range<Int>, _: Word.Type) {
    let width = stride / MemoryLayout<Word>.stride
    let output = to.view(as: Word.self)[range.lowerBound * width..<range.upperBound * width]
    places[range].withSpan { places in
      from.view(as: Word.self).withSpan { from in
        output.withMutableSpan { to in
          for index in places.indices {
            let first = place(places[index]) * width
            for word in 0..<width { to[index * width + word] = from[first + word] }
          }
        }
      }
    }
  }

  private func place(_ number: Int) -> Int {
    guard let placeCount else { return number }
    return Int(UInt(bitPattern: number).multipliedFullWidth(by: UInt(placeCount)).high)
  }
}
