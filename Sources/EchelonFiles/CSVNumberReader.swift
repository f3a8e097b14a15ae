/// The second pass over a CSV file: the numbers of a chunk, into storage that the caller owns.
struct CSVNumberReader {
  let tokenizer: CSVTokenizer
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
    for row in chunk.rows {
      position = tokenizer.recordStart(in: bytes, from: position)
      for column in 0..<firstElements.count {
        let first = firstElements[column]
        if first >= 0, let literal = tokenizer.decimal(in: bytes, at: position) {
          storage[first &+ row] = literal.value(in: bytes)
          position = literal.end
        } else {
          let field = try tokenizer.field(in: bytes, at: position)
          position = field.end
          if first >= 0 { storage[first &+ row] = try number(field, in: bytes) }
        }
        let endsLine = position >= bytes.count || tokenizer.isLineEnd(bytes[position])
        guard endsLine == (column == firstElements.count &- 1) else {
          throw CSVFault(offset: position, problem: .changed)
        }
        if !endsLine { position &+= 1 }
      }
    }
  }

  private func number(_ field: CSVField, in bytes: Span<UInt8>) throws(CSVFault) -> Double {
    switch NumberSyntax(field.contents, in: bytes, missing: missing) {
    case .number(let value): return value
    case .missing: return .nan
    case .text: throw CSVFault(offset: field.contents.lowerBound, problem: .changed)
    }
  }
}

extension FileError {
  /// The fault with its path, and its offset as a line and a column.
  ///
  /// Counted only now, when there is something to say: no pass keeps a line count.
  init(_ fault: CSVFault, path: String, in bytes: Span<UInt8>) {
    var line = 1
    var column = 1
    var offset = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
    while offset < fault.offset {
      let byte = bytes[offset]
      let isPairStart = byte == 0x0D && offset + 1 < bytes.count && bytes[offset + 1] == 0x0A
      if byte == 0x0A || (byte == 0x0D && !isPairStart) {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 && !isPairStart {  // not inside a UTF-8 sequence
        column += 1
      }
      offset += 1
    }
    let place = FilePlace(path: path, line: line, column: column)
    switch fault.problem {
    case .unterminatedQuote:
      self = .malformedQuote(place: place, what: "the quote that opens here is never closed")
    case .textAfterQuote:
      self = .malformedQuote(
        place: place, what: "expected the delimiter or the end of the line after a closing quote")
    case .nulByte:
      self = .notText(path: path, offset: fault.offset, what: "a NUL character")
    case .ragged(let expected, let found):
      self = .raggedRow(place: place, expected: expected, found: found)
    case .tooManyColumns(let limit):
      self = .tooManyColumns(path: path, limit: limit)
    case .changed:
      self = .changed(path: path)
    }
  }
}
