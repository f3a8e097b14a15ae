import EchelonMemory
public import EchelonPool
import EchelonTransfer
public import EchelonWire

extension ProcessPool {
  /// Has a function work in a worker on the values of futures, as soon as all of them are there.
  ///
  ///     let left = try pool.submit(load, "left.csv")
  ///     let right = try pool.submit(load, "right.csv")
  ///     let joined = try pool.submit(awaiting: left, right) { a, b in a.joined(with: b) }
  ///
  /// No thread waits meanwhile. The futures may be of any pool, or made by hand (`Promise`), and may
  /// themselves await others, in chains of any length.
  ///
  /// When one of them fails, the result is a failure with the same error, at once; when one is cancelled,
  /// the result is cancelled. Cancelling the result leaves them alone. A shutdown of the pool lets it
  /// finish, or cancels it with `cancelPending`.
  /// - Parameters:
  ///   - retries: how many more times to run it when a worker dies in it.
  ///   - priority: how urgent it is, once it can begin.
  ///   - input: the futures, whose values are the arguments. The values pass through this process, arrays
  ///     in shared memory as handles.
  ///   - fileID: with `line`, names this place in the task's errors.
  ///   - line: see `fileID`.
  ///   - function: as for `submit`.
  /// - Throws: `TransferError` for what cannot be sent, `PoolError.shutDown`. What only the values tell
  ///   fails the future.
  // Without inputs this is not what anyone means: `submit { … }` is the plain one.
  @_disfavoredOverload
  public func submit<each Input: Sendable, Output: Sendable>(
    retries: RetryPolicy = 0, priority: WorkPriority = .normal,
    awaiting input: repeat Future<each Input>,
    fileID: StaticString = #fileID, line: UInt = #line,
    run function: @escaping @Sendable (repeat each Input) throws -> Output
  ) throws -> Future<Output> {
    let call = FunctionCall<repeat each Input, Output>(function)
    let signature = try FunctionCall<repeat each Input, Output>.signature()
    var inputs: [AnyFuture] = []
    for future in repeat each input { inputs.append(future) }
    var message = ByteWriter()
    try call.encodeFunction(into: &message)
    let functionBytes = message.copyBytes()
    guard let engine = frontEnd else {
      try checkEnded(inputs)
      return try submit(
        options: TaskOptions(retries: retries, after: inputs),
        at: CallSite(fileID: fileID, line: line), function, repeat try (each input).finished())
    }

    let future = Future<Output>(callbackQueue: callbackQueue)
    let task = CallTask(engine: engine, future: future)
    task.origin = CallSite(fileID: fileID, line: line)
    task.set(try index(of: signature), TaskOptions(retries: retries, priority: priority))
    try retain(message.retained, for: task)
    future.attach(task)
    // The pool's object may be gone when the values come.
    let start = ValuesStart(engine: engine, functionBytes: functionBytes, input: repeat each input)
    try hold(task, until: inputs, byteCount: functionBytes.count) { task in try start.hand(task) }
    return future
  }

  /// Takes a task in that begins when `inputs` have values.
  func hold(
    _ task: FutureTask, until inputs: [AnyFuture], byteCount: Int,
    start: @escaping @Sendable (FutureTask) throws -> Void
  ) throws {
    let dependent = Dependent(task, inputs: inputs, start: start)
    task.dependent = dependent
    try engine.hold(task, byteCount: byteCount)
    dependent.begin()
  }
}

/// Writes the call of a function on the values of futures that have ended.
private struct ValuesStart<each Input: Sendable>: Sendable {
  let engine: PoolEngine
  let functionBytes: [UInt8]
  let input: (repeat Future<each Input>)

  init(engine: PoolEngine, functionBytes: [UInt8], input: repeat Future<each Input>) {
    self.engine = engine
    self.functionBytes = functionBytes
    self.input = (repeat each input)
  }

  func hand(_ task: FutureTask) throws {
    let value = (repeat try (each input).finished())
    var message = ByteWriter()
    message.append(contentsOf: functionBytes)
    for value in repeat each value { try encode(value, into: &message) }
    for case let block as ArenaBlock in message.retained where block.arena !== engine.arena {
      throw ArenaError.foreignHandle(
        found: block.arena.identity, expected: engine.arena.identity)
    }
    task.retained += message.retained
    message.withSpan { bytes in engine.start(task, message: bytes) }
  }
}
