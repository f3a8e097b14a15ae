/// A window of mapped shared memory that hands out only checked, typed views.
///
/// Public for Echelon's own modules alone: only public code is inlined across modules, and these are
/// the hottest loads and stores there are.
///
/// Invariant 1: `base` is 64-byte aligned and `byteCount` bytes from it stay mapped for as long as
/// the arena that made the region lives; whoever holds a region holds its arena.
/// Invariant 2: plain loads and stores are made only by the process that the protocol of
/// EchelonWire names as the owner of those bytes at that time.
@safe @frozen public struct Region: @unchecked Sendable {
  @usableFromInline let base: UnsafeMutableRawPointer
  /// The size of the window.
  public let byteCount: Int

  @inlinable package init(base: UnsafeMutableRawPointer, byteCount: Int) {
    precondition(UInt(bitPattern: base) % 64 == 0, "a region starts at a cache line")
    precondition(byteCount >= 0)
    unsafe self.base = base
    self.byteCount = byteCount
  }

  @inlinable func check(_ offset: Int, _ size: Int, _ alignment: Int) {
    precondition(offset % alignment == 0, "offset is not aligned for its type")
    precondition(offset >= 0 && size <= byteCount &- offset, "offset lies outside the region")
  }

  /// The atomic 32-bit word at `offset` bytes from the start of the region.
  @inlinable public func word32(at offset: Int) -> SharedWord32 {
    check(offset, 4, 4)
    // SAFETY: mapped (invariant 1), in bounds and aligned (the check above), and reached only
    // through `SharedWord32`, so that no process makes a plain access to these bytes.
    return unsafe SharedWord32(at: base + offset)
  }

  /// The atomic 64-bit word at `offset` bytes from the start of the region.
  @inlinable public func word64(at offset: Int) -> SharedWord64 {
    check(offset, 8, 8)
    // SAFETY: as for `word32`.
    return unsafe SharedWord64(at: base + offset)
  }

  /// The value at `offset`, read plainly: the caller owns these bytes, or acquired them.
  @inlinable public func load<T: BitwiseCopyable>(at offset: Int, as type: T.Type = T.self) -> T {
    check(offset, MemoryLayout<T>.size, MemoryLayout<T>.alignment)
    // SAFETY: mapped, in bounds, aligned; ownership is invariant 2; any bits are a valid `T` for the
    // integer and C record types that this is used with.
    return unsafe base.load(fromByteOffset: offset, as: type)
  }

  /// Stores plainly at `offset`: the caller owns these bytes.
  @inlinable public func store<T: BitwiseCopyable>(_ value: T, at offset: Int) {
    check(offset, MemoryLayout<T>.size, MemoryLayout<T>.alignment)
    // SAFETY: as for `load`.
    unsafe base.storeBytes(of: value, toByteOffset: offset, as: T.self)
  }

  /// The part of this region from `offset`, which is a multiple of 64.
  @inlinable public func subregion(at offset: Int, byteCount: Int) -> Region {
    check(offset, byteCount, 64)
    // SAFETY: within this region (the check above), which holds the invariants.
    return unsafe Region(base: base + offset, byteCount: byteCount)
  }

  /// Copies bytes in, starting at `offset`.
  @inlinable public func copy(from bytes: RawSpan, at offset: Int) {
    check(offset, bytes.byteCount, 1)
    unsafe bytes.withUnsafeBytes { source in
      // SAFETY: both sides are in bounds; a span of private memory cannot overlap the region.
      if let start = source.baseAddress {
        unsafe (base + offset).copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  /// Lends the bytes of `range`, for reading.
  @inlinable public func withBytes<R, E: Error>(
    at offset: Int, byteCount: Int, _ body: (RawSpan) throws(E) -> R
  ) throws(E) -> R {
    check(offset, byteCount, 1)
    // SAFETY: mapped and in bounds; the span does not outlive the call.
    let buffer = unsafe UnsafeRawBufferPointer(start: base + offset, count: byteCount)
    return try body(unsafe buffer.bytes)
  }

  /// Sets every byte of a range to zero.
  public func zero(at offset: Int, byteCount: Int) {
    check(offset, byteCount, 1)
    // SAFETY: in bounds; ownership is invariant 2.
    unsafe (base + offset).initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
  }

  /// The address of `offset`, for the fenced modules that build typed views.
  @inlinable public func address(at offset: Int, byteCount: Int) -> UnsafeMutableRawPointer {
    check(offset, byteCount, 1)
    return unsafe base + offset
  }
}
