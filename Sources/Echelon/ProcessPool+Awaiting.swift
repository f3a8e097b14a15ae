import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWire

extension ProcessPool {
  /// Has a function work in a worker on the values of futures, as soon as all of them are there. See
  /// `WorkExecutor`.
  public func submit<each Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, awaiting input: repeat Future<each Input>,
    run function: @escaping @Sendable (repeat each Input) throws -> Output
  ) throws -> Future<Output> {
    let call = FunctionCall<repeat each Input, Output>(function)
    let signature = try FunctionCall<repeat each Input, Output>.signature()
    var inputs: [AnyFuture] = []
    for future in repeat each input { inputs.append(future) }
    inputs += options.after
    var message = ByteWriter()
    try call.encodeFunction(into: &message)
    let functionBytes = message.copyBytes()
    guard let engine = frontEnd else {
      try checkEnded(inputs)
      var options = options
      options.after = inputs
      return try submit(
        options: options, at: site, function, repeat try (each input).finished())
    }

    let future = Future<Output>()
    let task = CallTask(engine: engine, future: future)
    task.set(try index(of: signature), options)
    task.originKey = CallOrigin.Key(site, calling: CalledFunction(message))
    try retain(message.retained, for: task)
    // The pool's object may be gone when the values come.
    let start = ValuesStart(engine: engine, functionBytes: functionBytes, input: repeat each input)
    try future.attach(task) {
      try hold(task, until: inputs, byteCount: functionBytes.count) { task in
        try start.hand(task)
      }
    }
    return future
  }

  /// Takes a task in that begins when `inputs` have values.
  func hold(
    _ task: FutureTask, until inputs: [AnyFuture], byteCount: Int,
    start: @escaping @Sendable (FutureTask) throws -> Void
  ) throws {
    let dependent = Dependent(task, inputs: inputs) { try start(task) }
    // Before anybody else can see the task: a shutdown cancels what is held.
    task.dependent = dependent
    do { try engine.hold(task, byteCount: byteCount) } catch {
      task.dependent = nil
      throw error
    }
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
    let blocks = message.retained.compactMap { $0 as? ArenaBlock }
    try checkIntact(blocks)
    task.files += blocks.compactMap(\.mapping)
    guard message.count <= TaskSlot.messageLimit else {
      throw ArenaError.invalidSize(bytes: message.count)
    }
    message.withSpan { bytes in
      engine.start(task, message: bytes, retained: message.retained)
    }
  }
}
