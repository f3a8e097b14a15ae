import EchelonFiles
import EchelonMemory

/// A file of lines that is written while a run goes on: a journal, a log.
struct LineFile {
  private let path: String
  private let file: LockedFile

  /// Opens the file at `path` or makes it. A last line that a killed process did not finish is cut off.
  /// - Parameters:
  ///   - isEmptied: whether what it has is removed.
  ///   - inUse: what is to be said when another process has it.
  init(_ path: String, isEmptied: Bool = false, inUse: () -> CommandError) throws {
    self.path = path
    do throws(FileSystemError) {
      guard let file = try LockedFile(path: path) else { throw FileSystemError.inUse }
      self.file = file
      let contents = try MappedFile(path: path)
      let end = isEmptied ? 0 : contents.withBytes { Self.endOfLines($0) }
      if end < contents.byteCount { try file.truncate(to: end) }
    } catch {
      throw error == .inUse ? inUse() : FileError(error, path: path)
    }
  }

  /// Whether other processes are kept out; not on every file system.
  var isLocked: Bool { file.isLocked }

  /// The bytes up to the last line feed, that included.
  static func endOfLines(_ bytes: Span<UInt8>) -> Int {
    var end = bytes.count
    while end > 0, bytes[end - 1] != UInt8(ascii: "\n") { end -= 1 }
    return end
  }

  /// Appends a line.
  func append(_ line: String) throws(FileError) {
    do { try file.append(line + "\n") } catch { throw FileError(error, path: path) }
  }

  /// Brings all lines to the disk.
  func synchronize() throws(FileError) {
    do { try file.synchronize() } catch { throw FileError(error, path: path) }
  }
}

extension FileSystemError {
  /// No error of the system: another process has the lock.
  fileprivate static let inUse = FileSystemError(.open, code: 0)
}
