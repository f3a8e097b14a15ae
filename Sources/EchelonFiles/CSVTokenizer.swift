import EchelonMemory

/// What is wrong with delimited text, and at which byte; `CSVFile` adds the path and the line.
struct CSVFault: Error, Equatable {
  enum Problem: Equatable {
    case unterminatedQuote
    case textAfterQuote
    case nulByte
    /// In a name or in a word that was asked for as text.
    case notUTF8
    case ragged(expected: Int, found: Int)
    case tooManyColumns(limit: Int)
    /// In a column that was given as numbers.
    case notANumber(column: String, byteCount: Int)
    /// The dialect asks for what this text does not have.
    case unusable(String)
    /// Met by a read after a scan that accepted the text: the bytes are no longer the same.
    case changed
  }
  let offset: Int
  let problem: Problem
}

/// One field of delimited text: where its contents lie, and what comes after it.
struct CSVField: Equatable {
  /// The bytes between the quotes, or without the blanks around an unquoted field: what a number is, or a name.
  var contents: Range<Int>
  /// The bytes between the quotes, or with the blanks around an unquoted field, unless the dialect has them cut off: what a
  /// word is.
  var word: Range<Int>
  var isQuoted: Bool
  /// Whether the contents have quotes written as two.
  var hasDoubledQuotes: Bool
  /// The offset of the delimiter, of the line's end, or of the end of the text.
  var end: Int
}

/// Cuts delimited text into fields, in the manner of RFC 4180.
///
/// It holds no position, only the rules: whoever reads keeps the offset, so that a reader can begin
/// at any record of a file and several can work on one at once.
///
/// Beyond the RFC: lines may end in CR LF, LF or CR, blanks around a number, a name or quotes do not
/// belong to it, and a quote inside an unquoted field is a character like others (`5" pipe`).
struct CSVTokenizer: Sendable {
  let delimiter: UInt8
  /// The byte before the fraction of a number.
  let point: UInt8
  /// The byte that begins a comment; above all bytes where there are no comments.
  private let comment: UInt16
  private let trimsWords: Bool

  init(_ dialect: CSVDialect) {
    delimiter = dialect.delimiter
    point = UInt8(ascii: dialect.hasDecimalComma ? "," : ".")
    comment = dialect.comment.map(UInt16.init) ?? .max
    trimsWords = dialect.trimsWords
  }

