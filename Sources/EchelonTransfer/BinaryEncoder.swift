/// One container while it is being filled.
///
/// `Encodable` types may fill several nested containers in turn, so that a container's bytes can't
/// be written where they end up before all are complete: they form a tree, which `flatten` writes.
final class EncodingNode {
  enum Kind {
    case empty, single, keyed, unkeyed
  }

  let depth: Int
  private(set) var kind = Kind.empty
  private(set) var count = 0
  private var content = ByteWriter()
  private var children: [(offset: Int, node: EncodingNode)] = []

  init(depth: Int) { self.depth = depth }

  /// Makes this a container of `kind`. Asking twice for the same one continues it.
  func become(_ kind: Kind) {
    precondition(
      self.kind == .empty || self.kind == kind && kind != .single,
      "a value was encoded into two containers of different kinds")
    self.kind = kind
  }

  /// Starts the next entry of a keyed container.
  func add(key: String) {
    count += 1
    content.append(text: key)
  }

  /// Starts the next entry of an unkeyed container.
  func addElement() { count += 1 }

  func append(_ tag: BinaryTag) { content.append(tag.rawValue) }

  /// Appends a number: `tag` is that of its type.
  func append<Scalar>(_ value: Scalar, _ tag: BinaryTag) {
    append(tag)
    unsafe withUnsafeBytes(of: value) { unsafe content.append(bytes: $0) }
  }

  func append(_ text: String) {
    append(.text)
    content.append(text: text)
  }

  func append(_ array: some PackableArray, of element: BinaryTag) {
    append(.packed)
    content.append(element.rawValue)
    content.append(count: array.count)
    array.appendElements(to: &content)
  }

  func append(_ handle: some HandleTransferable) throws(TransferError) {
    append(.handle)
    let start = content.count
    content.append(UInt64(0))
    try handle.append(to: &content)
    content.replace(at: start, with: UInt64(content.count - start - 8))
  }

  /// A container inside this one, at this point of its content.
  func addChild() -> EncodingNode {
    let child = EncodingNode(depth: depth + 1)
    children.append((content.count, child))
    return child
  }

  /// Appends the value that this node and its children describe.
  func flatten(into writer: inout ByteWriter) {
    let hasCounts = kind != .single
    if hasCounts {
      // A type that encodes nothing at all is an empty keyed container.
      writer.append((kind == .unkeyed ? BinaryTag.unkeyed : .keyed).rawValue)
      writer.append(UInt64(0))
      writer.append(UInt64(count))
    }
    let start = writer.count
    unsafe content.withBytes { bytes in
      var done = 0
      for child in children {
        unsafe writer.append(bytes: UnsafeRawBufferPointer(rebasing: bytes[done..<child.offset]))
        child.node.flatten(into: &writer)
        done = child.offset
      }
      unsafe writer.append(bytes: UnsafeRawBufferPointer(rebasing: bytes[done...]))
    }
    if !content.retained.isEmpty { writer.retained += content.retained }
    if hasCounts { writer.replace(at: start - 16, with: UInt64(writer.count - start)) }
  }
}

/// Writes one value of a `Codable` type.
struct BinaryEncoder: Encoder {
  static let depthLimit = 512

