import EchelonMemory

/// Where the bytes of a file are: mapped, or in memory when they came from elsewhere (a pipe, a
/// test).
enum ByteSource: Sendable {
  case mapped(MappedFile)
  case memory([UInt8])

  /// Maps the file at `path`, with this module's errors.
  init(path: String) throws(FileError) {
    do {
      self = .mapped(try MappedFile(path: path))
    } catch {
      throw FileError(error, path: path)
    }
  }

  var byteCount: Int {
    switch self {
    case .mapped(let file): file.byteCount
    case .memory(let bytes): bytes.count
    }
  }

  /// Calls `body` with all bytes, after making sure that they can still be read.
  func withBytes<Result>(
    path: String, _ body: (Span<UInt8>) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    switch self {
    case .mapped(let file):
      guard file.isIntact else { throw .changed(path: path) }
      return try file.withBytes(body)
    case .memory(let bytes):
      return try body(bytes.span)
    }
  }
}

extension Span where Element == UInt8 {
  /// The bytes of `range` as text; what is not valid UTF-8 becomes U+FFFD.
  func text(_ range: Range<Int>) -> String {
    var copy: [UInt8] = []
    copy.reserveCapacity(range.count)
    for index in range { copy.append(self[index]) }
    return String(decoding: copy, as: UTF8.self)
  }

  /// Whether the bytes from `offset` are those of `text`.
  func matches(_ text: StaticString, at offset: Int) -> Bool {
    let expected = Array(text.description.utf8)
    guard offset <= count - expected.count else { return false }
    return expected.indices.allSatisfy { self[offset + $0] == expected[$0] }
  }
}
