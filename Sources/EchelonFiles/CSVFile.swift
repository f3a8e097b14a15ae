/// A delimited text file, opened and scanned: its columns are known, its values are read on demand.
///
///     let file = try CSVFile(path: "weather.csv")
///     var numbers = [Double](repeating: 0, count: file.numberColumns.count * file.rowCount)
///     var storage = numbers.mutableSpan
///     try file.readNumbers(into: &storage)        // column after column
///
/// The file is mapped, not read: opening costs one pass over it. Of a file of up to 64 MiB the pass
/// keeps the numbers, for longer ones it takes memory only for the names.
/// Values of number columns are the bits that `strtod` gives; missing ones are NaN.
public struct CSVFile: Sendable {
  /// The path as it was given.
  public let path: String

  /// How the file is written.
  public let dialect: CSVDialect

  /// The columns, in the order of the file.
  public let columns: [ColumnDescription]

  /// The number of records without the header, without blank lines, comments and rows left out.
  public let rowCount: Int

  /// The rows that had more or fewer fields than the header, by what the dialect says becomes of them.
  public let raggedRows: RaggedRowCounts

  /// Runs of whole records, in order, that together hold all rows.
  public let chunks: [CSVChunk]

  let source: ByteSource
  /// What `readNumbers` gives, if opening kept it.
  let numbers: [Double]?
  let tokenizer: CSVTokenizer
  let missing: MissingSpellings

  /// The indices of the columns of numbers: the columns that `readNumbers` fills, in this order.
  public var numberColumns: [Int] { columns.indices.filter { columns[$0].kind == .number } }

  /// Maps and scans the file at `path`.
  ///
  /// - Parameters:
  ///   - location: where the bytes are if not at `path`, which errors then only show.
  ///   - dialect: how the file is written; nil is `CSVDialect.detecting`.
  ///   - chunkByteCount: about how long each of `chunks` is.
  public init(
    path: String, contentsAt location: String? = nil, dialect: CSVDialect? = nil,
    chunkByteCount: Int = 1 << 20
  ) throws(FileError) {
    let source = try ByteSource(path: path, contentsAt: location)
    try self.init(
      path: path, source: source, dialect: dialect, chunkByteCount: chunkByteCount)
  }

  /// Scans text that is already in memory; `name` stands for the path in errors.
  public init(
    name: String, bytes: [UInt8], dialect: CSVDialect? = nil, chunkByteCount: Int = 1 << 20
  ) throws(FileError) {
    try self.init(
      path: name, source: .memory(bytes), dialect: dialect, chunkByteCount: chunkByteCount)
  }

  init(
    path: String, source: ByteSource, dialect: CSVDialect?, chunkByteCount: Int
  ) throws(FileError) {
    precondition(chunkByteCount > 0, "a chunk of \(chunkByteCount) bytes holds no record")
    let (scanned, used, firstRaggedLine) = try source.withBytes(path: path) {
      (bytes) throws(FileError) -> (CSVScan, CSVDialect, Int?) in
      try Self.refuseBinary(bytes, path: path)
      let dialect = (dialect ?? .detecting).resolved(path: path, in: bytes)
      if let problem = dialect.problem { throw .unusableDialect(path: path, what: problem) }
      let result = Result { () throws(CSVFault) in
        try CSVScan(
          bytes, tokenizer: CSVTokenizer(dialect), dialect: dialect,
          missing: MissingSpellings(dialect.missingSpellings), chunkByteCount: chunkByteCount)
      }
      let scan = try result.mapError { FileError($0, path: path, in: bytes) }.get()
      let line = scan.firstRaggedOffset.map { FilePlace(path: path, offset: $0, in: bytes).line }
      return (scan, dialect, line)
    }
    guard !scanned.columns.isEmpty else { throw .empty(path: path) }
    var raggedRows = scanned.raggedRows
    raggedRows.firstLine = firstRaggedLine
    self.init(
      CSVOutline(
        path: path, columns: scanned.columns, rowCount: scanned.rowCount, chunks: scanned.chunks,
        raggedRows: raggedRows, location: source.location, dialect: used,
        byteCount: source.byteCount), source: source, numbers: scanned.numbers)
  }

  init(_ outline: CSVOutline, source: ByteSource, numbers: [Double]? = nil) {
    path = outline.path
    dialect = outline.dialect
    columns = outline.columns
    rowCount = outline.rowCount
    chunks = outline.chunks
    raggedRows = outline.raggedRows
    self.source = source
    self.numbers = numbers
    tokenizer = CSVTokenizer(outline.dialect)
    missing = MissingSpellings(outline.dialect.missingSpellings)
  }

  /// Reads all numbers into `storage`.
  ///
  /// - Parameter storage: `numberColumns.count` × `rowCount` elements, column after column: row r
  ///   of the k-th number column is element k · `rowCount` + r. Missing values are NaN.
  public func readNumbers(into storage: inout MutableSpan<Double>) throws(FileError) {
    guard let numbers else {
      for chunk in chunks { try readNumbers(of: chunk, into: &storage) }
      return
    }
    checkRoom(storage.count)
    for index in numbers.indices { storage[index] = numbers[index] }
  }

