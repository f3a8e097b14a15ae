import Echelon
import EchelonFiles

/// Why an input could not be processed: travels from a worker as itself.
struct InputFailure: Error, Codable, Sendable, CustomStringConvertible {
  /// Begins with the path, and the line and column where there is one.
  let description: String

  /// When a worker was at it.
  private(set) var span: WorkSpan?

  /// A failure that was told as text.
  init(text: String) { description = text }

  /// - Parameters:
  ///   - path: goes before what does not name its file itself, as the errors of `EchelonFiles` do.
  ///   - span: when a worker was at it; nil where that is not known.
  init(_ error: any Error, path: String, span: WorkSpan? = nil) {
    self.span = span ?? (error as? InputFailure)?.span
    let text = error is InputFailure || error is FileError ? "\(error)" : "\(path): \(error)"
    var isRagged: Bool { if case .raggedRow? = error as? FileError { true } else { false } }
    description = isRagged ? text + ", or choose a policy by --ragged" : text
  }
}
