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

  /// Whether they are few enough to tell of them: a tenth of the values at most, or a single one among several.
  var areFew: Bool { numberCount >= 9 * count || count == 1 && numberCount >= 3 }
}

extension CSVFile {
  /// The columns of text of which nearly all values are numbers, but for those that the dialect makes text.
  ///
  /// Reads no further than it takes to see that there are none: some rows, where text is text. A column that begins with
  /// words is taken for text, though numbers may follow: more than 64 words, and a quarter of what was read.
  public func oddWords() throws(FileError) -> [OddWords] {
    struct Tally {
      let column: Int
      var words = 0
      var numbers = 0
      var first: Range<Int>?
    }
    var open = columns.indices
      .filter { columns[$0].kind == .text && dialect.kinds[columns[$0].name] == nil }
      .map { Tally(column: $0) }
    guard !open.isEmpty else { return [] }
    try read { (bytes) throws(CSVFault) in
      var position = chunks.first?.byteRange.lowerBound ?? bytes.count
      var fields: [CSVField] = []
      for _ in 0..<rowCount where !open.isEmpty {
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
            let (words, values) = (open[index].words, open[index].words + open[index].numbers)
            if words > max(1, rowCount / 10) || words > 64 + values / 4 { hasTooMany = true }
          }
        }
        if hasTooMany {
          open.removeAll {
            $0.words > max(1, rowCount / 10) || $0.words > 64 + ($0.words + $0.numbers) / 4
          }
        }
      }
    }
    return try source.withBytes(path: path) { (bytes) in
      open.compactMap { tally -> OddWords? in
        guard let first = tally.first else { return nil }
        let shown = min(first.count, 40)
        let odd = OddWords(
          column: columns[tally.column].name,
          first: bytes.text(first.lowerBound..<first.lowerBound + shown)
            + (shown < first.count ? "…" : ""),
          place: FilePlace(path: path, offset: first.lowerBound, in: bytes), count: tally.words,
          numberCount: tally.numbers)
        return odd.areFew ? odd : nil
      }
    }
  }
}

extension DataFileReader {
  /// The columns of delimited text that a few words keep from being numbers; see `CSVFile.oddWords`.
  public func oddWords() throws(FileError) -> [OddWords] {
    if case .csv(let file) = format { try file.oddWords() } else { [] }
  }
}
