/// The compact binary form of `Codable` values.
///
///     value    := tag content
///     keyed    := byteCount (8 bytes) count (8 bytes) (text value)*
///     unkeyed  := byteCount (8 bytes) count (8 bytes) value*
///     packed   := scalar tag, count, bytes           an array of numbers
///     handle   := byteCount (8 bytes) handle         only between two processes of a pool
///
/// Byte counts let a reader step over a value without looking into it.
enum BinaryTag: UInt8 {
  case null = 0
  case no, yes, text, keyed, unkeyed, packed, handle
  case int8 = 16
  case int16, int32, int64, int128
  case uint8 = 24
  case uint16, uint32, uint64, uint128
  case float = 32
  case double
}

/// A number that has a tag of its own. Every bit pattern is a value, NaN payloads included.
protocol BinaryScalar: BitwiseCopyable, Codable {
  static var tag: BinaryTag { get }
  /// The same number in this type; nil when it is not one of its values.
  init?(exactly number: BinaryNumber)
}

/// Any number of a message, for readers that ask for another type than was written.
enum BinaryNumber {
  case signed(Int128)
  case unsigned(UInt128)
  case floating(Double)
}

extension BinaryScalar where Self: FixedWidthInteger {
  init?(exactly number: BinaryNumber) {
    switch number {
    case .signed(let value): self.init(exactly: value)
    case .unsigned(let value): self.init(exactly: value)
    case .floating(let value): self.init(exactly: value)
    }
  }
}

extension BinaryScalar where Self: BinaryFloatingPoint {
  init?(exactly number: BinaryNumber) {
    switch number {
    case .signed(let value): self.init(exactly: value)
    case .unsigned(let value): self.init(exactly: value)
    case .floating(let value) where value.isNaN: self = .nan
    case .floating(let value): self.init(exactly: value)
    }
  }
}

extension Int8: BinaryScalar { static var tag: BinaryTag { .int8 } }
extension Int16: BinaryScalar { static var tag: BinaryTag { .int16 } }
extension Int32: BinaryScalar { static var tag: BinaryTag { .int32 } }
extension Int64: BinaryScalar { static var tag: BinaryTag { .int64 } }
extension Int128: BinaryScalar { static var tag: BinaryTag { .int128 } }
extension Int: BinaryScalar { static var tag: BinaryTag { .int64 } }
extension UInt8: BinaryScalar { static var tag: BinaryTag { .uint8 } }
extension UInt16: BinaryScalar { static var tag: BinaryTag { .uint16 } }
extension UInt32: BinaryScalar { static var tag: BinaryTag { .uint32 } }
extension UInt64: BinaryScalar { static var tag: BinaryTag { .uint64 } }
extension UInt128: BinaryScalar { static var tag: BinaryTag { .uint128 } }
extension UInt: BinaryScalar { static var tag: BinaryTag { .uint64 } }
extension Float: BinaryScalar { static var tag: BinaryTag { .float } }
extension Double: BinaryScalar { static var tag: BinaryTag { .double } }

extension BinaryTag {
  /// How many bytes a number with this tag takes; nil for other tags.
  var scalarSize: Int? {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .uint32, .float: 4
    case .int64, .uint64, .double: 8
    case .int128, .uint128: 16
    default: nil
    }
  }
}

/// What the coder does itself with a type, instead of asking for its `Codable` conformance: found
/// once per type, since it takes dynamic casts.
enum CodingRole: Sendable {
  case scalar(BinaryTag)
  case text, flag, handle
  case numbers(BinaryTag)
  case other

  private final class Entry: Sendable {
    let role: CodingRole
    init(_ role: CodingRole) { self.role = role }
  }

  private static let known = PermanentCache<Entry>()

  static func role(of type: Any.Type) -> CodingRole {
    known.value(for: TypeMetadata(type).address.bits) { Entry(find(type)) }.role
  }

  private static func find(_ type: Any.Type) -> CodingRole {
    if let scalar = type as? any BinaryScalar.Type { return .scalar(scalar.tag) }
    if type == String.self { return .text }
    if type == Bool.self { return .flag }
    if type is any HandleTransferable.Type { return .handle }
    if let tag = (type as? any PackableArray.Type)?.elementTag { return .numbers(tag) }
    return .other
  }
}

