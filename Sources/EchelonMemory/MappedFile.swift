internal import Glibc

/// A regular file mapped read-only into this process, which hands out only bounded views.
///
/// The descriptor is closed as soon as the mapping stands, so open files are not a limit on how
/// many can be mapped. Replacing the file by another (a rename) leaves the mapping as it was;
/// *shortening* it in place makes its lost pages unreadable, so ask `isIntact` before long work.
///
/// Invariant 1: `base` is nil for an empty file, else `byteCount` bytes from it stay mapped
/// readable for as long as the object lives.
@safe package final class MappedFile: Sendable {
  /// The path as it was given.
  package let path: String

  /// The size of the file when it was mapped.
  package let byteCount: Int

  // SAFETY: written once in `init`, and the memory behind it is only ever read.
  nonisolated(unsafe) private let base: UnsafeRawPointer?
  private let device: UInt64
  private let inode: UInt64

  /// Maps the file at `path`.
  ///
  /// - Throws: `FileSystemError` with the code of the call that failed; `EISDIR` for a directory,
  ///   `ENODEV` for anything else that is not a regular file (a pipe, a terminal).
  package init(path: String) throws(FileSystemError) {
    // Non-blocking, because opening a named pipe would otherwise wait for its writer.
    // SAFETY: the string is passed as a terminated copy that outlives the call.
    let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .last(.open) }
    defer { close(descriptor) }

    var status = stat()
    // SAFETY: `status` is a whole `stat`, exclusively borrowed for the call.
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last(.inspect) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw FileSystemError(.open, code: EISDIR) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FileSystemError(.open, code: ENODEV) }

    self.path = path
    byteCount = Int(status.st_size)
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    guard byteCount > 0 else {
      unsafe base = nil
      return
    }
    // SAFETY: no address is asked for, so no existing mapping is replaced; the length is the
    // file's own.
    let address = unsafe mmap(nil, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard unsafe address != MAP_FAILED, let address = unsafe address else { throw .last(.map) }
    // SAFETY: the range was mapped just above; advice changes no contents, and its failure
    // costs speed only.
    _ = unsafe madvise(address, byteCount, MADV_SEQUENTIAL)
    unsafe base = UnsafeRawPointer(address)
  }

  deinit {
    // SAFETY: exactly the range that `init` mapped, and no view outlives the object.
    if let base = unsafe base { unsafe munmap(UnsafeMutableRawPointer(mutating: base), byteCount) }
  }

  /// Whether every mapped byte can still be read: false when the file was shortened in place.
  package var isIntact: Bool {
    var status = stat()
    // SAFETY: a terminated copy of the path, and a whole `stat` borrowed for the call.
    guard unsafe stat(path, &status) == 0 else { return true }  // unlinked: the pages remain
    let isSame = UInt64(status.st_dev) == device && UInt64(status.st_ino) == inode
    return !isSame || Int(status.st_size) >= byteCount
  }

  /// Calls `body` with the bytes of the file.
  package func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { withExtendedLifetime(self) {} }
    guard let base = unsafe base else { return try body(Span()) }
    // SAFETY: mapped and readable for `byteCount` bytes (invariant 1), and the object lives
    // until `body` has returned (the `defer` above).
    let bytes = unsafe Span(
      _unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: byteCount)
    return try body(bytes)
  }
}
