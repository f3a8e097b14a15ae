import EchelonMemory
import EchelonWire

/// When a worker is to leave and make room for a fresh one, between two tasks.
struct WorkerLimits {
  private let taskLimit: UInt64
  private let memoryLimit: UInt64
  private let ranBefore: UInt64
  private var lastLook: UInt64 = 0
  private var ranAtLastLook: UInt64

  init(_ limits: (tasks: UInt32, memory: UInt64), _ seat: Seat) {
    taskLimit = UInt64(limits.tasks)
    memoryLimit = limits.memory
    // The counts outlive the worker that sat here before.
    ranBefore = Self.ran(seat)
    ranAtLastLook = ranBefore
  }

  private static func ran(_ seat: Seat) -> UInt64 {
    seat.tasksRun.loadRelaxed() &+ seat.chunksRun.loadRelaxed()
  }

  /// Whether this worker has run as many tasks and chunks, or holds as much private memory, as it may.
  /// - Parameter isIdle: the worker is about to sleep, and has the time to look.
  @inline(__always)
  mutating func areReached(_ seat: Seat, isIdle: Bool = false) -> Bool {
    if taskLimit | memoryLimit == 0 { return false }
    return areReachedNow(seat, isIdle)
  }

  private mutating func areReachedNow(_ seat: Seat, _ isIdle: Bool) -> Bool {
    let ran = Self.ran(seat)
    if taskLimit > 0, ran &- ranBefore >= taskLimit { return true }
    guard memoryLimit > 0, ran != ranAtLastLook else { return false }
    // Asking costs as much as a few dozen short tasks.
    let now = MonotonicClock.now()
    guard isIdle || now &- lastLook >= 10_000_000 else { return false }
    lastLook = now
    ranAtLastLook = ran
    let bytes = (SystemFile.number("/proc/self/status", key: "RssAnon") ?? 0) * 1024
    return UInt64(bytes) > memoryLimit
  }
}
