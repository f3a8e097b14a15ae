import Echelon
import EchelonFiles

/// Why an input could not be processed: travels from a worker as itself.
struct InputFailure: Error, Codable, Sendable, CustomStringConvertible {
  /// Begins with the path, and the line and column where there is one.
  let description: String

  /// A failure that was told as text.
  init(text: String) { description = text }

  /// - Parameter path: goes before what does not name its file itself, as the errors of
  ///   `EchelonFiles` do.
  init(_ error: any Error, path: String) {
    description = error is InputFailure || error is FileError ? "\(error)" : "\(path): \(error)"
  }
}
