/// A few bytes in the value itself, so that there is no array for them.
@safe package struct ShortBytes: Sendable {
  /// The most that there is room for.
  package static var limit: Int { 23 }

  private var words: (UInt64, UInt64, UInt64) = (0, 0, 0)

  /// No bytes.
  package init() {}

  /// Copies the bytes; nil when there are too many.
  package init?(_ bytes: RawSpan) {
    guard bytes.byteCount <= Self.limit else { return nil }
    // SAFETY: the pointers are used inside the calls only; the words have 24 bytes, and the check above leaves the last.
    unsafe bytes.withUnsafeBytes { from in
      unsafe withUnsafeMutableBytes(of: &words) { room in
        unsafe room.copyMemory(from: from)
        unsafe room[Self.limit] = UInt8(from.count)
      }
    }
  }

  /// How many there are.
  package var count: Int { unsafe withUnsafeBytes(of: words) { unsafe Int($0[Self.limit]) } }

  /// Reads the bytes in place.
  package func withRawSpan<Result, E: Error>(
    _ body: (RawSpan) throws(E) -> Result
  ) throws(E) -> Result {
    // SAFETY: the words outlive the call, and `count` is what `init` has put there, at most 23.
    try unsafe withUnsafeBytes(of: words) { bytes throws(E) in
      let count = unsafe Int(bytes[Self.limit])
      return try body(unsafe RawSpan(_unsafeBytes: unsafe bytes).extracting(0..<count))
    }
  }
}
