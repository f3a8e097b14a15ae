import EchelonMemory

/// What is known of JSON lines without their values: what every reader of pieces has to know.
public struct JSONLinesOutline: Sendable, Codable {
  /// The path as it was given.
  public let path: String

  /// Where the bytes are, for as long as whoever found this out has the file open; nil if no other process finds them.
  public let location: String?

  /// The columns.
  public let columns: [ColumnDescription]

  /// The pieces, in their order.
  public let chunks: [CSVChunk]

  /// By column, how many rows have no value.
  public let missingCounts: [Int]

  /// The number of rows.
  public var rowCount: Int { chunks.last?.rows.upperBound ?? 0 }

  let byteCount: Int
  let hasArrays: Bool
  /// Columns that keep the digits of integers of 64 bits, and whether these are signed.
  let integerColumns: [Int: Bool]
  /// The bytes of the names: as Strings, two spellings of é are one key.
  let names: [[UInt8]]
}

/// JSON lines that are long: all of them have been checked, and values are read in pieces.
///
/// Columns, errors and limits are those of `JSONLinesFile`. Its numbers take eight bytes each where they are read, the lines none.
public struct LongJSONLines: Sendable {
  /// What was found out.
  public let outline: JSONLinesOutline

  /// Columns of text of which nearly all values are numbers.
  public let oddWords: [OddWords]

  /// What became of numbers that no `Double` is.
  package let lostNumbers: LostNumbers

  private let source: ByteSource

  /// How many pieces a text has at least; shorter ones are in memory as a whole.
  static let leastChunkCount = 16

  /// Scans a text.
  /// - Returns: nil for one that is short, or that is one value over many lines.
  init?(path: String, source: ByteSource, chunkByteCount: Int) throws(FileError) {
    guard source.byteCount / Self.leastChunkCount > chunkByteCount else { return nil }
    let found = try source.withBytes(path: path) { (bytes) throws(FileError) -> Scan? in
      var scan = Scan()
      scan.parser.begin(bytes)
      if !JSONLinesFile.isOfLines(path), scan.parser.isDocument(bytes) { return nil }
      do throws(TextFault) { try scan.run(bytes, chunkByteCount) } catch {
        throw FileError(error, path: path, in: bytes)
      }
      return scan
    }
    guard let found else { return nil }
    let names = found.parser.columns.map(\.name)
    guard !names.isEmpty else { throw .empty(path: path) }
    let rowCount = found.chunks.last?.rows.upperBound ?? 0
    outline = JSONLinesOutline(
      path: path, location: source.location,
      columns: zip(names, found.tallies).map { name, tally in
        ColumnDescription(
          name: String(decoding: name, as: UTF8.self), kind: JSONLinesParser.columnKind(tally.kinds)
        )
      }, chunks: found.chunks, missingCounts: found.tallies.map { rowCount - $0.valueCount },
      byteCount: source.byteCount, hasArrays: found.parser.isArrays == true,
      integerColumns: found.integerColumns, names: names)
    lostNumbers = found.lostNumbers
    oddWords = try source.withBytes(path: path) { bytes in
      zip(names, found.tallies).compactMap { name, tally in
        tally.oddWords(of: name, path: path, bytes)
      }
    }
    self.source = source
  }

  /// Scans text that is already in memory; `name` stands for the path in errors.
  package init?(name: String, bytes: [UInt8], chunkByteCount: Int) throws(FileError) {
    try self.init(path: name, source: .memory(bytes), chunkByteCount: chunkByteCount)
  }

  /// Opens a text that another process has scanned.
  public init(_ outline: JSONLinesOutline) throws(FileError) {
    source = try ByteSource(path: outline.path, contentsAt: outline.location)
    guard source.byteCount == outline.byteCount else { throw .changed(path: outline.path) }
    self.outline = outline
    oddWords = []
    lostNumbers = LostNumbers()
  }

