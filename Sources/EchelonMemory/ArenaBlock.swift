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

  /// The address of the first byte, for the fenced modules and for inlined loops.
  public var baseAddress: UnsafeMutableRawPointer {
    unsafe arena.region.address(at: offset, byteCount: byteCount)
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
