import Glibc

/// Small text files of the kernel, read whole.
package enum SystemFile {
  /// The text at `path`, or nil when it cannot be read.
  package static func read(_ path: String) -> String? {
    bytes(path).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func bytes(_ path: String) -> [UInt8]? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      // SAFETY: the closure initialises exactly the bytes that `read` reports.
      let piece = unsafe [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
        count = unsafe max(0, Glibc.read(descriptor, buffer.baseAddress, 4096))
      }
      if piece.isEmpty { break }
      bytes += piece
    }
    return bytes
  }

  /// The first whitespace-separated word of the file as a number; nil for `max` and for no file.
  package static func number(_ path: String) -> Int? {
    read(path).flatMap { text in
      text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
  }

  /// The number that follows `key` in a file of `key value` lines.
  package static func number(_ path: String, key: String) -> Int? {
    // By bytes: pools are made while someone waits, and read some of these.
    guard let bytes = bytes(path) else { return nil }
    let key = Array(key.utf8)
    for line in bytes.split(separator: UInt8(ascii: "\n")) where line.starts(with: key) {
      let words = line.dropFirst(key.count).split { byte in
        [UInt8(ascii: " "), UInt8(ascii: ":"), UInt8(ascii: "\t")].contains(byte)
      }
      if let value = words.first.flatMap({ Int(String(decoding: $0, as: UTF8.self)) }) {
        return value
      }
    }
    return nil
  }
}
