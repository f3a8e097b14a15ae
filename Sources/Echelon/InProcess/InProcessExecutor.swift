import Dispatch
import EchelonKernels
public import EchelonMemory
public import EchelonPool
import EchelonTransfer
import Synchronization

/// Runs work on threads of this process: no isolation, no transfer, the same functions and futures.
///
///     let executor: any WorkExecutor = debugging ? try InProcessExecutor() : try ProcessPool()
///
/// For finding a fault in a task with a debugger, for programs too small for processes, and as the
/// oracle that tests compare a pool with. It refuses what a pool would refuse to send, and a task's
/// error arrives as it would from a worker, so that code that runs here runs on a pool too.
///
/// What only processes give is not here: a task that crashes or exits takes the program with it,
/// a running task cannot be stopped from outside, arguments that are references inside `Codable`
/// types are not copied, and global variables are shared.
///
/// Built-in kernels have the same chunks and the same merges as on a pool, on the same BLAS, whose
/// number of threads is this program's own; results agree within the error that the kernel states.
public final class InProcessExecutor: WorkExecutor {
  private let core: InProcessCore
  private let arena: Arena
  private let callbackQueue: DispatchQueue

  /// The most threads that run work at once.
  public let workerCount: Int

  /// Makes an executor. Its threads start with the first work.
  /// - Parameters:
  ///   - threads: how many, 1…256; nil takes what affinity and control-group quota allow.
  ///   - memoryLimit: the most that arrays may hold, in bytes; nil is three quarters of the memory
  ///     that this process may have.
  /// - Throws: `PoolError.invalidWorkerCount`, or `ArenaError` which says what is missing.
  public init(threads: Int? = nil, memoryLimit: Int? = nil) throws {
    workerCount = threads ?? min(256, MachineLimits.processors().count)
    guard (1...256) ~= workerCount else { throw PoolError.invalidWorkerCount(workerCount) }
    arena = try Arena(backing: .anonymousFile, limitBytes: memoryLimit, controlBytes: 4096)
    core = InProcessCore(threadLimit: workerCount)
    callbackQueue = CallbackLane.newQueue()
  }

  deinit { core.shutDown(cancelPending: false) }

  /// Starts all threads.
  public func warmUp() throws(PoolError) { try core.warmUp() }

  /// How much memory arrays use, and how much they have used.
  public var memoryUsage: ArenaUsage { arena.usage }

  /// Memory for an array; the typed functions, such as `array`, are what to call.
  public func allocate(byteCount: Int) throws(ArenaError) -> ArenaBlock {
    try arena.allocate(byteCount: byteCount)
  }

  // MARK: Work

  /// Hands over a function and its arguments. See `WorkExecutor`.
  public func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output> {
    let call = FunctionCall<repeat each Argument, Output>(function)
    _ = try FunctionCall<repeat each Argument, Output>.signature()
    try checkSendable { message throws(TransferError) in
      try call.encode(repeat each argument, into: &message)
    }
    let arguments = UnsentArguments((repeat each argument))
    return try begin(options, at: site) { try function(repeat each arguments.values) }
  }

  /// Makes what hands elements to a function of one argument. See `WorkExecutor`.
  public func elementCalls<Input: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> ElementCalls<Input, Output> {
    ElementCalls { [self] elements, _ in
      try checkSendable { message throws(TransferError) in
        try MapCall.encode(body, elements, into: &message)
      }
      return try begin(elements, options, at: site, body)
    }
  }

  /// Makes what hands pairs of elements to a function of two arguments. See `WorkExecutor`.
  public func elementCalls<First: Sendable, Second: Sendable, Output: Sendable>(
    options: TaskOptions, at site: CallSite, of type: Output.Type,
    _ body: @escaping @Sendable (First, Second) throws -> Output
  ) throws -> ElementCalls<(First, Second), Output> {
    ElementCalls { [self] elements, _ in
      try checkSendable { message throws(TransferError) in
        try PairMapCall.encode(body, elements, into: &message)
      }
      return try begin(elements, options, at: site) { pair in try body(pair.0, pair.1) }
    }
  }

  private func begin<Input: Sendable, Output: Sendable>(
    _ elements: [Input], _ options: TaskOptions, at site: CallSite,
    _ body: @escaping @Sendable (Input) throws -> Output
  ) throws -> Future<MapAnswer<Output>> {
    try begin(options, at: site) {
      var nanoseconds: UInt64 = 0
      let results = elements.map { element in
        let start = MonotonicClock.now()
        defer { nanoseconds += MonotonicClock.now() &- start }
        return Result { try body(element) }.mapError { asReceived($0, submittedAt: site) }
      }
      return MapAnswer(nanoseconds: nanoseconds, results: results)
    }
  }

