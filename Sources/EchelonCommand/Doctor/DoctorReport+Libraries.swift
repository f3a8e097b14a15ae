import Echelon
import EchelonFiles
import EchelonMemory

extension DoctorReport {
  /// Libraries that are opened when something needs them, and what they are for.
  mutating func inspectLibraries() {
    beginSection("Libraries")
    let libraries =
      CompressionFormat.allCases.map { format in
        (format.library, "\(format.suffix) files", Compressor(format) != nil)
      } + [(Picture.library, "plots as PNG", Picture.isAvailable)]
    for (library, purpose, isThere) in libraries {
      add(
        library.name, isThere ? "there, for \(purpose)" : "missing, for \(purpose)", .bool(isThere))
      if !isThere { advise("Install \(library.packages): for \(purpose).") }
    }
  }
}
