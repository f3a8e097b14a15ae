import Foundation

/// The folder of the project, which has rivals and programs that measure them: that of this program, whatever the current
/// folder is.
enum Checkout {
  /// Without a slash at its end.
  static let folder: String = {
    let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
    // The nearest around the program; it was made from those sources, which may have been moved together with it.
    var place = URL(filePath: program ?? "/")
    while place.path != "/" {
      place.deleteLastPathComponent()
      if isProject(place) { return place.path }
    }
    // A program that was copied elsewhere: …/Benchmarks/Sources/Compare/Checkout.swift.
    var sources = URL(filePath: #filePath)
    for _ in 0..<4 { sources.deleteLastPathComponent() }
    return isProject(sources) ? sources.path : FileManager.default.currentDirectoryPath
  }()

  /// Where a file of the project is.
  static func path(_ relative: String) -> String { "\(folder)/\(relative)" }

  /// A word of the shell, whatever is in it.
  static func quoted(_ word: String) -> String {
    "'\(word.replacing("'", with: #"'\''"#))'"
  }

  private static func isProject(_ folder: URL) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder.path)/Benchmarks/peers/pools.py")
  }
}
