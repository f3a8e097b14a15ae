import EchelonPool
import EchelonTransfer
import EchelonWire

/// The pool's side of `map` over a sequence.
extension ProcessPool {
  /// Makes what hands elements to a function of one argument. See `WorkExecutor`.
  public func elementCalls<Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> ElementCalls<Input, Output> {
    let runner = MapCall<Input, Output>.self
    let function = isInsideTask ? nil : try index(ofProgram: runner)
    return ElementCalls(retries: options.retries) { [self] elements, attempts in
      var message = ByteWriter()
      try MapCall.encode(body, elements, into: &message)
      return try submit(
        message, to: function, runner, count: elements.count, attempts, options,
        at: site)
    }
  }

  /// Makes what hands pairs of elements to a function of two arguments. See `WorkExecutor`.
  public func elementCalls<First: Sendable, Second: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (First, Second) throws -> Output
  ) throws -> ElementCalls<(First, Second), Output> {
    let runner = PairMapCall<First, Second, Output>.self
    let function = isInsideTask ? nil : try index(ofProgram: runner)
    return ElementCalls(retries: options.retries) { [self] elements, attempts in
      var message = ByteWriter()
      try PairMapCall.encode(body, elements, into: &message)
      return try submit(
        message, to: function, runner, count: elements.count, attempts, options,
        at: site)
    }
  }

  private func submit<Output: Sendable>(
    _ message: borrowing ByteWriter, to function: FunctionIndex?, _ runner: any IncomingCall.Type,
    count: Int, _ attempts: Int,
    _ options: TaskOptions, at site: CallSite
  ) throws -> SubmittedElements<Output> {
    let future = Future<MapAnswer<Output>>()
    let submitted = SubmittedElements(future: future, byteCount: message.count)
    guard let function, let engine = frontEnd else {
      callHere(message, runner) { outcome, bytes in
        future.complete(
          readAnswer(outcome, bytes) { reader throws(TransferError) in
            try MapAnswer<Output>(from: &reader, count: count)
          })
      }
      return submitted
    }
    let task = MapTask(engine: engine, future: future, count: count)
    task.attempt = attempts
    try submit(message, to: function, as: task, for: future, at: site, options)
    return submitted
  }
}
