import CEchelon

/// A block without keeping it alive.
struct WeakBlock: Sendable { weak var block: ArenaBlock? }

/// The free and used bytes behind an arena's control area, front end only.
///
/// Blocks up to 4 KiB are pieces of slabs: 64 KiB cut into one size, a multiple of a cache line. Larger
/// ones are whole pages, best fit among free extents, which merge with their neighbours. Freed memory is
/// handed out again first, because its pages are warm. Slabs without a used piece become extents again
/// when no extent is large enough, and not before: their size may be asked for again at once.
///
/// ## Invariants
/// 1. Every byte from `start` to `end` belongs to one extent, one slab, or one block of pages.
/// 2. `bins[n]` holds every free piece of n cache lines once; the others of a slab are its `usedCount`.
/// 3. `unusedSlabs` is the number of slabs whose `usedCount` is 0.
struct ArenaHeap {
  struct Place {
    let offset: Int
    let index: Int
  }
  private struct Extent {
    var offset: Int
    var byteCount: Int
  }
  private struct Slab {
    var offset: Int
    var bin: Int
    /// Pieces that are blocks; -1 when it is no slab any more.
    var usedCount = 0

    /// - Returns: whether it is the first one that is used.
    mutating func take() -> Bool {
      usedCount += 1
      return usedCount == 1
    }

    /// - Returns: whether none is used any more.
    mutating func giveBack() -> Bool {
      usedCount -= 1
      return usedCount == 0
    }
  }
  private struct Piece {
    var offset: Int
    var slab: Int
  }

  /// The live blocks by index, so that a handle that comes back finds its owner.
  var owners: [Int: WeakBlock] = [:]

  /// Negative when the pages are there already.
  private let descriptor: Int32
  private let start: Int
  private let limitBytes: Int
  private let growthStep: Int
  private let wordsOffset: Int
  private let wordLimit: Int

  private(set) var usage = ArenaUsage()
  private var end: Int  // the heap reaches up to here, and every byte below has a page
  private var extents: [Extent] = []  // sorted by offset, never adjacent
  private var bins: [[Piece]] = Array(repeating: [], count: smallLimit / 64 + 1)
  private var slabs: [Slab] = []
  private var freeSlabs: [Int] = []  // places in `slabs`
  private var unusedSlabs = 0
  private var slabOfBlock: [Int32] = []  // by index, of small blocks
  private var freeIndices: [Int] = []
  private var nextIndex = 0
  private var committedWords = 0

  private static let smallLimit = 4096
  private static let slabBytes = 64 << 10

  init(
    descriptor: Int32, start: Int, limitBytes: Int, growthStep: Int, wordsOffset: Int,
    wordLimit: Int
  ) {
    self.descriptor = descriptor
    self.start = start
    self.limitBytes = limitBytes
    self.growthStep = growthStep
    self.wordsOffset = wordsOffset
    self.wordLimit = wordLimit
    end = start
  }

  /// The heap of a worker: workers do not allocate.
  static let none = ArenaHeap(
    descriptor: -1, start: 0, limitBytes: 0, growthStep: 1, wordsOffset: 0, wordLimit: 0)

  static func occupied(_ byteCount: Int) -> Int {
    byteCount <= smallLimit ? max(64, roundUp(byteCount, to: 64)) : roundUp(byteCount, to: 4096)
  }

  mutating func allocate(_ byteCount: Int) throws(ArenaError) -> Place {
    let index = try takeIndex()
    let size = Self.occupied(byteCount)
    do {
      let offset = size <= Self.smallLimit ? try takeSmall(size, index) : try takeExtent(size)
      usage.usedBytes += size
      usage.peakBytes = max(usage.peakBytes, usage.usedBytes)
      usage.blockCount += 1
      return Place(offset: offset, index: index)
    } catch {
      freeIndices.append(index)
      throw error
    }
  }

  mutating func release(offset: Int, byteCount: Int, index: Int) {
    let size = Self.occupied(byteCount)
    usage.usedBytes -= size
    usage.blockCount -= 1
    freeIndices.append(index)
    owners[index] = nil
    if size <= Self.smallLimit {
      let slab = Int(slabOfBlock[index])
      bins[size / 64].append(Piece(offset: offset, slab: slab))
      if slabs[slab].giveBack() { unusedSlabs += 1 }
    } else {
      insert(Extent(offset: offset, byteCount: size))
    }
  }

  mutating func trim() -> Int {
    guard descriptor >= 0 else { return 0 }
    dissolveUnusedSlabs()
    guard let last = extents.last, last.offset + last.byteCount == end else { return 0 }
    let from = roundUp(last.offset, to: growthStep)
    guard from < end, echelon_backing_release(descriptor, UInt64(from), UInt64(end - from)) == 0
    else { return 0 }
    let given = end - from
    end = from
    usage.committedBytes -= given
    extents.removeLast()
    if last.offset < from {
      extents.append(Extent(offset: last.offset, byteCount: from - last.offset))
    }
    return given
  }

  // MARK: Names of blocks

  private mutating func takeIndex() throws(ArenaError) -> Int {
    if let index = freeIndices.popLast() { return index }
    guard nextIndex < wordLimit else { throw .tooManyBlocks(limit: wordLimit) }
    if nextIndex == committedWords {
      let step = 8192  // 64 KiB of words
      let error = commit(at: wordsOffset + 8 * nextIndex, byteCount: 8 * step)
      guard error == 0 else { throw exhausted(8 * step, "the backing", systemMessage(error)) }
      committedWords += step
    }
    nextIndex += 1
    slabOfBlock.append(-1)
    return nextIndex - 1
  }

