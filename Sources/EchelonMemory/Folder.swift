import Glibc

/// Folders and the files in them.
package enum Folder {
  /// What a path names.
  package enum Entry: Sendable, Equatable {
    case file(byteCount: Int)
    case folder
    /// Nothing, or nothing that can be looked at.
    case unknown
  }

  /// What is at `path`, links followed.
  package static func entry(at path: String) -> Entry {
    guard let status = status(of: path) else { return .unknown }
    return status.st_mode & S_IFMT == S_IFDIR ? .folder : .file(byteCount: Int(status.st_size))
  }

  /// Whether something is at `path`, links followed, that is neither a file nor a folder.
  package static func isSpecial(_ path: String) -> Bool {
    status(of: path).map { ![S_IFREG, S_IFDIR].contains($0.st_mode & S_IFMT) } ?? false
  }

  /// Whether a pipe is at `path`, links followed: what can be read once, from its beginning.
  package static func isPipe(_ path: String) -> Bool {
    status(of: path).map { $0.st_mode & S_IFMT == S_IFIFO } ?? false
  }

  /// The path from the root, with no links and no dots in it; nil when there is nothing at `path`.
  package static func absolutePath(of path: String) -> String? {
    // SAFETY: a terminated copy of the path; the answer is a C string that is ours to free.
    guard let text = unsafe realpath(path, nil) else { return nil }
    defer { unsafe free(text) }
    return unsafe String(cString: text)
  }

  /// What tells a file from every other on the machine; nil when there is none at `path`.
  package static func identity(of path: String) -> FileIdentity? {
    status(of: path).map {
      FileIdentity(device: UInt64($0.st_dev), inode: UInt64($0.st_ino))
    }
  }

  /// The names in a folder, sorted by their bytes: those that begin with a dot, or the others.
  package static func names(in path: String, hidden: Bool = false) throws(FileSystemError)
    -> [String]
  {
    // SAFETY: a terminated copy of the path, alive during the call.
    guard let folder = unsafe opendir(path) else { throw .last(.open) }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    // SAFETY: the entry is this stream's until the next call, and its name ends with a zero.
    while let entry = unsafe readdir(folder) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
        unsafe $0.withMemoryRebound(to: CChar.self, capacity: 256) {
          unsafe String(cString: $0)
        }
      }
      if name.hasPrefix(".") == hidden { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Makes the folder and those above it that are missing.
  package static func create(_ path: String) throws(FileSystemError) {
    if entry(at: path) == .folder { return }
    if let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex {
      try create(String(path[..<slash]))
    }
    if path.isEmpty { return }
    // SAFETY: a terminated copy of the path, alive during the call.
    guard unsafe mkdir(path, 0o777) == 0 || (errno == EEXIST && entry(at: path) == .folder) else {
      throw .last(.create)
    }
  }

  /// The size of the file system that holds `path`, and what an ordinary user may still fill of it,
  /// in bytes; nil when there is nothing at `path`.
  package static func space(at path: String) -> (total: Int, free: Int)? {
    var status = statvfs()
    // SAFETY: a terminated copy of the path, and a whole `statvfs` borrowed for the call.
    guard unsafe statvfs(path, &status) == 0 else { return nil }
    let unit = Int(status.f_frsize)
    return (Int(clamping: status.f_blocks) * unit, Int(clamping: status.f_bavail) * unit)
  }

  private static func status(of path: String) -> stat? {
    var status = stat()
    // SAFETY: a terminated copy of the path, and a whole `stat` borrowed for the call.
    return unsafe stat(path, &status) == 0 ? status : nil
  }
}

/// Device and inode: equal for two paths exactly when they name one file.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64
}
