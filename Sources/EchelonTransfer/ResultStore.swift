import EchelonMemory

/// Room for one value of a type that whoever owns the store knows.
///
/// The code that decodes a result into it is the same for all types: generic code that is not
/// specialised asks the runtime for each type that it forms from its parameters, such as an optional
/// or a `Result`, and for a small task that costs more than all else.
///
/// ## Invariants
/// 1. At most one thread writes, before it publishes that the value is there; only then do others
///    read.
/// 2. A value that fits `words` lies there; else the first of them is the address of room for exactly one value, and `heap`.
@safe package struct ResultStore: ~Copyable {
  private var words: (UInt, UInt, UInt, UInt) = (0, 0, 0, 0)
  /// Whether a value is there.
  package var isFull: Bool { content != .none }

  private enum Content: UInt8 { case none, inline, heap }
  private var content = Content.none

  package init() {}

  /// Where the value is, if not in the words: the first of them says it.
  private var heap: UnsafeMutableRawPointer? {
    content == .heap ? unsafe UnsafeMutableRawPointer(bitPattern: words.0) : nil
  }

  private static func isInline(size: Int, alignment: Int) -> Bool {
    size <= MemoryLayout<(UInt, UInt, UInt, UInt)>.size && alignment <= MemoryLayout<UInt>.alignment
  }

  /// Calls `fill` with room for a value of that size, which it initialises unless it throws.
  private mutating func fill(
    size: Int, alignment: Int,
    _ fill: (UnsafeMutableRawPointer) throws(TransferError) -> Void
  ) throws(TransferError) {
    precondition(!isFull, "a store is filled once")
    if Self.isInline(size: size, alignment: alignment) {
      try unsafe withUnsafeMutablePointer(to: &words) { words throws(TransferError) in
        try unsafe fill(UnsafeMutableRawPointer(words))
      }
      content = .inline
    } else {
      let room = UnsafeMutableRawPointer.allocate(byteCount: max(size, 1), alignment: alignment)
      do throws(TransferError) { try unsafe fill(room) } catch {
        unsafe room.deallocate()
        throw error
      }
      words.0 = UInt(bitPattern: room)
      content = .heap
    }
  }

  /// Puts `value` there.
  package mutating func store<Value>(_ value: Value) {
    do throws(TransferError) {
      try unsafe fill(size: MemoryLayout<Value>.size, alignment: MemoryLayout<Value>.alignment) {
        // SAFETY: `fill` gives room for one value.
        unsafe $0.initializeMemory(as: Value.self, to: value)
      }
    } catch {
      fatalError("storing a value throws nothing")
    }
  }

  /// Puts the value there that a message holds.
  package mutating func decode(_ type: ResultType, from bytes: RawSpan) throws(TransferError) {
    try unsafe fill(size: type.size, alignment: type.alignment) { room throws(TransferError) in
      try ByteReader.reading(bytes) { reader throws(TransferError) in
        // SAFETY: room for a value of the plan's type.
        try unsafe type.plan.decode(to: room, from: &reader)
      }
    }
  }

  /// A copy of the value, which is there and of that type.
  package func load<Value>(as _: Value.Type) -> Value {
    precondition(isFull, "a store is read once it is filled")
    if let heap = unsafe heap {
      // SAFETY: invariant 2; the type is what the owner stored.
      return unsafe heap.assumingMemoryBound(to: Value.self).pointee
    }
    return unsafe withUnsafePointer(to: words) { words in
      unsafe UnsafeRawPointer(words).assumingMemoryBound(to: Value.self).pointee
    }
  }

  /// Destroys the value if there is one.
  package mutating func clear<Value>(_: Value.Type) {
    guard isFull else { return }
    defer { content = .none }
    if let room = unsafe heap {
      // SAFETY: as for `load`; nobody reads any more.
      unsafe room.assumingMemoryBound(to: Value.self).deinitialize(count: 1)
      unsafe room.deallocate()
    } else {
      unsafe withUnsafeMutablePointer(to: &words) { words in
        _ = unsafe UnsafeMutableRawPointer(words).assumingMemoryBound(to: Value.self)
          .deinitialize(count: 1)
      }
    }
  }
}

/// What has to be known of a type to read a result of it.
package struct ResultType {
  let plan: PermanentPlan
  let size: Int
  let alignment: Int

  package init<Value>(_: Value.Type) {
    plan = PermanentPlan(for: Value.self)
    size = MemoryLayout<Value>.size
    alignment = MemoryLayout<Value>.alignment
  }
}
