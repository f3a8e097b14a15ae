internal import Glibc

/// A text file that one process at a time writes, line by line at its end.
///
/// The lock (`flock`) belongs to the open file: it ends with the process, however that ends, and no
/// file that says "locked" is left behind. A reader needs none.
///
/// Invariant 1: `descriptor` is open for reading and writing, and holds the lock if there is one, until `deinit`.
@safe package final class LockedFile: Sendable {
  private let descriptor: Int32

  /// Whether there is a lock: some file systems, mostly over networks, have none.
  package let isLocked: Bool

  /// Opens the file at `path`, or makes it; nil when another process has it.
  package init?(path: String) throws(FileSystemError) {
    // SAFETY: a terminated copy of the path, alive during the call.
    let descriptor = unsafe open(path, O_CREAT | O_RDWR | O_APPEND | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last(.open) }
    var isLocked = true
    while isLocked, flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if errno == EINTR { continue }
      if [ENOSYS, EOPNOTSUPP, ENOLCK].contains(errno) {
        isLocked = false
        continue
      }
      let error = FileSystemError.last(.open)
      close(descriptor)
      if error.code == EWOULDBLOCK { return nil }
      throw error
    }
    self.descriptor = descriptor
    self.isLocked = isLocked
  }

  deinit { close(descriptor) }

  /// Cuts off what follows the first `byteCount` bytes.
  package func truncate(to byteCount: Int) throws(FileSystemError) {
    guard ftruncate(descriptor, off_t(byteCount)) == 0 else { throw .last(.write) }
  }

  /// Appends text. The system has all of it when this returns, and the disk at the next `synchronize`.
  package func append(_ text: String) throws(FileSystemError) {
    let bytes = Array(text.utf8)
    try writeAll(bytes.span, to: descriptor)
  }

  /// Brings to the disk what was appended.
  package func synchronize() throws(FileSystemError) {
    guard fdatasync(descriptor) == 0 else { throw .last(.synchronize) }
  }
}
