import EchelonMemory

/// Writes a file that appears under its name complete, or not at all.
///
///     var writer = try AtomicFileWriter(path: "result.csv")
///     try writer.write("x,y\n")
///     try writer.commit()          // without this the target stays as it was
///
/// Until `commit` the bytes are in a hidden file of the same folder; a reader of `path` sees the old
/// contents, then the new ones. When an error or the end of the process comes first, nothing is left
/// behind. If `path` is a symbolic link, the link is replaced, not what it points to.
public struct AtomicFileWriter: ~Copyable {
  /// The path as it was given.
  public let path: String

  private var file: StagedFile
  private var buffer: [UInt8] = []

  /// A system call for every so many bytes, not for every field.
  private static let bufferByteCount = 1 << 16

  /// Begins to replace the file at `path`, or to make it.
  public init(path: String) throws(FileError) {
    self.path = path
    do {
      file = try StagedFile(replacing: path)
    } catch {
      throw FileError(error, path: path)
    }
    buffer.reserveCapacity(Self.bufferByteCount)
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
    do { try file.write(elements) } catch { throw FileError(error, path: path) }
  }

  /// Brings the bytes to the disk and puts the file in place, in one step.
  public consuming func commit() throws(FileError) {
    try flush()
    let path = path
    do { try file.publish() } catch { throw FileError(error, path: path) }
  }

  private mutating func flush() throws(FileError) {
    do { try file.write(buffer.span) } catch { throw FileError(error, path: path) }
    buffer.removeAll(keepingCapacity: true)
  }
}
