public import CEchelon

/// A 32-bit word that several processes read and write, reached only through atomic operations.
///
/// Invariant: `address` is 4-byte aligned and stays mapped while the word is in use; `Region`
/// establishes both. Public for Echelon's own modules alone, as `Region` is.
@safe @frozen public struct SharedWord32: @unchecked Sendable {
  @usableFromInline let address: UnsafeMutableRawPointer

  @inlinable init(at address: UnsafeMutableRawPointer) { unsafe self.address = address }

  // SAFETY (all of these): the address is mapped and aligned (invariant), and atomic operations on
  // it cannot race with anything.
  @inlinable public func load() -> UInt32 { unsafe echelon_load_acquire_32(address) }
  @inlinable public func loadSequential() -> UInt32 { unsafe echelon_load_sequential_32(address) }
  @inlinable public func store(_ value: UInt32) { unsafe echelon_store_release_32(address, value) }
  @inlinable public func storeSequential(_ value: UInt32) {
    unsafe echelon_store_sequential_32(address, value)
  }
  @inlinable public func exchange(_ value: UInt32) -> UInt32 {
    unsafe echelon_exchange_32(address, value)
  }
  @inlinable public func compareExchange(expected: UInt32, desired: UInt32) -> Bool {
    unsafe echelon_compare_exchange_32(address, expected, desired)
  }
  @inlinable public func fetchOr(_ bits: UInt32) -> UInt32 {
    unsafe echelon_fetch_or_32(address, bits)
  }
  @inlinable public func fetchAnd(_ bits: UInt32) -> UInt32 {
    unsafe echelon_fetch_and_32(address, bits)
  }

  /// Asks for the word, which is to be written soon.
  @inlinable public func prefetchForWriting() { unsafe echelon_prefetch_for_writing(address) }

  /// Sleeps while the word holds `expected`. Returns early on any wake-up, signal or time-out: the
  /// caller looks at the word again.
  /// - Parameter timeoutNanoseconds: negative waits for ever.
  public func sleep(while expected: UInt32, timeoutNanoseconds: Int64 = -1) {
    if let machine = SimulatedMachine.current {
      return machine.sleep(on: self, while: expected, timeoutNanoseconds: timeoutNanoseconds)
    }
    _ = unsafe echelon_futex_wait(address, expected, timeoutNanoseconds)
  }

  /// Wakes up to `count` sleepers, in whichever process they are.
  public func wake(_ count: Int32) {
    if let machine = SimulatedMachine.current { return machine.wake(self, count) }
    unsafe echelon_futex_wake(address, count)
  }
}

/// A 64-bit word that several processes read and write, reached only through atomic operations.
///
/// Invariant: `address` is 8-byte aligned and stays mapped while the word is in use; `Region`
/// establishes both. Public for Echelon's own modules alone, as `Region` is.
@safe @frozen public struct SharedWord64: @unchecked Sendable {
  @usableFromInline let address: UnsafeMutableRawPointer

  @inlinable init(at address: UnsafeMutableRawPointer) { unsafe self.address = address }

  // SAFETY (all of these): as for `SharedWord32`.
  @inlinable public func prefetchForWriting() { unsafe echelon_prefetch_for_writing(address) }
  @inlinable public func load() -> UInt64 { unsafe echelon_load_acquire_64(address) }
  @inlinable public func loadSequential() -> UInt64 { unsafe echelon_load_sequential_64(address) }
  @inlinable public func loadRelaxed() -> UInt64 { unsafe echelon_load_relaxed_64(address) }
  @inlinable public func store(_ value: UInt64) { unsafe echelon_store_release_64(address, value) }
  @inlinable public func storeRelaxed(_ value: UInt64) {
    unsafe echelon_store_relaxed_64(address, value)
  }
  @inlinable public func storeSequential(_ value: UInt64) {
    unsafe echelon_store_sequential_64(address, value)
  }
  @inlinable public func exchange(_ value: UInt64) -> UInt64 {
    unsafe echelon_exchange_64(address, value)
  }
  @inlinable public func compareExchange(expected: UInt64, desired: UInt64) -> Bool {
    unsafe echelon_compare_exchange_64(address, expected, desired)
  }
  @inlinable public func fetchAdd(_ value: UInt64) -> UInt64 {
    unsafe echelon_fetch_add_64(address, value)
  }
  @inlinable public func fetchOr(_ bits: UInt64) -> UInt64 {
    unsafe echelon_fetch_or_64(address, bits)
  }
  @inlinable public func fetchAnd(_ bits: UInt64) -> UInt64 {
    unsafe echelon_fetch_and_64(address, bits)
  }

  /// The half of the word that a process can sleep on: the low one, on the little-endian machines
  /// that this package builds for.
  @inlinable public var lowHalf: SharedWord32 {
    #if _endian(big)
      #error("the low half of a state word is at its address only on little-endian machines")
    #endif
    // SAFETY: 8-byte alignment implies 4, and the half lies within the word.
    return unsafe SharedWord32(at: address)
  }
}
