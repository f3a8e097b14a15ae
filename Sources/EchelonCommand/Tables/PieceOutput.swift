import EchelonFiles

/// What takes a table that comes in pieces, once or several times.
protocol RowOutput: AnyObject {
  /// Whether all pieces are to come, once more.
  var wantsPass: Bool { get }
  /// Takes the next rows.
  func append(_ piece: DataTable) throws
  /// Is told that there are no more.
  func endPass() throws
  /// Puts the result in place, when no pass is wanted.
  func finish() throws
}

/// Where a table goes that comes in pieces: standard output, or a file that appears whole or not at all.
final class PieceOutput: RowOutput {
  private var text: TableText
  /// Nil for standard output.
  private let path: String?
  /// Made with the first piece, so that a bad input leaves nothing to do.
  private var writer: AtomicFileWriter?
  private var waiting = ""
  private(set) var wantsPass = true

  /// Standard output gets nothing before there is more, so that a short result comes whole or not at all.
  private static let mostWaiting = 32 << 20

  /// - Parameter path: nil for standard output.
  init(_ format: TableText.Format, to path: String?) {
    self.path = path
    text = TableText(format, path: path ?? InputFile.standardStream)
  }

  /// How a table is written in the format of that name; nil if it is written as a whole.
  static func format(_ suffix: String) -> TableText.Format? {
    switch suffix {
    case "csv": .delimited(.commaSeparated)
    case "tsv": .delimited(.tabSeparated)
    case "jsonl": .jsonLines
    default: nil
    }
  }

  /// Appends rows.
  func append(_ piece: DataTable) throws {
    let next = try text.next(piece)
    guard let path else {
      waiting += next
      if waiting.utf8.count >= Self.mostWaiting { try flush() }
      return
    }
    if writer == nil { writer = try AtomicFileWriter(path: path) }
    try writer?.write(next)
  }

  func endPass() { wantsPass = false }

  /// Puts the file in place, or writes the rest.
  func finish() throws {
    guard path == nil else {
      try writer.take()?.commit()
      return
    }
    try flush()
  }

  private func flush() throws {
    try Console.write(waiting)
    waiting.removeAll(keepingCapacity: true)
  }
}
