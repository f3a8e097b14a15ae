public import Echelon
import Glibc

/// The executors that one suite runs on. What only processes give is tested on pools alone.
public enum TestedExecutor: String, CaseIterable, Sendable, CustomStringConvertible {
  case inProcess = "in-process"
  case spawn = "pool, spawn"
  case forkServer = "pool, fork server"

  /// Those whose workers are processes.
  public static let pools = allCases.filter { $0 != .inProcess }

  /// The name that a failure shows.
  public var description: String { rawValue }

  /// An executor of this kind, whose workers print no backtrace when a test crashes them.
  public func make(
    _ workers: Int = 2, initializer: WorkerInitializer? = nil, memoryLimit: Int? = nil,
    taskLimit: Int? = nil, byteLimit: Int? = nil
  ) throws -> any WorkExecutor {
    if self == .inProcess {
      return try InProcessExecutor(
        threads: workers, initializer: initializer, memoryLimit: memoryLimit, taskLimit: taskLimit,
        inFlightByteLimit: byteLimit)
    }
    return try makePool(
      workers, initializer: initializer, memoryLimit: memoryLimit, taskLimit: taskLimit,
      byteLimit: byteLimit)
  }

  private static let sharedExecutors = Dictionary(
    uniqueKeysWithValues: allCases.map { kind in
      do { return (kind, try kind.make()) } catch { fatalError("\(kind): \(error)") }
    })

  /// An executor of two workers that many tests use, and that nobody shuts down.
  public var shared: any WorkExecutor { Self.sharedExecutors[self]! }

  /// The same, for tests of what only a pool has.
  public func makePool(
    _ workers: Int = 2, initializer: WorkerInitializer? = nil, memoryLimit: Int? = nil,
    taskLimit: Int? = nil, byteLimit: Int? = nil
  ) throws -> ProcessPool {
    precondition(self != .inProcess, "threads are no pool of processes")
    var options = PoolOptions()
    options.initializer = initializer
    options.memoryLimit = memoryLimit
    options.taskLimit = taskLimit
    options.inFlightByteLimit = byteLimit
    options.start = self == .forkServer ? .forkServer : .spawn
    options.environment = ["SWIFT_BACKTRACE": "enable=no"]
    return try ProcessPool(workers: workers, options: options)
  }
}

/// An executor of one worker that is held, and what it is held by.
public struct Held: Sendable {
  public let pool: any WorkExecutor
  public let latch: Latch
  public let held: Future<Int32>

  public init(on kind: TestedExecutor) throws {
    pool = try kind.make(1)
    latch = try Latch(in: pool)
    held = try pool.submit(hold, latch)
    _ = try latch.arrived()
  }

  /// Lets the worker go and ends the executor.
  public func end() throws {
    latch.open()
    _ = try held.checked()
    pool.shutdown()
  }
}

/// What a pool tells of its processes, where there are any.
extension WorkExecutor {
  /// The workers alive now; none when they are threads.
  public var processIDs: [Int32] { (self as? ProcessPool)?.workerProcessIDs ?? [] }
  /// Tasks that are not over; 0 where nobody counts them.
  public var pendingTaskCount: Int { (self as? ProcessPool)?.statistics.pendingTasks ?? 0 }
  /// Those who wait for room.
  public var waitersForRoom: Int {
    (self as? ProcessPool)?.statistics.waitersForRoom
      ?? (self as? InProcessExecutor)?.waitersForRoom ?? 0
  }
  /// Workers that have died.
  public var deaths: Int { (self as? ProcessPool)?.statistics.deaths ?? 0 }
}

/// The thread that runs this, which is as good as the process in a worker.
@Sendable public func threadID() -> Int32 {
  var name = [CChar](repeating: 0, count: 64)
  let count = unsafe readlink("/proc/thread-self", &name, 63)
  let path = String(decoding: name.prefix(max(0, count)).map(UInt8.init), as: UTF8.self)
  return path.split(separator: "/").last.flatMap { Int32($0) } ?? 0
}
