package import EchelonMemory

// Messages that lie in shared memory, read and written in place.

extension ByteReader {
  /// Reads `bytes` inside `body`.
  package static func reading<Result, Failure: Error>(
    _ bytes: RawSpan, _ body: (inout ByteReader) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe bytes.withUnsafeBytes { buffer throws(Failure) in
      // SAFETY: the span stays valid during the call, and the reader does not leave it.
      var reader = unsafe ByteReader(buffer)
      return try body(&reader)
    }
  }
}

extension ByteWriter {
  /// A writer into a part of `region`, which the caller owns and keeps mapped while it writes.
  package init(lending region: Region, at offset: Int, byteCount: Int) {
    // SAFETY: in bounds (checked by the region), mapped and owned (the caller's promise above).
    unsafe self.init(
      into: UnsafeMutableRawBufferPointer(
        start: region.address(at: offset, byteCount: byteCount), count: byteCount))
  }

  /// Writes a message, in memory of the stack as long as it has at most `byteCount` bytes.
  @inlinable package static func withRoom<Result, Failure: Error>(
    for byteCount: Int, _ write: (inout ByteWriter) throws(TransferError) -> Void,
    then use: (borrowing ByteWriter) throws(Failure) -> Result
  ) throws -> Result {
    try unsafe withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { room in
      // SAFETY: the room outlives the writer, which ends with this closure.
      var writer = unsafe ByteWriter(into: room)
      try write(&writer)
      return try use(writer)
    }
  }

  /// Lends the message so far.
  package func withSpan<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try unsafe withBytes { buffer throws(Failure) in
      // SAFETY: the buffer stays valid during the call.
      try body(unsafe buffer.bytes)
    }
  }
}
