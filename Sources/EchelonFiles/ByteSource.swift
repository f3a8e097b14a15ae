import EchelonMemory

/// Where the bytes of a file are: mapped; in a file in memory when they had to be decompressed; or in
/// memory when they came from elsewhere (a test).
indirect enum ByteSource: Sendable {
  case mapped(MappedFile)
  case decompressed(AnonymousFile, MappedFile)
  case memory([UInt8])
  /// Some of the bytes of another source, which has them all.
  case part(ByteSource, Range<Int>)

  /// Maps the file at `path`, with this module's errors; a gzip or zstd file, known by its first bytes,
  /// is decompressed.
  /// - Parameter location: where the bytes are if not at `path`, which errors show.
  init(path: String, contentsAt location: String? = nil) throws(FileError) {
    do {
      let file = try MappedFile(path: location ?? path)
      guard let format = file.withBytes({ CompressionFormat($0) }) else {
        self = .mapped(file)
        return
      }
      let contents = Result { () throws(AnonymousFileError) in
        try file.withBytes { (bytes) throws(AnonymousFileError) in
          try AnonymousFile.decompressing(bytes, format)
        }
      }
      let decompressed = try contents.mapError { FileError($0, path: path) }.get()
      self = .decompressed(decompressed, try MappedFile(path: decompressed.path))
    } catch let error as FileSystemError {
      throw FileError(error, path: path)
    } catch let error as FileError {
      throw error
    } catch {
      preconditionFailure("\(error)")
    }
  }

  var byteCount: Int {
    switch self {
    case .mapped(let file), .decompressed(_, let file): file.byteCount
    case .memory(let bytes): bytes.count
    case .part(_, let range): range.count
    }
  }

  /// Where other processes find the bytes for as long as this lives; nil when they cannot.
  var location: String? {
    switch self {
    case .mapped(let file), .decompressed(_, let file): file.path
    case .memory, .part: nil
    }
  }

  /// Calls `body` with all bytes, after making sure that they can still be read.
  func withBytes<Result>(
    path: String, _ body: (Span<UInt8>) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    switch self {
    case .mapped(let file), .decompressed(_, let file):
      guard file.isIntact else { throw .changed(path: path) }
      return try file.withBytes(body)
    case .memory(let bytes):
      return try body(bytes.span)
    case .part(let whole, let range):
      return try whole.withBytes(path: path) { (bytes) throws(FileError) in
        try body(bytes.extracting(range))
      }
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
