import EchelonMemory
import EchelonTransfer
import EchelonWorker

/// A call of one function on several elements: the worker's side of `map` over a sequence, and the
/// wrapper that the function travels in.
struct MapCall<Input, Output>: IncomingCall {
  let body: (Input) throws -> Output

  static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    runElements(&arguments, &result) { (call: Self, arguments) throws(TransferError) in
      let input = try decode(Input.self, from: &arguments)
      return { () throws in try call.body(input) }
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

/// The same for a function of two elements.
struct PairMapCall<First, Second, Output>: IncomingCall {
  let body: (First, Second) throws -> Output

  static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    runElements(&arguments, &result) { (call: Self, arguments) throws(TransferError) in
      let first = try decode(First.self, from: &arguments)
      let second = try decode(Second.self, from: &arguments)
      return { () throws in try call.body(first, second) }
    }
  }

  static func encode(
    _ body: @escaping (First, Second) throws -> Output, _ elements: [(First, Second)],
    into message: inout ByteWriter
  ) throws(TransferError) {
    try encodeFunction(storedIn: PairMapCall(body: body), into: &message)
    message.append(count: elements.count)
    for (first, second) in elements {
      try EchelonTransfer.encode(first, into: &message)
      try EchelonTransfer.encode(second, into: &message)
    }
  }
}

/// Runs a call on each of its elements.
///
/// Message: function, count, elements. Answer: nanoseconds that the calls took, then for each element
/// 1 and the value, or 0 and the error.
/// - Parameter prepare: decodes one element and returns what is left to do with it.
private func runElements<Call, Output>(
  _ arguments: inout ByteReader, _ result: inout ByteWriter,
  _ prepare: (Call, inout ByteReader) throws(TransferError) -> () throws -> Output
) -> CallOutcome {
  do throws(TransferError) {
    let call = try decodeFunction(as: Call.self, from: &arguments)
    let count = try arguments.readCount()
    var nanoseconds: UInt64 = 0
    result.append(nanoseconds)
    let log = count > 1 ? WorkerContext.place?.log : nil
    log?.begin()
    for index in 0..<count {
      let start = MonotonicClock.now()
      log?.start(index, at: start)
      let body = try prepare(call, &arguments)
      let outcome =
        WorkerContext.isCancelled == true
        ? .failure(CancellationError()) : Result { try body() }
      nanoseconds += MonotonicClock.now() &- start
      result.append(outcome)
      log?.finish(index, of: count, result)
    }
    result.replace(at: 0, with: nanoseconds)
    return .value
  } catch {
    result.rewind(to: 0)
    return .argumentUndecodable(error)
  }
}

/// What came of the elements of one call, and how long they took.
struct MapAnswer<Output: Sendable>: Sendable {
  let nanoseconds: UInt64
  let results: [Result<Output, any Error>]
  /// What the results came in.
  var byteCount = 0
  /// Why there are fewer results than elements, if there are.
  var interruption: MapInterruption?

  /// No results, of a call that was interrupted in its first element.
  init() {
    nanoseconds = 0
    results = []
  }

  init(nanoseconds: UInt64, results: [Result<Output, any Error>]) {
    self.nanoseconds = nanoseconds
    self.results = results
  }

  init(from reader: inout ByteReader, count: Int) throws(TransferError) {
    let byteCount = reader.remaining
    nanoseconds = try reader.read(UInt64.self)
    var results: [Result<Output, any Error>] = []
    results.reserveCapacity(count)
    for _ in 0..<count {
      results.append(
        try reader.read(UInt8.self) == 1
          ? .success(try decode(Output.self, from: &reader)) : .failure(try reader.readError()))
    }
    self.results = results
    self.byteCount = byteCount - reader.remaining
  }
}

/// The end of a worker in the middle of a call on several elements.
struct MapInterruption: Sendable {
  let error: any Error
  /// It ended in the element after the finished ones, and not between two.
  let hitElement: Bool
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
