import CEchelon
public import EchelonMemory
import Glibc
import Synchronization

/// A step of the protocol at which a test can have a worker die or stop.
///
/// The front end arms the points by a seed in the arena, `Wire.faultSeed`. Seed, seat and incarnation
/// then decide where each worker comes to its end, the how-manieth time there, and whether it kills
/// or stops itself; so a seed strikes at the same points every time. Without a seed a point costs
/// one load of a word that nobody writes.
public enum FaultPoint: UInt32, CaseIterable, Sendable {
  /// The worker is there and has not said so.
  case startingUp
  /// It looks for work for the first time.
  case looking
  /// A task is claimed, `head` not moved.
  case claimed
  /// A task is about to run.
  case running
  /// It has run, and its result is written.
  case beforeFinish
  /// The task is done, and nobody is told.
  case afterFinish
  /// It is marked for the collector, which is not rung.
  case marked
  /// The collector's word says awake, and it is not woken.
  case ringing
  /// A chair is taken.
  case onChair
  /// A task is claimed from a chair that is not given back.
  case leavingChair
  /// Another worker's wake-up is undertaken and not made.
  case wakingOther
  /// Announced as a sleeper, before the last look.
  case goingToSleep
  /// Woken, before it looks for work.
  case woken
  /// A job is found.
  case jobSeen
  /// A chunk is claimed.
  case chunkClaimed
  /// A chunk has run.
  case beforeChunkFinish
  /// A chunk is done.
  case afterChunkFinish
  /// The job is set done, and nobody is told.
  case jobEnded
  /// The job is off the list, before the second look.
  case retiring
  /// A result lies in the outbox.
  case outboxWritten
  /// A block is asked for.
  case requestAsked
  /// The answer is there.
  case blockGranted
}

extension Wire {
  /// A worker comes past `point`: in a test it may not get further.
  @inlinable public func pass(_ point: FaultPoint) {
    if faultSeed.load() != 0 { strike(at: point) }
  }

  /// Between two steps that another process may come between, for a simulation.
  @inlinable package func step() {
    if faultSeed.load() != 0 { interleave() }
  }

  @inline(never) @usableFromInline func interleave() { SimulatedMachine.current?.interleave() }

  /// The same where the calling thread holds no lock, so that any other may come next.
  @inlinable package func turn() {
    if faultSeed.load() != 0 { takeTurns() }
  }

  @inline(never) @usableFromInline func takeTurns() { SimulatedMachine.current?.yield() }

  @inline(never) @usableFromInline func strike(at point: FaultPoint) {
    if let machine = SimulatedMachine.current { return machine.pass(point.rawValue) }
    let ticket = echelon_start_ticket()
    guard ticket.kind != 0 else { return }
    let seed = faultSeed.load()
    let signal = FaultPlan.current.withLock { plan -> Int32? in
      if plan == nil {
        plan = FaultPlan(seed: seed, seat: ticket.seat, incarnation: ticket.incarnation, turn: 0)
      }
      guard plan!.isStruck(at: point) else { return nil }
      let signal = plan!.signal
      // One that is stopped and goes on has another fate.
      plan = FaultPlan(
        seed: seed, seat: ticket.seat, incarnation: ticket.incarnation, turn: plan!.turn + 1)
      return signal
    }
    guard let signal else { return }
    _ = struckFaultPoints.fetchOr(1 << UInt64(point.rawValue))
    kill(getpid(), signal)
  }
}

/// Where a worker comes to its end.
private struct FaultPlan {
  static let current = Mutex<FaultPlan?>(nil)

  let turn: UInt32
  let signal: Int32
  private let target: UInt32
  private var passesLeft: UInt32
  /// One whose point never comes up in the work at hand ends anywhere.
  private var patience: UInt32 = 20_000

  init(seed: UInt32, seat: UInt32, incarnation: UInt32, turn: UInt32) {
    // SplitMix64 over what names this worker.
    var hash = UInt64(seed) << 32 | UInt64(seat) << 20
    hash ^= UInt64(incarnation) << 8 ^ UInt64(turn)
    hash &+= 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
    hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
    hash ^= hash >> 31
    self.turn = turn
    target = UInt32(hash % UInt64(FaultPoint.allCases.count))
    passesLeft = UInt32(hash >> 20 & 7)
    signal = hash >> 40 & 7 == 0 ? SIGSTOP : SIGKILL
    if target <= FaultPoint.looking.rawValue { passesLeft = 0 }  // once in a life
  }

  mutating func isStruck(at point: FaultPoint) -> Bool {
    patience &-= 1
    guard point.rawValue == target || patience == 0 else { return false }
    if passesLeft == 0 || patience == 0 { return true }
    passesLeft -= 1
    return false
  }
}
