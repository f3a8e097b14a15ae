import CEchelon
import Synchronization

/// A thread of the front end, or a worker with its one thread, on a simulated machine.
@safe package final class SimulatedThread: @unchecked Sendable {
  /// Whose code it runs. A worker may be given a turn between any two steps of the front end, since it
  /// takes no lock of the front end's; two threads of the front end change only where neither holds one.
  package enum Side { case frontEnd, worker }

  /// What keeps it from going on.
  enum Standing {
    case ready
    /// On a shared word, by its address.
    case asleep(word: UInt, until: UInt64)
    /// On descriptors.
    case watching([Int32], until: UInt64)
    case ended
  }

  package let name: String
  package let number: Int
  package let side: Side
  /// What a worker's code finds as its own place, and its view of the arena.
  package var place: AnyObject?
  package var arena: Arena?
  @safe @exclusivity(unchecked) var standing = Standing.ready
  /// Stopped by a signal: it gets no turn until it is continued.
  @safe @exclusivity(unchecked) package internal(set) var isStopped = false
  /// So slow that it gets no turn before this moment.
  @safe @exclusivity(unchecked) package var idleUntil: UInt64 = 0
  /// The step of the protocol that it came past last, as a number of `FaultPoint`.
  @safe @exclusivity(unchecked) package internal(set) var lastPoint: UInt32?
  private var body: (() -> Void)?
  /// Gone once it has ended: others use the stack then.
  private var fiber: OpaquePointer?

  init(name: String, number: Int, side: Side, _ body: @escaping () -> Void) {
    self.name = name
    self.number = number
    self.side = side
    self.body = body
    let fiber = unsafe SimulatedStacks.take()
    unsafe self.fiber = fiber
    // SAFETY: the machine holds every thread that it lets run.
    unsafe echelon_fiber_begin(
      fiber,
      { unsafe Unmanaged<SimulatedThread>.fromOpaque($0!).takeUnretainedValue().begin() },
      Unmanaged.passUnretained(self).toOpaque())
  }

  /// It has ended, or is ended. Whatever its stack holds is forgotten: a killed process releases nothing
  /// either.
  func end() {
    standing = .ended
    place = nil
    arena = nil
    if let fiber = unsafe fiber { unsafe SimulatedStacks.giveBack(fiber) }
    unsafe fiber = nil
  }

  package var hasEnded: Bool { if case .ended = standing { true } else { false } }

  private func begin() {
    run()
    standing = .ended
    leave()
    preconditionFailure("a thread that has ended goes on")
  }

  // A call of its own, so that nothing of the body is alive in the frame that is never left.
  @inline(never) private func run() {
    body?()
    body = nil
  }

  /// On the machine's stack: goes on with the thread until it leaves.
  func enter() { unsafe echelon_fiber_enter(fiber!) }

  /// On the thread's stack: lets the machine go on.
  func leave() { unsafe echelon_fiber_leave(fiber!) }

  /// Where it is, for a report.
  package func describe(now: UInt64) -> String {
    let what: String
    func time(_ moment: UInt64) -> String {
      moment == .max ? "for ever" : "for \((moment &- now) / 1_000) µs"
    }
    switch standing {
    case .ready: what = "ready"
    case .asleep(_, let until): what = "asleep \(time(until))"
    case .watching(_, let until): what = "watching \(time(until))"
    case .ended: what = "ended"
    }
    return name + ": " + (isStopped ? "stopped, " : "") + what
  }
}

/// Stacks that are used again and again: a new one costs a thousand times as much as a turn.
private enum SimulatedStacks {
  // As numbers: addresses of fibers that nobody uses.
  private static let free = Mutex<[UInt]>([])

  static func take() -> OpaquePointer {
    // SAFETY: it was given back, so nobody else has it, and it is never freed.
    if let known = free.withLock({ $0.popLast() }) {
      return unsafe OpaquePointer(bitPattern: known)!
    }
    guard let new = unsafe echelon_fiber_create(1 << 20) else {
      preconditionFailure("no memory for another stack of a simulation")
    }
    return unsafe new
  }

  static func giveBack(_ fiber: OpaquePointer) {
    let address = UInt(bitPattern: fiber)
    free.withLock { $0.append(address) }
  }
}
