import Glibc

/// A part of a regular file, mapped to be read: its pages are those of the page cache, in every process.
///
/// ## Invariants
/// 1. From `base` on `byteCount` bytes stay mapped until `deinit`. The pages of a file that is shortened meanwhile
///    are lost; whoever touches one is sent SIGBUS by the kernel.
/// 2. The descriptor stays open until `deinit` in the process that opened the file, and is -1 elsewhere.
@safe package final class FileMapping: Sendable {
  /// The path as it was given.
  package let path: String
  /// The mapped part.
  package let byteCount: Int
  // SAFETY: never changed; the memory behind it is only ever read.
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  private let start: Int
  private let descriptor: Int32
  private let device: UInt64
  private let inode: UInt64

  /// Maps a part of a file.
  /// - Parameters:
  ///   - start: bytes before the first element.
  ///   - count: the number of elements; nil is as many as there are.
  /// - Returns: nil when that is none.
  package static func open(
    _ path: String, from start: Int, count: Int?, elementBytes: Int
  ) throws(FileMappingError) -> FileMapping? {
    // Non-blocking, because opening a named pipe would otherwise wait.
    // SAFETY: a terminated copy of the path, alive during the call.
    let opened = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw .cannotOpen(path: path, reason: systemMessage(errno)) }
    defer { close(opened) }
    var status = stat()
    guard unsafe fstat(opened, &status) == 0 else {
      throw .cannotOpen(path: path, reason: systemMessage(errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let isFolder = status.st_mode & S_IFMT == S_IFDIR
      throw .cannotOpen(
        path: path, reason: isFolder ? systemMessage(EISDIR) : "it is no regular file")
    }
    let size = Int(status.st_size)
    let byteCount: Int
    if let count {
      let (bytes, overflow) = count.multipliedReportingOverflow(by: elementBytes)
      guard !overflow, bytes <= size, start <= size - bytes else {
        let (end, isBeyond) = start.addingReportingOverflow(bytes)
        throw .tooShort(
          path: path, neededBytes: overflow || isBeyond ? .max : end, foundBytes: size)
      }
      byteCount = bytes
    } else {
      guard start <= size else {
        throw .tooShort(path: path, neededBytes: start, foundBytes: size)
      }
      byteCount = size - start
      guard byteCount % elementBytes == 0 else {
        throw .unevenLength(path: path, byteCount: byteCount, elementBytes: elementBytes)
      }
    }
    guard byteCount > 0 else { return nil }
    // Numbers below are for what a worker is given at its start.
    let descriptor = fcntl(opened, F_DUPFD_CLOEXEC, 16)
    guard descriptor >= 0 else { throw .cannotOpen(path: path, reason: systemMessage(errno)) }
    return try FileMapping(path, descriptor, status, from: start, byteCount, keepsDescriptor: true)
  }

  /// Maps what another process has described. It is the very file that this one has open, whatever the path
  /// leads to by now.
  convenience init(_ description: FileDescription, path: String) throws(FileMappingError) {
    var failure: FileMappingError = .cannotOpen(path: path, reason: "there is another file by now")
    let places = ["/proc/\(description.processID)/fd/\(description.descriptor)", path]
    for place in places {
      let opened = unsafe Glibc.open(place, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard opened >= 0 else {
        failure = .cannotOpen(path: path, reason: systemMessage(errno))
        continue
      }
      var status = stat()
      guard unsafe fstat(opened, &status) == 0, UInt64(status.st_dev) == description.device,
        UInt64(status.st_ino) == description.inode
      else {
        close(opened)
        continue
      }
      let needed = Int(description.start) + Int(description.byteCount)
      guard Int(status.st_size) >= needed else {
        close(opened)
        throw .shortened(path: path, neededBytes: needed, foundBytes: Int(status.st_size))
      }
      try self.init(
        path, opened, status, from: Int(description.start), Int(description.byteCount),
        keepsDescriptor: false)
      return
    }
    throw failure
  }

  /// - Parameter opened: is this object's to close.
  private init(
    _ path: String, _ opened: Int32, _ status: stat, from start: Int, _ byteCount: Int,
    keepsDescriptor: Bool
  ) throws(FileMappingError) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let lead = start % page
    // SAFETY: no address is asked for, so no existing mapping is replaced; the file has all of the bytes.
    let address = unsafe mmap(
      nil, lead + byteCount, PROT_READ, MAP_SHARED, opened, off_t(start - lead))
    guard unsafe address != MAP_FAILED, let address = unsafe address else {
      let reason = systemMessage(errno)
      close(opened)
      throw .cannotMap(path: path, reason: reason)
    }
    if !keepsDescriptor { close(opened) }
    self.path = path
    self.byteCount = byteCount
    self.start = start
    // SAFETY: inside of what was just mapped.
    unsafe base = address + lead
    descriptor = keepsDescriptor ? opened : -1
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
  }

  deinit {
    let lead = start % Int(sysconf(Int32(_SC_PAGESIZE)))
    // SAFETY: exactly what was mapped, and no view outlives the object.
    unsafe munmap(base - lead, lead + byteCount)
    if descriptor >= 0 { close(descriptor) }
  }

  /// Whether every mapped byte can still be read, in the process that opened the file.
  package func checkIntact() throws(FileMappingError) {
    var status = stat()
    // SAFETY: a whole `stat`, exclusively borrowed for the call.
    guard unsafe fstat(descriptor, &status) == 0, Int(status.st_size) < start + byteCount else {
      return
    }
    throw .shortened(
      path: path, neededBytes: start + byteCount, foundBytes: Int(status.st_size))
  }

  /// What another process needs to map the same, in the process that opened the file.
  var description: FileDescription {
    FileDescription(
      processID: getpid(), descriptor: descriptor, device: device, inode: inode,
      start: UInt64(start), byteCount: UInt64(byteCount), pathBytes: UInt64(path.utf8.count))
  }
}

/// How a file that is mapped is found by other processes. Lies in a block of the heap, whose handle is the array's;
/// the path follows, for messages.
struct FileDescription: BitwiseCopyable {
  var magic = Self.magicNumber
  var processID: Int32
  var descriptor: Int32
  var device: UInt64
  var inode: UInt64
  var start: UInt64
  var byteCount: UInt64
  var pathBytes: UInt64

  static let magicNumber: UInt64 = 0x656C_6946_6C68_6345  // "EchlFile"
  static let byteCount = 64

  /// Whether a worker may act on it: a damaged handle can lead to any bytes.
  func isSound(roomForPath: Int) -> Bool {
    magic == Self.magicNumber && processID > 0 && descriptor >= 0 && start < 1 << 62
      && (1..<1 << 62) ~= byteCount && pathBytes <= UInt64(max(0, roomForPath))
  }
}
