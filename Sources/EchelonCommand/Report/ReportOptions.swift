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
  /// Refuses a file in a folder that is not there: found out before the work, not after it.
  static func check(_ path: String) throws {
    if let problem = problem(of: path) { throw ValidationError(problem) }
  }

  /// The same when the words of a command have been read.
  static func check(_ path: String, command: String) throws {
    if let problem = problem(of: path) { throw WrongUse(problem, command: command) }
  }

  private static func problem(of path: String) -> String? {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")), slash > path.startIndex else {
      return nil
    }
    let folder = String(path[..<slash])
    return Folder.entry(at: folder) == .folder
      ? nil : "\(path): there is no folder '\(folder)'; make it first"
  }
}
