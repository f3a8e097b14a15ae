import Echelon
import EchelonFiles
import EchelonMemory

/// The files that the arguments of a command name.
enum InputFiles {
  /// What names of data files end in, before what compressed ones end in as well.
  private static let endings = [
    ".csv", ".tsv", ".tab", ".npy", ".npz", ".h5", ".hdf5", ".mtx", ".json", ".jsonl", ".ndjson",
  ]
  /// The same of files of plain numbers, whose names say nothing of what is in them.
  private static let endingsOfNumbers = [".bin", ".raw", ".dat"]

  /// Every file as given, and for a folder the data files in it, in the order of their names.
  ///
  /// Nothing is opened: what cannot be read is found out, and reported, by whoever reads it. What is left out of a folder
  /// is said.
  /// - Parameter areNumbers: whether files are plain numbers, as `--raw` has it.
  static func expand(_ arguments: [String], areNumbers: Bool = false) throws -> [String] {
    var paths: [String] = []
    for argument in arguments {
      guard Folder.entry(at: argument) == .folder else {
        paths.append(argument)
        continue
      }
      let folder = argument.hasSuffix("/") ? argument : argument + "/"
      let files = try names(in: argument).filter { Folder.entry(at: folder + $0) != .folder }
      let found = files.filter { isData($0, areNumbers: areNumbers) }
      let numbers = areNumbers ? nil : files.first { isData($0, areNumbers: true) }
      let hint = numbers.map { "; what \($0) has is said by --raw" } ?? ""
      guard !found.isEmpty else {
        throw CommandError(
          "\(argument): holds no data files; name files, or a folder with some that end in "
            + (areNumbers ? endingsOfNumbers : endings).joined(separator: " ")
            + ", or with .gz or .zst after that" + hint)
      }
      if found.count < files.count {
        let taken = Set(found)
        let example = numbers ?? files.first { !taken.contains($0) } ?? ""
        Console.writeError(
          "echelon: \(argument): \(NumberText.count(files.count - found.count, "file")) left out because of "
            + (files.count - found.count == 1 ? "its name: " : "their names, such as ")
            + example + hint)
      }
      paths += found.map { folder + $0 }
    }
    return paths
  }

  /// Whether a name ends as those of data files do.
  static func isNamedAsData(_ path: String) -> Bool { isData(path, areNumbers: false) }

  private static func isData(_ name: String, areNumbers: Bool) -> Bool {
    let stem = CompressionFormat(path: name).map { name.dropLast($0.suffix.count) } ?? name[...]
    return (areNumbers ? endingsOfNumbers : endings).contains { stem.hasEnding($0) }
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
    // Other tools take the name of the result behind that of the input.
    if let missing, missing == paths.last, isNamedAsData(missing) {
      throw WrongUse(
        "\(missing): no such file; if the result is to go there, write \(["--output", missing].shellLine)",
        command: command)
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
