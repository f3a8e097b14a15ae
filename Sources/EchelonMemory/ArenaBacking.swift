import CEchelon
import Glibc

/// Where the pages of an arena come from.
public enum ArenaBacking: String, CaseIterable, Sendable, CustomStringConvertible {
  /// A detached tmpfs with huge pages: first touch costs a tenth of that of small pages, and the
  /// size of `/dev/shm` does not matter. Needs no root where user namespaces are allowed.
  case hugePages = "huge-pages"
  /// An unlinked POSIX shared-memory object in `/dev/shm`.
  case sharedMemory = "shared-memory"
  /// An anonymous file (`memfd_create`), for machines whose `/dev/shm` is too small.
  case anonymousFile = "anonymous-file"

  /// The name that is accepted and shown everywhere.
  public var description: String { rawValue }

  /// The unit in which pages are committed.
  var growthStep: Int {
    switch self {
    case .hugePages: 2 << 20
    case .sharedMemory, .anonymousFile: 256 << 10
    }
  }
}

/// A descriptor with pages behind it, and how it was chosen.
struct BackingFile {
  let backing: ArenaBacking
  let descriptor: Int32
  /// Why the backings before it in the order were not taken.
  let reasons: [String]

  /// Opens the one that is asked for, or the first of the order that works and is large enough.
  static func open(_ wanted: ArenaBacking?, byteLimit: Int) throws(ArenaError) -> BackingFile {
    var reasons: [String] = []
    for backing in wanted.map({ [$0] }) ?? ArenaBacking.allCases {
      if wanted == nil, backing == .sharedMemory {
        let free = Int(clamping: echelon_backing_shared_memory_free())
        if free < byteLimit {
          reasons.append(
            "\(backing): /dev/shm has \(ByteCount(free)), the pool may need \(ByteCount(byteLimit))"
          )
          continue
        }
      }
      let descriptor =
        switch backing {
        case .hugePages: echelon_backing_huge_tmpfs(UInt64(byteLimit))
        case .sharedMemory: echelon_backing_shared_memory()
        case .anonymousFile: echelon_backing_memfd()
        }
      if descriptor >= 0 {
        return BackingFile(backing: backing, descriptor: descriptor, reasons: reasons)
      }
      reasons.append("\(backing): \(systemMessage(-descriptor))")
    }
    throw .noBacking(
      name: wanted?.rawValue ?? "any", reason: reasons.joined(separator: "; "))
  }
}

/// The system's words for an error number.
package func systemMessage(_ error: Int32) -> String {
  // SAFETY: `strerror` returns a string that stays valid until the next call in this thread.
  unsafe String(cString: strerror(error))
}
