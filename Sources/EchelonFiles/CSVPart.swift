import EchelonMemory

/// Some bytes of a delimited text file, for a reader that has not seen those before them.
///
/// Read in two steps, each over all parts at once: `count` finds the records that begin in a part, and
/// when `CSVPlan.chunks` has joined what every part found, `read` puts their numbers in place.
public struct CSVPart: Sendable, Codable {
  let path: String
  /// Where the bytes are; nil for those that only this process has.
  let location: String?
  let byteCount: Int
  let dialect: CSVDialect
  /// By column, whether it is text as far as is known.
  let isText: [Bool]
  let bounds: Range<Int>
  /// Whether a record, or blank lines before one, begins at the first byte.
  let beginsWithRecord: Bool

  /// How far behind a part its last record may end.
  private static let farthestEnd = 1 << 20

  /// Records one after the other, of which the first begins somewhere in a part.
  struct Run: Sendable, Codable, Equatable {
    var start: Int
    /// Where the first record begins that is of the next part.
    var end: Int
    var rowCount: Int
  }

  /// What can be said of a part without those before it: runs for a beginning outside of quotes, and
  /// within them.
  public struct Count: Sendable, Codable, Equatable {
    let bounds: Range<Int>
    let runs: [Run]
  }

  /// Finds the records that begin in the part.
  ///
  /// Says nothing of what is wrong with them: that may be due to a wrong guess of where they begin.
  public func count() throws(FileError) -> Count {
    let tokenizer = CSVTokenizer(dialect)
    return try withBytes { (bytes) throws(FileError) in
      // A record that begins behind the part is of another one, and one that ends far behind it is left to
      // `CSVPlan.chunks`: each part of a long line, or of blank ones, would be read to their end.
      let own = bytes.extracting(..<bounds.upperBound)
      let near = bytes.extracting(..<min(bytes.count, bounds.upperBound + Self.farthestEnd))
      var runs: [Run] = []
      func run(from start: Int, watching watched: Int?, _ isMet: inout Int?) -> Run? {
        guard
          let run = try? tokenizer.run(
            in: near, from: start, upTo: bounds.upperBound, watching: watched, &isMet)
        else { return nil }
        return run.end < near.count || near.count == bytes.count ? run : nil
      }
      var start = bounds.lowerBound
      if !beginsWithRecord {
        start = tokenizer.nextLine(in: bytes, after: tokenizer.lineEnd(in: own, from: start - 1))
      }
      start = tokenizer.recordStart(in: own, from: min(start, own.count))
      let quoted = beginsWithRecord ? nil : tokenizer.recordAfterQuote(in: own, from: bounds)
      var isMet: Int?
      if let found = run(from: start, watching: quoted, &isMet) {
        runs.append(found)
        if let quoted, let before = isMet {
          runs.append(Run(start: quoted, end: found.end, rowCount: found.rowCount - before))
        }
      }
      var nothing: Int?
      if let quoted, isMet == nil, quoted != start,
        let found = run(from: quoted, watching: nil, &nothing)
      {
        runs.append(found)
      }
      return Count(bounds: bounds, runs: runs)
    }
  }

  /// What reading a chunk found out about its columns.
  public struct Kinds: Sendable, Codable {
    let isText: [Bool]
    let missingCounts: [Int]
    let raggedRows: RaggedRowCounts
    let firstRaggedOffset: Int?
  }

  /// Reads the numbers of a chunk into their rows of `storage`.
  ///
  /// - Parameter storage: `rowCount` elements for each column that is not text as far as the plan
  ///   knows, column after column; missing values are NaN, and what lies there for a column that turns
  ///   out to be text is of no account.
  /// - Returns: nil if the chunk cannot be read; reading the file from its beginning says why.
  public func read(
    _ chunk: CSVChunk, rowCount: Int, into storage: inout MutableSpan<Double>
  ) throws(FileError) -> Kinds? {
    var slots: [Int] = []
    var slotCount = 0
    for isText in isText {
      slots.append(isText ? -1 : slotCount)
      if !isText { slotCount += 1 }
    }
    precondition(
      storage.count == slotCount * rowCount,
      "storage has \(storage.count) elements, \(slotCount) columns of \(rowCount) rows need others")
    let room = CSVPass.Room(
      stride: rowCount, firstRow: chunk.rows.lowerBound, rowCount: chunk.rows.count, slots: slots)
    var pass = CSVPass(
      tokenizer: CSVTokenizer(dialect), missing: MissingSpellings(dialect.missingSpellings),
      raggedRows: dialect.raggedRows, kinds: CSVKinds(isText: isText))
    var isRead = false
    try withBytes { (bytes) throws(FileError) in
      var position = chunk.byteRange.lowerBound
      do {
        try pass.read(
          bytes, from: &position, upTo: chunk.byteRange.upperBound, into: &storage, room)
        isRead = pass.rowCount == chunk.rows.count && position == chunk.byteRange.upperBound
      } catch {}
    }
    guard isRead else { return nil }
    return Kinds(
      isText: pass.kinds.isText, missingCounts: pass.kinds.missingCounts,
      raggedRows: pass.raggedCounts, firstRaggedOffset: pass.firstRaggedOffset)
  }

