/// A column of text that would be one of numbers but for a few words, one of which may be a slip: `1O.5`.
public struct OddWords: Sendable, Equatable, Codable {
  /// The name of the column.
  public let column: String

  /// The first of the words, or its beginning.
  public let first: String

  /// Where that is.
  public let place: FilePlace

  /// How many words there are.
  public let count: Int

  /// How many numbers there are.
  public let numberCount: Int

  /// Whether options say how the file is read, as of delimited text.
  public let hasOptions: Bool

  /// Of what was counted in a column; nil where words are more than a tenth, and more than one among several numbers.
  /// - Parameter range: the first word.
  init?(
    column: String, first range: Range<Int>, count: Int, numberCount: Int, hasOptions: Bool,
    path: String, in bytes: Span<UInt8>
  ) {
    self.column = column
    self.count = count
    self.numberCount = numberCount
    self.hasOptions = hasOptions
    let shown = min(range.count, 40)
    first =
      bytes.text(range.lowerBound..<range.lowerBound + shown) + (shown < range.count ? "…" : "")
    guard count > 0, numberCount >= 9 * count || count == 1 && numberCount >= 3 else { return nil }
    place = FilePlace(path: path, offset: range.lowerBound, in: bytes)
  }
}

extension CSVFile {
  /// After so many rows it is plain what a column is, also one of a few remarks.
  static let surveyedRowCount = 10_000

  /// The columns of text of which nearly all values are numbers, but for those that the dialect makes text.
  ///
  /// Reads no further than it takes to see that there are none: some rows, where text is text. A column that begins with
  /// words is taken for text, though numbers may follow: 16 of them and no number, or 64 and a quarter of what was read; or
  /// half as many as there are numbers in the first `surveyedRowCount` rows, most of which may be without any.
  public func oddWords() throws(FileError) -> [OddWords] {
    struct Tally {
      let column: Int
      var words = 0
      var numbers = 0
      var first: Range<Int>?

      /// Whether the column is taken for one of words.
      func hasTooMany(ofRows rowCount: Int) -> Bool {
        words > max(1, rowCount / 10) || words > 64 + (words + numbers) / 4
          || numbers == 0 && words > 16
      }
    }
    var open = columns.indices
      .filter { columns[$0].kind == .text && dialect.kinds[columns[$0].name] == nil }
      .map { Tally(column: $0) }
    guard !open.isEmpty else { return [] }
    try read { (bytes) throws(CSVFault) in
      var position = chunks.first?.byteRange.lowerBound ?? bytes.count
      var fields: [CSVField] = []
      for row in 0..<rowCount {
        if row == Self.surveyedRowCount { open.removeAll { 2 * $0.words >= $0.numbers } }
        if open.isEmpty { break }
        try readRow(of: bytes, at: &position, into: &fields)
        var hasTooMany = false
        for index in open.indices where open[index].column < fields.count {
          let contents = fields[open[index].column].contents
          switch NumberSyntax(contents, in: bytes, missing: missing, point: tokenizer.point) {
          case .number: open[index].numbers += 1
          case .missing: break
          case .text:
            open[index].first = open[index].first ?? contents
            open[index].words += 1
            hasTooMany = hasTooMany || open[index].hasTooMany(ofRows: rowCount)
          }
        }
        if hasTooMany { open.removeAll { $0.hasTooMany(ofRows: rowCount) } }
      }
    }
    return try source.withBytes(path: path) { (bytes) in
      open.compactMap { tally -> OddWords? in
        guard let first = tally.first else { return nil }
        return OddWords(
          column: columns[tally.column].name, first: first, count: tally.words,
          numberCount: tally.numbers, hasOptions: true, path: path, in: bytes)
      }
    }
  }
}

extension DataFileReader {
  /// The columns of delimited text and of JSON lines that a few words keep from being numbers; see `CSVFile.oddWords`.
  public func oddWords() throws(FileError) -> [OddWords] {
    switch format {
    case .csv(let file): try file.oddWords()
    case .jsonLines(let file): file.oddWords
    case .npy, .npz, .matrixMarket, .hdf5: []
    }
  }
}
