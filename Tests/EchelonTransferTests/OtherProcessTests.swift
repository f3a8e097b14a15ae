import EchelonTransfer
import Testing

// An exit test runs its body in a new process of this same executable, where everything is loaded
// at other addresses. What is captured travels as bytes, made here.

private func describe(_ shape: Shape, _ scale: Double) -> String { "\(shape) × \(scale)" }
private func fail(_ code: Int) throws -> Int { throw Failure.bad(code) }
private enum Failure: Error, Codable, Equatable { case bad(Int) }

/// A call as it crosses to another process.
private struct Message: Codable, Sendable {
  var signature: [UInt8]
  var content: [UInt8]
  /// Where a function of this image lies here; elsewhere in the other process.
  var landmark: UInt

  init<each Argument, Output>(
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws {
    signature = try FunctionCall<repeat each Argument, Output>.signature().bytes
    var writer = ByteWriter()
    try FunctionCall<repeat each Argument, Output>(function)
      .encode(repeat each argument, into: &writer)
    content = writer.copyBytes()
    landmark = Self.landmark
  }

  static var landmark: UInt { unsafe unsafeBitCast(Shape.self as Any.Type, to: UInt.self) }

  /// Runs the call and gives the bytes of its result.
  func run() throws -> (outcome: CallOutcome, result: [UInt8]) {
    let runner = try resolveRunner(signature: signature)
    var result = ByteWriter()
    let outcome = ByteReader.reading(content) { runner.run(arguments: &$0, result: &result) }
    return (outcome, result.copyBytes())
  }
}

@Suite struct `In another process` {
  @Test func `functions, types and values arrive as they are`() async throws {
    let shape = Shape.both(.circle(radius: 2), .polygon([.init(x: 1, y: nil)], name: "p"))
    let function: @Sendable (Int) -> Int = { $0 * 3 }
    let messages = [
      try Message({ (x: Int) in x + 1 }, 41),
      try Message(describe, shape, .infinity),
      try Message(function, 5),
      try Message({ (values: [Double], by: Double) in values.map { $0 * by } }, [1, 2, 3], 0.5),
      try Message({ (pixels: [Pixel?]) in pixels.compactMap(\.?.color) }, [nil]),
      try Message(fail, 7),
    ]
    await #expect(processExitsWith: .success) { [messages = messages as [Message]] in
      try checkArrivals(messages)
    }
  }
}

/// Runs in the other process: a failed expectation there fails the test here.
private func checkArrivals(_ messages: [Message]) throws {
  #expect(messages[0].landmark != Message.landmark, "the images lie where they lay before")
  func result<Value>(_ index: Int, as _: Value.Type) throws -> Value {
    try value(Value.self, from: messages[index].run().result)
  }
  let shape = Shape.both(.circle(radius: 2), .polygon([.init(x: 1, y: nil)], name: "p"))
  #expect(try result(0, as: Int.self) == 42)
  #expect(try result(1, as: String.self) == describe(shape, .infinity))
  #expect(try result(2, as: Int.self) == 15)
  #expect(try result(3, as: [Double].self) == [0.5, 1, 1.5])
  #expect(try result(4, as: [Color].self) == [])
  let failed = try messages[5].run()
  guard case .error = failed.outcome else {
    Issue.record("\(failed.outcome)")
    return
  }
  let error = try ByteReader.reading(failed.result) { try decodeError(from: &$0) }
  #expect(error as? Failure == .bad(7))
}
