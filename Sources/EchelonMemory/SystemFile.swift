import Glibc

/// Small text files of the kernel, read whole.
package enum SystemFile {
  /// The text at `path`, or nil when it cannot be read.
  package static func read(_ path: String) -> String? {
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
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first whitespace-separated word of the file as a number; nil for `max` and for no file.
  package static func number(_ path: String) -> Int? {
    read(path).flatMap { text in
      text.split(whereSeparator: \.isWhitespace).first.flatMap { Int($0) }
    }
  }

  /// The number that follows `key` in a file of `key value` lines.
  package static func number(_ path: String, key: String) -> Int? {
    guard let text = read(path) else { return nil }
    for line in text.split(separator: "\n") where line.hasPrefix(key) {
      let words = line.dropFirst(key.count).split(whereSeparator: {
        $0 == " " || $0 == ":" || $0 == "\t"
      })
      if let value = words.first.flatMap({ Int($0) }) { return value }
    }
    return nil
  }
}