  /// Reads the numbers of one chunk into their rows of `storage`, which is laid out as for the
  /// whole file; chunks write disjoint elements, so several can be read at once.
  public func readNumbers(
    of chunk: CSVChunk, into storage: inout MutableSpan<Double>
  ) throws(FileError) {
    checkRoom(storage.count)
    precondition(
      chunk.rows.lowerBound >= 0 && chunk.rows.upperBound <= rowCount
        && chunk.byteRange.upperBound <= source.byteCount, "the chunk is of another file")
    let reader = CSVNumberReader(
      tokenizer: tokenizer, raggedRows: dialect.raggedRows, missing: missing, columns: columns,
      rowCount: rowCount)
    try read { (bytes) throws(CSVFault) in try reader.read(chunk, of: bytes, into: &storage) }
  }

  private func checkRoom(_ count: Int) {
    let needed = numberColumns.count * rowCount
    precondition(
      count == needed,
      "storage has \(count) elements, \(numberColumns.count) columns of \(rowCount) rows need "
        + "\(needed)")
  }

  /// The values of column `index` as text, whatever its kind; nil where one is missing.
  ///
  /// - Throws: `FileError.malformedText` for a word that is not UTF-8, with its place.
  public func readText(column index: Int) throws(FileError) -> [String?] {
    precondition(columns.indices ~= index, "column \(index) of \(columns.count)")
    var values: [String?] = []
    values.reserveCapacity(rowCount)
    try read { (bytes) throws(CSVFault) in
      var position = chunks.first?.byteRange.lowerBound ?? bytes.count
      var fields: [CSVField] = []
      for _ in 0..<rowCount {
        try readRow(of: bytes, at: &position, into: &fields)
        guard index < fields.count else {
          values.append(nil)
          continue
        }
        values.append(try text(of: fields[index], column: index, in: bytes))
      }
    }
    return values
  }

  /// A field as text; nil if it is missing. Blanks around it belong to it in a column of text.
  func text(of field: CSVField, column: Int, in bytes: Span<UInt8>) throws(CSVFault) -> String? {
    if !field.isQuoted, missing.contains(spelling(of: field, column: column), in: bytes) {
      return nil
    }
    return try tokenizer.text(of: field, isWord: columns[column].kind == .text, in: bytes)
  }

  /// The bytes that are compared with the spellings of missing values.
  func spelling(of field: CSVField, column: Int) -> Range<Int> {
    columns[column].kind == .text ? field.word : field.contents
  }

  /// What `readNumbers` gives, in memory.
  public func allNumbers() throws(FileError) -> [Double] {
    if let numbers { return numbers }
    var values = [Double](repeating: 0, count: numberColumns.count * rowCount)
    var storage = values.mutableSpan
    try readNumbers(into: &storage)
    return values
  }

  /// All values, in memory.
  public func table() throws(FileError) -> DataTable {
    let numbers = try allNumbers()
    var result: [Column] = []
    var slot = 0
    for (index, column) in columns.enumerated() {
      switch column.kind {
      case .number:
        let values = numbers[slot * rowCount..<(slot + 1) * rowCount]
        result.append(Column(name: column.name, numbers: Array(values)))
        slot += 1
      case .text:
        result.append(Column(name: column.name, text: try readText(column: index)))
      }
    }
    return DataTable(columns: result)
  }

  /// The fields of the next row; of a short one that is filled, those that it has.
  func readRow(
    of bytes: Span<UInt8>, at position: inout Int, into fields: inout [CSVField]
  ) throws(CSVFault) {
    repeat {
      position = tokenizer.recordStart(in: bytes, from: position)
      guard position < bytes.count else { throw CSVFault(offset: position, problem: .changed) }
      fields.removeAll(keepingCapacity: true)
      while true {
        let field = try tokenizer.field(in: bytes, at: position)
        fields.append(field)
        position = min(field.end + 1, bytes.count)
        if field.end == bytes.count || tokenizer.isLineEnd(bytes[field.end]) { break }
      }
    } while dialect.raggedRows == .skip && fields.count != columns.count
  }

  /// Gives `body` the bytes; what it finds wrong now was right when the file was scanned, but for words,
  /// which the scan does not look into.
  func read(_ body: (Span<UInt8>) throws(CSVFault) -> Void) throws(FileError) {
    try source.withBytes(path: path) { (bytes) throws(FileError) in
      do throws(CSVFault) { try body(bytes) } catch {
        guard case .notUTF8 = error.problem else { throw .changed(path: path) }
        throw FileError(error, path: path, in: bytes)
      }
    }
  }

  /// Tells formats that are often mistaken for text by their first bytes.
  private static func refuseBinary(_ bytes: Span<UInt8>, path: String) throws(FileError) {
    if let what = binaryFormat(bytes) { throw .notText(path: path, offset: 0, what: what) }
  }

  /// Whether the first bytes are those of a format that is not text.
  static func isBinary(_ bytes: Span<UInt8>) -> Bool { binaryFormat(bytes) != nil }

  private static func binaryFormat(_ bytes: Span<UInt8>) -> String? {
    let formats: [(offset: Int, magic: StaticString, what: String)] = [
      (1, "NUMPY", "an NPY array"), (0, "PK\u{3}\u{4}", "a zip archive"),
      (0, "PAR1", "a Parquet file"), (0, "%PDF", "a PDF document"),
    ]
    for format in formats where bytes.matches(format.magic, at: format.offset) {
      return format.what
    }
    guard bytes.count >= 2 else { return nil }
    switch (bytes[0], bytes[1]) {
    case (0x28, 0xB5): return "a zstd stream"
    case (0x1F, 0x8B): return "a gzip stream"
    case (0xFF, 0xFE), (0xFE, 0xFF): return "UTF-16 text"
    default: return nil
    }
  }
}
