/// The second pass over a CSV file: the numbers of a chunk, into storage that the caller owns.
struct CSVNumberReader {
  let tokenizer: CSVTokenizer
  let raggedRows: RaggedRowPolicy
  let missing: MissingSpellings
  let columns: [ColumnDescription]
  let rowCount: Int

  /// Reads the number columns of `chunk` into `storage`, which holds `rowCount` elements for each.
  ///
  /// The text was accepted by `CSVScan`, but a mapped file can change under the map, so what it
  /// says is checked again here; only the messages are spared.
  func read(
    _ chunk: CSVChunk, of bytes: Span<UInt8>, into storage: inout MutableSpan<Double>
  ) throws(CSVFault) {
    // For each column, where its first row goes; -1 for a column of text.
    var firstElements: [Int] = []
    var slot = 0
    for column in columns {
      firstElements.append(column.kind == .number ? slot * rowCount : -1)
      if column.kind == .number { slot += 1 }
    }
    var position = chunk.byteRange.lowerBound
    // A number that stands for a missing value is met only by looking at how it is spelled.
    if missing.includesNumbers {
      for row in chunk.rows {
        while !(try readRecord(
          row, of: bytes, at: &position, firstElements, looksAtSpelling: true, into: &storage))
        {}
      }
    } else {
      for row in chunk.rows {
        while !(try readRecord(
          row, of: bytes, at: &position, firstElements, looksAtSpelling: false, into: &storage))
        {}
      }
    }
  }

  /// Reads the next record as `row`, and says whether it is one: false for a row to be left out, whose
  /// numbers the next one overwrites.
  @inline(__always)
  private func readRecord(
    _ row: Int, of bytes: Span<UInt8>, at position: inout Int, _ firstElements: [Int],
    looksAtSpelling: Bool, into storage: inout MutableSpan<Double>
  ) throws(CSVFault) -> Bool {
    let start = tokenizer.recordStart(in: bytes, from: position)
    position = start
    for column in 0..<firstElements.count {
      let first = firstElements[column]
      if !looksAtSpelling, first >= 0,
        let literal = tokenizer.decimal(in: bytes, at: position)
      {
        storage[first &+ row] = literal.value(in: bytes)
        position = literal.end
      } else {
        let field = try tokenizer.field(in: bytes, at: position)
        position = field.end
        if first >= 0 {
          guard let value = number(field, in: bytes) else {
            // Only a row that is left out can have a word among numbers.
            guard raggedRows == .skip else {
              throw CSVFault(offset: field.contents.lowerBound, problem: .changed)
            }
            position = try endOfRaggedRow(in: bytes, at: start)
            return false
          }
          storage[first &+ row] = value
        }
      }
      let endsLine = position >= bytes.count || tokenizer.isLineEnd(bytes[position])
      guard endsLine == (column == firstElements.count &- 1) else {
        switch raggedRows {
        case .fill where endsLine, .cut where endsLine:
          for rest in firstElements[(column + 1)...] where rest >= 0 {
            storage[rest &+ row] = .nan
          }
        case .cut: position = try endOfRaggedRow(in: bytes, at: start)
        case .skip:
          position = try endOfRaggedRow(in: bytes, at: start)
          return false
        case .refuse, .fill: throw CSVFault(offset: position, problem: .changed)
        }
        return true
      }
      if !endsLine { position &+= 1 }
    }
    return true
  }

  /// Where the row at `start` ends, which has a wrong number of fields, as the scan found.
  @inline(never)
  private func endOfRaggedRow(in bytes: Span<UInt8>, at start: Int) throws(CSVFault) -> Int {
    let (count, end) = try tokenizer.fields(in: bytes, from: start)
    // Rows follow the ones that are left out: at the end of the text there is nothing to look for.
    guard count != columns.count, end < bytes.count || raggedRows != .skip else {
      throw CSVFault(offset: start, problem: .changed)
    }
    return end
  }

  /// The value of a field, NaN for a missing one; nil for a word.
  private func number(_ field: CSVField, in bytes: Span<UInt8>) -> Double? {
    switch NumberSyntax(field.contents, in: bytes, missing: missing, point: tokenizer.point) {
    case .number(let value): value
    case .missing: .nan
    case .text: nil
    }
  }
}

extension FileError {
  /// The fault with its path, and its offset as a line and a column.
  init(_ fault: CSVFault, path: String, in bytes: Span<UInt8>) {
    let place = FilePlace(path: path, offset: fault.offset, in: bytes)
    switch fault.problem {
    case .unterminatedQuote:
      self = .malformedQuote(place: place, what: "the quote that opens here is never closed")
    case .textAfterQuote:
      self = .malformedQuote(
        place: place, what: "expected the delimiter or the end of the line after a closing quote")
    case .nulByte:
      self = .malformedText(
        place: place,
        what: "a NUL character, which text does not have; convert the file to UTF-8 text or NPY")
    case .notUTF8:
      self = .malformedText(
        place: place,
        what: "bytes that are not UTF-8; convert the file, such as by iconv -f latin1 -t utf-8")
    case .ragged(let expected, let found):
      self = .raggedRow(place: place, expected: expected, found: found)
    case .notANumber(let column, let byteCount):
      let shown = min(byteCount, 40)
      self = .notANumber(
        place: place, column: column,
        found: bytes.text(fault.offset..<fault.offset + shown) + (shown < byteCount ? "…" : ""))
    case .unusable(let what):
      self = .unusableDialect(path: path, what: what)
    case .tooManyColumns(let limit):
      self = .tooManyColumns(path: path, limit: limit)
    case .changed:
      self = .changed(path: path)
    }
  }
}
