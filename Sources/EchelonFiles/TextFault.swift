/// Something in a text file that is not as its format has it, before anyone asked for the line.
struct TextFault: Error, Equatable {
  /// Bytes from the start of the file.
  let offset: Int

  /// What is wrong, and what to do about it.
  let what: String
}

extension FileError {
  init(_ fault: TextFault, path: String, in bytes: Span<UInt8>) {
    self = .malformedText(
      place: FilePlace(path: path, offset: fault.offset, in: bytes), what: fault.what)
  }
}

extension FilePlace {
  /// The line and the column of an offset.
  ///
  /// Counted only when there is something to say: no reader keeps a line count.
  init(path: String, offset end: Int, in bytes: Span<UInt8>) {
    var line = 1
    var column = 1
    var offset = bytes.matches("\u{FEFF}", at: 0) ? 3 : 0
    while offset < end {
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
    self.init(path: path, line: line, column: column)
  }
}

extension Span where Element == UInt8 {
  /// The start of a word, in quotes, for a message.
  func quoted(_ range: Range<Int>) -> String {
    let end = Swift.min(range.upperBound, range.lowerBound + 24)
    return "'\(text(range.lowerBound..<end))\(end < range.upperBound ? "…" : "")'"
  }
}
