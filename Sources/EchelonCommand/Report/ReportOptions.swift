import ArgumentParser
import EchelonMemory
import EchelonPlots

/// Where the page of a run goes.
struct ReportOptions: ParsableArguments {
  @Option(
    name: .customLong("report"),
    help: ArgumentHelp(
      "One page of the run for a browser, with its pictures: a file that ends in .html.",
      valueName: "path"), completion: .file(extensions: ["html"]))
  var path: String?

  func validate() throws {
    guard let path else { return }
    if let problem = HTMLPage.problem(withPath: path) { throw ValidationError(problem) }
    try OutputPlace.check(path)
  }
}

/// Where a file is to be written when the work is done.
enum OutputPlace {
  /// The bytes of a name, which Linux's file systems agree on.
  private static let longestName = 255

  /// Refuses a name that no file can have, and a file in a folder that is not there: found out before the work, not after it.
  static func check(_ path: String) throws {
    if let problem = problem(of: path) { throw ValidationError(problem) }
  }

  /// The same when the words of a command have been read.
  static func check(_ path: String, command: String) throws {
    if let problem = problem(of: path) { throw WrongUse(problem, command: command) }
  }

  private static func problem(of path: String) -> String? {
    if path.isEmpty { return "'' is no name; name a file" }
    let name = path.utf8.reversed().prefix { $0 != UInt8(ascii: "/") }
    if name.count > longestName {
      return "\(path): a name of \(name.count) bytes; take \(longestName) at most"
    }
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
      return nil
    }
    let folder = String(path[..<slash])
    return Folder.entry(at: folder) == .folder
      ? nil : "\(path): there is no folder '\(folder)'; make it first"
  }
}
