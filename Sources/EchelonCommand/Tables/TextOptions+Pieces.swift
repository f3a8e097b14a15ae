import EchelonFiles
import EchelonMemory
import EchelonTables

extension TextOptions {
  /// About how long the pieces are in which a file is read whose rows have nothing to do with each other.
  static let pieceByteCount = 1 << 20

  /// Writes what becomes of the rows of a file, piece by piece; what goes wrong with them is reported.
  /// - Parameters:
  ///   - path: `-` is standard input.
  ///   - steps: what becomes of them.
  func pieces(
    at path: String, _ raw: RawOptions, byteCount: Int, _ steps: RowSteps, to output: any RowOutput,
    command: String
  ) throws {
    var inputs = [InputFile(path: path, dialect: try dialect, raw: raw.rawFormat)]
    let standardInput = try StandardInput(for: &inputs, command: command)
    defer { withExtendedLifetime(standardInput) {} }
    let byteCount = max(1, byteCount)
    func reported<Result>(_ body: () throws -> Result) throws -> Result {
      do { return try body() } catch {
        Console.report(InputFailure(error, path: path))
        throw Exit.someInputFailed
      }
    }
    let reader = try reported { try inputs[0].open(chunkByteCount: byteCount) }
    if let note = reader.raggedRows.note(path: path) { Console.writeError("echelon: \(note)") }
    var rounded: Set<String> = []
    var isFirst = true
    while output.wantsPass {
      var steps = steps
      for piece in reader.pieces(byteCount: byteCount) {
        let result = try reported {
          let table = try reader.table(of: piece)
          if isFirst { rounded.formUnion(try RoundedColumns.names(in: table, of: piece, reader)) }
          return try steps.apply(to: table, file: path)
        }
        try output.append(result)
      }
      isFirst = false
      try output.endPass()
    }
    let names = reader.columns.map(\.name).filter(rounded.contains)
    if let note = RoundedColumns.note(names, path: path) { Console.writeError("echelon: \(note)") }
    try output.finish()
  }

  /// What is made of the table of a file that comes in pieces, as often as it is asked for; what goes wrong is reported.
  /// - Parameter path: `-` is standard input.
  func passes<Result>(
    at path: String, _ raw: RawOptions, byteCount: Int, command: String,
    _ body: (TablePasses) throws -> Result
  ) throws -> Result {
    var inputs = [InputFile(path: path, dialect: try dialect, raw: raw.rawFormat)]
    let standardInput = try StandardInput(for: &inputs, command: command)
    defer { withExtendedLifetime(standardInput) {} }
    do {
      let byteCount = max(1, byteCount)
      let reader = try inputs[0].open(chunkByteCount: byteCount)
      if let note = reader.raggedRows.note(path: path) { Console.writeError("echelon: \(note)") }
      let pieces = reader.pieces(byteCount: byteCount)
      // Read once where it fits. Nothing is known of how long words are: they count as numbers do, and twice.
      let size = 2 * Double(reader.columns.count) * Double(reader.rowCount) * 8
      let fits =
        byteCount == Self.pieceByteCount
        && size <= Double(MachineLimits.memory().availableBytes / 4)
      var kept: DataTable?
      var rounded: Set<String> = []
      var isFirst = true
      let passes = TablePasses(columns: reader.columns, rowCount: reader.rowCount) { take in
        if fits {
          let table = try kept ?? reader.table()
          if isFirst { rounded.formUnion(try RoundedColumns.names(in: table, of: reader)) }
          (kept, isFirst) = (table, false)
          return try take(table)
        }
        for piece in pieces {
          let table = try reader.table(of: piece)
          if isFirst { rounded.formUnion(try RoundedColumns.names(in: table, of: piece, reader)) }
          try take(table)
        }
        isFirst = false
      }
      let result = try body(passes)
      let names = reader.columns.map(\.name).filter(rounded.contains)
      if let note = RoundedColumns.note(names, path: path) {
        Console.writeError("echelon: \(note)")
      }
      return result
    } catch {
      Console.report(InputFailure(error, path: path))
      throw Exit.someInputFailed
    }
  }
}
