internal import Glibc

/// Checked, typed reads of plain bytes: what parsers of binary and text files need, and the
/// standard library offers only in unsafe form.
extension Span where Element == UInt8 {
  /// The integer stored at `offset` in this machine's byte order; no alignment is needed.
  ///
  /// Integers only, because for them every pattern of bits is a value.
  @inlinable @inline(__always)
  package func loadInteger<Value: FixedWidthInteger & BitwiseCopyable>(
    at offset: Int, as type: Value.Type = Value.self
  ) -> Value {
    precondition(
      offset >= 0 && offset <= count &- MemoryLayout<Value>.size,
      "a load outside the bytes it is made from")
    // SAFETY: all bytes of the value are inside the span (the check above), and unaligned loads
    // are what this call is for.
    return unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self)
  }

  /// The index of the first `byte` in `range`, or nil; many times faster than a loop over the bytes.
  package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= count, "a search outside the bytes")
    guard !range.isEmpty else { return nil }
    // SAFETY: the range lies inside the span (the check above), which outlives the call.
    return unsafe withUnsafeBufferPointer { buffer in
      let start = unsafe UnsafeRawPointer(buffer.baseAddress!) + range.lowerBound
      guard let found = unsafe memchr(start, Int32(byte), range.count) else { return nil }
      let distance = unsafe UnsafeRawPointer(found) - start
      return range.lowerBound + distance
    }
  }

  /// Calls `body` with `count` numbers that begin at byte `offset`, in place and without a copy,
  /// or returns nil when that address is not aligned for them.
  ///
  /// `Numeric` stands for "every pattern of bits is a value": true of the integers and floating-
  /// point types of the standard library, and it keeps `Bool` out, for which it is false.
  package func withNumbers<Value: Numeric & BitwiseCopyable, Result, Failure: Error>(
    of type: Value.Type, at offset: Int, count valueCount: Int,
    _ body: (Span<Value>) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    let (byteCount, overflow) = valueCount.multipliedReportingOverflow(
      by: MemoryLayout<Value>.stride)
    precondition(
      valueCount >= 0 && !overflow && offset >= 0 && offset <= count
        && byteCount <= count - offset, "a view outside the bytes it is made from")
    guard valueCount > 0 else { return try body(Span<Value>()) }
    // SAFETY: the pointer is used only while `self` is borrowed by this call; the range lies
    // inside the span (the check above) and is aligned (the check below).
    return try unsafe withUnsafeBufferPointer { (buffer) throws(Failure) -> Result? in
      let start = unsafe UnsafeRawPointer(buffer.baseAddress!) + offset
      guard Int(bitPattern: start) % MemoryLayout<Value>.alignment == 0 else { return nil }
      let values = unsafe UnsafeBufferPointer(
        start: start.assumingMemoryBound(to: Value.self), count: valueCount)
      return try body(unsafe Span<Value>(_unsafeElements: values))
    }
  }
}

extension Span where Element: Numeric & BitwiseCopyable {
  /// Calls `body` with the numbers as they lie in memory.
  package func withElementBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the buffer is used only during the call that lends it, and the numbers have no padding.
    try unsafe withUnsafeBytes { (buffer) throws(Failure) -> Result in
      let bytes = unsafe buffer.assumingMemoryBound(to: UInt8.self)
      return try body(unsafe Span<UInt8>(_unsafeElements: bytes))
    }
  }
}

/// Lends the first `count` bytes of a plain value.
@inlinable package func withBytes<Value: BitwiseCopyable, Result, Failure: Error>(
  of value: Value, count: Int, _ body: (RawSpan) throws(Failure) -> Result
) throws(Failure) -> Result {
  precondition(0...MemoryLayout<Value>.size ~= count, "a view outside the value")
  return try unsafe withUnsafePointer(to: value) { pointer throws(Failure) in
    // SAFETY: within the value (the check above), which lives during this call.
    try body(unsafe UnsafeRawBufferPointer(start: pointer, count: count).bytes)
  }
}
