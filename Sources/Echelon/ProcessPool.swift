import EchelonLinearAlgebra
public import EchelonMemory
public import EchelonPool
import EchelonTransfer
import EchelonWire
public import Logging
import Synchronization

/// A pool of worker processes that share one arena of memory with this process.
///
///     try await withProcessPool(workers: 8) { pool in
///       let x = try pool.array(count: 1_000_000) { Double($0) }
///       let y = try await pool.map(x) { $0 * $0 }
///       print(try await pool.sum(y))
///     }
///
/// Workers are started when there is something for them to do, are copies of this executable that
/// never reach its `main`, and end with this process, however it ends. One that dies costs one
/// attempt of what it was running.
///
/// Every method may be called from any thread.
public final class ProcessPool: WorkExecutor {
  /// nil in a stand-in, see ProcessPool+Nested.swift.
  let frontEnd: PoolEngine?
  /// What carries the work. Whoever may be called inside a task asks `working` instead.
  package var engine: PoolEngine {
    guard let frontEnd else { preconditionFailure("a pool inside its own task has no engine") }
    return frontEnd
  }
  /// Tells pools apart, from 1.
  private let number = UInt64(
    truncatingIfNeeded: lastPoolNumber.add(1, ordering: .relaxed).newValue)
  private let functions = Mutex<[ObjectIdentifier: FunctionIndex]>([:])
  private let programs = Mutex<[ObjectIdentifier: FunctionIndex]>([:])

  private let metrics: PoolMetrics?

  /// The most workers that the pool runs; `resize` changes it.
  public var workerCount: Int { frontEnd?.workerLimit ?? 1 }

  /// Makes a pool. Its workers start with the first work.
  /// - Parameters:
  ///   - workers: how many, 1…256; nil takes what affinity and control-group quota allow.
  ///   - options: everything else.
  /// - Throws: `PoolError` or `ArenaError`, which say what is missing;
  ///   `TransferError.closureLayoutUnknown` when the toolchain lays out closures in a new way.
  public init(workers: Int? = nil, options: PoolOptions) throws {
    try ClosureSelfTest.check()
    let workerCount = workers ?? min(256, MachineLimits.processors().count)
    var variables: [String: String] = [:]
    for (name, value) in BLASInfo.workerEnvironment { variables[name] = value }
    variables.merge(options.environment) { _, given in given }
    if let limit = options.maxTasksPerWorker, limit < 1 {
      throw PoolError.invalidArgument("\(limit) tasks per worker; the number is 1 or more")
    }
    if let limit = options.maxMemoryPerWorker, limit < 1 {
      throw PoolError.invalidArgument("\(limit) bytes per worker; the number is 1 or more")
    }
    try checkLimits(tasks: options.taskLimit, bytes: options.inFlightByteLimit)
    var configuration = PoolConfiguration(
      workerCount: workerCount, backing: options.backing, memoryLimit: options.memoryLimit,
      environment: variables, report: PoolLog.reporter(options.logger))
    configuration.maxTasksPerWorker = options.maxTasksPerWorker
    configuration.maxMemoryPerWorker = options.maxMemoryPerWorker
    configuration.gracePeriod = options.gracePeriod
    if let limit = options.startTimeout, limit <= .zero {
      throw PoolError.invalidArgument(
        "a `startTimeout` of \(limit); it is more than nothing, or nil")
    }
    configuration.startTimeout = options.startTimeout
    configuration.frontEndFault = options.frontEndFault
    configuration.spin = options.spin
    configuration.output = options.output
    configuration.taskLimit = options.taskLimit
    configuration.inFlightByteLimit = options.inFlightByteLimit
    configuration.start = options.start
    configuration.initializer = options.initializer?.call
    configuration.preload = options.preload?.call
    configuration.environmentOfSeat = options.environmentForWorker
    configuration.workingDirectory = options.workingDirectory
    configuration.pinning = options.pinning
    configuration.reportsCancellations = options.logger.map { $0.logLevel <= .debug } ?? false
    configuration.recorder = options.flightRecorder.map { ($0.path, $0.eventsPerWorker) }
    let engine: PoolEngine
    do {
      engine = try PoolEngine(configuration)
    } catch let error as FileSystemError {
      throw FlightRecordingError.file(
        path: options.flightRecorder?.path ?? "", reason: error.reason)
    }
    frontEnd = engine
    PoolLog.tellOfStart(of: engine, to: options.logger)
    metrics = options.metrics.map { PoolMetrics($0) { engine.statistics } }
  }

