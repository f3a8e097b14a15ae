import EchelonTransfer
import Glibc
import Testing

private func fibonacci(_ n: Int) -> Int { n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2) }
private func parse(_ text: String) throws -> Int {
  guard let value = Int(text) else { throw ParseFailure(text: text) }
  return value
}
private func same<Value>(_ value: Value) -> Value { value }
private func reversed(_ values: [Double], _ by: Int) -> [Double] {
  values.reversed() + [Double(by)]
}

private struct ParseFailure: Error, Codable, Equatable { let text: String }
private struct Plain: Error { let code: Int }
private struct Failing: Error, Codable {
  var text = "something"
  init() {}
  init(from decoder: any Decoder) throws { throw Plain(code: 0) }
  func encode(to encoder: any Encoder) throws { throw Plain(code: 1) }
}

private struct Point: Sendable, Equatable {
  var x = 1.0
  var y = 2.0
  static func double(_ x: Double) -> Double { 2 * x }
  func scaled(_ by: Double) -> Double { (x + y) * by }
  init() {}
  init(_ x: Double) { self.x = x }
}

private final class Counter: Sendable {
  let start: Int
  init(_ start: Int) { self.start = start }
  func next(_ by: Int) -> Int { start + by }
}

/// Sends a call through bytes and runs it, all in this process.
private func roundTrip<each Argument, Output>(
  _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
  _ argument: repeat each Argument
) throws -> Output {
  let call = FunctionCall<repeat each Argument, Output>(function)
  let signature = try FunctionCall<repeat each Argument, Output>.signature()
  var message = ByteWriter()
  try call.encode(repeat each argument, into: &message)
  let runner = try resolveRunner(signature: signature.bytes)
  var result = ByteWriter()
  let outcome = try ByteReader.reading(message.copyBytes()) { reader in
    let outcome = runner.run(arguments: &reader, result: &result)
    try #require(reader.remaining == 0)
    return outcome
  }
  return try ByteReader.reading(result.copyBytes()) { reader in
    switch outcome {
    case .value: return try decodeResult(Output.self, from: &reader)
    case .error: throw try decodeError(from: &reader)
    case .argumentUndecodable(let error), .resultUnencodable(let error): throw error
    }
  }
}

private struct Box: Sendable { var shapes: [any Sendable] }
private struct Uncoded: Sendable { var name: String; var items: [Int] }

/// What encoding a function says, which must be a refusal.
private func refusal<each Argument, Output>(
  _ function: @escaping @Sendable (repeat each Argument) throws -> Output
) -> String {
  var writer = ByteWriter()
  do throws(TransferError) {
    try encodeFunction(
      storedIn: FunctionCall<repeat each Argument, Output>(function), into: &writer)
    return "was not refused"
  } catch {
    return "\(error)"
  }
}

/// Gives values that the optimiser can't see through, so that captures stay captures.
@inline(never) private func opaque<Value>(_ value: Value) -> Value { value }

/// The same for functions, which a generic parameter would wrap in thunks.
private typealias Map<Value> = @Sendable (Value) -> Value
@inline(never) private func opaque(function: @escaping Map<Int>) -> Map<Int> { function }
@inline(never) private func opaque(function: @escaping Map<Double>) -> Map<Double> { function }

@Suite struct `A function that captures nothing` {
  @Test func `P12 of a library that the worker has not loaded is refused, and says so`() throws {
    let factor = opaque(3)
    var writer = ByteWriter()
    try encodeFunction(
      storedIn: FunctionCall<Int, Int>(opaque(function: { factor * $0 })), into: &writer)
    let valid = writer.copyBytes()
    var reasons: Set<String> = []
    // Wherever a reference begins, its first four bytes are the image's.
    for offset in 0...valid.count - 4 {
      var foreign = valid
      foreign.replaceSubrange(offset..<offset + 4, with: [0xde, 0xad, 0xbe, 0xef])
      do throws(TransferError) {
        _ = try ByteReader.reading(foreign) { reader throws(TransferError) in
          try decodeFunction(as: FunctionCall<Int, Int>.self, from: &reader)
        }
      } catch .imageNotLoaded(let identity) {
        reasons.insert("\(TransferError.imageNotLoaded(identity: identity))")
      } catch {}
    }
    #expect(reasons.contains { $0.contains("efbeadde") }, "\(reasons)")
  }

  @Test func `travels as a closure literal`() throws {
    #expect(try roundTrip({ (x: Int) in x + 1 }, 41) == 42)
    #expect(try roundTrip({ 7.5 }) == 7.5)
    #expect(
      try roundTrip({ (a: Int, b: Double, c: String) in "\(a) \(b) \(c)" }, 1, 2.5, "x")
        == "1 2.5 x")
    try roundTrip({})
    try roundTrip({ (x: Int) in #expect(x == 3) }, 3)
  }

  @Test func `travels as a reference to a global, static, local or generic function`() throws {
    @Sendable func local(_ x: Int) -> Int { x * 3 }
    #expect(try roundTrip(fibonacci, 20) == 6765)
    #expect(try roundTrip(Point.double, 4) == 8)
    #expect(try roundTrip(local, 4) == 12)
    #expect(try roundTrip(same, "generic") == "generic")
    #expect(try roundTrip(same, Point(5)) == Point(5))
    #expect(try roundTrip(reversed, [1, 2, 3], 9) == [3, 2, 1, 9])
  }

  @Test func `travels as a method of a type, an initializer, an operator or a C function`() throws {
    #expect(try roundTrip({ Point.scaled($0)($1) }, Point(), 2) == 6)
    #expect(try roundTrip(Point.init(_:), 8) == Point(8))
    #expect(try roundTrip(+, 1, 2) == 3)
    #expect(try roundTrip(sqrt, 9.0) == 3)
  }

  @Test func `travels inside a variable and inside another closure`() throws {
    let function: @Sendable (Int) -> Int = opaque(function: fibonacci)
    #expect(try roundTrip(function, 10) == 55)
    let literal: @Sendable (Int) -> Int = opaque(function: { $0 - 1 })
    #expect(try roundTrip(literal, 10) == 9)
    #expect(try roundTrip({ (x: Int) in literal(function(x)) }, 10) == 54)
    let deep: @Sendable (Int) -> Int = opaque(function: { function($0) + literal($0) })
    #expect(
      try roundTrip({ (x: Int) in deep(deep(x)) + function(x) }, 3) == deep(deep(3)) + function(3))
  }

