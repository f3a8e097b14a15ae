/// Takes a message apart, and never looks outside it.
///
/// Input is treated as hostile: a count is checked against what is left before anything is
/// allocated for it, and every failure is a `TransferError`.
///
/// ## Invariant
/// `next..<end` is readable for as long as the reader lives (the caller's duty, see `init`).
@safe package struct ByteReader {
  private var next: UnsafeRawPointer
  private let end: UnsafeRawPointer

  /// A reader of `bytes`, which stay valid and unchanged for as long as the reader and its copies
  /// live.
  @unsafe package init(_ bytes: UnsafeRawBufferPointer) {
    // SAFETY: an empty message may have no address; nothing is read from the stand-in.
    unsafe next = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
    unsafe end = next + bytes.count
  }

  /// Reads `bytes` inside `body`.
  package static func reading<Result, Failure: Error>(
    _ bytes: [UInt8], _ body: (inout ByteReader) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let outcome: Swift.Result<Result, Failure> = unsafe bytes.withUnsafeBytes { buffer in
      var reader = unsafe ByteReader(buffer)
      do throws(Failure) { return .success(try body(&reader)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }

  /// How many bytes are left.
  package var remaining: Int { unsafe end - next }

  /// The next `count` bytes, in place.
  package mutating func read(byteCount: Int) throws(TransferError) -> UnsafeRawBufferPointer {
    guard byteCount >= 0, byteCount <= remaining else {
      throw .truncated(needed: byteCount, available: remaining)
    }
    // SAFETY: inside the message, by the check above.
    let bytes = unsafe UnsafeRawBufferPointer(start: next, count: byteCount)
    unsafe next += byteCount
    return unsafe bytes
  }

  /// The next value, for types of which every bit pattern is a value.
  package mutating func read<Value: BitwiseCopyable>(_: Value.Type = Value.self)
    throws(TransferError) -> Value
  {
    // SAFETY: `read` checks the size; `loadUnaligned` needs no alignment.
    try unsafe read(byteCount: MemoryLayout<Value>.size).loadUnaligned(as: Value.self)
  }

  /// The next count, which is not negative.
  package mutating func readCount() throws(TransferError) -> Int {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), through: 56, by: 7) {
      let byte = try read(UInt8.self)
      value |= UInt64(byte & 127) << shift
      if byte < 128 { return Int(value) }  // at most 63 bits
    }
    throw .malformed(what: "a count does not end")
  }

  /// The next count of things that take at least `minimumBytes` each, so that it can be trusted to
  /// allocate for.
  package mutating func readCount(ofThingsTaking minimumBytes: Int) throws(TransferError) -> Int {
    let count = try readCount()
    guard count <= remaining / minimumBytes else {
      let (needed, overflow) = count.multipliedReportingOverflow(by: minimumBytes)
      throw .truncated(needed: overflow ? .max : needed, available: remaining)
    }
    return count
  }

  /// The next text.
  package mutating func readText() throws(TransferError) -> String {
    try readText(byteCount: readCount())
  }

  /// The next `byteCount` bytes as text.
  mutating func readText(byteCount: Int) throws(TransferError) -> String {
    guard let text = try unsafe String(validating: read(byteCount: byteCount), as: UTF8.self) else {
      throw .malformed(what: "a text is not UTF-8")
    }
    return text
  }

  /// A reader of the next `byteCount` bytes, which this one skips.
  package mutating func readMessage(byteCount: Int) throws(TransferError) -> ByteReader {
    try unsafe ByteReader(read(byteCount: byteCount))
  }
}
