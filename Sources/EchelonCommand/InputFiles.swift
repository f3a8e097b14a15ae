import Echelon
import EchelonFiles

/// The files that the arguments of a command name.
enum InputFiles {
  private static let plainExtensions = [
    ".csv", ".tsv", ".tab", ".npy", ".npz", ".h5", ".hdf5", ".mtx", ".jsonl", ".ndjson",
  ]
  private static let extensions =
    plainExtensions + [".gz", ".zst"].flatMap { suffix in plainExtensions.map { $0 + suffix } }

  /// Every file as given, and for a folder the data files in it, in the order of their names.
  ///
  /// Nothing is opened: what cannot be read is found out, and reported, by whoever reads it.
  static func expand(_ arguments: [String]) throws -> [String] {
    var paths: [String] = []
    for argument in arguments {
      guard Folder.entry(at: argument) == .folder else {
        paths.append(argument)
        continue
      }
      let folder = argument.hasSuffix("/") ? argument : argument + "/"
      let found = try names(in: argument).filter { name in
        extensions.contains { name.hasSuffix($0) } && Folder.entry(at: folder + name) != .folder
      }
      guard !found.isEmpty else {
        throw CommandError(
          "\(argument): holds no data files; name files, or a folder with some that end in "
            + plainExtensions.joined(separator: " ") + ", or with .gz or .zst after that")
      }
      paths += found.map { folder + $0 }
    }
    return paths
  }

  /// Refuses several files where one result is wanted. A word that belongs to the operation and got
  /// among the files is found by there being no such file.
  static func requireOne(_ paths: [String], _ command: String) throws {
    guard paths.count > 1 else { return }
    guard paths.count(where: { $0 == InputFile.standardStream }) < 2 else {
      throw WrongUse("- is standard input, which can be read only once", command: command)
    }
    let missing = paths.first { path in
      path != InputFile.standardStream && !path.contains(":") && Folder.entry(at: path) == .unknown
    }
    if let missing { throw FileError.notFound(path: missing) }
    throw WrongUse(
      "\(paths.count) files have \(paths.count) results; name a folder for them by --output",
      command: command)
  }

  private static func names(in folder: String) throws(FileError) -> [String] {
    do { return try Folder.names(in: folder) } catch { throw FileError(error, path: folder) }
  }

  /// The size of a file in bytes, 0 for what is no file.
  static func byteCount(_ path: String) -> Int {
    if case .file(let byteCount) = Folder.entry(at: path) { byteCount } else { 0 }
  }

  /// The last component of a path.
  static func name(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return path }
    return String(path[path.utf8.index(after: slash)...])
  }
}