  /// A pool over an engine that is there already: that of a simulation.
  package init(over engine: PoolEngine) {
    frontEnd = engine
    metrics = nil
  }

  /// A pool inside one of its own tasks.
  init(standInFor: Void) {
    frontEnd = nil
    metrics = nil
  }

  /// What carries the work, which there is in the front end only.
  func working(_ what: String) throws(PoolError) -> PoolEngine {
    guard let frontEnd else { throw .wouldDeadlock(what) }
    return frontEnd
  }

  /// Makes a pool from the options that are asked for most. Its workers start with the first work.
  /// - Parameters: as the properties of `PoolOptions` of the same names; `workers` as above.
  /// - Throws: `PoolError` or `ArenaError`, which say what is missing.
  public convenience init(
    workers: Int? = nil, start: StartMethod = .spawn, initializer: WorkerInitializer? = nil,
    backing: ArenaBacking? = nil, memoryLimit: Int? = nil, environment: [String: String] = [:],
    maxTasksPerWorker: Int? = nil, logger: Logger? = nil
  ) throws {
    var options = PoolOptions()
    options.start = start
    options.initializer = initializer
    options.maxTasksPerWorker = maxTasksPerWorker
    options.backing = backing
    options.memoryLimit = memoryLimit
    options.environment = environment
    options.logger = logger
    try self.init(workers: workers, options: options)
  }

  deinit {
    metrics?.stop()
    frontEnd?.shutDown(cancelPending: false)
  }

  // MARK: Workers

  /// Starts all workers and blocks until they are ready, so that the first work does not.
  @available(*, noasync, message: "use `await pool.warmUp()`")
  public func warmUp() throws(PoolError) { try working("warmUp").warmUp() }

  /// The process identifiers of the workers alive now.
  public var workerProcessIDs: [Int32] { frontEnd?.processIDs ?? [] }

  /// Numbers about the pool, read now.
  public var statistics: PoolStatistics { frontEnd?.statistics ?? PoolStatistics() }

  /// Blocks until what the workers have printed so far has reached this program's streams, or the
  /// handler.
  /// - Parameter timeout: how long to wait; nil waits for ever.
  /// - Returns: whether it has.
  @available(*, noasync, message: "use `await pool.flushOutput()`")
  @discardableResult public func flushOutput(timeout: Duration? = nil) -> Bool {
    frontEnd?.flushOutput(deadline: timeout.flatMap(MonotonicClock.deadline(after:))) ?? true
  }

  /// Waits until what the workers have printed so far has reached this program's streams, or the
  /// handler.
  /// - Parameter timeout: how long to wait; nil waits for ever.
  /// - Returns: whether it has.
  @discardableResult public func flushOutput(timeout: Duration? = nil) async -> Bool {
    await FreeThread.waiting("echelon-flush") { [self] in flushOutput(timeout: timeout) }
  }

  // MARK: Memory

  /// Where the shared memory comes from.
  public var backing: ArenaBacking { frontEnd?.arena.backing ?? .anonymousFile }
  /// Why better backings were not taken.
  public var backingNotes: [String] { frontEnd?.arena.backingNotes ?? [] }
  /// How much shared memory is in use, and how much has been.
  public var memoryUsage: ArenaUsage { frontEnd?.arena.usage ?? ArenaUsage() }
  /// Memory for an array; the typed functions, such as `array`, are what to call.
  public func allocate(byteCount: Int) throws(ArenaError) -> ArenaBlock {
    guard let frontEnd else { throw .insideTask }
    return try frontEnd.allocate(byteCount: byteCount)
  }
  /// The most that arrays may hold, in bytes.
  public var memoryLimit: Int { frontEnd?.arena.limitBytes ?? 0 }
  /// Gives memory that no array uses back to the system. Returns the bytes given back.
  @discardableResult public func trimMemory() -> Int { frontEnd?.arena.trim() ?? 0 }

  // MARK: The end