  /// The values of one of the pieces, in memory.
  /// - Throws: `FileError.changed` for a file that is another one by now.
  public func table(of chunk: CSVChunk) throws(FileError) -> DataTable {
    try source.withBytes(path: outline.path) { (bytes) throws(FileError) in
      var parser = JSONLinesParser()
      parser.isArrays = outline.hasArrays
      for name in outline.names {
        parser.indices[name] = parser.columns.count
        parser.columns.append(JSONLinesParser.Column(name: name))
      }
      parser.position = chunk.byteRange.lowerBound
      do throws(TextFault) {
        try parser.parseLines(bytes, to: chunk.byteRange.upperBound)
        guard parser.rowCount == chunk.rows.count, parser.columns.count == outline.names.count
        else {
          throw TextFault(offset: 0, what: "another file")
        }
        let columns = try parser.makeColumns(bytes, kinds: outline.columns.map(\.kind)) {
          lost, column, numbers in
          outline.integerColumns[column].flatMap {
            lost.longIntegers(of: column).integers(among: numbers, isSigned: $0)
          }
        }
        return DataTable(columns: columns)
      } catch {
        // All of it was checked.
        throw .changed(path: outline.path)
      }
    }
  }

  /// All values, in memory.
  public func table() throws(FileError) -> DataTable {
    try JSONLinesFile(path: outline.path, source: source).table
  }

  /// Reads all numbers, as `DataFileReader.readNumbers` gives them.
  func readNumbers(into storage: inout MutableSpan<Double>) throws(FileError) {
    let numberColumns = outline.columns.indices.filter { outline.columns[$0].kind == .number }
    precondition(storage.count >= numberColumns.count * outline.rowCount, "too little room")
    for chunk in outline.chunks {
      let table = try table(of: chunk)
      for (slot, column) in numberColumns.enumerated() {
        let first = slot * outline.rowCount + chunk.rows.lowerBound
        for (row, number) in (table.columns[column].numbers ?? []).enumerated() {
          storage[first + row] = number
        }
      }
    }
  }
}

/// A pass over all of a text, of which the values of one piece are in memory at a time.
private struct Scan {
  var parser = JSONLinesParser()
  var tallies: [JSONLinesTally] = []
  var chunks: [CSVChunk] = []
  var lostNumbers = LostNumbers()
  /// Of columns with rounded numbers: whether all are integers, and signed ones.
  var integerColumns: [Int: Bool] = [:]
  private var fits: [IntegerFit] = []
  private var rounded: Set<Int> = []
  private var tooLarge: Set<Int> = []

  mutating func run(_ bytes: Span<UInt8>, _ chunkByteCount: Int) throws(TextFault) {
    var rowCount = 0
    while parser.position < bytes.count {
      let start = parser.position
      let (end, overflow) = start.addingReportingOverflow(chunkByteCount)
      try parser.parseLines(bytes, to: overflow ? bytes.count : min(end, bytes.count))
      let rows = rowCount..<rowCount + parser.rowCount
      rowCount = rows.upperBound
      if !rows.isEmpty { chunks.append(CSVChunk(byteRange: start..<parser.position, rows: rows)) }
      try parser.checkTableSize(rowCount: rowCount, bytes)
      try takeValues(bytes)
    }
    let numbers = tallies.indices.filter {
      JSONLinesParser.columnKind(tallies[$0].kinds) == .number
    }
    rounded.formIntersection(numbers)
    tooLarge.formIntersection(numbers)
    for column in rounded { integerColumns[column] = fits[column].type }
    lostNumbers = LostNumbers(kept: Set(integerColumns.keys))
    lostNumbers.rounded = rounded
    lostNumbers.tooLarge = tooLarge
  }

  /// Takes what there is to know of the values of a piece, and forgets them.
  private mutating func takeValues(_ bytes: Span<UInt8>) throws(TextFault) {
    while tallies.count < parser.columns.count {
      tallies.append(JSONLinesTally())
      fits.append(IntegerFit())
    }
    for index in parser.columns.indices {
      tallies[index].take(parser.columns[index].cells)
      // Text has no numbers that could be lost.
      if JSONLinesParser.columnKind(tallies[index].kinds) == .text {
        parser.columns[index].cells.removeAll(keepingCapacity: true)
      }
    }
    var fits = fits
    _ = try parser.makeColumns(bytes) { lost, column, numbers in
      fits[column].take(numbers, lost.longIntegers(of: column))
      return nil
    }
    self.fits = fits
    rounded.formUnion(parser.lostNumbers.rounded)
    tooLarge.formUnion(parser.lostNumbers.tooLarge)
    parser.rowCount = 0
    for index in parser.columns.indices {
      parser.columns[index].lastRow = -1
      parser.columns[index].cells.removeAll(keepingCapacity: true)
    }
  }
}
