public import EchelonMemory
public import EchelonPool
public import EchelonWire

/// What runs work: a pool of processes (`ProcessPool`), or threads of this process
/// (`InProcessExecutor`).
///
///     func total(_ values: [Double], on executor: any WorkExecutor) async throws -> Double {
///       try await executor.sum(try executor.array(values))
///     }
///
/// The functions that users call (`submit`, `map`, `array`, `sum`, `multiply`, `monteCarlo` and the
/// rest) are extensions of this protocol, written once. An executor supplies the few functions below,
/// in which work arrives with its types checked and its shape decided, so that all executors cut a job
/// into the same chunks and merge them in the same tree.
///
/// It is named `WorkExecutor` because Swift has an `Executor` of its own.
public protocol WorkExecutor: AnyObject, Sendable {
  /// The most pieces of work that run at once.
  var workerCount: Int { get }

  /// Starts all workers and blocks until they are ready, so that the first work does not.
  @available(*, noasync, message: "use `await executor.warmUp()`")
  func warmUp() throws(PoolError)

  /// How much of the memory for arrays is in use, and how much has been.
  var memoryUsage: ArenaUsage { get }

  /// Memory for an array. The bytes are whatever was there before.
  func allocate(byteCount: Int) throws(ArenaError) -> ArenaBlock

  /// Hands over a function and its arguments.
  /// - Throws: `TransferError` for what no worker process could be sent; `PoolError.shutDown`.
  func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output>

  /// Hands over an `async` function and its arguments. A worker runs it to its end.
  func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) async throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output>

  /// Hands over a function once for each of some elements.
  /// - Throws: as for one; what was handed over before that is cancelled then.
  func submitEach<Input: Sendable, Output: Sendable>(
    _ elements: [Input], options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (Input) throws -> Output
  ) throws -> [Future<Output>]

  /// Has a function work on the values of futures, as soon as all of them are there. One that fails,
  /// or is cancelled, ends it at once in the same way.
  func submit<each Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, awaiting input: repeat Future<each Input>,
    run function: @escaping @Sendable (repeat each Input) throws -> Output
  ) throws -> Future<Output>

  /// Has every worker run a function once, before anything else that it has to do.
  func broadcast<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> [Future<Output>]

  /// Has a waiter called, once, as soon as there is room for a task that the executor's limits refused,
  /// and none waits longer.
  func whenThereIsRoom(_ waiter: RoomWaiter) throws(PoolError)

  /// Has the next in line called, if there is room for it: who was called does not use the room, or not
  /// all of it, or somebody left the line.
  func passRoomOn()

  /// Changes the most workers. More are started as there is work for them; what is too many leaves
  /// between two pieces of work. Nothing is lost and nothing is run twice.
  /// - Throws: `PoolError.invalidArgument` for less than 1 or more than `maximumWorkerCount`.
  func resize(workers: Int) throws

  /// The most workers that it can be resized to.
  var maximumWorkerCount: Int { get }

  /// Makes what hands elements to a function of one argument, several at a time.
  func elementCalls<Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> ElementCalls<Input, Output>

  /// Makes what hands pairs of elements to a function of two arguments, several at a time.
  func elementCalls<First: Sendable, Second: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (First, Second) throws -> Output
  ) throws -> ElementCalls<(First, Second), Output>

  /// Starts a job whose chunks a user's closure works on.
  func start<Program: ChunkProgram, Value: Sendable>(
    _ job: ClosureJob<Program, Value>
  ) throws -> Future<Value>

  /// Starts a job of a built-in kernel.
  func start<Value: Sendable>(_ job: KernelJob<Value>) throws -> Future<Value>

  /// Keeps the executor open for work of several jobs, of which each is started when the one before has
  /// ended: a shutdown waits for `endSteps`, and what the work starts is taken.
  /// - Parameter isContinuation: whether such work calls, which is then a part of it.
  /// - Throws: `PoolError.shutDown`; `PoolError.wouldDeadlock` in a worker.
  func beginSteps(isContinuation: Bool) throws(PoolError)

  /// The last job has ended, or there will be none.
  func endSteps()

  /// Takes no more work; what was handed over is finished first. See `ProcessPool.shutdown`.
  /// - Parameters:
  ///   - wait: whether to block until everything is finished and every worker has ended.
  ///   - cancelPending: whether to cancel what nobody has begun.
  ///   - deadline: how long to wait before what is late is given up; nil waits for ever.
  @available(*, noasync, message: "use `await executor.shutdown()`")
  func shutdown(wait: Bool, cancelPending: Bool, deadline: Duration?)

  /// Takes no more work and waits until what was handed over is finished and every worker has ended.
  /// - Parameter cancelPending: whether to cancel what nobody has begun.
  func shutdown(cancelPending: Bool) async

  /// The same with a deadline, after which what is late is given up; nil waits for ever.
  func shutdown(cancelPending: Bool, deadline: Duration?) async
}

extension WorkExecutor {
  /// Starts all workers and waits until they are ready, so that the first work does not.
  public func warmUp() async throws(PoolError) {
    try await FreeThread.waiting("echelon-start") { [self] in
      Result { () throws(PoolError) in try warmUp() }
    }.get()
  }

  /// Takes no more work, and blocks until what was handed over is finished.
  @available(*, noasync, message: "use `await executor.shutdown()`")
  public func shutdown() { shutdown(wait: true, cancelPending: false, deadline: nil) }

  /// Takes no more work, and blocks if it is told to until what was handed over is finished.
  @available(*, noasync, message: "use `await executor.shutdown()`")
  public func shutdown(wait: Bool, cancelPending: Bool = false) {
    shutdown(wait: wait, cancelPending: cancelPending, deadline: nil)
  }

  /// Takes no more work, and blocks until what was handed over is finished; what is late is given up.
  @available(*, noasync, message: "use `await executor.shutdown(deadline:)`")
  public func shutdown(deadline: Duration?) {
    shutdown(wait: true, cancelPending: false, deadline: deadline)
  }

  /// Takes no more work, and waits until what was handed over is finished; what is late is given up.
  public func shutdown(deadline: Duration?) async {
    await shutdown(cancelPending: false, deadline: deadline)
  }

  /// Takes no more work, and waits until what was handed over is finished.
  public func shutdown() async { await shutdown(cancelPending: false) }

  /// Hands a function and its arguments to a worker. See `ProcessPool.submit`.
  /// - Parameters:
  ///   - retries: how many more times to run it when a worker dies in it.
  ///   - deadline: how long it may run, counted from when a worker begins it.
  ///   - priority: how urgent it is.
  ///   - after: what must have ended before it begins.
  ///   - function: a function reference or a closure.
  ///   - fileID: with `line`, names this place in the task's errors.
  ///   - line: see `fileID`.
  public func submit<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = [],
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Future<Output> {
    try submit(
      options: TaskOptions(
        retries: retries, deadline: deadline, priority: priority, after: after),
      at: CallSite(fileID: fileID, line: line), function, repeat each argument)
  }
}

/// Runs `body` with an executor that is shut down on every way out, like `withProcessPool`.
public func withExecutor<Executor: WorkExecutor, Result>(
  _ executor: Executor, isolation: isolated (any Actor)? = #isolation,
  _ body: (Executor) async throws -> Result
) async throws -> Result {
  do {
    let result = try await body(executor)
    // Also when it is cancelled while it waits for what is left.
    await withTaskCancellationHandler {
      await executor.shutdown(cancelPending: Task.isCancelled)
    } onCancel: {
      executor.shutdown(wait: false, cancelPending: true)
    }
    return result
  } catch {
    await executor.shutdown(cancelPending: true)
    throw error
  }
}