  @Test func `throws its own errors when they are Codable`() throws {
    #expect(try roundTrip(parse, "12") == 12)
    #expect(throws: ParseFailure(text: "twelve")) { try roundTrip(parse, "twelve") }
    struct Local: Error, Codable, Equatable { let values: [Double] }
    #expect(throws: Local(values: [1, .infinity])) {
      try roundTrip({ throw Local(values: [1, .infinity]) }) as Void
    }
  }

  @Test func `throws a description of errors that are not Codable`() throws {
    let error = #expect(throws: RemoteError.self) {
      try roundTrip({ (x: Int) -> Int in throw Plain(code: x) }, 5)
    }
    #expect(error?.typeName.contains("Plain") == true)
    #expect(error?.text == "Plain(code: 5)")
    #expect(error?.place.isEmpty == false)
    let failing = #expect(throws: RemoteError.self) {
      try roundTrip({ (x: Int) -> Int in throw Failing() }, 5)
    }
    #expect(failing?.text == "Failing(text: \"something\")")
  }

  @Test func `says each time which function threw an error that is not Codable`() throws {
    func place(_ isFirst: Bool) throws -> String {
      let error = #expect(throws: RemoteError.self) {
        isFirst
          ? try roundTrip({ (x: Int) -> Int in throw Plain(code: x) }, 5)
          : try roundTrip({ (x: Int) -> Int in throw Plain(code: x + 1) }, 5)
      }
      return try #require(error).place
    }
    let places = try [true, false, true, false].map(place)
    #expect(places[0] != places[1])
    #expect(places[2...] == places[..<2])
  }
}

@Suite struct `A closure that captures` {
  @Test func `travels with numbers, texts, collections and structs`() throws {
    let number = opaque(0.5)
    let text = opaque("a text that is too long to be a small one")
    let array = opaque([0.5, 1.5])
    let table = opaque(["a": 1])
    let point = opaque(Point())
    #expect(try roundTrip({ (x: Double) in x * number }, 3) == 1.5)
    #expect(try roundTrip({ (x: Int) in text + "\(x)" }, 1) == text + "1")
    #expect(try roundTrip({ (x: Int) in array[x] }, 1) == 1.5)
    #expect(try roundTrip({ (x: String) in table[x] ?? 0 }, "a") == 1)
    #expect(try roundTrip({ (x: Double) in point.scaled(x) * number }, 2) == 3)
    #expect(try roundTrip(point.scaled, 2.0) == 6)
  }

  @Test func `is refused by the name of what it captures, with advice`() {
    let counter = opaque(Counter(1))
    let number = opaque(0.5)
    let inner: @Sendable (Double) -> Double = opaque(function: { Double(counter.next(Int($0))) })
    #expect(refusal { (x: Int) in counter.next(x) }.contains("'Counter'"))
    #expect(refusal { (x: Double) in inner(x) + number }.contains("'Counter'"))
    #expect(refusal(counter.next).contains("'Counter'"))
    #expect(refusal { counter.start }.contains("capture the values"))
  }

  @Test func `is refused with advice for the part that cannot travel`() {
    let functions: [@Sendable (Int) -> Int] = opaque([{ $0 + 1 }])
    let shapes: [any Sendable] = opaque([1])
    let plain = opaque([Uncoded(name: "a", items: [1])])
    let time = opaque(timespec(tv_sec: 1, tv_nsec: 2))
    #expect(refusal { functions.count }.contains("capture each by itself"))
    #expect(refusal { shapes.count }.contains("an enum with a case for each type"))
    #expect(refusal { plain.count }.contains("make 'Uncoded' Codable"))
    #expect(refusal { time.tv_sec }.contains("capture its members"))
    // The innermost part is named, and is what the advice is for.
    let named = opaque(["a": [Uncoded(name: "b", items: [])]])
    let pair = opaque((1, shapes)), boxed = opaque(Box(shapes: shapes))
    #expect(refusal { named.count }.contains("with one of type 'Uncoded' in it"))
    #expect(refusal { named.count }.contains("make 'Uncoded' Codable"))
    #expect(refusal { pair.0 }.contains("an enum with a case for each type"))
    #expect(refusal { boxed.shapes.count }.contains("an enum with a case for each type"))
  }

  @Test func `travels from generic code when its types can be found`() throws {
    func generic<Value: Sendable>(_ value: Value) throws -> String {
      try roundTrip({ (x: Int) in "\(value) \(x)" }, 1)
    }
    #expect(try generic(opaque(1.5)) == "1.5 1")
    #expect(try generic(opaque("text")) == "text 1")
  }

  @Test func `is refused when it is no function in a wrapper at all`() {
    var writer = ByteWriter()
    #expect(throws: TransferError.self) { try encodeFunction(storedIn: (1, 2), into: &writer) }
    #expect(throws: TransferError.self) { try encodeFunction(storedIn: Point(), into: &writer) }
  }
}
