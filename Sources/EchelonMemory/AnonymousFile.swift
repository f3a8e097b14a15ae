internal import CEchelon
internal import Glibc

/// A file without a name, for bytes that come from no file that could be mapped: standard input, or what a compressed
/// file holds. It is in memory until it takes a quarter of that, and from then on on a disk.
///
/// Other processes of the user reach it by `path` for as long as this object lives, so that workers need
/// neither a copy of the bytes nor to decompress them again.
///
/// Invariant 1: `descriptor` is open for reading and writing until `deinit`.
@safe package final class AnonymousFile: Sendable {
  private let descriptor: Int32

  /// Where every process of the user finds the file.
  package let path: String

  /// Makes an empty file.
  package init() throws(FileSystemError) {
    let descriptor = echelon_anonymous_file()
    guard descriptor >= 0 else { throw FileSystemError(.create, code: -descriptor) }
    self.descriptor = descriptor
    path = "/proc/\(getpid())/fd/\(descriptor)"
  }

  deinit { close(descriptor) }

  /// Whether `path` is that of an open file, as all `path`s here are.
  static func isPath(_ path: String) -> Bool {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"))
    return parts.count == 4 && path.hasPrefix("/proc/") && parts[2].elementsEqual("fd".utf8)
  }

  /// Appends bytes.
  package func write(_ bytes: Span<UInt8>) throws(FileSystemError) {
    try writeAll(bytes, to: descriptor)
  }

  /// Appends all that can be read from another descriptor.
  /// - Parameter room: what it may take.
  package func copy(
    from source: Int32, room: TemporaryRoom = TemporaryRoom()
  ) throws(AnonymousFileError) {
    var growth = FileGrowth(of: self, in: room)
    try copyAll(from: source, to: descriptor) { (count) throws(AnonymousFileError) in
      try growth.grow(by: count)
    }
  }

  /// Appends all that comes out of the pipe at `path`; one with a name is waited for until somebody writes.
  package func copy(fromPipeAt path: String) throws(AnonymousFileError) {
    // SAFETY: a terminated copy of the path, alive during the call.
    let source = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw .system(.last(.open)) }
    defer { close(source) }
    try copy(from: source)
  }

  /// Writes all of the file to another descriptor.
  package func copy(to target: Int32) throws(AnonymousFileError) {
    guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw .system(.last(.write)) }
    try copyAll(from: descriptor, to: target) { _ in }
  }

  /// Moves what there is to a disk; further bytes are appended there, and `path` stays what it is.
  ///
  /// Only who fills the file calls it, before others open `path`.
  /// - Returns: whether `folder` can have such files, and is on a disk.
  fileprivate func moveToDisk(of folder: String) throws(AnonymousFileError) -> Bool {
    // SAFETY: a terminated copy of the path, alive during the call.
    let disk = unsafe echelon_temporary_file(folder)
    guard disk >= 0 else { return false }
    defer { close(disk) }
    try copy(to: disk)
    let code = echelon_descriptor_replace(disk, descriptor)
    guard code == 0 else { throw .system(FileSystemError(.create, code: -code)) }
    return true
  }

  /// The bytes that `compressed` stands for: one or more members of a gzip file, frames of a zstd file.
  /// - Parameter room: what they may take.
  package static func decompressing(
    _ compressed: Span<UInt8>, _ format: CompressionFormat, room: TemporaryRoom = TemporaryRoom()
  ) throws(AnonymousFileError) -> AnonymousFile {
    let file: AnonymousFile
    do { file = try AnonymousFile() } catch { throw .system(error) }
    guard let codec = Codec(format, compresses: false) else { throw .noLibrary(format) }
    var growth = FileGrowth(of: file, in: room)
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    var position = 0
    var isInside = false  // a member
    while position < compressed.count || isInside {
      // The padding of tapes.
      if !isInside, format == .gzip, compressed.isZero(from: position) { break }
      guard isInside || format.begins(compressed, at: position) else {
        throw .damaged(format, offset: position, what: "something else follows")
      }
      isInside = true
      // SAFETY: the bytes are read only during the call that lends them.
      let step = unsafe compressed.extracting(position..<compressed.count).withUnsafeBytes {
        unsafe codec.step($0, into: &buffer)
      }
      position += step.read
      if step.written > 0 {
        try growth.grow(by: step.written)
        do { try file.write(buffer.span.extracting(0..<step.written)) } catch {
          throw .system(error)
        }
      }
      switch step.state {
      case .end: isInside = false
      case .damaged(let what): throw .damaged(format, offset: position, what: what)
      case .more:
        if step.read == 0, step.written == 0 {
          throw .damaged(format, offset: position, what: "it ends too early")
        }
      }
    }
    return file
  }
}

