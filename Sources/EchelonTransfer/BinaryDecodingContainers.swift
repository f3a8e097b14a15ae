/// The entries of a keyed container, found by key.
///
/// They are mostly asked for in the order they were written, so the next one is tried first.
final class BinaryEntries {
  let entries: [(key: String, value: BinaryValue)]
  private var next = 0
  private var index: [String: Int] = [:]

  init(of container: BinaryValue, in message: DecodingMessage) throws(TransferError) {
    var entries: [(key: String, value: BinaryValue)] = []
    entries.reserveCapacity(min(container.count, 64))
    var offset = container.content.lowerBound
    for _ in 0..<container.count {
      var reader = try message.reader(of: offset..<container.end)
      let key = try reader.readText()
      let value = try message.value(
        at: container.end - reader.remaining, before: container.end)
      entries.append((key, value))
      offset = value.end
    }
    self.entries = entries
  }

  subscript(_ key: String) -> BinaryValue? {
    if next < entries.count, entries[next].key == key {
      next += 1
      return entries[next - 1].value
    }
    guard let position = position(of: key) else { return nil }
    next = position + 1
    return entries[position].value
  }

  func contains(_ key: String) -> Bool {
    next < entries.count && entries[next].key == key || position(of: key) != nil
  }

  /// Steps back, so that a value that was only looked at is found at once again.
  func peek(_ key: String) -> BinaryValue? {
    let value = self[key]
    if value != nil { next -= 1 }
    return value
  }

  private func position(of key: String) -> Int? {
    if entries.count <= 16 { return entries.firstIndex { $0.key == key } }
    if index.isEmpty {
      index = Dictionary(
        entries.enumerated().map { ($1.key, $0) }, uniquingKeysWith: { first, _ in first })
    }
    return index[key]
  }
}

struct BinaryKeyedDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: BinaryDecoder
  let entries: BinaryEntries
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { entries.entries.compactMap { Key(stringValue: $0.key) } }

  func contains(_ key: Key) -> Bool { entries.contains(key.stringValue) }

  private func child(_ key: any CodingKey) throws -> BinaryDecoder {
    guard let value = entries[key.stringValue] else {
      throw DecodingError.keyNotFound(
        key, .init(codingPath: codingPath, debugDescription: "there is no such key"))
    }
    return try decoder.child(value, at: key)
  }

  func decodeNil(forKey key: Key) throws -> Bool {
    guard let value = entries.peek(key.stringValue) else {
      return try child(key).value.tag == .null
    }
    return value.tag == .null
  }

  func decode(_: Bool.Type, forKey key: Key) throws -> Bool { try child(key).flag() }
  func decode(_: String.Type, forKey key: Key) throws -> String { try child(key).text() }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try child(key).number(type) }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try child(key).number(type) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try child(key).number(type) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try child(key).number(type) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try child(key).number(type) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try child(key).number(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try child(key).number(type) }
  func decode(_ type: Int128.Type, forKey key: Key) throws -> Int128 { try child(key).number(type) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try child(key).number(type) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try child(key).number(type) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 { try child(key).number(type) }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 { try child(key).number(type) }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try child(key).number(type) }
  func decode(_ type: UInt128.Type, forKey key: Key) throws -> UInt128 {
    try child(key).number(type)
  }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    try child(key).decodeContent(as: type)
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<Nested>
  {
    try child(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try child(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { try child(BinaryKey.superclass) }
  func superDecoder(forKey key: Key) throws -> any Decoder { try child(key) }
}

struct BinaryUnkeyedDecoder: UnkeyedDecodingContainer {
  let decoder: BinaryDecoder
  private var offset: Int
  private(set) var currentIndex = 0
  var codingPath: [any CodingKey] { decoder.codingPath }
  var count: Int? { decoder.value.count }
  var isAtEnd: Bool { currentIndex >= decoder.value.count }

  init(decoder: BinaryDecoder) {
    self.decoder = decoder
    offset = decoder.value.content.lowerBound
  }

  /// The next element; `offset` moves on only with `take`.
  private func next(as type: Any.Type) throws -> BinaryDecoder {
    let key = BinaryKey(intValue: currentIndex)
    guard !isAtEnd else {
      throw DecodingError.valueNotFound(
        type, .init(codingPath: codingPath + [key], debugDescription: "there are no more elements"))
    }
    if let tag = decoder.value.element, let size = tag.scalarSize {
      return try decoder.child(BinaryValue(tag: tag, content: offset..<(offset + size)), at: key)
    }
    let value = try decoder.message.value(at: offset, before: decoder.value.end)
    return try decoder.child(value, at: key)
  }

  /// Reads the next element, and steps over it if that succeeds.
  private mutating func take<Value>(
    _ type: Value.Type, _ read: (BinaryDecoder) throws -> Value
  ) throws -> Value {
    let element = try next(as: type)
    let value = try read(element)
    offset = element.value.end
    currentIndex += 1
    return value
  }

  mutating func decodeNil() throws -> Bool {
    guard try next(as: Never.self).value.tag == .null else { return false }
    return try take(Never?.self) { _ in nil } == nil
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try take(type) { try $0.flag() } }
  mutating func decode(_ type: String.Type) throws -> String { try take(type) { try $0.text() } }
  private mutating func number<Scalar: BinaryScalar>(_ type: Scalar.Type) throws -> Scalar {
    try take(type) { try $0.number(type) }
  }
  mutating func decode(_ type: Double.Type) throws -> Double { try number(type) }
  mutating func decode(_ type: Float.Type) throws -> Float { try number(type) }
  mutating func decode(_ type: Int.Type) throws -> Int { try number(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try number(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try number(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try number(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try number(type) }
  mutating func decode(_ type: Int128.Type) throws -> Int128 { try number(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try number(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try number(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try number(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try number(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try number(type) }
  mutating func decode(_ type: UInt128.Type) throws -> UInt128 { try number(type) }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try take(type) { try $0.decodeContent(as: type) }
  }

  mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws
    -> KeyedDecodingContainer<Nested>
  {
    try take(KeyedDecodingContainer<Nested>.self) { try $0.container(keyedBy: type) }
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try take((any UnkeyedDecodingContainer).self) { try $0.unkeyedContainer() }
  }

  mutating func superDecoder() throws -> any Decoder {
    try take((any Decoder).self) { $0 }
  }
}

struct BinarySingleDecoder: SingleValueDecodingContainer {
  let decoder: BinaryDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.value.tag == .null }
  func decode(_: Bool.Type) throws -> Bool { try decoder.flag() }
  func decode(_: String.Type) throws -> String { try decoder.text() }
  func decode(_ type: Double.Type) throws -> Double { try decoder.number(type) }
  func decode(_ type: Float.Type) throws -> Float { try decoder.number(type) }
  func decode(_ type: Int.Type) throws -> Int { try decoder.number(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try decoder.number(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try decoder.number(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try decoder.number(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try decoder.number(type) }
  func decode(_ type: Int128.Type) throws -> Int128 { try decoder.number(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try decoder.number(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try decoder.number(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try decoder.number(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try decoder.number(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try decoder.number(type) }
  func decode(_ type: UInt128.Type) throws -> UInt128 { try decoder.number(type) }
  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try decoder.decodeContent(as: type)
  }
}