/// Arrays of numbers, which are copied whole.
protocol PackableArray {
  /// The tag of the elements; nil when they are not numbers.
  static var elementTag: BinaryTag? { get }
  var count: Int { get }
  func appendElements(to writer: inout ByteWriter)
  static func readElements(_ count: Int, from reader: inout ByteReader) throws(TransferError)
    -> Self
}

extension Array: PackableArray {
  static var elementTag: BinaryTag? { (Element.self as? any BinaryScalar.Type)?.tag }

  func appendElements(to writer: inout ByteWriter) {
    unsafe withUnsafeBytes { unsafe writer.append(bytes: $0) }
  }

  static func readElements(_ count: Int, from reader: inout ByteReader) throws(TransferError)
    -> Self
  {
    let byteCount = count * MemoryLayout<Element>.stride
    let bytes = try unsafe reader.read(byteCount: byteCount)
    return unsafe Self(unsafeUninitializedCapacity: count) { buffer, initializedCount in
      // SAFETY: the elements are numbers (`elementTag`), for which all bytes are values; both sides
      // hold `byteCount` bytes.
      if let source = bytes.baseAddress, count > 0 {
        unsafe UnsafeMutableRawPointer(buffer.baseAddress.unsafelyUnwrapped)
          .copyMemory(from: source, byteCount: byteCount)
      }
      initializedCount = count
    }
  }
}

/// A key for the elements of unkeyed containers and for `super`.
struct BinaryKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "Index \(intValue)"
    self.intValue = intValue
  }

  static let superclass = BinaryKey(stringValue: "super")
}

extension [any CodingKey] {
  /// The path as a person writes it: `a.b[3].c`.
  var written: String {
    reduce(into: "") { path, key in
      if let index = key.intValue {
        path += "[\(index)]"
      } else {
        path += path.isEmpty ? key.stringValue : "." + key.stringValue
      }
    }
  }
}

/// Values that travel through their `Codable` conformance.
final class CodablePlan<Value: Codable>: TypedPlan<Value>, @unchecked Sendable {
  override func encode(_ value: Value, into writer: inout ByteWriter) throws(TransferError) {
    guard !(Value.self is AnyObject.Type) || type(of: value) == Value.self else {
      throw .typeNotTransferable(
        type: "\(type(of: value))",
        reason: "an instance of '\(type(of: value))' cannot be sent as its superclass"
          + " '\(Value.self)', which would lose a part of it: pass it as its own type")
    }
    let root = EncodingNode(depth: 0)
    do {
      try BinaryEncoder(node: root, codingPath: []).encodeContent(of: value)
    } catch let error as TransferError {
      throw error
    } catch EncodingError.invalidValue(_, let context) {
      throw .encodingFailed(
        type: "\(Value.self)", path: context.codingPath.written, reason: context.debugDescription)
    } catch {
      throw .encodingFailed(type: "\(Value.self)", path: "", reason: "\(error)")
    }
    root.flatten(into: &writer)
  }

  override func decode(from reader: inout ByteReader) throws(TransferError) -> Value {
    let message = DecodingMessage(reader)
    defer { message.invalidate() }  // a decoder that user code keeps must not read later
    do {
      let value = try message.value(at: 0, before: message.byteCount)
      let result = try BinaryDecoder(message: message, value: value, codingPath: [], depth: 0)
        .decodeContent(as: Value.self)
      _ = try unsafe reader.read(byteCount: value.end)
      return result
    } catch let error as TransferError {
      throw error
    } catch let error as DecodingError {
      throw Self.describe(error)
    } catch {
      throw .decodingFailed(type: "\(Value.self)", path: "", reason: "\(error)")
    }
  }

  private static func describe(_ error: DecodingError) -> TransferError {
    let context: DecodingError.Context
    var path: [any CodingKey] = []
    switch error {
    case .typeMismatch(_, let found), .valueNotFound(_, let found), .dataCorrupted(let found):
      context = found
    case .keyNotFound(let key, let found):
      context = found
      path = [key]
    @unknown default:
      return .decodingFailed(type: "\(Value.self)", path: "", reason: "\(error)")
    }
    return .decodingFailed(
      type: "\(Value.self)", path: (context.codingPath + path).written,
      reason: context.debugDescription)
  }
}
