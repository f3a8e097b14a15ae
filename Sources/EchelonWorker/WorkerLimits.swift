import EchelonMemory
import EchelonWire

/// When a worker is to leave and make room for a fresh one, between two tasks or chunks.
struct WorkerLimits {
  private let taskLimit: UInt64
  private let memoryLimit: UInt64
  /// What it holds before its first task, from its template or its initializer: the next worker would
  /// hold that as well.
  private var heldBefore: UInt64 = 0
  private let ranBefore: UInt64
  private var lastLook: UInt64 = 0
  private var ranAtLastLook: UInt64
  /// It holds too much: found once, this is asked again before the worker leaves.
  private var holdsTooMuch = false

  init(_ limits: (tasks: UInt32, memory: UInt64), _ seat: Seat) {
    taskLimit = UInt64(limits.tasks)
    memoryLimit = limits.memory
    // The counts outlive the worker that sat here before.
    ranBefore = Self.ran(seat)
    ranAtLastLook = ranBefore
  }

  /// From here on memory counts.
  mutating func begin() { if memoryLimit > 0 { heldBefore = Self.privateBytes } }

  private static func ran(_ seat: Seat) -> UInt64 {
    seat.tasksRun.loadRelaxed() &+ seat.chunksRun.loadRelaxed()
  }

  /// Whether this worker has run as many tasks and chunks, or holds as much more private memory than
  /// before the first of them, as it may.
  /// - Parameter isIdle: the worker is about to sleep, and has the time to look.
  @inline(__always)
  mutating func areReached(_ seat: Seat, isIdle: Bool = false) -> Bool {
    if taskLimit | memoryLimit == 0 { return false }
    return areReachedNow(seat, isIdle)
  }

  private mutating func areReachedNow(_ seat: Seat, _ isIdle: Bool) -> Bool {
    let ran = Self.ran(seat)
    if taskLimit > 0, ran &- ranBefore >= taskLimit { return true }
    guard memoryLimit > 0, !holdsTooMuch, ran != ranAtLastLook else { return holdsTooMuch }
    // Asking costs as much as a few dozen short tasks.
    let now = MonotonicClock.now()
    guard isIdle || now &- lastLook >= 10_000_000 else { return false }
    lastLook = now
    ranAtLastLook = ran
    let held = Self.privateBytes
    holdsTooMuch = held > heldBefore && held - heldBefore > memoryLimit
    return holdsTooMuch
  }

  /// Memory that no file is behind; pages still shared with the template count.
  private static var privateBytes: UInt64 {
    UInt64(clamping: SystemFile.number("/proc/self/status", key: "RssAnon") ?? 0) * 1024
  }
}