  /// The field that begins at `start`.
  func field(in bytes: Span<UInt8>, at start: Int) throws(CSVFault) -> CSVField {
    var position = skippingBlanks(in: bytes, from: start)
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      return try quotedField(in: bytes, at: position)
    }
    let contentsStart = position
    while position < bytes.count {
      let byte = bytes[position]
      // Every byte that ends a field is below this; most bytes of text are above it.
      if byte <= 0x2C || byte == delimiter {
        if byte == delimiter || byte == 0x0A || byte == 0x0D { break }
        if byte == 0 { throw CSVFault(offset: position, problem: .nulByte) }
      }
      position &+= 1
    }
    var contentsEnd = position
    while contentsEnd > contentsStart, isBlank(bytes[contentsEnd - 1]) { contentsEnd -= 1 }
    let contents = contentsStart..<contentsEnd
    return CSVField(
      contents: contents, word: trimsWords ? contents : start..<position, isQuoted: false,
      hasDoubledQuotes: false, end: position)
  }

  private func quotedField(in bytes: Span<UInt8>, at quote: Int) throws(CSVFault) -> CSVField {
    var position = quote + 1
    var hasDoubledQuotes = false
    while true {
      guard position < bytes.count else {
        throw CSVFault(offset: quote, problem: .unterminatedQuote)
      }
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        guard position + 1 < bytes.count, bytes[position + 1] == byte else { break }
        hasDoubledQuotes = true
        position += 1
      } else if byte == 0 {
        throw CSVFault(offset: position, problem: .nulByte)
      }
      position += 1
    }
    let end = skippingBlanks(in: bytes, from: position + 1)
    guard end == bytes.count || bytes[end] == delimiter || isLineEnd(bytes[end]) else {
      throw CSVFault(offset: end, problem: .textAfterQuote)
    }
    let contents = quote + 1..<position
    return CSVField(
      contents: contents, word: contents, isQuoted: true, hasDoubledQuotes: hasDoubledQuotes,
      end: end)
  }

  /// The decimal number that fills the field at `start`, or nil when the field is anything else:
  /// the way that nearly all fields of a numeric file take, without a second look at their bytes.
  @inline(__always)
  func decimal(in bytes: Span<UInt8>, at start: Int) -> DecimalLiteral? {
    var position = start
    while position < bytes.count, bytes[position] == 0x20 { position &+= 1 }
    guard let literal = DecimalLiteral(in: bytes, at: position, point: point) else { return nil }
    guard literal.end < bytes.count else { return literal }
    let next = bytes[literal.end]
    return next == delimiter || next == 0x0A || next == 0x0D ? literal : nil
  }

  /// The offset of the first record at or after `start`: blank lines and comments are not records.
  @inline(__always)
  func recordStart(in bytes: Span<UInt8>, from start: Int) -> Int {
    var lineStart = start
    while true {
      let position = skippingBlanks(in: bytes, from: lineStart)
      guard position < bytes.count else { return bytes.count }
      if isLineEnd(bytes[position]) {
        lineStart = position &+ 1
      } else if UInt16(bytes[position]) == comment {
        lineStart = lineEnd(in: bytes, from: position)
      } else {
        return lineStart
      }
    }
  }

  /// Whether a line that begins with the byte is a comment.
  func beginsComment(_ byte: UInt8) -> Bool { UInt16(byte) == comment }

  /// The offset of the end of the line, whatever is in it.
  @inline(never)
  func lineEnd(in bytes: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while position < bytes.count, !isLineEnd(bytes[position]) { position &+= 1 }
    return position
  }

  /// How many fields there are from `start` to the end of the record, and where that is.
  @inline(never)
  func fields(in bytes: Span<UInt8>, from start: Int) throws(CSVFault) -> (count: Int, end: Int) {
    var count = 0
    var position = start
    while true {
      let end = try field(in: bytes, at: position).end
      count += 1
      guard end < bytes.count, !isLineEnd(bytes[end]) else { return (count, end) }
      position = end + 1
    }
  }

  /// The offset after the line end at `end`; CR LF is one.
  @inline(__always)
  func nextLine(in bytes: Span<UInt8>, after end: Int) -> Int {
    guard end < bytes.count else { return end }
    let isPair = bytes[end] == 0x0D && end &+ 1 < bytes.count && bytes[end &+ 1] == 0x0A
    return end &+ (isPair ? 2 : 1)
  }

  /// Whether a field may end before this byte because its line does.
  @inline(__always)
  func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

  @inline(__always)
  func skippingBlanks(in bytes: Span<UInt8>, from start: Int) -> Int {
    var position = start
    while position < bytes.count, isBlank(bytes[position]) { position &+= 1 }
    return position
  }

  @inline(__always)
  private func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (byte == UInt8(ascii: "\t") && byte != delimiter)
  }

  /// A field as text, doubled quotes made single.
  /// - Parameter isWord: whether blanks around it belong to it.
  func text(
    of field: CSVField, isWord: Bool = false, in bytes: Span<UInt8>
  ) throws(CSVFault) -> String {
    let range = isWord ? field.word : field.contents
    var copy: [UInt8] = []
    copy.reserveCapacity(range.count)
    var position = range.lowerBound
    while position < range.upperBound {
      copy.append(bytes[position])
      position += field.hasDoubledQuotes && bytes[position] == UInt8(ascii: "\"") ? 2 : 1
    }
    guard let text = String(validating: copy, as: UTF8.self) else {
      throw CSVFault(offset: firstInvalid(range, in: bytes), problem: .notUTF8)
    }
    return text
  }

  /// The offset of the first byte that makes a text none in UTF-8.
  private func firstInvalid(_ range: Range<Int>, in bytes: Span<UInt8>) -> Int {
    do { _ = try UTF8Span(validating: bytes.extracting(range)) } catch {
      return range.lowerBound + error.byteOffsets.lowerBound
    }
    return range.lowerBound
  }
}
