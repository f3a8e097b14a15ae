import EchelonTransfer
import Testing

private enum Suit: UInt8, CaseIterable { case clubs, hearts }
private struct Generic<Value> { var value: Value }
private struct Private: Codable, Equatable {
  struct Inner: Codable, Equatable { var items: [String: [Int]] }
  enum Kind: Codable, Equatable {
    case empty
    case full(Inner, weight: Double)
  }
  var kinds: [Kind]
}
private final class NotCodable: Sendable {}
private struct Holder { let object = NotCodable() }
@unsafe private struct Pointing { let pointer: UnsafePointer<Int>? = nil }
private protocol Animal {}

private func same<Value: Equatable>(_ original: Value) throws -> Bool {
  try copy(original) == original
}

@Suite struct `A value that was sent` {
  @Test func `is the same number, to the bit`() throws {
    #expect(try same(Int.min) && same(UInt8.max) && same(Int128.min) && same(UInt128.max))
    #expect(try same(1.5) && same(Float16(0.1)) && same(-Float.infinity) && same(true))
    let payload = Double(nan: 0x1234, signaling: true)
    #expect(try copy(payload).bitPattern == payload.bitPattern)
    #expect(try copy([payload, 1])[0].bitPattern == payload.bitPattern)
    struct Boxed: Codable {
      var text: String
      var value: Double
      var more: [Float]
    }
    let nan = Float(nan: 0x77, signaling: true)
    let boxed = try copy(Boxed(text: "", value: payload, more: [nan]))
    #expect(boxed.value.bitPattern == payload.bitPattern)
    #expect(boxed.more[0].bitPattern == nan.bitPattern)
    #expect(try copy(-0.0).sign == .minus)
    #expect(try same(SIMD4<Double>(1, 2, 3, 4)) && same(SIMD3<Int16>(1, 2, 3)))
    #expect(try same(SIMD4<Float>(1, 2, 3, 4) .< 3))
  }

  @Test func `is the same text`() throws {
    for text in ["", "a", "naïve 🙂", String(repeating: "long ", count: 1000), "\0"] {
      #expect(try same(text))
    }
    #expect(try same(Character("👩‍👩‍👧")) && same(Unicode.Scalar("ß")))
  }

  @Test func `is the same struct, enum or tuple of plain parts`() throws {
    #expect(try same(Color.blue) && same(Suit.hearts) && same(Duration.seconds(3)))
    let pixel = Pixel(position: [1, 2], color: .green, isVisible: true, depth: nil, label: (1, 2))
    #expect(try same(pixel) && same([pixel, pixel]) && same([pixel, nil]))
    #expect(try copy(Generic(value: Generic(value: 3.5))).value.value == 3.5)
    let inline: InlineArray<3, Int16> = [1, -2, 3]
    let copied = try copy(inline)
    #expect(copied.indices.allSatisfy { copied[$0] == inline[$0] })
    let optional = try copy([2.5, nil] as InlineArray<2, Double?>)
    #expect(optional[0] == 2.5 && optional[1] == nil)
    let tuple = try copy((1, name: "two", [3.0], flag: true))
    #expect(tuple == (1, "two", [3.0], true))
    try copy(())
  }

  @Test func `is the same collection`() throws {
    #expect(try same([Double]()) && same([[Double]]()) && same([[1.5], []]))
    let million = (0..<1_000_000).map { Double($0) * 0.1 }
    #expect(try same(million))
    #expect(try bytes(of: million).count < 8_000_008)
    #expect(try same(["a": [1, 2], "": []]) && same([1: 2.5]) && same(Set(["x", "y"])))
    #expect(try same([String?]([nil, "a"])) && same([Int??]([.some(nil), nil, 1])))
    #expect(try same(Optional<Bool>.none) && same(Optional<Bool>.some(false)))
    #expect(try same([[["deep"]]]) && same(ContiguousArray([1, 2])))
    #expect(try copy([(), ()]).count == 2)
  }

  @Test func `is the same through its Codable conformance`() throws {
    #expect(try same(Everything()) && same([Everything(), Everything()]))
    let kinds: [Private.Kind] = [
      .empty, .full(.init(items: ["a": [1], "b": []]), weight: .infinity),
    ]
    #expect(try same(Private(kinds: kinds)))
    #expect(try same(Shape.polygon([.init(x: 1, y: nil), .init(x: 2, y: 3)], name: "triangle")))
  }

