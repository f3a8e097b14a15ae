/// How numbers lie in a binary file that does not say it itself.
///
///     f8le          numbers of 8 bytes, least significant byte first: one column
///     i2be:3        whole numbers of 2 bytes, most significant byte first, in rows of three
///     f4le:2@128    after a header of 128 bytes
///
/// Types are those of NumPy: `b1`, `i1` to `i8`, `u1` to `u8`, `f2`, `f4`, `f8`, and `c8`, `c16`, which are
/// two columns each. Types of one byte have no order, others need `le` or `be`.
public struct RawFormat: Sendable, Hashable, Codable, LosslessStringConvertible {
  /// The type of every number.
  public let elementType: NPYElementType

  /// Whether the most significant byte of a number comes first.
  public let isBigEndian: Bool

  /// The numbers of a row, which lie side by side.
  public let columnCount: Int

  /// Bytes before the first number.
  public let headerByteCount: Int

  /// A format; columns and header must be in range: 1 to `DataFileReader.maximumColumnCount`, 0 and more.
  public init(
    _ elementType: NPYElementType, isBigEndian: Bool = false, columnCount: Int = 1,
    headerByteCount: Int = 0
  ) {
    precondition(
      1...DataFileReader.maximumColumnCount ~= columnCount && headerByteCount >= 0,
      "\(columnCount) columns after \(headerByteCount) bytes")
    self.elementType = elementType
    self.isBigEndian = isBigEndian && elementType.byteCount > 1
    self.columnCount = columnCount
    self.headerByteCount = headerByteCount
  }

  /// The format that `description` has; nil for what is none.
  public init?(_ description: String) {
    var text = description[...]
    func number(after mark: Character) -> Int? {
      guard let place = text.lastIndex(of: mark) else { return nil }
      let digits = text[text.index(after: place)...]
      text = text[..<place]
      // A sign is no digit; -1 stands for what is wrong.
      guard digits.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return -1 }
      return Int(digits) ?? -1
    }
    let headerByteCount = number(after: "@") ?? 0
    let columnCount = number(after: ":") ?? 1
    let isBigEndian = text.hasSuffix("be")
    let hasOrder = isBigEndian || text.hasSuffix("le")
    guard let type = NPYElementType(rawValue: String(hasOrder ? text.dropLast(2) : text)),
      hasOrder == (type.byteCount > 1), headerByteCount >= 0,
      1...DataFileReader.maximumColumnCount ~= columnCount
    else { return nil }
    self.init(
      type, isBigEndian: isBigEndian, columnCount: columnCount, headerByteCount: headerByteCount)
  }

  /// The shortest text for the format.
  public var description: String {
    elementType.rawValue + (elementType.byteCount == 1 ? "" : isBigEndian ? "be" : "le")
      + (columnCount == 1 ? "" : ":\(columnCount)")
      + (headerByteCount == 0 ? "" : "@\(headerByteCount)")
  }

  /// Formats travel as their text, and are checked when they arrive.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let format = RawFormat(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "'\(text)' is no format of numbers")
    }
    self = format
  }

  /// The text of the format.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
