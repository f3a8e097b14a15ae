import EchelonFiles
import EchelonMemory
import EchelonPlots

extension HTMLPage {
  /// The name of a report that somebody asks for, or what is wrong with it.
  static func problem(withPath path: String) -> String? {
    path.hasEnding(".html") || path.hasEnding(".htm")
      ? nil : "--report writes HTML; name a file that ends in .html, not '\(path)'"
  }

  init(title: String) {
    self.init(title: title, generator: "echelon \(EchelonCommand.release)")
  }

  /// Writes the page in one step.
  func write(to path: String) throws(FileError) {
    var writer = try AtomicFileWriter(path: path)
    try writer.write(text)
    try writer.commit()
  }
}