  private func begin<Output: Sendable>(
    _ options: TaskOptions, at site: CallSite, _ body: @escaping @Sendable () throws -> Output
  ) throws -> Future<Output> {
    let future = Future<Output>(callbackQueue: callbackQueue)
    let task = InProcessTask(core: core, future: future, site: site, body)
    task.priority = options.priority
    future.attach(task)
    if options.after.isEmpty {
      try core.submit(task)
    } else {
      try core.hold(task)
      begin(task, after: options.after)
    }
    return future
  }

  /// Begins a task when futures have ended, or fails it with the first of them that fails.
  private func begin(_ task: InProcessWork, after inputs: [AnyFuture]) {
    let missing = InputCount(inputs.count)
    for input in inputs {
      input.observe { [core, unowned input] in
        var failure = input.failure
        let isCancelled = input.isCancelled
        if failure == nil, missing.isLast() {
          do throws(PoolError) { try core.begin(task) } catch { failure = error }
        }
        // Whoever takes it back ends it; later failures find it gone.
        if let failure, core.cancel(task) { task.fail(failure, isCancelled: isCancelled) }
      }
    }
  }

  /// Starts a job whose chunks a user's closure works on. See `WorkExecutor`.
  public func start<Program: ChunkProgram, Value: Sendable>(
    _ job: ClosureJob<Program, Value>
  ) throws -> Future<Value> {
    _ = try job.encoded()
    try checkOwned(job.operands.map(\.block), by: arena)
    return try begin(try InProcessClosureJob(core: core, arena: arena, future: newFuture(), job))
  }

  /// Starts a job of a built-in kernel. See `WorkExecutor`.
  public func start<Value: Sendable>(_ job: KernelJob<Value>) throws -> Future<Value> {
    try checkOwned((job.outputs + job.inputs).map(\.block), by: arena)
    return try begin(try InProcessKernelJob(core: core, arena: arena, future: newFuture(), job))
  }

  private func newFuture<Value>() -> Future<Value> { Future(callbackQueue: callbackQueue) }

  private func begin<Value>(_ work: InProcessJob<Value>) throws -> Future<Value> {
    work.future.attach(work)
    try core.submit(work)
    return work.future
  }

  /// Throws what a pool would throw for what it cannot send.
  private func checkSendable(
    _ encode: (inout ByteWriter) throws(TransferError) -> Void
  ) throws {
    try ByteWriter.withRoom(for: 256) { message throws(TransferError) in
      try encode(&message)
    } then: { message in
      try checkOwned(message.retained.lazy.compactMap { $0 as? ArenaBlock }, by: arena)
    }
  }

  // MARK: The end

  /// Takes no more work; what was handed over is finished first. See `ProcessPool.shutdown`.
  ///
  /// A thread cannot be killed: what is late after `deadline` ends with `PoolError.timedOut` for
  /// whoever waits, and its thread goes on until the task returns.
  @available(*, noasync, message: "use `await executor.shutdown()`")
  public func shutdown(wait: Bool = true, cancelPending: Bool = false, deadline: Duration? = nil) {
    core.shutDown(cancelPending: cancelPending)
    guard wait else { return }
    if core.waitUntilEnded(deadline: deadline.flatMap(MonotonicClock.deadline(after:))) { return }
    core.shutDown(cancelPending: true)
    core.abandonRunning()
  }

  /// Takes no more work and waits until what was handed over is finished and every thread has ended.
  public func shutdown(cancelPending: Bool = false) async {
    core.shutDown(cancelPending: cancelPending)
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { [core] in
        _ = core.waitUntilEnded(deadline: nil)
        continuation.resume()
      }
    }
  }
}

/// How many inputs of a task have not ended.
private final class InputCount: Sendable {
  private let missing: Mutex<Int>
  init(_ count: Int) { missing = Mutex(count) }

  /// One more has ended.
  func isLast() -> Bool {
    missing.withLock { missing in
      missing -= 1
      return missing == 0
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

/// A task's error as a worker would have sent it: as itself when it is `Codable`, else described.
func asReceived(_ error: any Error, submittedAt site: CallSite) -> any Error {
  var writer = ByteWriter()
  writer.append(error: error, place: "a task of this process, submitted at \(site)")
  return writer.withSpan { bytes in
    ByteReader.reading(bytes) { reader in
      do throws(TransferError) { return try reader.readError() } catch { return error }
    }
  }
}
