/// What is made of the values that were noted.
extension JSONLinesParser {
  /// How JSON spells infinities that were written by a program: the number is none that was meant.
  private static let infinities = ["1e999", "-1e999"]

  /// The columns of what was parsed.
  mutating func makeColumns(_ bytes: Span<UInt8>) throws(TextFault) -> [EchelonFiles.Column] {
    let (count, overflow) = rowCount.multipliedReportingOverflow(by: columns.count)
    guard !overflow, count <= max(bytes.count, JSONLinesFile.freeValueCount) else {
      throw TextFault(
        offset: 0,
        what:
          "\(rowCount) rows with \(columns.count) different keys, most of which are left out, are too "
          + "large a table; keys are names, not data")
    }
    var lost = LostNumbers()
    defer { lostNumbers = lost }
    return columns.enumerated().map { index, column in
      let name = String(decoding: column.name, as: UTF8.self)
      let kinds = Set(column.cells.map(\.kind))
      guard kinds.isSubset(of: [.number]) || kinds == [.boolean] else {
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
        name: name, numbers: numbers, integers: lost.takeIntegers(of: index, among: numbers))
    }
  }

  /// Columns of numbers but for a few values.
  func oddWords(path: String, _ bytes: Span<UInt8>) -> [OddWords] {
    columns.compactMap { column in
      let numberCount = column.cells.count { $0.kind == .number }
      guard numberCount > 0, numberCount < column.cells.count,
        let first = column.cells.first(where: { $0.kind != .number })
      else { return nil }
      return OddWords(
        column: String(decoding: column.name, as: UTF8.self), first: first.range,
        count: column.cells.count - numberCount, numberCount: numberCount, hasOptions: false,
        path: path, in: bytes)
    }
  }
}
