/// Appends values to a message: first into memory that the caller lends, then, when that is full,
/// into memory of its own.
///
/// A message that fits where it will be read from is thus written once, in place, and costs no
/// allocation; a longer one costs a few.
///
/// ## Invariants
/// 1. `base` has room for `capacity` bytes, of which the first `count` are written.
/// 2. `ownsBase` says whether `deinit` frees `base`; lent memory outlives the writer (the caller's
///    duty, see `init(into:)`).
@safe @usableFromInline package struct ByteWriter: ~Copyable {
  private var base: UnsafeMutableRawPointer?
  private var capacity: Int
  private var ownsBase: Bool

  /// How many bytes are written.
  package private(set) var count = 0

  /// Objects that must stay alive until the message has been read, such as the owners of blocks
  /// that it names by handle.
  package var retained: [AnyObject] = []

  /// A writer that allocates when it is first written to.
  package init() {
    unsafe base = nil
    capacity = 0
    ownsBase = false
  }

  /// A writer into `buffer`, which stays valid for as long as the writer lives.
  @unsafe @usableFromInline package init(into buffer: UnsafeMutableRawBufferPointer) {
    unsafe base = buffer.baseAddress
    capacity = buffer.count
    ownsBase = false
  }

  deinit {
    if ownsBase { unsafe base?.deallocate() }
  }

  /// Whether the message outgrew the lent memory: it must be read from `withBytes` then.
  package var isSpilled: Bool { ownsBase }

  /// Whether what is written next goes into lent memory.
  package var isLent: Bool { !ownsBase && capacity > 0 }

  /// The message so far. The pointer is valid inside `body` only.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe body(UnsafeRawBufferPointer(start: base, count: count))
  }

  /// A copy of the message so far.
  package func copyBytes() -> [UInt8] {
    unsafe withBytes { unsafe Array($0) }
  }

  // MARK: Appending

  /// Appends the bytes of `value` as they lie in memory.
  package mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    let size = MemoryLayout<Value>.size
    // SAFETY: `room` returns a place for `size` bytes.
    unsafe room(for: size).storeBytes(of: value, as: Value.self)
    count += size
  }

  /// Appends a count: one byte up to 127, seven bits a byte from there on.
  package mutating func append(count value: Int) {
    var rest = UInt64(value)
    while rest > 127 {
      append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// Appends a copy of `bytes`.
  package mutating func append(bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, bytes.count > 0 else { return }
    // SAFETY: `room` returns a place for as many bytes, which no caller can hold a pointer into.
    unsafe room(for: bytes.count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// Appends bytes that another writer wrote.
  package mutating func append(contentsOf bytes: [UInt8]) {
    // SAFETY: the pointer is used inside the call only.
    unsafe bytes.withUnsafeBytes { unsafe append(bytes: $0) }
  }

  /// Appends the UTF-8 form of `text`, after its count.
  package mutating func append(text: String) {
    var text = text
    text.withUTF8 { utf8 in
      append(count: utf8.count)
      unsafe append(bytes: UnsafeRawBufferPointer(utf8))
    }
  }

  /// Appends the bytes of another message; what it keeps alive stays with it.
  package mutating func append(bytesOf message: borrowing ByteWriter) {
    unsafe message.withBytes { unsafe append(bytes: $0) }
  }

  /// Appends the bytes of another message and takes over what it keeps alive.
  package mutating func append(_ message: consuming ByteWriter) {
    unsafe message.withBytes { unsafe append(bytes: $0) }
    if !message.retained.isEmpty { retained += message.retained }
  }

  /// Gives up what the message keeps alive to whoever will keep it.
  package mutating func takeRetained() -> [AnyObject] {
    if retained.isEmpty { return [] }
    defer { retained = [] }
    return retained
  }

  // MARK: Going back

  /// Replaces a value written earlier at `offset`.
  package mutating func replace<Value: BitwiseCopyable>(at offset: Int, with value: Value) {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count, "nothing there yet")
    // SAFETY: inside what is written (the check above), so `base` is not nil.
    unsafe base.unsafelyUnwrapped.storeBytes(of: value, toByteOffset: offset, as: Value.self)
  }

  /// Forgets what was written after the first `count` bytes.
  package mutating func rewind(to count: Int) {
    precondition(0...self.count ~= count, "nothing there yet")
    self.count = count
  }

  private mutating func room(for byteCount: Int) -> UnsafeMutableRawPointer {
    if count + byteCount > capacity { grow(to: count + byteCount) }
    // SAFETY: not nil: a writer without memory has capacity 0, and grew for any byte at all; a
    // value without bytes may get a pointer that nothing is written to.
    return unsafe (base ?? UnsafeMutableRawPointer(bitPattern: 1).unsafelyUnwrapped) + count
  }

  private mutating func grow(to needed: Int) {
    let larger = max(needed, capacity * 2, 256)
    let fresh = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
    // SAFETY: both hold at least `count` bytes; lent memory is not ours to free.
    if let base = unsafe base { unsafe fresh.copyMemory(from: base, byteCount: count) }
    if ownsBase { unsafe base?.deallocate() }
    unsafe base = fresh
    capacity = larger
    ownsBase = true
  }
}
