internal import CEchelon

/// Why deflated bytes could not be expanded.
package enum InflationError: Error, Equatable, Sendable {
  /// There is no zlib on this machine.
  case noLibrary
  /// They are no deflate stream, or one of another length.
  case damaged
  /// zlib had no memory for its tables.
  case outOfMemory
}

extension Span where Element == UInt8 {
  /// The `byteCount` bytes that these, a whole raw deflate stream, stand for.
  package func inflated(byteCount: Int) throws(InflationError) -> [UInt8] {
    var result = ECHELON_INFLATED
    // SAFETY: zlib reads the bytes of the span during the call, and writes at most as many as there is
    // capacity for; all of them are initialized when it says that it expanded the whole.
    let bytes = unsafe withUnsafeBufferPointer { input in
      unsafe [UInt8](unsafeUninitializedCapacity: byteCount) { output, count in
        result = unsafe echelon_inflate(
          input.baseAddress, input.count, output.baseAddress, byteCount)
        count = result == ECHELON_INFLATED ? byteCount : 0
      }
    }
    switch result {
    case ECHELON_INFLATED: return bytes
    case ECHELON_INFLATE_NO_LIBRARY: throw .noLibrary
    case ECHELON_INFLATE_NO_MEMORY: throw .outOfMemory
    default: throw .damaged
    }
  }
}
