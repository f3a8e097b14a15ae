import EchelonTransfer
import Testing

/// SplitMix64: the same numbers for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

struct Mutator {
  var random: SeededGenerator

  mutating func damage(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    switch Int.random(in: 0..<6, using: &random) {
    case 0: bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
    case 1: bytes.append(contentsOf: (0..<8).map { _ in .random(in: 0...255, using: &random) })
    case 2 where !bytes.isEmpty:  // a huge count somewhere
      let start = Int.random(in: 0..<bytes.count, using: &random)
      for index in start..<min(start + 8, bytes.count) { bytes[index] = 0xFF }
    default:
      for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        bytes[index] = .random(in: 0...255, using: &random)
      }
    }
    return bytes
  }
}

@Suite struct `Damaged bytes` {
  private static let seed: UInt64 = 20_240_607

  /// Decodes damaged forms of `original`; returning at all is what is tested.
  private func attack<Value>(_ original: Value, rounds: Int = 2000) throws {
    let valid = try bytes(of: original)
    var mutator = Mutator(random: SeededGenerator(state: Self.seed))
    var refused = 0
    for _ in 0..<rounds {
      let damaged = mutator.damage(valid)
      do throws(TransferError) {
        // What is accepted must be a value that can be used and sent on.
        _ = try bytes(of: value(Value.self, from: damaged))
      } catch {
        refused += 1
        _ = error.description
      }
    }
    #expect(refused > rounds / 10, "seed \(Self.seed), \(Value.self)")
  }

  @Test func `never crash the reader of a value`() throws {
    let pixel = Pixel(position: [1, 2], color: .green, isVisible: true, depth: nil, label: (1, 2))
    try attack(Everything())
    try attack([Everything(), Everything()], rounds: 500)
    try attack(Shape.both(.polygon([.init(x: 1, y: nil)], name: "n"), .circle(radius: 2)))
    try attack([pixel, pixel, nil])
    try attack((1, "two", [3.0], [true: Color.red]))
    try attack(["a": [1, 2], "b": []])
    try attack(Set(["x", "yy", "zzz"]))
    try attack([[["deep"]], []])
    try attack([Optional("a"), nil])
    try attack(WithHandles(name: "n", handles: [Handle(offset: 16)], last: nil))
    try attack([Derived()])
    try attack([Character("é"), "x"])
  }

  @Test func `in any element of an inline array are found`() throws {
    let valid: InlineArray<3, Bool> = [true, false, true]
    let good = try bytes(of: valid)
    #expect(try value(InlineArray<3, Bool>.self, from: good)[2])
    for index in 0..<3 {
      var bad = good
      bad[good.count - 3 + index] = 7
      #expect(throws: TransferError.self) { try value(InlineArray<3, Bool>.self, from: bad) }
    }
  }

  @Test func `never crash the reader of a type`() throws {
    let types: [Any.Type] = [
      Int.self, [String: [Color?]].self, FunctionCall<Int, Double, [String]>.self,
      (a: Int, b: [String]).self,
    ]
    var mutator = Mutator(random: SeededGenerator(state: Self.seed))
    for type in types {
      let valid = try TypeCode.bytes(of: type)
      for _ in 0..<1500 {
        let damaged = mutator.damage(valid)
        if let found = try? TypeCode.type(from: damaged) {
          let isSame = found == type
          #expect(isSame)
        }
      }
    }
  }

  @Test func `never become another function`() throws {
    let inner: @Sendable (Int) -> Int = { $0 + 1 }
    let call = FunctionCall<Int, Int>(inner)
    var writer = ByteWriter()
    try encodeFunction(storedIn: call, into: &writer)
    let valid = writer.copyBytes()
    var mutator = Mutator(random: SeededGenerator(state: Self.seed))
    for _ in 0..<4000 {
      let damaged = mutator.damage(valid)
      let found: FunctionCall<Int, Int>? = try? ByteReader.reading(damaged) { reader in
        try decodeFunction(as: FunctionCall<Int, Int>.self, from: &reader)
      }
      if let found {
        let function: (Int) throws -> Int = found.function
        let result = try function(1)
        #expect(result == 2)
      }
    }
  }

  @Test func `never crash the reader of an error`() throws {
    var writer = ByteWriter()
    writer.append(error: TransferError.malformed(what: "x"), place: "here")
    let valid = writer.copyBytes()
    var mutator = Mutator(random: SeededGenerator(state: Self.seed))
    for _ in 0..<2000 {
      _ = try? ByteReader.reading(mutator.damage(valid)) { try decodeError(from: &$0) }
    }
  }

  @Test func `that claim more than they hold are refused before anything is allocated`() {
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    #expect(throws: TransferError.self) { try value([Double].self, from: huge) }
    #expect(throws: TransferError.self) { try value([[Double]].self, from: huge) }
    #expect(throws: TransferError.self) { try value(String.self, from: huge) }
    #expect(throws: TransferError.self) { try value([String: Int].self, from: huge) }
    #expect(throws: TransferError.self) { try value(Array<Void>.self, from: huge) }
    #expect(throws: TransferError.self) { try value(Bool.self, from: [2]) }
    #expect(throws: TransferError.self) { try value(Color.self, from: [3]) }
    #expect(throws: TransferError.self) { try value([Color?].self, from: [1, 9]) }
    #expect(throws: TransferError.self) { try value(Unicode.Scalar.self, from: [0, 0xD8, 0, 0]) }
  }
}
