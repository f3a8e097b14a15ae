import Synchronization

/// One allocation in an arena. In the front end its bytes are free again when the last reference
/// goes; in a worker it is a borrowed view of a block that the front end keeps alive.
///
/// Invariant: `byteCount` bytes from `offset` lie inside the arena's committed heap, or are the first ones of `mapping`.
@safe public final class ArenaBlock: Sendable {
  /// The arena it lies in.
  public let arena: Arena
  /// Bytes from the start of the arena.
  public let offset: Int
  /// The size that was asked for.
  public let byteCount: Int
  let index: Int
  let generation: UInt32
  private let isOwned: Bool
  /// The file that its bytes are those of; they are only read.
  package let mapping: FileMapping?
  /// Of a mapped one: where the block lies that describes the file, and in the front end that block.
  private let file: Int
  private let description: ArenaBlock?

  init(
    arena: Arena, offset: Int, byteCount: Int, index: Int, generation: UInt32, isOwned: Bool
  ) {
    self.arena = arena
    self.offset = offset
    self.byteCount = byteCount
    self.index = index
    self.generation = generation
    self.isOwned = isOwned
    mapping = nil
    file = 0
    description = nil
  }

  /// A file, in the front end.
  init(mapped file: FileMapping, described description: ArenaBlock) {
    arena = description.arena
    offset = 0
    byteCount = file.byteCount
    index = description.index
    generation = description.generation
    isOwned = false
    mapping = file
    self.file = description.offset
    self.description = description
  }

  /// A file, in a worker.
  init(arena: Arena, borrowing mapping: FileMapping, _ handle: BlockHandle) {
    self.arena = arena
    offset = Int(handle.offset)
    byteCount = Int(handle.byteCount)
    index = Int(handle.index)
    generation = handle.generation
    isOwned = false
    self.mapping = mapping
    file = Int(handle.file)
    description = nil
  }

  deinit {
    if isOwned { arena.release(self) }
    if description != nil { arena.forgetFile(index) }
  }

  /// What another process needs to find the block and to see that it is still the same one.
  package var handle: BlockHandle {
    BlockHandle(
      arena: arena.identity, offset: UInt64(offset), byteCount: UInt64(byteCount),
      index: UInt32(index), generation: generation, file: UInt64(file))
  }

  /// Whether its bytes can still be read; of a file that another program has shortened they cannot. In the front end.
  package func checkIntact() throws(FileMappingError) { try mapping?.checkIntact() }

  /// The bytes of the block as a region of its own; not of a file.
  package var region: Region { arena.region.subregion(at: offset, byteCount: byteCount) }

  /// Lends elements for reading.
  @inlinable
  public func withSpan<Element: BitwiseCopyable, R: ~Copyable, E: Error>(
    of type: Element.Type, byteOffset: Int, count: Int, _ body: (Span<Element>) throws(E) -> R
  ) throws(E) -> R {
    // SAFETY: `address` checks bounds and alignment; the block, and with it the mapping, is held.
    let elements = unsafe UnsafeBufferPointer(
      start: address(byteOffset, count, type), count: count)
    return try body(unsafe elements.span)
  }

  /// Lends elements for reading and writing.
  @inlinable
  public func withMutableSpan<Element: BitwiseCopyable, R: ~Copyable, E: Error>(
    of type: Element.Type, byteOffset: Int, count: Int,
    _ body: (inout MutableSpan<Element>) throws(E) -> R
  ) throws(E) -> R {
    // SAFETY: as for `withSpan`; memory that may be written, by the check.
    checkWritable()
    let elements = unsafe UnsafeMutableBufferPointer(
      start: address(byteOffset, count, type), count: count)
    var span = unsafe elements.mutableSpan
    return try body(&span)
  }

  @usableFromInline
  func checkWritable() {
    precondition(
      mapping == nil, "an array of a file that is mapped was written to; copy it into another array"
    )
  }

  @usableFromInline
  func address<Element>(
    _ byteOffset: Int, _ count: Int, _ type: Element.Type
  ) -> UnsafeMutablePointer<Element> {
    precondition(byteOffset >= 0 && byteOffset <= byteCount && count >= 0)
    precondition(byteOffset % MemoryLayout<Element>.alignment == 0, "elements are not aligned")
    precondition(
      count <= (byteCount - byteOffset) / MemoryLayout<Element>.stride, "elements outside the block"
    )
    if let mapping {
      // SAFETY: the mapping is held, and has all of the block's bytes (the invariant).
      return unsafe (mapping.base + (offset + byteOffset)).assumingMemoryBound(to: Element.self)
    }
    let start = unsafe arena.region.address(at: offset, byteCount: byteCount) + byteOffset
    return unsafe start.assumingMemoryBound(to: Element.self)
  }
}

extension Span where Element: BitwiseCopyable {
  /// The elements as an array.
  package func copied() -> [Element] {
    // SAFETY: the pointer is used inside the call only.
    unsafe withUnsafeBufferPointer { unsafe [Element]($0) }
  }
}

/// The arenas that this process has, so that a handle that comes back finds its block.
package enum ArenaRegistry {
  private struct Entry { weak var arena: Arena? }
  private static let entries = Mutex<[UInt64: Entry]>([:])

  package static func add(_ arena: Arena) {
    entries.withLock { entries in
      entries = entries.filter { $0.value.arena != nil }
      entries[arena.identity] = Entry(arena: arena)
    }
  }

  /// The block behind a handle: in the front end the one that owns it, so that it stays alive.
  package static func block(_ handle: BlockHandle) throws(ArenaError) -> ArenaBlock {
    if let thread = SimulatedMachine.current?.running, let arena = thread.arena {
      return try arena.block(handle)
    }
    let (arena, other) = entries.withLock { entries in
      (entries[handle.arena]?.arena, entries.first?.key ?? 0)
    }
    guard let arena else { throw .foreignHandle(found: handle.arena, expected: other) }
    return try arena.block(handle)
  }
}

/// A block's name between processes.
@frozen public struct BlockHandle: BitwiseCopyable, Hashable, Sendable {
  /// The identity of the arena.
  public var arena: UInt64
  /// Bytes from the start of the arena.
  public var offset: UInt64
  /// Bytes in the block.
  public var byteCount: UInt64
  /// Which generation word is the block's.
  public var index: UInt32
  /// The value of that word while the block lives.
  public var generation: UInt32
  /// Where the block lies that describes the file, if it is one that is mapped: index and generation are that one's,
  /// and `offset` counts in the mapped part of the file. Else 0.
  public var file: UInt64 = 0
}