  /// What reading a chunk shows of its columns, without its numbers.
  /// - Returns: nil if the chunk cannot be read; reading the file from its beginning says why.
  public func kinds(of chunk: CSVChunk) throws(FileError) -> Kinds? {
    let rowCount = chunk.rows.count
    var numbers = [Double](repeating: 0, count: isText.count { !$0 } * rowCount)
    var storage = numbers.mutableSpan
    return try read(
      CSVChunk(byteRange: chunk.byteRange, rows: 0..<rowCount), rowCount: rowCount, into: &storage)
  }

  private func withBytes<Result>(
    _ body: (Span<UInt8>) throws(FileError) -> Result
  ) throws(FileError) -> Result {
    let source = try ByteSource(path: path, contentsAt: location)
    guard source.byteCount == byteCount else { throw .changed(path: path) }
    return try source.withBytes(path: path, body)
  }
}

extension CSVTokenizer {
  /// How far behind a part the end of its last record is looked for in large steps.
  private static let reach = 1 << 16

  /// Counts the records that begin between two offsets, at the first of which one does.
  /// - Parameters:
  ///   - watched: an offset.
  ///   - rowsBefore: how many records come before the one that begins there, if one does.
  func run(
    in bytes: Span<UInt8>, from start: Int, upTo limit: Int, watching watched: Int?,
    _ rowsBefore: inout Int?
  ) throws(CSVFault) -> CSVPart.Run {
    var run = CSVPart.Run(start: start, end: start, rowCount: 0)
    guard start < limit else { return run }
    let quote = UInt8(ascii: "\"")
    let searchEnd = min(bytes.count, limit + Self.reach)
    // Each is the first of its kind from the position on, or the end of the search.
    var (nextFeed, nextReturn) = (start - 1, start - 1)
    var nextQuote = bytes.firstIndex(of: quote, in: start..<searchEnd) ?? searchEnd
    while run.end < limit {
      let record = run.end
      if record == watched { rowsBefore = run.rowCount }
      run.rowCount += 1
      if nextFeed < record {
        nextFeed = bytes.firstIndex(of: 0x0A, in: record..<searchEnd) ?? searchEnd
      }
      if nextReturn < record {
        nextReturn = bytes.firstIndex(of: 0x0D, in: record..<searchEnd) ?? searchEnd
      }
      if nextQuote < record {
        nextQuote = bytes.firstIndex(of: quote, in: record..<searchEnd) ?? searchEnd
      }
      var end = min(nextFeed, nextReturn)
      if nextQuote < end || end == searchEnd { end = try fields(in: bytes, from: record).end }
      let next = nextLine(in: bytes, after: end)
      let isPlain = next < bytes.count && bytes[next] > 0x20 && !beginsComment(bytes[next])
      run.end = isPlain ? next : recordStart(in: bytes, from: next)
    }
    return run
  }

  /// Where the next record begins if the bytes begin within quotes; nil if they cannot.
  fileprivate func recordAfterQuote(in bytes: Span<UInt8>, from bounds: Range<Int>) -> Int? {
    let quote = UInt8(ascii: "\"")
    var position = bounds.lowerBound
    while let found = bytes.firstIndex(of: quote, in: position..<bounds.upperBound) {
      if found + 1 < bytes.count, bytes[found + 1] == quote {
        position = min(found + 2, bounds.upperBound)
        continue
      }
      let end = skippingBlanks(in: bytes, from: found + 1)
      guard end < bytes.count else { return bytes.count }
      if isLineEnd(bytes[end]) {
        return recordStart(in: bytes, from: nextLine(in: bytes, after: end))
      }
      guard bytes[end] == delimiter, let rest = try? fields(in: bytes, from: end + 1) else {
        return nil
      }
      return recordStart(in: bytes, from: nextLine(in: bytes, after: rest.end))
    }
    return nil
  }
}
