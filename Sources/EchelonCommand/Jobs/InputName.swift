import EchelonMemory
import Foundation

/// What an input is called in a journal, which does not depend on how its path was written.
///
/// Components `..` stay: behind a link to a folder, `a/../b` is not `b`.
struct InputName {
  /// The path from where the command runs, or from the root for what lies elsewhere: `q/x.csv` for `./q//x.csv`, and in `/home/me` for
  /// `/home/me/q/x.csv`.
  let path: String

  /// Without folders: `x.csv`, `run.h5:day/x`. The format of a file depends on it.
  let last: String

  init(_ path: String) {
    // What stands behind a colon may be the name of an array in a file, in which nothing is changed.
    let file = path.prefix { $0 != ":" }
    let array = path[file.endIndex...]
    var parts = file.split(separator: "/").filter { $0 != "." }
    var isAbsolute = file.first == "/"
    if isAbsolute,
      let folder = Self.workingFolders.first(where: { folder in
        parts.count > folder.count && parts.starts(with: folder)
      })
    {
      parts.removeFirst(folder.count)
      isAbsolute = false
    }
    self.path = "\(isAbsolute ? "/" : "")\(parts.joined(separator: "/"))\(array)"
    last = "\(parts.last ?? "")\(array)"
  }

  /// The components of the folder where the command runs; of the way that the shell took through links, too.
  private static let workingFolders: [[Substring]] = {
    let actual = FileManager.default.currentDirectoryPath
    let shown = ProcessInfo.processInfo.environment["PWD"].flatMap { path in
      path.hasPrefix("/") && Folder.identity(of: path) == Folder.identity(of: ".") ? path : nil
    }
    return [shown, actual].compactMap(\.self).map { path in
      path.split(separator: "/").filter { $0 != "." }
    }
  }()
}
