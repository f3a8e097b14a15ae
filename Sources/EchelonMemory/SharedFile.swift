import CEchelon
import Glibc

/// A file that several processes map and write.
///
/// Invariant 1: `region` stays mapped until `deinit`, and the file has a page for every byte of it
/// since its creation. Whoever shortens the file while it is mapped is sent SIGBUS by the kernel.
@safe package final class SharedFile: Sendable {
  package let descriptor: Int32
  package let region: Region

  /// Makes the file with `byteCount` bytes of zero, in the place of one that is there.
  ///
  /// That one is not touched: another process, or another pool of this one, may have it mapped, and goes
  /// on with a file that has no name any more.
  package init(creating path: String, byteCount: Int) throws(FileSystemError) {
    let target = try Self.target(of: path)
    let staged = try StagedFile(replacing: target, mode: 0o644)
    // Numbers below are for what a worker is given at its start.
    descriptor = fcntl(staged.descriptor, F_DUPFD_CLOEXEC, 16)
    guard descriptor >= 0 else { throw .last(.create) }
    // Pages now: a disk that is full later would end the process that touches them.
    let code = Self.allocate(descriptor, 0..<byteCount)
    guard code == 0 else {
      close(descriptor)
      throw FileSystemError(.write, code: code)
    }
    guard let region = Self.map(descriptor, byteCount) else {
      let error = FileSystemError.last(.map)
      close(descriptor)
      throw error
    }
    do throws(FileSystemError) { try staged.publish(isDurable: false) } catch {
      unsafe munmap(region.address(at: 0, byteCount: byteCount), byteCount)
      close(descriptor)
      throw error
    }
    self.region = region
  }

  /// What a new file is to take the place of: the path, or what it leads to. Only a file that could be
  /// written is replaced.
  private static func target(of path: String) throws(FileSystemError) -> String {
    // SAFETY: a terminated copy of the path, alive during the call. Non-blocking, because opening a
    // named pipe would otherwise wait.
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return path }
      throw .last(.create)
    }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FileSystemError(.create, code: ENODEV)
    }
    // SAFETY: as above; the result is the caller's to free, after it has been copied.
    guard let resolved = unsafe realpath(path, nil) else { throw .last(.create) }
    defer { unsafe free(resolved) }
    return unsafe String(cString: resolved)
  }

  /// Maps a file that another process made; nil when it is not there or too short.
  package init?(attaching path: String, atLeast byteCount: Int) {
    let opened = unsafe open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { return nil }
    var status = stat()
    guard unsafe fstat(opened, &status) == 0, Int(status.st_size) >= byteCount,
      status.st_size < 1 << 40, let region = Self.map(opened, Int(status.st_size))
    else {
      close(opened)
      return nil
    }
    descriptor = opened
    self.region = region
  }

  deinit {
    unsafe munmap(region.address(at: 0, byteCount: region.byteCount), region.byteCount)
    close(descriptor)
  }

  private static func map(_ descriptor: Int32, _ byteCount: Int) -> Region? {
    // SAFETY: no address is asked for, so no existing mapping is replaced.
    let base = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard unsafe base != MAP_FAILED, let base = unsafe base else { return nil }
    // A process that a task forks must not write here beside its parent.
    _ = unsafe madvise(base, byteCount, MADV_DONTFORK)
    // SAFETY: page-aligned and `byteCount` bytes long (region invariant 1).
    return unsafe Region(base: base, byteCount: byteCount)
  }

  /// Makes the file longer, by bytes of zero with pages of their own. Who has mapped it sees what it had;
  /// who maps it from now on sees all.
  package func grow(to byteCount: Int) throws(FileSystemError) {
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last(.inspect) }
    // The new part alone: where the file system cannot do this, the library writes into every page, and others
    // write into those that are there.
    let length = Int(status.st_size)
    guard length < byteCount else { return }
    let code = Self.allocate(descriptor, length..<byteCount)
    guard code == 0 else { throw FileSystemError(.write, code: code) }
  }

  /// Gives a part of the file pages of zero bytes.
  private static func allocate(_ descriptor: Int32, _ range: Range<Int>) -> Int32 {
    while true {
      let code = posix_fallocate(descriptor, off_t(range.lowerBound), off_t(range.count))
      if code != EINTR { return code }
    }
  }

  /// The bytes of a file, read and not mapped: nothing that happens to the file can hurt the reader.
  package static func read(_ path: String, limit: Int) throws(FileSystemError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .last(.open) }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last(.inspect) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw FileSystemError(.open, code: status.st_mode & S_IFMT == S_IFDIR ? EISDIR : ENODEV)
    }
    guard Int(status.st_size) <= limit else { throw FileSystemError(.open, code: EFBIG) }
    var bytes = try read(descriptor, from: 0, to: Int(status.st_size))
    // It may have grown meanwhile, and its beginning may speak of what was added.
    guard unsafe fstat(descriptor, &status) == 0 else { throw .last(.inspect) }
    guard Int(status.st_size) <= limit else { throw FileSystemError(.open, code: EFBIG) }
    if Int(status.st_size) > bytes.count {
      bytes += try read(descriptor, from: bytes.count, to: Int(status.st_size))
    }
    return bytes
  }

  private static func read(
    _ descriptor: Int32, from start: Int, to end: Int
  ) throws(FileSystemError) -> [UInt8] {
    let size = end - start
    var failure: FileSystemError?
    // SAFETY: the closure initialises exactly the bytes that `pread` reports.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let result = unsafe pread(
          descriptor, buffer.baseAddress! + count, size - count, off_t(start + count))
        if result > 0 {
          count += result
        } else if result == 0 {
          break
        } else if errno != EINTR {
          failure = .last(.open)
          break
        }
      }
    }
    if let failure { throw failure }
    return bytes
  }
}

/// The clock on the wall.
package enum WallClock {
  /// Nanoseconds since 1970.
  package static func now() -> UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
