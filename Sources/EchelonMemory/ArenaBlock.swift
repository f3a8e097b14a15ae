import Synchronization

/// One allocation in an arena. In the front end its bytes are free again when the last reference
/// goes; in a worker it is a borrowed view of a block that the front end keeps alive.
///
/// Invariant: `byteCount` bytes from `offset` lie inside the arena's committed heap.
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

  init(
    arena: Arena, offset: Int, byteCount: Int, index: Int, generation: UInt32, isOwned: Bool
  ) {
    self.arena = arena
    self.offset = offset
    self.byteCount = byteCount
    self.index = index
    self.generation = generation
    self.isOwned = isOwned
  }

  deinit { if isOwned { arena.release(self) } }

  /// What another process needs to find the block and to see that it is still the same one.
  package var handle: BlockHandle {
    BlockHandle(
      arena: arena.identity, offset: UInt64(offset), byteCount: UInt64(byteCount),
      index: UInt32(index), generation: generation)
  }

  /// The bytes of the block as a region of its own.
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
    // SAFETY: as for `withSpan`.
    let elements = unsafe UnsafeMutableBufferPointer(
      start: address(byteOffset, count, type), count: count)
    var span = unsafe elements.mutableSpan
    return try body(&span)
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
}