/// Why bytes could not be brought into memory.
package enum AnonymousFileError: Error, Equatable, Sendable {
  case system(FileSystemError)
  /// The library that knows the format is not installed.
  case noLibrary(CompressionFormat)
  case damaged(CompressionFormat, offset: Int, what: String)
  /// As much memory as is left, or a limit, is taken already.
  case tooLarge(byteCount: Int)
  /// The disk of a folder is full but for a tenth.
  case diskFull(byteCount: Int, folder: String)
}

/// What a file without a name may take.
package struct TemporaryRoom: Sendable {
  /// The most bytes.
  package var byteLimit = Int.max
  /// From how many bytes on it is on a disk; nil is a quarter of the memory that is available.
  package var memoryByteLimit: Int?
  /// Where on the disk: `TMPDIR`, or else `/var/tmp`, which is for larger files than `/tmp` (`file-hierarchy(7)`). The
  /// system removes the file with the last process that has it open, however it ends.
  package var folder: String

  package init() {
    let folder = Terminal.environment("TMPDIR") ?? ""
    self.folder = folder.isEmpty ? "/var/tmp" : folder
  }
}

/// How far a file is, that neither takes the last memory nor fills a disk.
private struct FileGrowth {
  private let file: AnonymousFile
  private let room: TemporaryRoom
  private var byteCount = 0
  private var nextCheck: Int
  private var isOnDisk = false
  private var canMove = true

  private static let step = 16 << 20

  init(of file: AnonymousFile, in room: TemporaryRoom) {
    self.file = file
    self.room = room
    nextCheck = min(Self.step, room.memoryByteLimit ?? .max)
  }

  /// Makes room for more. In memory a file has never more than what is then left: half of what there was, and less when
  /// others take some, too.
  mutating func grow(by added: Int) throws(AnonymousFileError) {
    byteCount += added
    if byteCount > room.byteLimit { throw .tooLarge(byteCount: byteCount) }
    guard byteCount >= nextCheck else { return }
    nextCheck += Self.step
    if !isOnDisk {
      let available = MachineLimits.memory().availableBytes
      if canMove, byteCount >= room.memoryByteLimit ?? (available + byteCount) / 4 {
        isOnDisk = try file.moveToDisk(of: room.folder)
        canMove = false
      }
      if !isOnDisk, available < byteCount { throw .tooLarge(byteCount: byteCount) }
    }
    if isOnDisk, let space = Folder.space(at: room.folder), space.free < space.total / 10 {
      throw .diskFull(byteCount: byteCount, folder: room.folder)
    }
  }
}

extension Span where Element == UInt8 {
  fileprivate func isZero(from start: Int) -> Bool {
    var position = start
    while position < count, self[position] == 0 { position += 1 }
    return position == count
  }
}

func writeAll(_ bytes: Span<UInt8>, to descriptor: Int32) throws(FileSystemError) {
  var written = 0
  while written < bytes.count {
    let rest = bytes.extracting(written..<bytes.count)
    // SAFETY: the buffer is read only during the call that lends it.
    let result = unsafe rest.withUnsafeBytes { buffer in
      unsafe Glibc.write(descriptor, buffer.baseAddress!, buffer.count)
    }
    if result > 0 {
      written += result
    } else if errno != EINTR {
      throw .last(.write)
    }
  }
}

private func copyAll(
  from source: Int32, to target: Int32, willWrite: (Int) throws(AnonymousFileError) -> Void
) throws(AnonymousFileError) {
  var buffer = [UInt8](repeating: 0, count: 1 << 18)
  while true {
    // SAFETY: the buffer is exclusively borrowed for the call, which writes inside it.
    let count = unsafe buffer.withUnsafeMutableBytes { bytes in
      unsafe Glibc.read(source, bytes.baseAddress!, bytes.count)
    }
    if count == 0 { return }
    guard count > 0 else {
      if errno == EINTR { continue }
      throw .system(.last(.read))
    }
    try willWrite(count)
    do { try writeAll(buffer.span.extracting(0..<count), to: target) } catch {
      throw .system(error)
    }
  }
}
