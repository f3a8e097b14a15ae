import EchelonTransfer

// Types that a user could write, private ones and nested ones among them.

enum Color: Codable, Hashable { case red, green, blue }

struct Pixel: Equatable {
  var position: SIMD2<Float>
  var color: Color
  var isVisible: Bool
  var depth: Int?
  var label: (UInt8, UInt8)

  static func == (a: Pixel, b: Pixel) -> Bool {
    a.position == b.position && a.color == b.color && a.isVisible == b.isVisible
      && a.depth == b.depth && a.label == b.label
  }
}

enum Shape: Codable, Equatable {
  case circle(radius: Double)
  case polygon([Corner], name: String)
  indirect case both(Shape, Shape)
  case nothing

  struct Corner: Codable, Equatable {
    var x: Double
    var y: Float?
  }
}

struct Everything: Codable, Equatable {
  var i8 = Int8.min
  var i16 = Int16.min
  var i32 = Int32.min
  var i64 = Int64.min
  var i128 = Int128.min
  var u8 = UInt8.max
  var u16 = UInt16.max
  var u32 = UInt32.max
  var u64 = UInt64.max
  var u128 = UInt128.max
  var int = Int.min
  var uint = UInt.max
  var float = Float.leastNonzeroMagnitude
  var double = -Double.infinity
  var flag = true
  var text = "naïve 🙂\0 text"
  var numbers = [0.1, -0.0, .infinity]
  var nested: [[Int]] = [[], [1], [2, 3]]
  var table = ["a": [1, 2], "": []]
  var keyed = [3: "three", -1: "minus"]
  var shapes: [Shape] = [.both(.circle(radius: 1), .nothing), .polygon([], name: "p")]
  var missing: String?
  var optionals: [Int?] = [nil, 1]
  var color: Color? = .blue
  var set: Set<String> = ["x", "y"]
}

/// A class hierarchy that encodes through `super`, and containers that are filled in turn.
class Base: Codable {
  var name = "base"
  init() {}
  private enum CodingKeys: CodingKey { case name }
  required init(from decoder: any Decoder) throws {
    name = try decoder.container(keyedBy: CodingKeys.self).decode(String.self, forKey: .name)
  }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
  }
}

final class Derived: Base {
  var values = [1, 2, 3]
  var pairs: [String] = []
  private enum CodingKeys: CodingKey { case values, first, second }
  override init() { super.init() }
  required init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    // Written as an array, read element by element, and as other types than were written.
    var list = try container.nestedUnkeyedContainer(forKey: .values)
    values = [Int(try list.decode(Int8.self)), Int(try list.decode(Double.self))]
    while !list.isAtEnd { values.append(Int(try list.decode(UInt64.self))) }
    var second = try container.nestedUnkeyedContainer(forKey: .second)
    var first = try container.nestedUnkeyedContainer(forKey: .first)
    pairs = [
      try first.decode(String.self), try second.decode(String.self), try first.decode(String.self),
      try second.decode(String.self),
    ]
    try super.init(from: container.superDecoder())
  }
  override func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(values, forKey: .values)
    var first = container.nestedUnkeyedContainer(forKey: .first)
    var second = container.nestedUnkeyedContainer(forKey: .second)
    try first.encode("a")
    try second.encode("b")
    try first.encode("c")
    try second.encode("d")
    try super.encode(to: container.superEncoder())
  }
}

/// Stands for `SharedArray`: a number that names something, and an object to keep alive.
struct Handle: HandleTransferable, Codable, Equatable {
  final class Owner: Sendable {}
  static let owner = Owner()
  var offset: UInt64

  init(offset: UInt64) { self.offset = offset }

  func encodeHandle(into encoder: inout HandleEncoder) throws(TransferError) {
    encoder.encode(offset)
    encoder.retain(Self.owner)
  }
  init(handle decoder: inout HandleDecoder) throws(TransferError) {
    offset = try decoder.decode()
    guard offset % 8 == 0 else { throw .malformed(what: "a handle's offset is odd") }
  }

  init(from decoder: any Decoder) throws { self = try Self.decodeHandle(from: decoder) }
  func encode(to encoder: any Encoder) throws { try encodeHandle(to: encoder) }
}

struct WithHandles: Codable, Equatable {
  var name: String
  var handles: [Handle]
  var last: Handle?
}

func bytes<Value>(of value: Value) throws(TransferError) -> [UInt8] {
  var writer = ByteWriter()
  try encode(value, into: &writer)
  return writer.copyBytes()
}

func value<Value>(_ type: Value.Type, from bytes: [UInt8]) throws(TransferError) -> Value {
  try ByteReader.reading(bytes) { reader throws(TransferError) in
    let value = try decode(Value.self, from: &reader)
    guard reader.remaining == 0 else {
      throw .malformed(what: "\(reader.remaining) bytes are left")
    }
    return value
  }
}

func copy<Value>(_ original: Value) throws(TransferError) -> Value {
  try value(Value.self, from: bytes(of: original))
}
