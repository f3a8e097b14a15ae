/// A hash of 128 bits of bytes: MurmurHash3, the variant for 64-bit processors, with seed 0.
///
/// It tells whether files are what they were, for whoever wrote them. It spreads well (all of SMHasher's
/// tests) and takes as long as it takes to look at the bytes, several times less than SHA-256 without
/// instructions for it. It is no protection against people who make two files with one hash: they would have
/// to be allowed to write the files, and would only deceive themselves.
///
/// - Source: A. Appleby, MurmurHash3_x64_128, which is in the public domain.
package struct ContentHash: Hashable, Sendable, CustomStringConvertible {
  package let high: UInt64
  package let low: UInt64

  private static let (c1, c2): (UInt64, UInt64) = (0x87c3_7b91_1142_53d5, 0x4cf5_ad43_2745_937f)

  /// The hash of all bytes.
  package init(_ bytes: Span<UInt8>) {
    var (h1, h2): (UInt64, UInt64) = (0, 0)
    let blockEnd = bytes.count & ~15
    var offset = 0
    while offset < blockEnd {
      h1 ^= Self.mixFirst(UInt64(littleEndian: bytes.loadInteger(at: offset)))
      h1 = (h1 << 27 | h1 >> 37) &+ h2
      h1 = h1 &* 5 &+ 0x52dc_e729
      h2 ^= Self.mixSecond(UInt64(littleEndian: bytes.loadInteger(at: offset + 8)))
      h2 = (h2 << 31 | h2 >> 33) &+ h1
      h2 = h2 &* 5 &+ 0x3849_5ab5
      offset += 16
    }
    // What is left, less than a block, as if zeros followed; none changes nothing.
    var (k1, k2): (UInt64, UInt64) = (0, 0)
    for index in blockEnd..<bytes.count {
      let place = index - blockEnd
      if place < 8 {
        k1 |= UInt64(bytes[index]) << UInt64(8 * place)
      } else {
        k2 |= UInt64(bytes[index]) << UInt64(8 * (place - 8))
      }
    }
    h2 ^= Self.mixSecond(k2)
    h1 ^= Self.mixFirst(k1)

    h1 ^= UInt64(bytes.count)
    h2 ^= UInt64(bytes.count)
    h1 &+= h2
    h2 &+= h1
    h1 = Self.finish(h1)
    h2 = Self.finish(h2)
    h1 &+= h2
    h2 &+= h1
    (high, low) = (h1, h2)
  }

  /// The hash of the text in UTF-8.
  package init(_ text: String) {
    let bytes = Array(text.utf8)
    self.init(bytes.span)
  }

  /// The hash of what is in a file.
  package init(contentsOf file: MappedFile) {
    self = file.withBytes { ContentHash($0) }
  }

  private static func mixFirst(_ k: UInt64) -> UInt64 {
    let k = k &* c1
    return (k << 31 | k >> 33) &* c2
  }

  private static func mixSecond(_ k: UInt64) -> UInt64 {
    let k = k &* c2
    return (k << 33 | k >> 31) &* c1
  }

  private static func finish(_ k: UInt64) -> UInt64 {
    var k = k
    k ^= k >> 33
    k = k &* 0xff51_afd7_ed55_8ccd
    k ^= k >> 33
    k = k &* 0xc4ce_b9fe_1a85_ec53
    return k ^ k >> 33
  }

  /// 32 hexadecimal digits.
  package var description: String { Self.digits(high) + Self.digits(low) }

  private static func digits(_ word: UInt64) -> String {
    let text = String(word, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}
