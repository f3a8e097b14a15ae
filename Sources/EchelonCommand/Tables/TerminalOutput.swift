import EchelonFiles
import EchelonTables

/// A table for people, of a result of which nobody has said how it is to look: its first rows, in columns that fit the window.
final class TerminalOutput: RowOutput {
  /// More than anybody reads on a screen, and few enough to be laid out at once.
  static let mostRows = 1000

  private var first: DataTable?
  private var rowCount = 0
  private(set) var wantsPass = true

  func append(_ piece: DataTable) throws {
    let room = Self.mostRows - (first?.rowCount ?? 0)
    rowCount += piece.rowCount
    guard room > 0 || first == nil else { return }
    let rows = room < piece.rowCount ? piece.rows(Array(0..<max(0, room))) : piece
    first = try first?.concatenated(rows) ?? rows
  }

  func endPass() { wantsPass = false }

  func finish() throws {
    try first?.show(as: .table)
    guard let shown = first?.rowCount, shown < rowCount else { return }
    Console.writeError(
      "echelon: the first \(NumberText.grouped(shown)) of \(NumberText.count(rowCount, "row")); "
        + "--format csv shows all of them, and --output FILE keeps them")
  }
}
