import EchelonMemory
import EchelonPool
import EchelonTransfer

/// How work gets to the threads.
extension InProcessExecutor {
  /// Hands over a function and its arguments. See `WorkExecutor`.
  public func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output> {
    let byteCount = try check(function, repeat each argument)
    let arguments = UnsentArguments((repeat each argument))
    let task = newTask(options, at: site) { try function(repeat each arguments.values) }
    return try begin(task, byteCount, options)
  }

  /// Hands over an `async` function and its arguments. See `WorkExecutor`.
  ///
  /// One of the executor's threads waits for its end.
  public func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) async throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output> {
    let call = AsyncFunctionCall<repeat each Argument, Output>(function)
    _ = try AsyncFunctionCall<repeat each Argument, Output>.signature()
    let byteCount = try checkSendable { message throws(TransferError) in
      try call.encode(repeat each argument, into: &message)
    }
    let arguments = UnsentArguments((repeat each argument))
    let task = newTask(options, at: site) {
      let work = InProcessWork.current
      return try AsyncRun.toEnd(isAskedToStop: { work?.isAskedToStop == true }) {
        try await function(repeat each arguments.values)
      }.get()
    }
    return try begin(task, byteCount, options)
  }

  /// Hands a function over once for each element. See `WorkExecutor`.
  public func submitEach<Input: Sendable, Output: Sendable>(
    _ elements: [Input], options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (Input) throws -> Output
  ) throws -> [Future<Output>] {
    var futures: [Future<Output>] = []
    futures.reserveCapacity(elements.count)
    do {
      for element in elements {
        futures.append(try submit(options: options, at: site, function, element))
      }
    } catch {
      for future in futures { future.cancel() }
      throw error
    }
    return futures
  }

  private func begin<Output>(
    _ task: InProcessTask<Output>, _ byteCount: Int, _ options: TaskOptions
  ) throws -> Future<Output> {
    task.limitedBytes = byteCount
    guard !options.after.isEmpty else {
      try task.future.attach(task) { try core.submit(task) }
      return task.future
    }
    let dependent = Dependent(task, inputs: options.after) { [core] in try core.begin(task) }
    return try hold(task, dependent)
  }

  /// Has a function work on the values of futures, as soon as all of them are there. See
  /// `WorkExecutor`.
  public func submit<each Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, awaiting input: repeat Future<each Input>,
    run function: @escaping @Sendable (repeat each Input) throws -> Output
  ) throws -> Future<Output> {
    let call = FunctionCall<repeat each Input, Output>(function)
    _ = try FunctionCall<repeat each Input, Output>.signature()
    let byteCount = try checkSendable { message throws(TransferError) in
      try call.encodeFunction(into: &message)
    }
    let inputs = Inputs(repeat each input)
    let task = newTask(options, at: site) {
      try function(repeat (each inputs.futures).finished())
    }
    task.limitedBytes = byteCount
    let dependent = Dependent(task, inputs: inputs.all + options.after) { [core, arena] in
      let valueBytes = try checkCall(in: arena) { message throws(TransferError) in
        try inputs.encodeValues(into: &message)
      }
      try core.begin(task, byteCount: byteCount + valueBytes)
    }
    return try hold(task, dependent)
  }

  /// Has every thread run a function once. See `WorkExecutor`.
  public func broadcast<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> [Future<Output>] {
    _ = try check(function, repeat each argument)
    let arguments = UnsentArguments((repeat each argument))
    let tasks = (0..<workerCount).map { _ in
      newTask(options, at: site) { try function(repeat each arguments.values) }
    }
    for task in tasks { task.future.attach(task) }
    do { try core.broadcast(tasks) } catch {
      for task in tasks { task.future.detach() }
      throw error
    }
    // Not by key path, which the compiler gets wrong beside parameter packs.
    return tasks.map { $0.future }
  }

  /// Checks a call as a pool would.
  /// - Returns: the bytes that it would be sent in.
  private func check<each Argument, Output>(
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Int {
    let call = FunctionCall<repeat each Argument, Output>(function)
    _ = try FunctionCall<repeat each Argument, Output>.signature()
    return try checkSendable { message throws(TransferError) in
      try call.encode(repeat each argument, into: &message)
    }
  }

  private func newTask<Output: Sendable>(
    _ options: TaskOptions, at site: CallSite, _ body: @escaping @Sendable () throws -> Output
  ) -> InProcessTask<Output> {
    InProcessTask(core: core, future: newFuture(), site: site, options, body)
  }

  private func hold<Output>(
    _ task: InProcessTask<Output>, _ dependent: Dependent
  ) throws -> Future<Output> {
    // Before anybody else can see the task: a shutdown cancels what is held.
    task.dependent = dependent
    do { try task.future.attach(task) { try core.hold(task) } } catch {
      task.dependent = nil
      throw error
    }
    dependent.begin()
    return task.future
  }

  /// Makes what hands elements to a function of one argument. See `WorkExecutor`.
  public func elementCalls<Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> ElementCalls<Input, Output> {
    ElementCalls(retries: options.retries) { [self] elements, _ in
      let byteCount = try checkSendable { message throws(TransferError) in
        try MapCall.encode(body, elements, into: &message)
      }
      return try begin(elements, byteCount, options, at: site, body)
    }
  }

  /// Makes what hands pairs of elements to a function of two arguments. See `WorkExecutor`.
  public func elementCalls<First: Sendable, Second: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (First, Second) throws -> Output
  ) throws -> ElementCalls<(First, Second), Output> {
    ElementCalls(retries: options.retries) { [self] elements, _ in
      let byteCount = try checkSendable { message throws(TransferError) in
        try PairMapCall.encode(body, elements, into: &message)
      }
      return try begin(elements, byteCount, options, at: site) { pair in try body(pair.0, pair.1) }
    }
  }

  private func begin<Input: Sendable, Output: Sendable>(
    _ elements: [Input], _ byteCount: Int, _ options: TaskOptions, at site: CallSite,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> SubmittedElements<Output> {
    let future: Future<MapAnswer<Output>> = newFuture()
    let work = InProcessElements(
      core: core, future: future, site: site, options, elements, body)
    try future.attach(work) { try core.submit(work) }
    return SubmittedElements(future: future, byteCount: byteCount)
  }

  /// Starts a job whose chunks a user's closure works on. See `WorkExecutor`.
  public func start<Program: ChunkProgram, Value: Sendable>(
    _ job: ClosureJob<Program, Value>
  ) throws -> Future<Value> {
    _ = try job.encoded()
    try checkOwned(job.operands.map(\.block), by: arena)
    try checkWritable(job.writtenOperands, job.label)
    try checkIntact(job.operands.map(\.block))
    return try begin(try InProcessClosureJob(core: core, arena: arena, future: newFuture(), job))
  }

  /// Starts a job of a built-in kernel. See `WorkExecutor`.
  public func start<Value: Sendable>(_ job: KernelJob<Value>) throws -> Future<Value> {
    try checkOwned((job.outputs + job.inputs).map(\.block), by: arena)
    try checkWritable(job.outputs, "\(job.kernel)")
    try checkIntact(job.inputs.map(\.block))
    return try begin(try InProcessKernelJob(core: core, arena: arena, future: newFuture(), job))
  }

  /// Keeps the executor open for work of several jobs. See `WorkExecutor`.
  public func beginSteps(isContinuation: Bool) throws(PoolError) {
    try core.beginSteps(isContinuation: isContinuation)
  }

  /// The last job has ended. See `WorkExecutor`.
  public func endSteps() { core.endSteps() }

  private func newFuture<Value>() -> Future<Value> { Future() }

  private func begin<Value>(_ work: InProcessJob<Value>) throws -> Future<Value> {
    work.isContinuation = isInsideSteps
    try work.future.attach(work) { try core.submit(work) }
    return work.future
  }

  /// Throws what a pool would throw for what it cannot send.
  private func checkSendable(
    _ encode: (inout ByteWriter) throws(TransferError) -> Void
  ) throws -> Int {
    try checkCall(in: arena, encode)
  }

  /// Has a waiter called once there is room. See `WorkExecutor`.
  public func whenThereIsRoom(_ waiter: RoomWaiter) throws(PoolError) {
    try core.whenThereIsRoom(waiter)
  }

  /// Passes a call on. See `WorkExecutor`.
  public func passRoomOn() { core.passRoomOn() }
}

