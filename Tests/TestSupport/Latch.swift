public import Echelon
import EchelonMemory
import Glibc

/// A few words in an executor's memory through which a task and its test see each other: the task tells
/// that it runs and waits to be let go, without a clock in between.
public struct Latch: Codable, Sendable {
  // 0: how many have arrived, 1: open, 2: how many are to arrive or have, 3…: process ids in the order
  // of arrival.
  private let words: SharedArray<Int64>
  private static var capacity: Int { 1022 }

  /// A closed latch in the memory of `pool`.
  public init(in pool: some WorkExecutor) throws {
    words = try pool.array(repeating: 0, count: Self.capacity + 3)
  }

  private func word(_ index: Int) -> SharedWord64 {
    words.block.region.word64(at: words.byteOffset + 8 * index)
  }

  /// Says that this process has come here. Two may come at the same time.
  public func arrive() {
    let ticket = Int(word(2).fetchAdd(1))
    words[3 + ticket % Self.capacity] = Int64(getpid())
    _ = word(0).fetchAdd(1)
  }

  /// Arrives and waits until the latch is open.
  public func pass() {
    arrive()
    // The word is all that both processes share; the pause spares the processor and decides nothing.
    while word(1).load() == 0 { usleep(100) }
  }

  /// Lets everyone pass, now and later.
  public func open() { word(1).store(1) }
  /// Closes it again and forgets who arrived.
  public func reset() {
    word(1).store(0)
    word(2).store(0)
    word(0).store(0)
  }

  /// How often someone has arrived.
  public var arrivals: Int { Int(word(0).load()) }
  /// The process that came last; 0 before the first.
  public var processID: Int32 {
    let count = arrivals
    return count == 0 ? 0 : Int32(words[3 + (count - 1) % Self.capacity])
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

extension PoolOptions {
  /// As they are unless changed, under the start method that this run of the tests is for.
  public static var tested: PoolOptions {
    var options = PoolOptions()
    options.start =
      environmentVariable("ECHELON_TEST_START") == "forkServer" ? .forkServer : .spawn
    return options
  }

  /// The same for workers that print no backtrace when a test crashes them.
  public static var quiet: PoolOptions {
    var options = tested
    options.environment = ["SWIFT_BACKTRACE": "enable=no"]
    return options
  }
}

extension ProcessPool {
  /// A pool whose workers do not print a backtrace when a test crashes them.
  public static func quiet(
    workers: Int, memoryLimit: Int? = nil, recorder: FlightRecorderFile? = nil
  ) throws -> ProcessPool {
    var options = PoolOptions.quiet
    options.memoryLimit = memoryLimit
    options.flightRecorder = recorder
    return try ProcessPool(workers: workers, options: options)
  }
}
