internal import CEchelon
internal import Glibc

/// A file in memory without a name, for bytes that come from no file that could be mapped: standard
/// input, or what a compressed file holds.
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
  package func copy(from source: Int32) throws(AnonymousFileError) {
    try copyAll(from: source, to: descriptor, checksMemory: true)
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
    try copyAll(from: descriptor, to: target, checksMemory: false)
  }

  /// The bytes that `compressed` stands for: one or more members of a gzip file, frames of a zstd file.
  /// - Parameter limit: the most bytes, beside the limit that memory sets.
  package static func decompressing(
    _ compressed: Span<UInt8>, _ format: CompressionFormat, limit: Int = .max
  ) throws(AnonymousFileError) -> AnonymousFile {
    let file: AnonymousFile
    do { file = try AnonymousFile() } catch { throw .system(error) }
    guard let codec = Codec(format, compresses: false) else { throw .noLibrary(format) }
    var growth = MemoryGrowth(limit: limit)
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
}

/// Refuses to take the last memory for a file in it.
private struct MemoryGrowth {
  let limit: Int
  private var byteCount = 0
  private var nextCheck = 16 << 20

  init(limit: Int) { self.limit = limit }

  /// Never more than what is then left: half of what there was, and less when others take some, too.
  mutating func grow(by added: Int) throws(AnonymousFileError) {
    byteCount += added
    if byteCount > limit { throw .tooLarge(byteCount: byteCount) }
    guard byteCount >= nextCheck else { return }
    nextCheck += 16 << 20
    if MachineLimits.memory().availableBytes < byteCount { throw .tooLarge(byteCount: byteCount) }
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
  from source: Int32, to target: Int32, checksMemory: Bool
) throws(AnonymousFileError) {
  var growth = MemoryGrowth(limit: .max)
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
    if checksMemory { try growth.grow(by: count) }
    do { try writeAll(buffer.span.extracting(0..<count), to: target) } catch {
      throw .system(error)
    }
  }
}
