import ClosureTable
import EchelonMemory
import EchelonTransfer

/// The worker's reader of functions with captures: the first byte says which signature is expected,
/// what follows is the message. The functions are not called: the user's code may rightly trap on a
/// changed number.
final class FunctionTarget: FuzzTarget, ClosureVisitor {
  private(set) var seeds: [[UInt8]] = []
  private var readers: [([UInt8]) -> Void] = []

  init() { visitTravellers(self) }

  func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    readers[Int(first) % readers.count](Array(bytes.dropFirst()))
  }

  func travels<each Argument: Sendable, Output: Sendable>(
    _ name: String, _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    typealias Call = FunctionCall<repeat each Argument, Output>
    var writer = ByteWriter()
    guard (try? encodeFunction(storedIn: Call(function), into: &writer)) != nil else { return }
    seeds.append([UInt8(readers.count)] + writer.copyBytes())
    precondition(readers.count < 255)
    readers.append { bytes in
      let made = try? ByteReader.reading(bytes) { (reader) throws(TransferError) in
        try decodeFunction(as: Call.self, from: &reader)
      }
      guard let made else { return }
      // What was accepted is whole: it can be sent on, and read again.
      var again = ByteWriter()
      guard (try? encodeFunction(storedIn: made, into: &again)) != nil else { return }
      let copy = try? ByteReader.reading(again.copyBytes()) { (reader) throws(TransferError) in
        try decodeFunction(as: Call.self, from: &reader)
      }
      precondition(copy != nil, "\(name): what was accepted and written again is refused")
    }
  }

  func isRefused<each Argument: Sendable, Output: Sendable>(
    _ name: String, naming capture: String,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {}
}

enum Colour: Codable, Hashable { case red, green, blue }

/// What a struct can hold, and what holds structs.
struct Record: Codable, Equatable {
  enum Shape: Codable, Equatable {
    case circle(radius: Double)
    case polygon([Int16], name: String)
    indirect case both(Shape, Shape)
  }
  var small = Int8.min
  var large = UInt128.max
  var text = "naïve 🙂\0 text"
  var nested: [[Int]] = [[], [1], [2, 3]]
  var table = ["a": [1.5], "": []]
  var keyed = [3: "three"]
  var shapes = [Shape.both(.circle(radius: 1), .polygon([1], name: "p"))]
  var missing: String?
  var colours: Set<Colour> = [.red, .blue]
}

struct Plain: BitwiseCopyable {
  var position: SIMD2<Float>, colour: Colour, flag: Bool, depth: Int?
}

/// The readers of arguments and results, in the worker and in the front end.
final class ValueTarget: FuzzTarget {
  private(set) var seeds: [[UInt8]] = []
  private var readers: [([UInt8]) -> Void] = []

  init() throws {
    try add(Record())
    try add([Record(), Record()])
    try add([Plain(position: [1, 2], colour: .green, flag: true, depth: nil)]) { plains in
      // As bytes: the compiler may take it for granted that a value is one.
      unsafe plains.withUnsafeBytes { bytes in
        plains.indices.allSatisfy { index in
          let start = index * MemoryLayout<Plain>.stride
          let colour = start + MemoryLayout<Plain>.offset(of: \.colour)!
          let flag = start + MemoryLayout<Plain>.offset(of: \.flag)!
          return unsafe bytes[colour] < 3 && bytes[flag] < 2
        }
      }
    }
    try add((1, "two", [3.0], [true: Colour.red]))
    try add(["a": [1, 2], "b": []])
    try add(Set(["x", "yy"]))
    try add([[["deep"]], []])
    try add([Optional("a"), nil])
    try add([Character("é")])
    try add([1.5, -0.0, .nan])
    try add(Optional(Optional(3)))
    try add(Unicode.Scalar("x"))
  }

  func run(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    readers[Int(first) % readers.count](Array(bytes.dropFirst()))
  }

  /// - Parameter isOne: whether what was accepted is a value of the type.
  private func add<Value>(
    _ value: Value, isOne: @escaping (Value) -> Bool = { _ in true }
  ) throws {
    var writer = ByteWriter()
    try encode(value, into: &writer)
    seeds.append([UInt8(readers.count)] + writer.copyBytes())
    // The largest count there is, which changes of a byte hardly come to.
    seeds.append([UInt8(readers.count)] + Array(repeating: 255, count: 8) + [127])
    let type = ResultType(Value.self)
    readers.append { bytes in
      // As the front end does it, then as the worker does.
      var store = ResultStore()
      let isThere = (try? bytes.withRawSpan { try store.decode(type, from: $0) }) != nil
      let value = try? ByteReader.reading(bytes) { (reader) throws(TransferError) in
        try decode(Value.self, from: &reader)
      }
      precondition(isThere == (value != nil), "\(Value.self): the two readers differ")
      store.clear(Value.self)
      guard let value else { return }
      precondition(isOne(value), "\(Value.self): what was accepted is no value of the type")
      var again = ByteWriter()
      guard (try? encode(value, into: &again)) != nil else { return }
      let copy = try? ByteReader.reading(again.copyBytes()) { (reader) throws(TransferError) in
        try decode(Value.self, from: &reader)
      }
      precondition(copy != nil, "\(Value.self): what was accepted and written again is refused")
    }
  }
}

/// The front end's reader of errors that a task threw.
final class ErrorTarget: FuzzTarget {
  struct Failure: Error, Codable { var code: Int, reasons: [String] }
  enum Other: Error { case word }
  let seeds: [[UInt8]]

  init() {
    let errors: [any Error] = [
      Failure(code: 3, reasons: ["a", "bc"]), Other.word, TransferError.malformed(what: "x"),
    ]
    seeds = errors.map { error in
      var writer = ByteWriter()
      writer.append(error: error, place: "here")
      return writer.copyBytes()
    }
  }

  func run(_ bytes: [UInt8]) {
    let error = try? ByteReader.reading(bytes) { (reader) throws(TransferError) in
      try decodeError(from: &reader)
    }
    if let error { precondition(!"\(error)".isEmpty || error is Failure) }
  }
}

/// The worker's reader of signatures.
final class TypeTarget: FuzzTarget {
  let seeds: [[UInt8]]

  init() throws {
    let types: [Any.Type] = [
      Int.self, [String: [Colour?]].self, FunctionCall<Int, Double, [String]>.self,
      (a: Int, b: [String]).self, Record.Shape.self, Set<Colour>.self, FunctionCall<Record>.self,
    ]
    seeds = try types.map { try TypeCode.bytes(of: $0) }
  }

  func run(_ bytes: [UInt8]) {
    _ = try? resolveRunner(signature: bytes)
    guard let type = try? TypeCode.type(from: bytes), let again = try? TypeCode.bytes(of: type)
    else { return }
    let copy = try? TypeCode.type(from: again)
    precondition(copy == type, "\(type) is another type when it is read again")
  }
}
