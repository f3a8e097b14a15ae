import EchelonMemory
import EchelonTransfer

/// A call of one function on several elements: the worker's side of `map` over a sequence, and the
/// wrapper that the function travels in.
struct MapCall<Input, Output>: IncomingCall {
  let body: (Input) throws -> Output

  /// Message: function, count, elements. Answer: nanoseconds that the calls took, then for each
  /// element 1 and the value, or 0 and the error.
  static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    do throws(TransferError) {
      let call = try decodeFunction(as: Self.self, from: &arguments)
      let count = try arguments.readCount()
      var nanoseconds: UInt64 = 0
      result.append(nanoseconds)
      for _ in 0..<count {
        let input = try decode(Input.self, from: &arguments)
        let start = MonotonicClock.now()
        let outcome = Result { try call.body(input) }
        nanoseconds += MonotonicClock.now() &- start
        result.append(outcome)
      }
      result.replace(at: 0, with: nanoseconds)
      return .value
    } catch {
      result.rewind(to: 0)
      return .argumentUndecodable(error)
    }
  }

  static func encode(
    _ body: @escaping (Input) throws -> Output, _ elements: [Input], into message: inout ByteWriter
  ) throws(TransferError) {
    try encodeFunction(storedIn: MapCall(body: body), into: &message)
    message.append(count: elements.count)
    for element in elements { try EchelonTransfer.encode(element, into: &message) }
  }
}

/// What came of the elements of one call, and how long they took.
struct MapAnswer<Output: Sendable>: Sendable {
  let nanoseconds: UInt64
  let results: [Result<Output, any Error>]

  init(from reader: inout ByteReader, count: Int) throws(TransferError) {
    nanoseconds = try reader.read(UInt64.self)
    var results: [Result<Output, any Error>] = []
    results.reserveCapacity(count)
    for _ in 0..<count {
      results.append(
        try reader.read(UInt8.self) == 1
          ? .success(try decode(Output.self, from: &reader)) : .failure(try reader.readError()))
    }
    self.results = results
  }
}

extension ByteWriter {
  /// Appends the outcome of one element. A value that cannot be sent becomes that element's error.
  fileprivate mutating func append<Output>(_ outcome: Result<Output, any Error>) {
    let start = count
    do {
      let value = try outcome.get()
      append(UInt8(1))
      try EchelonTransfer.encode(value, into: &self)
    } catch {
      rewind(to: start)
      append(UInt8(0))
      append(error: error, place: "an element of a map")
    }
  }
}