/// Throws what a pool would throw for what it cannot send.
/// - Returns: the number of bytes that it would be sent in.
private func checkCall(
  in arena: Arena, _ encode: (inout ByteWriter) throws(TransferError) -> Void
) throws -> Int {
  var byteCount = 0
  try ByteWriter.withRoom(for: 256) { message throws(TransferError) in
    try encode(&message)
  } then: { message in
    byteCount = message.count
    try checkOwned(message.retained.lazy.compactMap { $0 as? ArenaBlock }, by: arena)
    try checkIntact(message.retained.lazy.compactMap { $0 as? ArenaBlock })
  }
  return byteCount
}

/// Futures whose values are arguments.
private struct Inputs<each Input: Sendable>: Sendable {
  let futures: (repeat Future<each Input>)

  init(_ future: repeat Future<each Input>) { futures = (repeat each future) }

  var all: [AnyFuture] {
    var all: [AnyFuture] = []
    for future in repeat each futures { all.append(future) }
    return all
  }

  /// Appends the values, which are there.
  func encodeValues(into message: inout ByteWriter) throws(TransferError) {
    for future in repeat each futures {
      if let value = try? future.finished() { try encode(value, into: &message) }
    }
  }
}

/// Arguments that never leave the process.
private struct UnsentArguments<each Argument>: @unchecked Sendable {
  // A pool sends copies of the arguments; here they go to one thread, which is the same promise of
  // the caller's.
  let values: (repeat each Argument)
  init(_ values: (repeat each Argument)) { self.values = values }
}
