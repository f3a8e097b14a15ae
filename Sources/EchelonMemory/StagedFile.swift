package import Glibc

/// A file that is written out of sight and appears under its name whole, or not at all.
///
///     unnamed ─write…─► synchronized ─publish─► in place, the old file replaced
///        └─ dropped, failed, or the process killed ─► nothing is left behind
///
/// Where the file system can, the bytes go to a file without a name (`O_TMPFILE`), which the
/// kernel itself removes if the process dies. Elsewhere a hidden sibling of the target is used;
/// it stays behind when the process is killed, as it does when that hits the moment between the
/// two steps in which an old file is replaced. `removeLeftovers` takes such files away; those that are
/// still written are locked (`flock`), which ends with the process.
///
/// Invariant 1: `descriptor` is open for reading and writing until `deinit`.
/// Invariant 2: `temporaryPath`, when set, is a file that this object made and still owns.
@safe package struct StagedFile: ~Copyable {
  package let descriptor: Int32
  private let target: String
  private let directory: String
  private var temporaryPath: String?
  private let isUnnamed: Bool
  private let isInPlace: Bool

  /// Begins a replacement for `target`, in the same directory and so on the same file system.
  ///
  /// - Parameter unnamed: whether to try a file without a name first; false is for testing the
  ///   other way on a machine that has both.
  package init(
    replacing target: String, unnamed: Bool = true, mode: mode_t = 0o666
  ) throws(FileSystemError) {
    let directory = Self.directory(of: target)
    let opened = try Self.begin(target, in: directory, unnamed: unnamed, mode: mode)
    self.target = target
    self.directory = directory
    descriptor = opened.descriptor
    temporaryPath = opened.temporaryPath
    isUnnamed = opened.isUnnamed
    // A file in memory has no name that another could take: it is written as it is.
    isInPlace = opened.isInPlace
  }

  private struct Opened {
    var descriptor: Int32 = -1
    var temporaryPath: String?
    var isUnnamed = false
    var isInPlace = false
  }

  private static func begin(
    _ target: String, in directory: String, unnamed: Bool, mode: mode_t
  ) throws(FileSystemError) -> Opened {
    var file = Opened()
    if AnonymousFile.isPath(target) {
      file.isInPlace = true
      // SAFETY: a terminated copy of the path, alive during the call.
      file.descriptor = unsafe open(target, O_WRONLY | O_TRUNC | O_CLOEXEC)
      guard file.descriptor >= 0 else { throw .last(.open) }
      return file
    }
    if unnamed {
      // O_TMPFILE, which the C header composes from macros that Swift does not import.
      let unnamedFlag = O_DIRECTORY | 0o20000000
      // SAFETY: a terminated copy of the path, alive during the call.
      file.descriptor = unsafe open(directory, unnamedFlag | O_RDWR | O_CLOEXEC, mode)
      file.isUnnamed = file.descriptor >= 0
    }
    if file.descriptor < 0 {
      // Whatever is truly wrong (no directory, no permission) the second way meets as well.
      let path = siblingPath(of: target)
      // SAFETY: as above.
      file.descriptor = unsafe open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, mode)
      guard file.descriptor >= 0 else { throw .last(.create) }
      flock(file.descriptor, LOCK_EX | LOCK_NB)  // see `removeLeftovers`
      file.temporaryPath = path
    }
    return file
  }

  deinit {
    close(descriptor)
    // SAFETY: a terminated copy of the path; the file is this object's own (invariant 2).
    if let temporaryPath { _ = unsafe unlink(temporaryPath) }
  }

  /// Appends the numbers as they lie in memory.
  package func write<Value: Numeric & BitwiseCopyable>(
    _ values: Span<Value>
  ) throws(FileSystemError) {
    // SAFETY: the buffer is read only during the call that lends it. `Numeric` values have no
    // padding whose stale contents could reach the file.
    try unsafe values.withUnsafeBytes { (buffer) throws(FileSystemError) in
      var written = 0
      while written < buffer.count {
        // SAFETY: `written` < `buffer.count`, so the rest is a part of the buffer.
        let result = unsafe Glibc.write(
          descriptor, buffer.baseAddress! + written, buffer.count - written)
        if result > 0 {
          written += result
        } else if errno != EINTR {
          throw .last(.write)
        }
      }
    }
  }

  /// Brings the bytes to the disk, then puts the file in the place of the target in one step.
  /// - Parameter isDurable: false leaves it to the system when the disk is written.
  package consuming func publish(isDurable: Bool = true) throws(FileSystemError) {
    if isInPlace { return }
    if isDurable, fsync(descriptor) != 0 { throw .last(.synchronize) }
    if isUnnamed {
      // A new file gets its name in one step. A link refuses to replace an old one, a rename does
      // not: only then is there a moment with a hidden name.
      if link(as: target) {
        if isDurable { Self.synchronizeDirectory(directory) }
        return
      }
      guard errno == EEXIST else { throw .last(.publish) }
      let path = Self.siblingPath(of: target)
      flock(descriptor, LOCK_EX | LOCK_NB)  // before it can be taken for a leftover
      guard link(as: path) else { throw .last(.publish) }
      temporaryPath = path
    }
    // SAFETY: terminated copies of both paths, alive during the call.
    guard let path = temporaryPath, unsafe rename(path, target) == 0 else { throw .last(.publish) }
    temporaryPath = nil
    if isDurable { Self.synchronizeDirectory(directory) }
  }

  /// Gives the unnamed file a name that is free; false with `errno` if it cannot.
  private func link(as path: String) -> Bool {
    // SAFETY: terminated copies of both paths, alive during the call. Following the link in
    // /proc is the documented way to name an O_TMPFILE without privileges.
    unsafe linkat(
      AT_FDCWD, "/proc/self/fd/\(descriptor)", AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0
  }

  /// Makes the new name survive a power cut. Not every file system can, and the data are in place
  /// either way, so a refusal is not an error.
  private static func synchronizeDirectory(_ path: String) {
    // SAFETY: a terminated copy of the path, alive during the call.
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    close(descriptor)
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// A hidden name beside `path`, too unlikely to be met twice; O_EXCL and `linkat` refuse if so.
  private static func siblingPath(of path: String) -> String {
    let tag = String(UInt64.random(in: .min ... .max), radix: 36)
    return "\(directory(of: path))/\(hiddenPrefix)\(tag)\(hiddenSuffix)"
  }

  private static let (hiddenPrefix, hiddenSuffix) = (".echelon-", ".tmp")

  /// Removes the hidden files that killed processes left in a folder.
  /// - Returns: how many there were.
  package static func removeLeftovers(in directory: String) throws(FileSystemError) -> Int {
    var count = 0
    for name in try Folder.names(in: directory, hidden: true)
    where name.hasPrefix(hiddenPrefix) && name.hasSuffix(hiddenSuffix) {
      let path = "\(directory)/\(name)"
      // SAFETY: a terminated copy of the path, alive during the call.
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      // Whoever still writes it holds the lock.
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
      // SAFETY: as above.
      if unsafe unlink(path) == 0 { count += 1 }
    }
    return count
  }
}
