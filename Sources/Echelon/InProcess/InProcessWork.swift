import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonWire
import Synchronization

/// A task or a job on its way through an `InProcessExecutor`.
///
///     waiting ─► running ─► over
///        ▲          ├─► again, after a pause
///        └──────────┘
///        └─► taken back         running ─► given up
///
/// The lock of the core guards every stored property of this class; `run`, `finish`, `fail` and
/// `endGivenUp` are called without it.
class InProcessWork: FutureSource, @unchecked Sendable {
  enum PieceOutcome {
    case done
    /// It is to be run again, so many nanoseconds later.
    case again(after: UInt64)
  }

  private enum End { case none, over, takenBack, givenUp }

  let core: InProcessCore
  final let untypedFuture: AnyFuture
  /// How many pieces it has, 0 for a job over nothing.
  final let pieceCount: Int
  // Set before it is handed over.
  final var priority = WorkPriority.normal
  /// How long it may run, counted from when a thread begins it; 0 is without a limit.
  final var deadlineNanoseconds: UInt64 = 0
  /// Bytes that it counts with towards the limits; nil when it does not count.
  final var limitedBytes: Int?
  /// A part of work that was taken before a shutdown.
  final var isContinuation = false
  /// The place whose thread alone may run it, when it was broadcast.
  final var place: Int?
  /// What tells it of the ends of others, when it waits for them.
  final var dependent: Dependent?

  private final var nextPiece = 0
  private final var endedPieces = 0
  private final var end = End.none
  private final var isCutShort = false
  private let stopFlag = Atomic(false)

  init(core: InProcessCore, future: AnyFuture, pieceCount: Int) {
    self.core = core
    self.pieceCount = pieceCount
    untypedFuture = future
  }

  // MARK: For the core, under its lock

  final var hasPiecesLeft: Bool { unbegunPieces > 0 }
  /// How many pieces nobody has begun that are to be.
  final var unbegunPieces: Int { end == .none && !isCutShort ? pieceCount - nextPiece : 0 }
  final var hasBegun: Bool { nextPiece > 0 }
  /// Whether nothing can end it any more: it has ended, but for its last step, or was given up.
  final var isOver: Bool { end != .none }

  /// The piece that the caller is to run; nil when there is none.
  final func takePiece() -> Int? {
    guard hasPiecesLeft else { return nil }
    nextPiece += 1
    return nextPiece - 1
  }

  /// - Returns: whether it was the last one.
  final func pieceEnded() -> Bool {
    endedPieces += 1
    return checkOver()
  }

  private func checkOver() -> Bool {
    guard end == .none, endedPieces == (isCutShort ? nextPiece : pieceCount) else { return false }
    end = .over
    return true
  }

  /// It is to be run again from its start.
  final func rewind() {
    nextPiece = 0
    endedPieces = 0
  }

  /// - Returns: whether it had not begun, and now never will.
  final func takeBack() -> Bool {
    guard nextPiece == 0, end == .none else { return false }
    end = .takenBack
    return true
  }

  /// Begins no further piece.
  /// - Returns: whether none runs, so that it is over.
  final func passOverWhatIsLeft() -> Bool {
    isCutShort = true
    return checkOver()
  }

  final func giveUp() { end = .givenUp }

  // MARK: For the threads

  /// What the calling thread runs, or the calling Swift task was started by.
  @TaskLocal static var current: InProcessWork?

  /// Runs a piece, in which `CurrentTask` knows whether it is to stop.
  final func runPiece(_ piece: Int) -> PieceOutcome {
    Self.$current.withValue(self) { run(piece) }
  }

  func run(_ piece: Int) -> PieceOutcome { preconditionFailure("a subclass runs it") }
  func finish() { preconditionFailure("a subclass completes its future") }
  /// What it runs, for messages.
  var name: String { preconditionFailure("a subclass knows its name") }
  /// Whether a wish to stop cuts it short between two pieces.
  var leavesOutWhatIsLeft: Bool { false }

  final func fail(_ error: any Error, isCancelled: Bool) {
    untypedFuture.fail(error, isCancelled: isCancelled)
  }

  /// Ends the future although the work goes on.
  func endGivenUp(_ error: any Error, isCancelled: Bool) { fail(error, isCancelled: isCancelled) }

  final var isAskedToStop: Bool { stopFlag.load(ordering: .relaxed) }
  /// Raises the flag that the work sees in `CurrentTask.isCancelled`.
  func askToStop() { stopFlag.store(true, ordering: .relaxed) }

  /// The error of a work that ran for too long.
  final var lateness: PoolError {
    .deadlineExceeded(.nanoseconds(Int64(clamping: deadlineNanoseconds)), what: name)
  }

  // MARK: FutureSource

  final var isRunning: Bool { core.isRunning(self) }
  final func poll() {}
  final func cancel() -> Bool {
    guard core.cancel(self) else { return false }
    dependent?.release()
    return true
  }
  final func stop(_ mode: CancellationMode) -> Bool { core.stop(self, mode) }
  final func demandCompletion() { core.mayBlock() }
  final func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool {
    core.whileBlocked(park)
  }
}

extension InProcessWork: HeldTask {
  func abandon() -> Bool { core.cancel(self) }
}
