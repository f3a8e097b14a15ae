import Foundation
import Testing

/// Integers of 64 bits in a file, with numbers of which no `Double` is one.
struct StoredIntegers: CustomTestStringConvertible, Sendable {
  let isSigned: Bool
  let isBigEndian: Bool

  static let all = [true, false].flatMap { isSigned in
    [true, false].map { StoredIntegers(isSigned: isSigned, isBigEndian: $0) }
  }

  var testDescription: String { raw }

  /// As `--raw` has it.
  var raw: String { (isSigned ? "i8" : "u8") + (isBigEndian ? "be" : "le") }

  /// The first one that is rounded stands behind others that are not.
  var texts: [String] {
    ["7", "9007199254740992", "1152921504606846976", "9007199254740993"]
      + (isSigned ? ["-9223372036854775807", "-1"] : ["18446744073709551615", "1"])
  }

  func bytes(_ texts: [String]) -> Data {
    Data(
      texts.flatMap { text in
        let bits = isSigned ? UInt64(bitPattern: Int64(text)!) : UInt64(text)!
        return (0..<8).map { byte in
          UInt8(truncatingIfNeeded: bits >> UInt64(8 * (isBigEndian ? 7 - byte : byte)))
        }
      })
  }

  func npy(_ texts: [String]) -> Data {
    let code = (isBigEndian ? ">" : "<") + (isSigned ? "i8" : "u8")
    let header = "{'descr': '\(code)', 'fortran_order': False, 'shape': (\(texts.count),), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0, 118, 0]) + Data(padded.utf8)
      + bytes(texts)
  }
}
