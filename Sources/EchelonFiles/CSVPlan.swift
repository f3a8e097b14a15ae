import EchelonMemory

/// How a delimited text file is read by several readers at once, without one that reads it all first.
///
/// The parts are counted, the counts joined in the order of the file, and the chunks that come of it
/// read. A part is counted for a beginning outside of quotes and for one within them; which of the two
/// it is shows when the parts before it are joined. Anything out of the ordinary, and above all
/// anything wrong, is left to `CSVFile`, which reads from the beginning and knows the first fault.
public struct CSVPlan: Sendable {
  /// The path as it was given.
  public let path: String

  private let head: CSVHead
  private let source: ByteSource
  /// By column, whether the first rows, or the dialect, make it text.
  private let isText: [Bool]
  private let dataStart: Int

  /// Rows up to here say what columns probably are.
  private static let sampleByteCount = 1 << 16

  /// Reads the beginning of the file; nil if the file is not delimited text, or is better read from
  /// its beginning.
  init?(path: String, source: ByteSource, dialect: CSVDialect?) throws(FileError) {
    guard source.location != nil, (dialect ?? .detecting).raggedRows != .skip else { return nil }
    let begun = try source.withBytes(path: path) { (bytes) -> (CSVHead, [Bool], Int)? in
      let dialect = (dialect ?? .detecting).resolved(path: path, in: bytes)
      guard dialect.problem == nil, !CSVFile.isBinary(bytes) else { return nil }
      let tokenizer = CSVTokenizer(dialect)
      guard let head = try? CSVHead(bytes, tokenizer: tokenizer, dialect: dialect) else {
        return nil
      }
      var pass = CSVPass(
        tokenizer: tokenizer, missing: MissingSpellings(dialect.missingSpellings),
        raggedRows: dialect.raggedRows, kinds: CSVKinds(names: head.names, given: dialect.kinds))
      let dataStart = tokenizer.recordStart(in: bytes, from: head.dataStart)
      var position = dataStart
      do { try pass.scan(bytes, from: &position, upTo: dataStart + Self.sampleByteCount) } catch {
        return nil
      }
      return (head, pass.kinds.isText, dataStart)
    }
    guard let begun else { return nil }
    self.path = path
    self.source = source
    (head, isText, dataStart) = begun
  }

  /// Columns that have room in the storage that `CSVPart.read` fills.
  public var slotCount: Int { isText.count { !$0 } }

  /// The first rows as a file of their own; nil where that is none.
  package func beginning() throws(FileError) -> CSVFile? {
    let bytes = try source.withBytes(path: path) { bytes -> [UInt8] in
      var end = min(bytes.count, Self.sampleByteCount)
      while end > 0, bytes[end - 1] != UInt8(ascii: "\n") { end -= 1 }
      return (0..<end).map { bytes[$0] }
    }
    return try? CSVFile(name: path, bytes: bytes, dialect: head.dialect)
  }

  /// The file in parts of about `byteCount` bytes.
  public func parts(of byteCount: Int) -> [CSVPart] {
    precondition(byteCount > 0, "parts of \(byteCount) bytes")
    return stride(from: dataStart, to: source.byteCount, by: byteCount).map { start in
      CSVPart(
        path: path, location: source.location, byteCount: source.byteCount, dialect: head.dialect,
        isText: isText, bounds: start..<min(start + byteCount, source.byteCount),
        beginsWithRecord: start == dataStart)
    }
  }

  /// Where the records of every part lie, and which rows they are.
  /// - Returns: nil if the file has to be read from its beginning.
  public func chunks(_ counts: [CSVPart.Count]) throws(FileError) -> [CSVChunk]? {
    let tokenizer = CSVTokenizer(head.dialect)
    return try source.withBytes(path: path) { (bytes) -> [CSVChunk]? in
      var chunks: [CSVChunk] = []
      var (position, row) = (dataStart, 0)
      for count in counts where position < count.bounds.upperBound {
        var nothing: Int?
        guard
          let run = count.runs.first(where: { $0.start == position })
            ?? (try? tokenizer.run(
              in: bytes, from: position, upTo: count.bounds.upperBound, watching: nil, &nothing))
        else { return nil }
        chunks.append(
          CSVChunk(byteRange: run.start..<run.end, rows: row..<row + run.rowCount))
        position = run.end
        row += run.rowCount
      }
      return chunks
    }
  }

  /// What is known of the file when all chunks are read.
  public struct Outcome: Sendable {
    /// What a scan would have found out.
    public let outline: CSVOutline
    /// For each column of numbers, in order, where it lies in the storage: element slot · rows.
    public let slots: [Int]
    /// For each column, how many fields are missing values outside of quotes.
    public let missingCounts: [Int]
  }

  /// Joins what the chunks have shown.
  /// - Returns: nil if the file has to be read from its beginning.
  public func outcome(_ chunks: [CSVChunk], _ kinds: [CSVPart.Kinds]) throws(FileError) -> Outcome?
  {
    var isText = isText
    var missingCounts = isText.map { _ in 0 }
    var raggedRows = RaggedRowCounts()
    var firstRaggedOffset: Int?
    for part in kinds {
      for column in isText.indices {
        isText[column] = isText[column] || part.isText[column]
        missingCounts[column] += part.missingCounts[column]
      }
      raggedRows.filled += part.raggedRows.filled
      raggedRows.cut += part.raggedRows.cut
      firstRaggedOffset = firstRaggedOffset ?? part.firstRaggedOffset
    }
    var columns: [ColumnDescription] = []
    var slots: [Int] = []
    var slot = 0
    for (column, name) in head.names.enumerated() {
      if isText[column], head.dialect.kinds[name] == .number { return nil }
      columns.append(ColumnDescription(name: name, kind: isText[column] ? .text : .number))
      if !isText[column] { slots.append(slot) }
      if !self.isText[column] { slot += 1 }
    }
    if let firstRaggedOffset {
      raggedRows.firstLine = try source.withBytes(path: path) { (bytes) -> Int in
        FilePlace(path: path, offset: firstRaggedOffset, in: bytes).line
      }
    }
    let outline = CSVOutline(
      path: path, columns: columns, rowCount: chunks.last?.rows.upperBound ?? 0, chunks: chunks,
      raggedRows: raggedRows, location: source.location, dialect: head.dialect,
      byteCount: source.byteCount)
    return Outcome(outline: outline, slots: slots, missingCounts: missingCounts)
  }

  /// Reads the file from its beginning, in chunks for several readers.
  public func scanned(chunkByteCount: Int) throws(FileError) -> CSVFile {
    try CSVFile(
      path: path, source: source, dialect: head.dialect, chunkByteCount: chunkByteCount)
  }
}
