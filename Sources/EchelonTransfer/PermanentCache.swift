import Synchronization

/// A map from addresses to objects that only ever grows, read without a lock.
///
/// Types, functions and images live as long as the process, so what is known about them can too. A
/// hit costs a few nanoseconds: one acquiring load, one multiplication and a probe.
///
/// ## Invariants
/// 1. A key is published after its value, and neither changes again: a reader that sees the key
///    sees the value.
/// 2. A table is replaced by a larger copy, never freed: a reader may still be in it. Sizes double,
///    so all old tables together are smaller than the current one.
/// 3. Only the holder of `writers` stores, and a table is at most half full: a probe always ends.
@safe package final class PermanentCache<Value: AnyObject & Sendable>: @unchecked Sendable {
  /// One table; its own memory is never freed (invariant 2).
  @safe private struct Table {
    let mask: Int
    let keys: UnsafeMutablePointer<Atomic<UInt>>
    let values: UnsafeMutablePointer<Unmanaged<Value>?>

    init(capacity: Int) {
      mask = capacity - 1
      unsafe keys = .allocate(capacity: capacity)
      unsafe values = .allocate(capacity: capacity)
      for index in 0..<capacity {
        // SAFETY: `index` is inside what was just allocated.
        unsafe (keys + index).initialize(to: Atomic(0))
        unsafe (values + index).initialize(to: nil)
      }
    }

    /// Where `key` is, or the free place for it.
    func index(of key: UInt) -> (index: Int, found: Bool) {
      var index = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 32) & mask
      while true {
        // ORDER(cache-entry): acquires what `add` released. SAFETY: masked, so inside the table.
        let present = unsafe keys[index].load(ordering: .acquiring)
        if present == key { return (index, true) }
        if present == 0 { return (index, false) }
        index = (index + 1) & mask
      }
    }

    func add(_ key: UInt, _ value: Unmanaged<Value>) {
      let index = index(of: key).index
      // SAFETY: inside the table; nobody reads a value before its key is there (invariant 1).
      unsafe values[index] = value
      // ORDER(cache-entry): releases the value.
      unsafe keys[index].store(key, ordering: .releasing)
    }
  }

  private let current: Atomic<UnsafeMutablePointer<Table>>
  private let writers = Mutex<Int>(0)  // how many entries there are

  package init() {
    unsafe current = Atomic(Self.publishable(Table(capacity: 64)))
  }

  private static func publishable(_ table: Table) -> UnsafeMutablePointer<Table> {
    let pointer = UnsafeMutablePointer<Table>.allocate(capacity: 1)
    unsafe pointer.initialize(to: table)
    return unsafe pointer
  }

  /// What is known about `key`, which is not 0.
  package subscript(_ key: UInt) -> Value? { unsafe find(key)?.takeUnretainedValue() }

  /// Whether anything is known about `key`.
  package func contains(_ key: UInt) -> Bool { unsafe find(key) != nil }

  private func find(_ key: UInt) -> Unmanaged<Value>? {
    // ORDER(cache-table): acquires the table that `insert` released. SAFETY: never freed.
    let table = unsafe current.load(ordering: .acquiring)
    let (index, found) = unsafe table.pointee.index(of: key)
    // SAFETY: a found key's value is set and retained for ever (invariants 1 and 2).
    return found ? unsafe table.pointee.values[index] : nil
  }

  /// Keeps `value` for `key`, unless another thread was first; returns what is kept.
  package func insert(_ value: Value, for key: UInt) -> Value {
    precondition(key != 0, "0 marks a free place")
    return writers.withLock { count in
      if let present = self[key] { return present }
      // SAFETY: the tables are never freed, and the lock is held (invariant 3).
      var table = unsafe current.load(ordering: .relaxed).pointee
      if (count + 1) * 2 > table.mask + 1 {
        let larger = Table(capacity: (table.mask + 1) * 2)
        for index in 0...table.mask {
          let key = unsafe table.keys[index].load(ordering: .relaxed)
          if key != 0 { unsafe larger.add(key, table.values[index].unsafelyUnwrapped) }
        }
        table = larger
        // ORDER(cache-table): releases the copied entries.
        unsafe current.store(Self.publishable(larger), ordering: .releasing)
      }
      unsafe table.add(key, Unmanaged.passRetained(value))
      count += 1
      return value
    }
  }

  /// What is known about `key`, made by `make` the first time.
  func value(for key: UInt, orMake make: () -> Value) -> Value {
    // `make` runs outside the lock: it may ask this cache about other keys.
    self[key] ?? insert(make(), for: key)
  }

  /// The same without a reference of the caller's own, which it does not need: what is kept lives as long as
  /// the process. A small task would notice the two changes of a count.
  func permanentValue(for key: UInt, orMake make: () -> Value) -> Unmanaged<Value> {
    unsafe find(key) ?? Unmanaged.passUnretained(insert(make(), for: key))
  }
}
