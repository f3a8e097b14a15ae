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

  /// Whether the words, of which there may be many, are numbers with marks that people write at them: `$1,234`, `5 %`.
  public let areMarkedNumbers: Bool

  /// Of what was counted in a column; nil where words are more than a tenth, and more than one among several numbers.
  /// - Parameters:
  ///   - range: the first word.
  ///   - areMarked: whether the words are numbers with marks.
  init?(
    column: String, first range: Range<Int>, count: Int, numberCount: Int, hasOptions: Bool,
    areMarked: Bool = false, path: String, in bytes: Span<UInt8>
  ) {
    self.column = column
    self.count = count
    self.numberCount = numberCount
    self.hasOptions = hasOptions
    let shown = min(range.count, 40)
    first =
      bytes.text(range.lowerBound..<range.lowerBound + shown) + (shown < range.count ? "…" : "")
    let areFew = numberCount >= 9 * count || count == 1 && numberCount >= 3
    guard count > 0, areFew || areMarked else { return nil }
    areMarkedNumbers = areMarked && !areFew
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
  /// half as many as there are numbers in the first `surveyedRowCount` rows, most of which may be without any. So is one whose
  /// words are all numbers with marks, 16 of them or all that there are.
  public func oddWords() throws(FileError) -> [OddWords] {
    struct Tally {
      let column: Int
      var words = 0
      /// Of the words, numbers with marks.
      var marked = 0
      var numbers = 0
      var first: Range<Int>?

      var isMarked: Bool { words > 0 && marked == words }

      /// Whether the column is taken for one of words.
      func hasTooMany(ofRows rowCount: Int) -> Bool {
        if isMarked, words < 16 { return false }
        return words > max(1, rowCount / 10) || words > 64 + (words + numbers) / 4
          || numbers == 0 && words > 16
      }
    }
    var open = columns.indices
      .filter { columns[$0].kind == .text && dialect.kinds[columns[$0].name] == nil }
      .map { Tally(column: $0) }
    guard !open.isEmpty else { return [] }
    var marked: [Tally] = []
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
            if open[index].marked + 1 == open[index].words, bytes.isMarkedNumber(in: contents) {
              open[index].marked += 1
            }
            hasTooMany = hasTooMany || open[index].hasTooMany(ofRows: rowCount)
          }
        }
        if hasTooMany {
          marked += open.filter { $0.isMarked && $0.hasTooMany(ofRows: rowCount) }
          open.removeAll { $0.hasTooMany(ofRows: rowCount) }
        }
      }
    }
    return try source.withBytes(path: path) { (bytes) in
      (open + marked).sorted { $0.column < $1.column }.compactMap { tally -> OddWords? in
        guard let first = tally.first else { return nil }
        return OddWords(
          column: columns[tally.column].name, first: first, count: tally.words,
          numberCount: tally.numbers, hasOptions: true, areMarked: tally.isMarked, path: path,
          in: bytes)
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
    case .longJSONLines(let file): file.oddWords
    case .npy, .npz, .matrixMarket, .hdf5: []
    }
  }
}

extension Span<UInt8> {
  /// Whether a word is a number with a sign of a currency, commas between its thousands, or a percent sign.
  fileprivate func isMarkedNumber(in range: Range<Int>) -> Bool {
    guard range.count <= 40 else { return false }
    let word = text(range)
    var rest = word.unicodeScalars[...]
    func drop(_ scalars: String) {
      if let first = rest.first, scalars.unicodeScalars.contains(first) { rest.removeFirst() }
    }
    drop("+-")
    drop("$€£¥")
    drop(" ")
    drop("+-")
    let whole = rest.prefix { "0"..."9" ~= $0 || $0 == "," }
    let groups = whole.split(separator: ",", omittingEmptySubsequences: false)
    guard let first = groups.first, !first.isEmpty, groups.count == 1 || first.count <= 3,
      groups.dropFirst().allSatisfy({ $0.count == 3 })
    else { return false }
    rest = rest[whole.endIndex...]
    drop(".")
    rest = rest.drop { "0"..."9" ~= $0 }
    drop(" ")
    drop("%")
    return rest.isEmpty
  }
}