  @Test func `is the same with super and with containers filled in turn`() throws {
    let derived = Derived()
    derived.name = "other"
    let result = try copy(derived)
    #expect(result.name == "other" && result.values == [1, 2, 3])
    #expect(result.pairs == ["a", "b", "c", "d"])
    #expect(throws: TransferError.self) { try copy(derived as Base) }
    #expect(try copy(Base()).name == "base")
  }

  @Test func `finds a key among many, in any order`() throws {
    struct Reordered: Codable {
      var values: [String: Int]
      init(_ values: [String: Int]) { self.values = values }
      func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        for (key, value) in values { try container.encode(value, forKey: Key(stringValue: key)) }
      }
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        values = [:]
        for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
          #expect(container.contains(key) && !container.contains(Key(stringValue: "absent")))
          values[key.stringValue] = try container.decodeIfPresent(Int.self, forKey: key)
        }
      }
      struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
      }
    }
    let values = Dictionary(uniqueKeysWithValues: (0..<500).map { ("key \($0)", $0) })
    #expect(try copy(Reordered(values)).values == values)
  }
}

@Suite struct `A handle` {
  @Test func `travels as a handle wherever it appears, and keeps its owner alive`() throws {
    #expect(try copy(Handle(offset: 64)) == Handle(offset: 64))
    #expect(try copy([Handle(offset: 8)]) == [Handle(offset: 8)])
    #expect(try copy(Optional(Handle(offset: 8))) == Handle(offset: 8))
    let nested = WithHandles(
      name: "n", handles: [Handle(offset: 16), Handle(offset: 24)], last: Handle(offset: 32))
    #expect(try copy(nested) == nested)
    var writer = ByteWriter()
    try encode(nested, into: &writer)
    #expect(writer.retained.count == 3 && writer.retained.allSatisfy { $0 === Handle.owner })
  }

  @Test func `that is refused by its reader is an error`() throws {
    #expect(throws: TransferError.malformed(what: "a handle's offset is odd")) {
      try copy(Handle(offset: 3))
    }
  }
}

@Suite struct `A type that can't be sent` {
  private func refusal<Value>(_ type: Value.Type) -> String {
    do throws(TransferError) {
      try checkTransferable(type)
      return "was not refused"
    } catch {
      return "\(error)"
    }
  }

  @Test func `is refused by name, with advice`() {
    let message =
      "class instance 'NotCodable' cannot be sent to a worker: make it Codable or pass its values"
    #expect(refusal(NotCodable.self) == message)
    #expect(refusal([NotCodable].self) == message)
    #expect(refusal((Int, [String: NotCodable?]).self) == message)
    #expect(refusal(Holder.self).contains("'Holder'"))
    unsafe #expect(refusal(Pointing.self).contains("'Pointing'"))
    unsafe #expect(refusal(UnsafeRawPointer.self).contains("'UnsafeRawPointer'"))
    unsafe #expect(refusal(UnsafeMutableBufferPointer<Int>.self).contains("pointers"))
    #expect(refusal(ObjectIdentifier.self).contains("'ObjectIdentifier'"))
    #expect(refusal(StaticString.self).contains("'StaticString'"))
    #expect(refusal(((Int) -> Int).self).contains("function"))
    #expect(refusal((any Animal).self).contains("protocol type"))
    #expect(refusal(Int.Type.self).contains("type of types"))
    #expect(refusal(Generic<NotCodable>.self).contains("Generic<NotCodable>"))
  }

  @Test func `is refused in a signature before anything runs`() {
    #expect(throws: TransferError.self) { try FunctionCall<Int, Holder, Int>.signature() }
    #expect(throws: TransferError.self) { try FunctionCall<Int, NotCodable>.signature() }
  }

  @Test func `says where its encoding or decoding failed`() throws {
    struct Fussy: Codable {
      struct Part: Codable {
        var text = ""
        func encode(to encoder: any Encoder) throws {
          throw EncodingError.invalidValue(
            self, .init(codingPath: encoder.codingPath, debugDescription: "no parts today"))
        }
        init() {}
        init(from decoder: any Decoder) throws {}
      }
      var parts = ["a": [Part()]]
    }
    let error = #expect(throws: TransferError.self) { try bytes(of: Fussy()) }
    #expect(error == .encodingFailed(type: "Fussy", path: "parts.a[0]", reason: "no parts today"))

    struct Writer: Codable { var outer = ["x": "text"] }
    struct Reader: Codable { var outer: [String: Int] }
    let message = try bytes(of: Writer())
    let mismatch = #expect(throws: TransferError.self) { try value(Reader.self, from: message) }
    #expect(mismatch?.description.contains("at outer.x") == true, "\(String(describing: mismatch))")
  }
}
