import CEchelon
import Glibc

/// The control area of another process's arena, mapped for reading: looking on costs the pool nothing.
///
/// Invariant 1: `region` stays mapped for reading until `deinit`; nothing is ever stored through it.
@safe package final class ObservedArena: Sendable {
  /// The process that made the pool.
  package let processID: Int32
  package let identity: UInt64
  package let region: Region

  private init(processID: Int32, identity: UInt64, region: Region) {
    self.processID = processID
    self.identity = identity
    self.region = region
  }

  deinit {
    unsafe munmap(region.address(at: 0, byteCount: region.byteCount), region.byteCount)
  }

  /// The arenas that a process has made and holds open.
  package static func all(of processID: Int32) throws(ObservationError) -> [ObservedArena] {
    guard ProcessFacts.exists(processID) else { throw .noSuchProcess(processID) }
    let folder = "/proc/\(processID)/fd"
    guard let names = FolderListing.names(in: folder) else {
      if errno == ENOENT { throw .noSuchProcess(processID) }
      throw .notPermitted(processID)
    }
    var arenas: [ObservedArena] = []
    var otherVersion: UInt32?
    for name in names {
      switch look(at: "\(folder)/\(name)", of: processID) {
      case .arena(let arena):
        if !arenas.contains(where: { $0.identity == arena.identity }) { arenas.append(arena) }
      case .otherVersion(let found): otherVersion = found
      case .nothing: break
      }
    }
    if arenas.isEmpty, let otherVersion {
      throw .otherVersion(
        processID, found: otherVersion, expected: ECHELON_LAYOUT_VERSION)
    }
    return arenas
  }

  /// Every arena of a process that this user may look into.
  package static func all() -> [ObservedArena] {
    (FolderListing.names(in: "/proc") ?? []).compactMap { Int32($0) }.sorted().flatMap {
      (try? all(of: $0)) ?? []
    }
  }

  private enum Found {
    case arena(ObservedArena)
    case otherVersion(UInt32)
    case nothing
  }

  private static func look(at path: String, of processID: Int32) -> Found {
    // Opening a device or a pipe again may have effects, so its kind is asked first.
    var status = stat()
    guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      status.st_size >= 64
    else { return .nothing }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .nothing }
    defer { close(descriptor) }
    var header = arena_header()
    let size = MemoryLayout<arena_header>.size
    // SAFETY: reads at most one header into it; every field is an integer.
    guard unsafe pread(descriptor, &header, size, 0) >= 16, header.magic == ECHELON_LAYOUT_MAGIC
    else { return .nothing }
    guard header.version == ECHELON_LAYOUT_VERSION, header.header_bytes == UInt32(size) else {
      return .otherVersion(header.version)
    }
    // Its workers hold the arena, too.
    guard header.front_end_pid == UInt32(processID) else { return .nothing }
    // What comes before the outboxes: of those only the ones in use have pages.
    let byteCount = Int(clamping: header.outboxes_offset)
    guard byteCount >= size, byteCount % 4096 == 0, byteCount <= Int(status.st_size),
      byteCount <= 1 << 30
    else { return .nothing }
    // SAFETY: no address is asked for, so no existing mapping is replaced.
    let base = unsafe mmap(nil, byteCount, PROT_READ, MAP_SHARED, descriptor, 0)
    guard unsafe base != MAP_FAILED, let base = unsafe base else { return .nothing }
    // SAFETY: page-aligned and `byteCount` long; the pages were committed when the arena was made.
    let region = unsafe Region(base: base, byteCount: byteCount)
    return .arena(
      ObservedArena(processID: processID, identity: header.identity, region: region))
  }
}

/// Why a pool cannot be looked at.
public enum ObservationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// There is no process with this number.
  case noSuchProcess(Int32)
  /// The process belongs to someone else.
  case notPermitted(Int32)
  /// The process has no pool.
  case noPool(Int32)
  /// The process runs another version of Echelon.
  case otherVersion(Int32, found: UInt32, expected: UInt32)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .noSuchProcess(let processID): "there is no process \(processID)"
    case .notPermitted(let processID):
      "process \(processID) belongs to another user, or does not let itself be looked at; run this as its user"
    case .noPool(let processID):
      "process \(processID) has no pool; leave the number out to see every process that has one"
    case .otherVersion(let processID, let found, let expected):
      "the pool of process \(processID) has layout \(found), this command reads \(expected); use the command of the version that the program was built with"
    }
  }
}

/// The names in a directory.
package enum FolderListing {
  /// Nil when it cannot be read; `errno` says why.
  package static func names(in path: String) -> [String]? {
    guard let directory = unsafe opendir(path) else { return nil }
    defer { unsafe closedir(directory) }
    var names: [String] = []
    while let entry = unsafe readdir(directory) {
      // SAFETY: the entry stays valid until the next `readdir`, and its name ends with a zero.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }
}

/// What the kernel tells of a process.
package enum ProcessFacts {
  /// Bytes of memory in use by the process, shared pages included; nil when it is gone.
  package static func residentBytes(of processID: Int32) -> Int? {
    guard let text = SystemFile.read("/proc/\(processID)/statm") else { return nil }
    let fields = text.split(separator: " ")
    guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else {
      return nil
    }
    // The arena is everyone's; what the worker has for itself is what its recycling would free.
    return max(0, resident - shared) * Int(getpagesize())
  }

  /// The command line, with spaces between its words. Its program chose it, and it may be about to be
  /// shown on somebody's terminal: what would move the cursor or turn the text around is replaced.
  package static func commandLine(of processID: Int32) -> String? {
    guard let text = SystemFile.read("/proc/\(processID)/cmdline") else { return nil }
    let words = text.split(separator: "\0").map(String.init)
    return words.isEmpty ? nil : printable(words.joined(separator: " "))
  }

  /// The text with a mark in the place of every character that shows nothing and does something.
  package static func printable(_ text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: result.append("\u{FFFD}")
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Whether there is such a process, and it has not ended.
  package static func exists(_ processID: Int32) -> Bool {
    guard kill(processID, 0) == 0 else { return errno == EPERM }
    // A signal can be sent, too, to one that is dead and that its parent has not reaped.
    return ProcessState.of(processID) != .gone
  }
}
