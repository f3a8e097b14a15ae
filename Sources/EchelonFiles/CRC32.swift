import EchelonMemory

/// The checksum of zip archives: CRC-32 of ISO-HDLC, polynomial 04C11DB7, reflected.
///
/// Eight bytes a step. Source: M. E. Kounavis and F. L. Berry, *A Systematic Approach to Building High
/// Performance Software-based CRC Generators*, ISCC 2005.
package struct CRC32 {
  private var state: UInt32 = .max

  /// The checksum of the bytes so far.
  package var value: UInt32 { ~state }

  /// Table k, at 256 k, has the effect of a byte that k bytes follow.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 8 * 256)
    for byte in 0..<256 {
      var remainder = UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xEDB8_8320 : 0) }
      tables[byte] = remainder
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
    }
    return tables
  }()

  /// A checksum of nothing yet.
  package init() {}

  /// Goes on with more bytes.
  package mutating func append(_ bytes: Span<UInt8>) {
    let tables = Self.tables.span
    var state = state
    var position = 0
    while position <= bytes.count &- 8 {
      let word = UInt64(littleEndian: bytes.loadInteger(at: position)) ^ UInt64(state)
      state = 0
      for byte in 0..<8 {
        let value = Int(truncatingIfNeeded: word >> UInt64(8 &* byte) & 0xFF)
        state ^= tables[(7 &- byte) &* 256 &+ value]
      }
      position &+= 8
    }
    while position < bytes.count {
      state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[position])) & 0xFF)]
      position &+= 1
    }
    self.state = state
  }
}
