public import Echelon
import Glibc

/// A few words in an executor's memory through which a task and its test see each other: the task tells
/// that it runs and waits to be let go, without a clock in between.
public struct Latch: Codable, Sendable {
  // 0: how many have arrived, 1: open, 2…: process ids in the order of arrival.
  private let words: SharedArray<Int64>
  private static var capacity: Int { 1022 }

  /// A closed latch in the memory of `pool`.
  public init(in pool: some WorkExecutor) throws {
    words = try pool.array(repeating: 0, count: Self.capacity + 2)
  }

  /// Says that this process has come here. One task at a time per latch, or tasks of one worker.
  public func arrive() {
    let count = words[0]
    words[2 + Int(count) % Self.capacity] = Int64(getpid())
    words[0] = count + 1
  }

  /// Arrives and waits until the latch is open.
  public func pass() {
    arrive()
    // The word is all that both processes share; the pause spares the processor and decides nothing.
    while words[1] == 0 { usleep(100) }
  }

  /// Lets everyone pass, now and later.
  public func open() { words[1] = 1 }
  /// Closes it again and forgets who arrived.
  public func reset() {
    words[1] = 0
    words[0] = 0
  }

  /// How often someone has arrived.
  public var arrivals: Int { Int(words[0]) }
  /// The process that came last; 0 before the first.
  public var processID: Int32 {
    let count = Int(words[0])
    return count == 0 ? 0 : Int32(words[2 + (count - 1) % Self.capacity])
  }

  /// The process that arrived, once one has.
  public func arrived(_ count: Int = 1) throws -> Int32 {
    try eventually("a task reaches its latch") { arrivals >= count }
    return processID
  }
}

/// Arrives, waits, and returns its process; for tasks that a test wants to hold.
@Sendable public func hold(_ latch: Latch) -> Int32 {
  latch.pass()
  return getpid()
}

/// Gives its argument back.
@Sendable public func echo<Value>(_ value: Value) -> Value { value }

extension ProcessPool {
  /// A pool whose workers do not print a backtrace when a test crashes them.
  public static func quiet(workers: Int, memoryLimit: Int? = nil) throws -> ProcessPool {
    let isForked = environmentVariable("ECHELON_TEST_START") == "forkServer"
    return try ProcessPool(
      workers: workers, start: isForked ? .forkServer : .spawn, memoryLimit: memoryLimit,
      environment: ["SWIFT_BACKTRACE": "enable=no"])
  }
}