  let node: EncodingNode
  let codingPath: [any CodingKey]
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
    node.become(.keyed)
    return KeyedEncodingContainer(BinaryKeyedEncoder<Key>(node: node, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    node.become(.unkeyed)
    return BinaryUnkeyedEncoder(node: node, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    BinarySingleEncoder(node: node, codingPath: codingPath)
  }

  func encodeHandle(_ handle: some HandleTransferable) throws(TransferError) {
    node.become(.single)
    try node.append(handle)
  }

  /// Encodes `value` as all of this node.
  func encodeContent<Value: Encodable>(of value: Value) throws {
    guard node.depth < Self.depthLimit else {
      throw EncodingError.invalidValue(
        value,
        .init(
          codingPath: codingPath,
          debugDescription: "values are nested more than \(Self.depthLimit) deep; send them as a"
            + " flat array"))
    }
    switch CodingRole.role(of: Value.self) {
    case .scalar(let tag):
      node.become(.single)
      node.append(value, tag)
    case .handle:
      guard let handle = value as? any HandleTransferable else { fatalError("a wrong role") }
      try encodeHandle(handle)
    case .numbers(let tag):
      guard let array = value as? any PackableArray else { fatalError("a wrong role") }
      node.become(.single)
      node.append(array, of: tag)
    case .text, .flag, .other:
      try value.encode(to: self)
    }
  }
}

/// What the three containers share: appending a value to a node, without a child where possible.
private protocol BinaryContainer {
  var node: EncodingNode { get }
  var codingPath: [any CodingKey] { get }
}

extension BinaryContainer {
  func append<Value: Encodable>(_ value: Value, at key: (any CodingKey)?) throws {
    switch CodingRole.role(of: Value.self) {
    case .scalar(let tag): node.append(value, tag)
    case .text: node.append(value as! String)
    case .flag: node.append(value as! Bool ? .yes : .no)
    case .handle, .numbers, .other: try encoder(at: key).encodeContent(of: value)
    }
  }

  func encoder(at key: (any CodingKey)?) -> BinaryEncoder {
    BinaryEncoder(node: node.addChild(), codingPath: key.map { codingPath + [$0] } ?? codingPath)
  }
}

private struct BinaryKeyedEncoder<Key: CodingKey>: KeyedEncodingContainerProtocol, BinaryContainer {
  let node: EncodingNode
  let codingPath: [any CodingKey]

  func encodeNil(forKey key: Key) {
    node.add(key: key.stringValue)
    node.append(.null)
  }

  // One body for all: each witness of the protocol calls it with its type.
  private func add(_ value: some Encodable, _ key: Key) throws {
    node.add(key: key.stringValue)
    try append(value, at: key)
  }

  func encode(_ value: Bool, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: String, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Double, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Float, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int8, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int16, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int32, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int64, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: Int128, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt8, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt16, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt32, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt64, forKey key: Key) throws { try add(value, key) }
  func encode(_ value: UInt128, forKey key: Key) throws { try add(value, key) }
  func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws { try add(value, key) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
    -> KeyedEncodingContainer<Nested>
  {
    superEncoder(at: key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    superEncoder(at: key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { superEncoder(at: BinaryKey.superclass) }
  func superEncoder(forKey key: Key) -> any Encoder { superEncoder(at: key) }

  private func superEncoder(at key: any CodingKey) -> BinaryEncoder {
    node.add(key: key.stringValue)
    return encoder(at: key)
  }
}

private struct BinaryUnkeyedEncoder: UnkeyedEncodingContainer, BinaryContainer {
  let node: EncodingNode
  let codingPath: [any CodingKey]
  var count: Int { node.count }

  private func start() -> BinaryKey {
    defer { node.addElement() }
    return BinaryKey(intValue: node.count)
  }

  private func add(_ value: some Encodable) throws { try append(value, at: start()) }

  func encodeNil() {
    node.addElement()
    node.append(.null)
  }

  func encode(_ value: Bool) throws { try add(value) }
  func encode(_ value: String) throws { try add(value) }
  func encode(_ value: Double) throws { try add(value) }
  func encode(_ value: Float) throws { try add(value) }
  func encode(_ value: Int) throws { try add(value) }
  func encode(_ value: Int8) throws { try add(value) }
  func encode(_ value: Int16) throws { try add(value) }
  func encode(_ value: Int32) throws { try add(value) }
  func encode(_ value: Int64) throws { try add(value) }
  func encode(_ value: Int128) throws { try add(value) }
  func encode(_ value: UInt) throws { try add(value) }
  func encode(_ value: UInt8) throws { try add(value) }
  func encode(_ value: UInt16) throws { try add(value) }
  func encode(_ value: UInt32) throws { try add(value) }
  func encode(_ value: UInt64) throws { try add(value) }
  func encode(_ value: UInt128) throws { try add(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try add(value) }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type)
    -> KeyedEncodingContainer<Nested>
  {
    encoder(at: start()).container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
    encoder(at: start()).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { encoder(at: start()) }
}

private struct BinarySingleEncoder: SingleValueEncodingContainer, BinaryContainer {
  let node: EncodingNode
  let codingPath: [any CodingKey]

  private func set(_ value: some Encodable) throws {
    node.become(.single)
    try append(value, at: nil)
  }

  func encodeNil() {
    node.become(.single)
    node.append(.null)
  }

  func encode(_ value: Bool) throws { try set(value) }
  func encode(_ value: String) throws { try set(value) }
  func encode(_ value: Double) throws { try set(value) }
  func encode(_ value: Float) throws { try set(value) }
  func encode(_ value: Int) throws { try set(value) }
  func encode(_ value: Int8) throws { try set(value) }
  func encode(_ value: Int16) throws { try set(value) }
  func encode(_ value: Int32) throws { try set(value) }
  func encode(_ value: Int64) throws { try set(value) }
  func encode(_ value: Int128) throws { try set(value) }
  func encode(_ value: UInt) throws { try set(value) }
  func encode(_ value: UInt8) throws { try set(value) }
  func encode(_ value: UInt16) throws { try set(value) }
  func encode(_ value: UInt32) throws { try set(value) }
  func encode(_ value: UInt64) throws { try set(value) }
  func encode(_ value: UInt128) throws { try set(value) }
  func encode<Value: Encodable>(_ value: Value) throws { try set(value) }
}
