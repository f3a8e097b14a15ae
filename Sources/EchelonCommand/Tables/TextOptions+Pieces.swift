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
  ///   - suffix: of numbers that are written without having been computed, which are refused if they are rounded; nil of others.
  ///   - keepsIntegers: whether the output has all digits of integers of 64 bits.
  func pieces(
    at path: String, _ raw: RawOptions, byteCount: Int, _ steps: RowSteps, to output: any RowOutput,
    copyingAs suffix: String? = nil, keepsIntegers: Bool = false, command: String
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
    try reported { try reader.tellOfReading() }
    var rounded = RoundedColumns(in: reader)
    let taken = keepsIntegers ? steps.columnsTaken(of: reader.columns) : nil
    var isFirst = true
    while output.wantsPass {
      var steps = steps
      for piece in reader.pieces(byteCount: byteCount) {
        let result = try reported {
          var table = try reader.table(of: piece)
          if keepsIntegers { table = try reader.keepingIntegers(of: piece, in: table) }
          if isFirst { try rounded.look(at: table, of: piece) }
          return try steps.apply(to: table, file: path)
        }
        try output.append(result)
      }
      if isFirst {
        if let suffix { try reported { try rounded.refuse(as: suffix, nil) } }
        rounded.keep(allBut: taken)
      }
      isFirst = false
      try output.endPass()
    }
    for note in rounded.notes { Console.writeError("echelon: \(note)") }
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
      try reader.tellOfReading()
      let pieces = reader.pieces(byteCount: byteCount)
      // Read once where it fits. Nothing is known of how long words are: they count as numbers do, and twice.
      let size = 2 * Double(reader.columns.count) * Double(reader.rowCount) * 8
      let fits =
        byteCount == Self.pieceByteCount
        && size <= Double(MachineLimits.memory().availableBytes / 4)
      var kept: DataTable?
      var rounded = RoundedColumns(in: reader)
      var isFirst = true
      let passes = TablePasses(columns: reader.columns, rowCount: reader.rowCount) { take in
        if fits {
          let table = try kept ?? reader.table()
          if isFirst { try rounded.look(at: table) }
          (kept, isFirst) = (table, false)
          return try take(table)
        }
        for piece in pieces {
          let table = try reader.table(of: piece)
          if isFirst { try rounded.look(at: table, of: piece) }
          try take(table)
        }
        isFirst = false
      }
      let result = try body(passes)
      for note in rounded.notes { Console.writeError("echelon: \(note)") }
      return result
    } catch {
      Console.report(InputFailure(error, path: path))
      throw Exit.someInputFailed
    }
  }
}
