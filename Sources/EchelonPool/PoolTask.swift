package import EchelonMemory
package import EchelonWire

/// One task as the pool carries it; a subclass knows what its result means.
///
/// The engine's lock guards every stored property; `resolve` and `fail` are called without it, once.
/// So accesses cannot overlap; to those that every task makes the checks for that would be a tenth of
/// what a small task costs.
open class PoolTask: @unchecked Sendable {
  /// Where a task is.
  package enum Place: Equatable {
    /// Not handed over yet.
    case new
    /// In the front end, until the tasks that it needs have ended.
    case waiting
    /// In the front end, for want of a slot.
    case queued
    /// In the arena.
    case slot(SlotIndex, generation: UInt32)
    /// Being collected, or over.
    case gone
  }

  @safe @exclusivity(unchecked) package final var place = Place.new
  @safe @exclusivity(unchecked) package final var function = FunctionIndex(0)
  /// The call, when it waits in the front end.
  package final var message: [UInt8] = []
  /// The call, when it is too large for a slot.
  @safe @exclusivity(unchecked) package final var argumentBlock: ArenaBlock?
  /// What the call names by handle.
  @safe @exclusivity(unchecked) package final var retained: [AnyObject] = []
  @safe @exclusivity(unchecked) package final var retries = 0
  /// The one worker that is to run it; nil for any.
  @safe @exclusivity(unchecked) final var seat: SeatIndex?
  /// What else there is to say about retries; nil for a plain count.
  package final var retryPolicy: RetryPolicy?
  @safe @exclusivity(unchecked) package final var attempt = 0
  /// How many of its attempts a worker's death has ended.
  package final var deaths = 0
  /// How long it may run, counted from when a worker begins it; 0 is without a limit.
  @safe @exclusivity(unchecked) package final var deadlineNanoseconds: UInt64 = 0
  /// When it was first seen to run, for a worker that does not say; and its generation then.
  final var seenRunningSince: UInt64 = 0
  final var seenRunning: UInt32 = 0
  /// When the element began that it is being stopped for, if it is for one of several.
  final var stoppedElement: UInt64?
  /// Why it is being stopped, once it is: the error that it ends with.
  @safe @exclusivity(unchecked) package final var stopReason: (any Error)?
  /// One of these two is set, or there is a retry policy: its end needs a closer look.
  @safe @exclusivity(unchecked) package final var needsCare = false
  /// Why its cancellation flag has been raised, if it has.
  package final var askedBecause: (any Error)?
  /// The error that it threw, as the worker sent it, if that is worth another attempt.
  final var thrown: [UInt8]?
  /// It was to be stopped while someone looked at its end: it is not run again.
  final var isUnwanted = false
  /// How many elements it is a call on; 0 for any other task.
  package final var elementCount = 0
  @safe @exclusivity(unchecked) package final var priority = WorkPriority.normal
  /// Whether it counts towards the pool's limits, and the bytes that it was counted with.
  package final var isLimited = true
  final var limitedBytes = 0
  /// Someone waits who cannot collect: the collector is to do it.
  @safe @exclusivity(unchecked) package final var wantsCollector = false

  package init() {}

  /// Says how it is to be run; before it is handed over, once.
  ///
  /// Here, and not where it is called: the exclusivity of the properties is checked, at a price, by
  /// the code of other modules.
  package final func prepare(
    _ function: FunctionIndex, _ retries: borrowing RetryPolicy, _ priority: WorkPriority,
    deadlineNanoseconds: UInt64
  ) {
    self.function = function
    self.priority = priority
    self.retries = retries.count
    if !retries.isPlain {
      retryPolicy = copy retries
      needsCare = true
    }
    self.deadlineNanoseconds = deadlineNanoseconds
  }

  /// Gives up what the task kept alive for its worker.
  final func letGo() {
    if argumentBlock != nil { argumentBlock = nil }
    if !retained.isEmpty { retained = [] }
  }

  /// What the task runs, for messages.
  open var name: String { "a task" }

  /// The same for one of its elements.
  open func name(ofElement index: Int) -> String { name }

  /// The error of a task that ran for too long.
  final var lateness: PoolError {
    .deadlineExceeded(.nanoseconds(Int64(clamping: deadlineNanoseconds)), what: name)
  }

  /// The worker's answer; the bytes are valid during the call.
  open func resolve(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan) {
    preconditionFailure("a subclass decodes the result")
  }

  /// The end without an answer.
  open func fail(_ error: any Error) {
    preconditionFailure("a subclass passes the error on")
  }

  /// The end with a part of one.
  open func fail(_ error: any Error, after progress: ElementProgress) { fail(error) }
}

extension PoolTask {
  /// Several elements: those that are done keep their results when the worker dies in another.
  var isOfSeveral: Bool { elementCount > 1 }
}

/// How far a call on several elements had come when its worker ended.
public struct ElementProgress: Sendable {
  /// Elements begun, one more than finished when the worker ended in one.
  public let started: Int
  public let finished: Int
  /// The beginning of the answer: at least the results of the finished ones.
  public let answer: [UInt8]

  /// The same of a worker that was ended for an element that it had just finished: the next one has
  /// nothing to do with that.
  var beforeNext: ElementProgress {
    ElementProgress(started: finished, finished: finished, answer: answer)
  }
}

extension TaskOutcomeBytes {
  init(_ outcome: TaskOutcome) {
    self =
      switch outcome {
      case .value: .value
      case .thrown: .thrown
      case .undecodable, .unencodable: .notTransferred
      }
  }
}

/// What kind of answer a worker gave; the bytes beside it say the rest.
@frozen public enum TaskOutcomeBytes: Sendable {
  /// The value.
  case value
  /// The error that the task threw.
  case thrown
  /// A text: the call or its result could not be transferred.
  case notTransferred
}
