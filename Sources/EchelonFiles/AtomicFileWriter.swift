import EchelonMemory

/// Writes a file that appears under its name complete, or not at all.
///
///     var writer = try AtomicFileWriter(path: "result.csv")
///     try writer.write("x,y\n")
///     try writer.commit()          // without this the target stays as it was
///
/// Until `commit` the bytes are in a hidden file of the same folder; a reader of `path` sees the old
/// contents, then the new ones. A file whose name ends in `.gz` or `.zst` is compressed. When an error or the end of the process comes first, nothing is left
/// behind. If `path` is a symbolic link, the link is replaced, not what it points to. Pipes and devices are refused.
public struct AtomicFileWriter: ~Copyable {
  /// The path as it was given.
  public let path: String

  private var file: StagedFile
  private var buffer: [UInt8]
  private let compressor: Compressor?

  /// A system call for every so many bytes, not for every field.
  private static let bufferByteCount = 1 << 16

  /// Begins to replace the file at `path`, or to make it.
  public init(path: String) throws(FileError) {
    guard !Folder.isSpecial(path) else {
      throw .system(
        path: path, operation: FileSystemError.Operation.create.rawValue,
        reason: "a pipe or a device is there, which would be replaced; name a file")
    }
    let compressor = try Self.compressor(for: path)
    let staged: StagedFile
    do {
      staged = try StagedFile(replacing: path)
    } catch {
      throw FileError(error, path: path)
    }
    self.path = path
    self.compressor = compressor
    file = staged
    buffer = []
    buffer.reserveCapacity(Self.bufferByteCount)
  }

  private static func compressor(for path: String) throws(FileError) -> Compressor? {
    guard let format = CompressionFormat(path: path) else { return nil }
    guard let compressor = Compressor(format) else { throw FileError(missing: format, path: path) }
    return compressor
  }

  /// Appends text, as UTF-8.
  public mutating func write(_ text: String) throws(FileError) {
    buffer.append(contentsOf: text.utf8)
    if buffer.count >= Self.bufferByteCount { try flush() }
  }

  /// Appends numbers as they lie in memory.
  public mutating func write<Value: Numeric & BitwiseCopyable>(
    elements: Span<Value>
  ) throws(FileError) {
    try flush()
    try put(elements)
  }

  /// Brings the bytes to the disk and puts the file in place, in one step.
  public consuming func commit() throws(FileError) {
    try flush(isLast: true)
    let path = path
    do { try file.publish() } catch { throw FileError(error, path: path) }
  }

  private mutating func flush(isLast: Bool = false) throws(FileError) {
    try put(buffer.span, isLast: isLast)
    buffer.removeAll(keepingCapacity: true)
  }

  private func put<Value: Numeric & BitwiseCopyable>(
    _ values: Span<Value>, isLast: Bool = false
  ) throws(FileError) {
    do throws(FileSystemError) {
      if let compressor {
        try compressor.compress(values, isLast: isLast) { (bytes) throws(FileSystemError) in
          try file.write(bytes)
        }
      } else {
        try file.write(values)
      }
    } catch {
      throw FileError(error, path: path)
    }
  }
}