  /// Takes no more work; what was handed over is finished first.
  ///
  /// May be called again, and from any thread.
  /// - Parameters:
  ///   - wait: whether to block until everything is finished and every worker has ended.
  ///   - cancelPending: whether to cancel what no worker has begun. Tasks that run are finished, and not
  ///     run again should they fail.
  ///   - deadline: how long until the workers are killed, whether or not this waits; nil is for ever.
  @available(*, noasync, message: "use `await pool.shutdown()`")
  public func shutdown(wait: Bool = true, cancelPending: Bool = false, deadline: Duration? = nil) {
    // Inside a task it would wait for that task.
    guard let engine = frontEnd else { return }
    engine.shutDown(cancelPending: cancelPending)
    if wait { return engine.waitUntilEnded(killingAfter: deadline) }
    guard let deadline else { return }
    Timer.later(nanoseconds: Int64(clamping: deadline.nanoseconds)) { [weak engine] in
      engine?.waitUntilEnded(killingAfter: .zero)
    }
  }

  /// Takes no more work and waits until what was handed over is finished and every worker has ended.
  /// - Parameters:
  ///   - cancelPending: whether to cancel what no worker has begun. Tasks that run are finished, and not
  ///     run again should they fail.
  ///   - deadline: how long to wait before the workers are killed; nil waits for ever.
  public func shutdown(cancelPending: Bool = false, deadline: Duration?) async {
    guard let engine = frontEnd else { return }
    engine.shutDown(cancelPending: cancelPending)
    await FreeThread.waiting("echelon-end") { engine.waitUntilEnded(killingAfter: deadline) }
  }

  /// The same without a deadline.
  public func shutdown(cancelPending: Bool = false) async {
    await shutdown(cancelPending: cancelPending, deadline: nil)
  }

  // MARK: The flight recorder

  /// Writes what the pool has recorded so far as a trace that `ui.perfetto.dev` opens.
  /// - Throws: `FlightRecordingError.notRecorded` when the options named no `flightRecorder`; that the
  ///   file cannot be written.
  public func exportTrace(to path: String) throws(FlightRecordingError) {
    guard let recorder = frontEnd?.recorder else { throw .notRecorded }
    // By its descriptor: the file may have been moved.
    let file = "/proc/self/fd/\(recorder.descriptor)"
    try FlightRecording(path: file, shownAs: "the flight recorder").exportTrace(to: path)
  }

  // MARK: Functions known to the arena

  /// The place of a call signature in the arena's function table, which it gets at its first use.
  func index(of signature: CallSignature) throws -> FunctionIndex {
    // Most programs have one pool, so the signature itself can say where it is.
    let place = signature.lastPlace.load(ordering: .relaxed)
    if place >> 32 == number { return FunctionIndex(UInt32(truncatingIfNeeded: place)) }
    let key = ObjectIdentifier(signature)
    let known = functions.withLock { $0[key] }
    let index = try known ?? engine.register(function: signature.bytes)
    if known == nil { functions.withLock { $0[key] = index } }
    signature.lastPlace.store(number << 32 | UInt64(index.value), ordering: .relaxed)
    return index
  }

  /// The same for a program type.
  func index(ofProgram type: Any.Type) throws -> FunctionIndex {
    let key = ObjectIdentifier(type)
    if let known = programs.withLock({ $0[key] }) { return known }
    let index = try engine.register(function: try TypeCode.bytes(of: type))
    programs.withLock { $0[key] = index }
    return index
  }
}

private let lastPoolNumber = Atomic<UInt32>(0)

/// Runs `body` with a pool that is shut down on every way out.
///
/// On return, what was handed over is finished first. When `body` throws, or the Swift task is
/// cancelled, what no worker has begun is cancelled.
/// - Parameters: as for `ProcessPool.init`.
public func withProcessPool<Result>(
  workers: Int? = nil, options: PoolOptions, isolation: isolated (any Actor)? = #isolation,
  _ body: (ProcessPool) async throws -> Result
) async throws -> Result {
  try await withExecutor(
    try ProcessPool(workers: workers, options: options), isolation: isolation, body)
}

/// The same with the options that are asked for most.
public func withProcessPool<Result>(
  workers: Int? = nil, start: StartMethod = .spawn, initializer: WorkerInitializer? = nil,
  memoryLimit: Int? = nil, environment: [String: String] = [:], logger: Logger? = nil,
  isolation: isolated (any Actor)? = #isolation,
  _ body: (ProcessPool) async throws -> Result
) async throws -> Result {
  var options = PoolOptions()
  options.start = start
  options.initializer = initializer
  options.memoryLimit = memoryLimit
  options.environment = environment
  options.logger = logger
  return try await withProcessPool(
    workers: workers, options: options, isolation: isolation, body)
}
