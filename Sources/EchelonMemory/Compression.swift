internal import CEchelon

/// A format of compressed files.
package enum CompressionFormat: Int32, Sendable, CaseIterable {
  case gzip = 1
  case zstd = 2

  /// What names of such files end in.
  package var suffix: String { self == .gzip ? ".gz" : ".zst" }

  /// The library that reads and writes it, and the packages that have it.
  package var library: (name: String, packages: String) {
    self == .gzip
      ? ("libz.so.1", "zlib1g (Debian, Ubuntu) or zlib (others)")
      : ("libzstd.so.1", "libzstd1 (Debian, Ubuntu) or libzstd (others)")
  }

  /// The format that the name of a file says.
  package init?(path: String) {
    guard let format = Self.allCases.first(where: { path.hasEnding($0.suffix) }) else { return nil }
    self = format
  }

  /// The format that the first bytes of a file say.
  package init?(_ bytes: Span<UInt8>) {
    guard let format = Self.allCases.first(where: { $0.begins(bytes, at: 0) }) else { return nil }
    self = format
  }

  /// Whether a member or frame can begin at `offset`.
  func begins(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
    guard bytes.count - offset >= 4 else { return false }
    let word = (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[offset + $1]) << UInt32(8 * $1) }
    // Sources: RFC 1952, section 2.3.1; RFC 8878, sections 3.1.1 and 3.1.2 (frames to be skipped).
    return self == .gzip
      ? word & 0xFF_FFFF == 0x08_8B1F : word == 0xFD2F_B528 || word & 0xFFFF_FFF0 == 0x184D_2A50
  }
}

/// Compresses what is written to a file.
package final class Compressor {
  private let codec: Codec

  /// - Returns: nil when the library is not installed.
  package init?(_ format: CompressionFormat) {
    guard let codec = Codec(format, compresses: true) else { return nil }
    self.codec = codec
  }

  /// Gives `body` what there is to write of numbers as they lie in memory, or of what came before.
  /// - Parameter isLast: whether nothing follows.
  package func compress<Value: Numeric & BitwiseCopyable, Failure: Error>(
    _ values: Span<Value>, isLast: Bool, _ body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) {
    // SAFETY: the bytes are read only during the call that lends them. `Numeric` values have no
    // padding whose stale contents could reach the file.
    try unsafe values.withUnsafeBytes { (bytes) throws(Failure) in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      var position = 0
      while true {
        let step = unsafe codec.step(
          UnsafeRawBufferPointer(rebasing: bytes[position...]), into: &buffer, isLast: isLast)
        position += step.read
        if step.written > 0 { try body(buffer.span.extracting(0..<step.written)) }
        let isDone =
          isLast ? step.state == .end : position == bytes.count && step.written < buffer.count
        if isDone { return }
        if case .damaged(let what) = step.state { preconditionFailure("cannot compress: \(what)") }
      }
    }
  }
}

/// A stream of one of the two libraries.
///
/// Invariant 1: `stream` is open until `deinit`, and used by one thread at a time: the owner's.
@safe final class Codec {
  enum State: Equatable {
    case more, end
    case damaged(String)
  }

  private let stream: OpaquePointer

  init?(_ format: CompressionFormat, compresses: Bool) {
    guard let stream = unsafe echelon_codec_open(format.rawValue, compresses ? 1 : 0) else {
      return nil
    }
    unsafe self.stream = stream
  }

  deinit { unsafe echelon_codec_close(stream) }

  /// One step: how much of the input was read, and how much of the buffer was filled.
  func step(
    _ input: UnsafeRawBufferPointer, into buffer: inout [UInt8], isLast: Bool = false
  ) -> (read: Int, written: Int, state: State) {
    var read = 0
    var written = 0
    // SAFETY: both buffers are lent for the call, which stays within the counts given with them; the
    // stream is open (invariant 1).
    let state = unsafe buffer.withUnsafeMutableBytes { output in
      unsafe echelon_codec_step(
        stream, input.baseAddress?.assumingMemoryBound(to: UInt8.self), input.count, &read,
        output.baseAddress!.assumingMemoryBound(to: UInt8.self), output.count, &written,
        isLast ? 1 : 0)
    }
    if state == ECHELON_CODEC_DAMAGED {
      // SAFETY: a terminated string that lives as long as the stream.
      return (read, written, .damaged(unsafe String(cString: echelon_codec_message(stream))))
    }
    return (read, written, state == ECHELON_CODEC_END ? .end : .more)
  }
}
