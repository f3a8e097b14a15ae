import EchelonFiles
import EchelonMemory

/// The files that a command reads, none of which may be replaced by what it writes.
///
/// A result is put in place whole, so that a run could read its input to the end and replace it then; but what the result has
/// not is lost for good, and people who name a file twice seldom mean that.
struct InputProtection {
  private var inputs: [FileIdentity: String] = [:]

  /// - Parameter paths: of files, or of arrays in them, `run.npz:x`.
  init(_ paths: [String]) {
    for path in paths where path != InputFile.standardStream {
      if let file = Self.identity(of: path) { inputs[file] = path }
    }
  }

  private static func identity(of path: String) -> FileIdentity? {
    Folder.identity(of: path) ?? DataFileReader.container(of: path).flatMap(Folder.identity)
  }

  /// The input that would be replaced by a file at a path, however that is written and through whatever links.
  func input(at output: String) -> String? { Folder.identity(of: output).flatMap { inputs[$0] } }

  /// Refuses to replace an input.
  /// - Parameter advice: what to do instead.
  func check(_ output: String, command: String, advice: String) throws {
    guard let input = input(at: output) else { return }
    throw WrongUse(
      input == output
        ? "\(output) is an input and would be replaced; \(advice)"
        : "\(output) would replace the input \(input); \(advice)", command: command)
  }

  /// Refuses a file to which standard output goes: a shell has emptied it, or it grows while it is read.
  static func checkStandardOutput(_ paths: [String], command: String) throws {
    // Devices are the same on both sides without harm.
    let files = InputProtection(paths.filter { !$0.hasPrefix("/dev/") })
    guard let input = files.input(at: "/dev/stdout") else { return }
    throw WrongUse(
      "standard output goes to the input \(input), which shells empty before it is read; name another file behind '>', which "
        + "mv can put in its place afterwards", command: command)
  }
}

extension Target {
  /// Refuses a single result in the place of a file that it is made from.
  func check(keeping paths: [String], command: String) throws {
    switch self {
    case .folder: break
    case .standardOutput: try InputProtection.checkStandardOutput(paths, command: command)
    case .file(let path, _):
      try InputProtection(paths).check(
        path, command: command,
        advice: "name another file by --output, which mv can put in its place afterwards")
    }
  }
}
