/// What is made of the values that were noted.
extension JSONLinesParser {
  /// How JSON spells infinities that were written by a program: the number is none that was meant.
  private static let infinities = ["1e999", "-1e999"]

  /// Refuses tables that are much larger than the text.
  func checkTableSize(rowCount: Int, _ bytes: Span<UInt8>) throws(TextFault) {
    let (count, overflow) = rowCount.multipliedReportingOverflow(by: columns.count)
    guard !overflow, count <= max(bytes.count, JSONLinesFile.freeValueCount) else {
      throw TextFault(
        offset: 0,
        what:
          "\(rowCount) rows with \(columns.count) different keys, most of which are left out, are too "
          + "large a table; keys are names, not data")
    }
  }

  /// What a column of values of these kinds is.
  static func columnKind(_ kinds: Set<Kind>) -> ColumnKind {
    kinds.isSubset(of: [.number]) || kinds == [.boolean] ? .number : .text
  }

  /// The columns of what was parsed.
  /// - Parameters:
  ///   - kinds: what columns are in all of a text of which this is a part; nil of all of it.
  ///   - integers: the integers of 64 bits that the numbers of a column were, if they are kept.
  mutating func makeColumns(
    _ bytes: Span<UInt8>, kinds known: [ColumnKind]? = nil,
    integers: (inout LostNumbers, _ column: Int, [Double]) -> StoredIntegers? = {
      $0.takeIntegers(of: $1, among: $2)
    }
  ) throws(TextFault) -> [EchelonFiles.Column] {
    try checkTableSize(rowCount: rowCount, bytes)
    var lost = LostNumbers()
    defer { lostNumbers = lost }
    return columns.enumerated().map { index, column in
      let name = String(decoding: column.name, as: UTF8.self)
      let kind = known?[index] ?? Self.columnKind(Set(column.cells.map(\.kind)))
      guard kind == .number else {
        var text = [String?](repeating: nil, count: rowCount)
        for cell in column.cells {
          text[cell.row] =
            cell.kind == .string
            ? String(decoding: Self.decoded(cell.range, bytes), as: UTF8.self)
            : bytes.text(cell.range)
        }
        return EchelonFiles.Column(name: name, text: text)
      }
      var numbers = [Double](repeating: .nan, count: rowCount)
      for cell in column.cells {
        guard cell.kind == .number else {
          numbers[cell.row] = bytes[cell.range.lowerBound] == UInt8(ascii: "t") ? 1 : 0
          continue
        }
        let value = DecimalLiteral(in: bytes, at: cell.range.lowerBound, point: UInt8(ascii: "."))!
          .value(in: bytes)  // was checked
        numbers[cell.row] = value
        if value.isFinite || !Self.infinities.contains(bytes.text(cell.range)) {
          lost.look(
            at: cell.range, in: bytes, column: index, row: cell.row, value: value)
        }
      }
      return EchelonFiles.Column(
        name: name, numbers: numbers, integers: integers(&lost, index, numbers))
    }
  }

  /// Columns of numbers but for a few values.
  func oddWords(path: String, _ bytes: Span<UInt8>) -> [OddWords] {
    columns.compactMap { column in
      var tally = JSONLinesTally()
      tally.take(column.cells)
      return tally.oddWords(of: column.name, path: path, bytes)
    }
  }
}

/// What there is in a column.
struct JSONLinesTally {
  private(set) var kinds: Set<JSONLinesParser.Kind> = []
  /// Of all values that are not missing.
  private(set) var valueCount = 0
  private var numberCount = 0
  private var firstOther: Range<Int>?

  /// Takes the values of the next rows.
  mutating func take(_ cells: [JSONLinesParser.Cell]) {
    valueCount += cells.count
    for cell in cells {
      kinds.insert(cell.kind)
      if cell.kind == .number { numberCount += 1 } else { firstOther = firstOther ?? cell.range }
    }
  }

  /// What is to be said of a column of numbers but for a few values; nil of others.
  func oddWords(of column: [UInt8], path: String, _ bytes: Span<UInt8>) -> OddWords? {
    guard numberCount > 0, let firstOther else { return nil }
    return OddWords(
      column: String(decoding: column, as: UTF8.self), first: firstOther,
      count: valueCount - numberCount, numberCount: numberCount, hasOptions: false, path: path,
      in: bytes)
  }
}
