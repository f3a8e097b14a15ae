/// A message while it is being decoded; places in it are counted from its start.
///
/// Invariant: `bytes` are readable until `invalidate`, after which there are none. User code may
/// keep a decoder for longer than the message lives, but reaches the bytes only through here.
@safe final class DecodingMessage {
  private var bytes: UnsafeRawBufferPointer

  init(_ reader: ByteReader) {
    var reader = reader
    let all = unsafe try? reader.read(byteCount: reader.remaining)
    unsafe bytes = all ?? UnsafeRawBufferPointer(start: nil, count: 0)
  }

  func invalidate() { unsafe bytes = UnsafeRawBufferPointer(start: nil, count: 0) }

  var byteCount: Int { unsafe bytes.count }

  /// A reader of a part, to be used at once and not kept.
  func reader(of range: Range<Int>) throws(TransferError) -> ByteReader {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw .truncated(needed: range.upperBound, available: byteCount)
    }
    return unsafe ByteReader(UnsafeRawBufferPointer(rebasing: bytes[range]))
  }

  /// The value at `offset`, whose bytes end before `end`; its content is stepped over.
  func value(at offset: Int, before end: Int) throws(TransferError) -> BinaryValue {
    var reader = try reader(of: offset..<end)
    let raw = try reader.read(UInt8.self)
    guard let tag = BinaryTag(rawValue: raw) else {
      throw .malformed(what: "a value has the unknown tag \(raw)")
    }
    var byteCount = tag.scalarSize ?? 0
    var count = 0
    var element: BinaryTag?
    switch tag {
    case .text:
      byteCount = try reader.readCount()
    case .keyed, .unkeyed:
      let claimed = try (bytes: reader.read(UInt64.self), entries: reader.read(UInt64.self))
      // An entry is a tag at least, and a key its count.
      let entrySize: UInt64 = tag == .keyed ? 2 : 1
      guard claimed.bytes <= UInt64(reader.remaining), claimed.entries <= claimed.bytes / entrySize
      else { throw .malformed(what: "a container is larger than its message") }
      (byteCount, count) = (Int(claimed.bytes), Int(claimed.entries))
    case .handle:
      byteCount = Int(truncatingIfNeeded: try reader.read(UInt64.self))
    case .packed:
      element = BinaryTag(rawValue: try reader.read())
      guard let size = element?.scalarSize else {
        throw .malformed(what: "an array of numbers is of something else")
      }
      count = try reader.readCount(ofThingsTaking: size)
      byteCount = count * size
    default:
      break
    }
    let start = end - reader.remaining
    guard byteCount >= 0, byteCount <= reader.remaining else {
      throw .truncated(needed: byteCount, available: reader.remaining)
    }
    return BinaryValue(
      tag: tag, content: start..<(start + byteCount), count: count, element: element)
  }
}

/// One value of a message: its tag, and where its content lies.
struct BinaryValue {
  let tag: BinaryTag
  let content: Range<Int>
  /// Entries of a container, or elements of a packed array.
  var count = 0
  /// The tag of the elements of a packed array.
  var element: BinaryTag?

  var end: Int { content.upperBound }
}

/// Reads one value of a `Codable` type.
struct BinaryDecoder: Decoder {
  let message: DecodingMessage
  let value: BinaryValue
  let codingPath: [any CodingKey]
  let depth: Int
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard value.tag == .keyed else { throw mismatch(KeyedDecodingContainer<Key>.self) }
    return KeyedDecodingContainer(
      BinaryKeyedDecoder<Key>(decoder: self, entries: try BinaryEntries(of: value, in: message)))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    guard value.tag == .unkeyed || value.tag == .packed else {
      throw mismatch((any UnkeyedDecodingContainer).self)
    }
    return BinaryUnkeyedDecoder(decoder: self)
  }

  func singleValueContainer() -> any SingleValueDecodingContainer {
    BinarySingleDecoder(decoder: self)
  }

  func child(_ value: BinaryValue, at key: any CodingKey) throws -> BinaryDecoder {
    let path = codingPath + [key]
    guard depth < BinaryEncoder.depthLimit else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: path, debugDescription: "values are nested too deep"))
    }
    return BinaryDecoder(message: message, value: value, codingPath: path, depth: depth + 1)
  }

  // MARK: Values

  func decodeContent<Value: Decodable>(as type: Value.Type) throws -> Value {
    // The casts are to the type itself, under the name that its role has for it.
    switch CodingRole.role(of: type) {
    case .scalar(let tag) where tag == value.tag:
      var reader = try message.reader(of: value.content)
      return try TransferPlan.plan(for: type).decode(type, from: &reader)
    case .scalar:
      guard let scalar = type as? any BinaryScalar.Type else { fatalError("a wrong role") }
      return try number(scalar) as! Value
    case .text: return try text() as! Value
    case .flag: return try flag() as! Value
    case .handle:
      guard let handle = type as? any HandleTransferable.Type else { fatalError("a wrong role") }
      return try decodeHandle(handle) as! Value
    case .numbers(let tag) where value.tag == .packed && value.element == tag:
      guard let array = type as? any PackableArray.Type else { fatalError("a wrong role") }
      var reader = try message.reader(of: value.content)
      return try array.readElements(value.count, from: &reader) as! Value
    case .numbers, .other: return try Value(from: self)
    }
  }

  func number<Scalar: BinaryScalar>(_ type: Scalar.Type) throws -> Scalar {
    var reader = try message.reader(of: value.content)
    if value.tag == Scalar.tag { return try reader.read() }
    let number: BinaryNumber
    switch value.tag {
    case .int8: number = .signed(Int128(try reader.read(Int8.self)))
    case .int16: number = .signed(Int128(try reader.read(Int16.self)))
    case .int32: number = .signed(Int128(try reader.read(Int32.self)))
    case .int64: number = .signed(Int128(try reader.read(Int64.self)))
    case .int128: number = .signed(try reader.read())
    case .uint8: number = .unsigned(UInt128(try reader.read(UInt8.self)))
    case .uint16: number = .unsigned(UInt128(try reader.read(UInt16.self)))
    case .uint32: number = .unsigned(UInt128(try reader.read(UInt32.self)))
    case .uint64: number = .unsigned(UInt128(try reader.read(UInt64.self)))
    case .uint128: number = .unsigned(try reader.read())
    case .float: number = .floating(Double(try reader.read(Float.self)))
    case .double: number = .floating(try reader.read())
    default: throw mismatch(type)
    }
    guard let result = Scalar(exactly: number) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "\(number) is not a value of '\(type)'"))
    }
    return result
  }

  func text() throws -> String {
    guard value.tag == .text else { throw mismatch(String.self) }
    var reader = try message.reader(of: value.content)
    return try reader.readText(byteCount: value.content.count)
  }

  func flag() throws -> Bool {
    guard value.tag == .yes || value.tag == .no else { throw mismatch(Bool.self) }
    return value.tag == .yes
  }

  func decodeHandle<Handle: HandleTransferable>(_ type: Handle.Type) throws -> Handle {
    guard value.tag == .handle else { throw mismatch(type) }
    var reader = try message.reader(of: value.content)
    return try Handle.read(from: &reader)
  }

  private func mismatch(_ type: Any.Type) -> DecodingError {
    let context = DecodingError.Context(
      codingPath: codingPath, debugDescription: "found \(value.tag) instead of '\(type)'")
    return value.tag == .null ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }
}
