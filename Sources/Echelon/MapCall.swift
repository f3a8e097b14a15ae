import EchelonMemory
import EchelonTransfer
import EchelonWorker

/// A call of one function on several elements: the worker's side of `map` over a sequence, and the
/// wrapper that the function travels in.
struct MapCall<Input, Output>: IncomingCall {
  let body: (Input) throws -> Output

  static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    let inputs = ValueReader<Input>()
    return runElements(&arguments, &result) { (call: Self, isCancelled, arguments, failure) in
      let input = try inputs.next(from: &arguments, noting: &failure)
      if isCancelled { throw CancellationError() }
      return try call.body(input)
    }
  }

  static func encode(
    _ body: @escaping (Input) throws -> Output, _ elements: [Input], into message: inout ByteWriter
  ) throws(TransferError) {
    try encodeFunction(storedIn: MapCall(body: body), into: &message)
    message.append(count: elements.count)
    try EchelonTransfer.encode(elementsOf: elements, into: &message)
  }
}

/// The same for a function of two elements.
struct PairMapCall<First, Second, Output>: IncomingCall {
  let body: (First, Second) throws -> Output

  static func run(arguments: inout ByteReader, result: inout ByteWriter) -> CallOutcome {
    let (firsts, seconds) = (ValueReader<First>(), ValueReader<Second>())
    return runElements(&arguments, &result) { (call: Self, isCancelled, arguments, failure) in
      let first = try firsts.next(from: &arguments, noting: &failure)
      let second = try seconds.next(from: &arguments, noting: &failure)
      if isCancelled { throw CancellationError() }
      return try call.body(first, second)
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
/// 1 and the value, or 0 and the error. At an element that cannot be decoded it ends with 2 and why: nobody
/// knows where the next one would begin.
/// - Parameter runOne: decodes one element and makes the call for it, unless the second argument says
///   that it has been cancelled. Notes in the last one that the element could not be decoded.
private func runElements<Call, Output>(
  _ arguments: inout ByteReader, _ result: inout ByteWriter,
  _ runOne: (Call, Bool, inout ByteReader, inout TransferError?) throws -> Output
) -> CallOutcome {
  do throws(TransferError) {
    let call = try decodeFunction(as: Call.self, from: &arguments)
    let count = try arguments.readCount()
    // A call inside a task is a part of that: the log is the task's, whose answer goes into its slot.
    let log = count > 1 && result.isLent ? WorkerContext.place?.log : nil
    result.append(UInt64(0))
    log?.begin()
    // The clock costs as much as the rest of a small element: the end of one is the start of the next.
    let start = MonotonicClock.now()
    var now = start
    for index in 0..<count {
      log?.start(index, at: now)
      let place = result.count
      var undecodable: TransferError?
      do {
        let value = try runOne(call, WorkerContext.isCancelled == true, &arguments, &undecodable)
        result.append(UInt8(1))
        try EchelonTransfer.encode(value, into: &result)
      } catch {
        result.rewind(to: place)
        if let undecodable {
          result.append(UInt8(2))
          result.append(
            text: "an element of a map could not be read in the worker: \(undecodable)"
              + "; what `encode(to:)` writes, `init(from:)` must accept in another process")
          break
        }
        // A value that cannot be sent becomes that element's error.
        result.append(UInt8(0))
        result.append(error: error, place: "an element of a map")
      }
      log?.finish(index, of: count, result)
      now = MonotonicClock.now()
    }
    result.replace(at: 0, with: now &- start)
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
    var stop: String?
    results = try decodeOutcomes(count: count, from: &reader, stop: &stop)
    interruption = stop.map {
      MapInterruption(error: PoolError.notTransferred($0), hitElement: true)
    }
    self.byteCount = byteCount - reader.remaining
  }
}

/// The end in the middle of a call on several elements: of its worker, or because one could not be read.
struct MapInterruption: Sendable {
  let error: any Error
  /// It came in the element after the finished ones, and not between two.
  let hitElement: Bool
}