  // MARK: Bytes

  /// A piece for the block with that index.
  private mutating func takeSmall(_ size: Int, _ index: Int) throws(ArenaError) -> Int {
    if bins[size / 64].isEmpty { try makeSlab(size) }
    let piece = bins[size / 64].removeLast()
    if slabs[piece.slab].take() { unusedSlabs -= 1 }
    slabOfBlock[index] = Int32(piece.slab)
    return piece.offset
  }

  private mutating func makeSlab(_ size: Int) throws(ArenaError) {
    let start = try takeExtent(Self.slabBytes)
    let count = Self.slabBytes / size
    let made = Slab(offset: start, bin: size / 64)
    let slab = freeSlabs.popLast() ?? slabs.count
    if slab == slabs.count { slabs.append(made) } else { slabs[slab] = made }
    unusedSlabs += 1
    // The first is taken first.
    for piece in (0..<count).reversed() {
      bins[size / 64].append(Piece(offset: start + piece * size, slab: slab))
    }
  }

  /// Makes extents of the slabs without a used piece, whose pieces it takes out of the bins. That is a look
  /// at every free piece of their sizes, so not for nothing: `unusedSlabs` says whether there is such a slab.
  private mutating func dissolveUnusedSlabs() {
    guard unusedSlabs > 0 else { return }
    for bin in Set(slabs.lazy.filter { $0.usedCount == 0 }.map(\.bin)) {
      bins[bin] = bins[bin].filter { slabs[$0.slab].usedCount > 0 }
    }
    for index in slabs.indices where slabs[index].usedCount == 0 {
      insert(Extent(offset: slabs[index].offset, byteCount: Self.slabBytes))
      slabs[index].usedCount = -1
      freeSlabs.append(index)
    }
    unusedSlabs = 0
  }

  private mutating func takeExtent(_ size: Int) throws(ArenaError) -> Int {
    if bestFit(size) == nil { dissolveUnusedSlabs() }
    if bestFit(size) == nil { try grow(by: size) }
    guard let best = bestFit(size) else {
      throw exhausted(size, "the pool's memoryLimit", "release arrays or raise memoryLimit")
    }
    let offset = extents[best].offset
    if extents[best].byteCount == size {
      extents.remove(at: best)
    } else {
      extents[best].offset += size
      extents[best].byteCount -= size
    }
    return offset
  }

  private func bestFit(_ size: Int) -> Int? {
    var best: Int?
    for index in extents.indices where extents[index].byteCount >= size {
      if best.map({ extents[index].byteCount < extents[$0].byteCount }) ?? true { best = index }
      if extents[index].byteCount == size { break }
    }
    return best
  }

  private mutating func insert(_ extent: Extent) {
    var low = 0
    var high = extents.count
    while low < high {
      let middle = (low + high) / 2
      if extents[middle].offset < extent.offset { low = middle + 1 } else { high = middle }
    }
    var merged = extent
    if low < extents.count, merged.offset + merged.byteCount == extents[low].offset {
      merged.byteCount += extents[low].byteCount
      extents.remove(at: low)
    }
    if low > 0, extents[low - 1].offset + extents[low - 1].byteCount == merged.offset {
      extents[low - 1].byteCount += merged.byteCount
    } else {
      extents.insert(merged, at: low)
    }
  }

  /// Commits pages so that a free extent of `size` bytes exists. Running out is found out here,
  /// before a page is asked for: past the machine's memory the kernel would not refuse, it would
  /// kill a process of its choice.
  private mutating func grow(by size: Int) throws(ArenaError) {
    let tail = extents.last.map { $0.offset + $0.byteCount == end ? $0.byteCount : 0 } ?? 0
    let missing = size - tail
    let heap = end - start
    let step = roundUp(max(missing, min(heap / 4, 32 << 20)), to: growthStep)
    let smallest = roundUp(missing, to: growthStep)
    var wanted = step
    if heap + wanted > limitBytes { wanted = smallest }
    guard heap + missing <= limitBytes else {
      throw exhausted(
        size, "the pool's memoryLimit of \(ByteCount(limitBytes))",
        "release arrays, raise memoryLimit, or process the data in pieces",
        left: limitBytes - usage.usedBytes)
    }
    if descriptor >= 0 {
      let memory = MachineLimits.memory()
      let reserve = max(64 << 20, memory.totalBytes / 50)
      if wanted > memory.availableBytes - reserve { wanted = smallest }
      guard wanted <= memory.availableBytes - reserve else {
        throw exhausted(
          size, "\(memory.limitedBy), of which \(ByteCount(reserve)) are left to the system",
          "end other programs, raise the limit, or process the data in pieces",
          left: max(0, memory.availableBytes - reserve))
      }
    }
    let error = commit(at: end, byteCount: wanted)
    guard error == 0 else {
      // Pages that were committed before the failure go back.
      _ = echelon_backing_release(descriptor, UInt64(end), UInt64(wanted))
      throw exhausted(
        size, "the shared-memory file system",
        "\(systemMessage(error)); enlarge it or choose another backing")
    }
    insert(Extent(offset: end, byteCount: wanted))
    end += wanted
    usage.committedBytes += wanted
  }

  private func commit(at offset: Int, byteCount: Int) -> Int32 {
    descriptor < 0 ? 0 : echelon_backing_commit(descriptor, UInt64(offset), UInt64(byteCount))
  }

  private func exhausted(
    _ needed: Int, _ limit: String, _ advice: String, left: Int = 0
  ) -> ArenaError {
    .outOfMemory(neededBytes: needed, availableBytes: left, limit: limit, advice: advice)
  }
}
