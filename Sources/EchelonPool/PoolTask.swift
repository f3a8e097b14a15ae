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

  // Millions of tasks may wait in the front end. A task takes 104 bytes, subclass included, so that it fits 112 of the heap:
  // what every task has comes in as few bytes and in an order that leaves no gaps, and what few have lies elsewhere.

  @safe @exclusivity(unchecked) private final var rare: Rare?
  /// The call, when it waits in the front end.
  @safe @exclusivity(unchecked) final var message = QueuedCall.none
  @safe @exclusivity(unchecked) private final var placeKind = PlaceKind.new
  @safe @exclusivity(unchecked) package final var priority = WorkPriority.normal
  /// Something in `rare` is why its end needs a closer look.
  @safe @exclusivity(unchecked) package final var needsCare = false
  /// Whether it counts towards the pool's limits.
  package final var isLimited = true
  /// Someone waits who cannot collect: the collector is to do it.
  @safe @exclusivity(unchecked) package final var wantsCollector = false
  @safe @exclusivity(unchecked) private final var seatNumber: Int16 = -1
  @safe @exclusivity(unchecked) private final var placeSlot: UInt32 = 0
  @safe @exclusivity(unchecked) private final var placeGeneration: UInt32 = 0
  @safe @exclusivity(unchecked) package final var function = FunctionIndex(0)
  @safe @exclusivity(unchecked) private final var retryCount: UInt32 = 0
  @safe @exclusivity(unchecked) private final var attemptNumber: UInt32 = 0
  @safe @exclusivity(unchecked) private final var elements: UInt32 = 0

  private enum PlaceKind: UInt8 { case new, waiting, queued, slot, gone }

  /// What few tasks have, made for the first of it: before the task is handed over, or under the lock.
  private final class Rare {
    var argumentBlock: ArenaBlock?
    var retained: [AnyObject] = []
    var retryPolicy: RetryPolicy?
    var deaths = 0
    var deadlineNanoseconds: UInt64 = 0
    var seenRunningSince: UInt64 = 0
    var seenRunning: UInt32 = 0
    var stoppedElement: UInt64?
    var stopReason: (any Error)?
    var askedBecause: (any Error)?
    var thrown: [UInt8]?
    var isUnwanted = false
    var limitedBytes = 0
    var attachment: AnyObject?
  }

  private final func madeRare() -> Rare {
    if let rare { return rare }
    let made = Rare()
    rare = made
    return made
  }

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
    if deadlineNanoseconds > 0 { self.deadlineNanoseconds = deadlineNanoseconds }
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

// In the class's own file, so that all of this is a load and a comparison.
extension PoolTask {
  package final var place: Place {
    get {
      switch placeKind {
      case .new: .new
      case .waiting: .waiting
      case .queued: .queued
      case .slot: .slot(SlotIndex(Int(placeSlot)), generation: placeGeneration)
      case .gone: .gone
      }
    }
    set {
      switch newValue {
      case .new: placeKind = .new
      case .waiting: placeKind = .waiting
      case .queued: placeKind = .queued
      case .slot(let slot, let generation):
        (placeSlot, placeGeneration) = (UInt32(slot.value), generation)
        placeKind = .slot
      case .gone: placeKind = .gone
      }
    }
  }

  /// The call, when it is too large for a slot.
  package final var argumentBlock: ArenaBlock? {
    get { rare?.argumentBlock }
    set {
      if newValue != nil { madeRare().argumentBlock = newValue } else { rare?.argumentBlock = nil }
    }
  }

  /// What the call names by handle.
  package final var retained: [AnyObject] {
    get { rare?.retained ?? [] }
    set { if !newValue.isEmpty { madeRare().retained = newValue } else { rare?.retained = [] } }
  }

  /// How many more times it may run.
  package final var retries: Int {
    get { Int(retryCount) }
    set { retryCount = UInt32(clamping: newValue) }
  }

  package final var attempt: Int {
    get { Int(attemptNumber) }
    set { attemptNumber = UInt32(clamping: newValue) }
  }

  /// The one worker that is to run it; nil for any.
  final var seat: SeatIndex? {
    get { seatNumber < 0 ? nil : SeatIndex(Int(seatNumber)) }
    set { seatNumber = newValue.map { Int16($0.value) } ?? -1 }
  }

  /// What else there is to say about retries; nil for a plain count.
  package final var retryPolicy: RetryPolicy? {
    get { rare?.retryPolicy }
    set {
      if newValue != nil { madeRare().retryPolicy = newValue } else { rare?.retryPolicy = nil }
    }
  }

  /// How many of its attempts a worker's death has ended.
  package final var deaths: Int {
    get { rare?.deaths ?? 0 }
    set { madeRare().deaths = newValue }
  }

  /// How long it may run, counted from when a worker begins it; 0 is without a limit.
  package final var deadlineNanoseconds: UInt64 {
    get { rare?.deadlineNanoseconds ?? 0 }
    set { if newValue != self.deadlineNanoseconds { madeRare().deadlineNanoseconds = newValue } }
  }

  /// When it was first seen to run, for a worker that does not say; and its generation then.
  final var seenRunningSince: UInt64 {
    get { rare?.seenRunningSince ?? 0 }
    set { madeRare().seenRunningSince = newValue }
  }

  final var seenRunning: UInt32 {
    get { rare?.seenRunning ?? 0 }
    set { madeRare().seenRunning = newValue }
  }

  /// When the element began that it is being stopped for, if it is for one of several.
  final var stoppedElement: UInt64? {
    get { rare?.stoppedElement }
    set {
      if newValue != nil {
        madeRare().stoppedElement = newValue
      } else {
        rare?.stoppedElement = nil
      }
    }
  }

  /// Why it is being stopped, once it is: the error that it ends with.
  package final var stopReason: (any Error)? {
    get { rare?.stopReason }
    set { if newValue != nil { madeRare().stopReason = newValue } else { rare?.stopReason = nil } }
  }

  /// Why its cancellation flag has been raised, if it has.
  package final var askedBecause: (any Error)? {
    get { rare?.askedBecause }
    set {
      if newValue != nil { madeRare().askedBecause = newValue } else { rare?.askedBecause = nil }
    }
  }

  /// The error that it threw, as the worker sent it, if that is worth another attempt. Set without the lock, by whoever
  /// collects it: of a task that needs care, which is why there is a place for it.
  final var thrown: [UInt8]? {
    get { rare?.thrown }
    set { if newValue != nil { madeRare().thrown = newValue } else { rare?.thrown = nil } }
  }

  /// It was to be stopped while someone looked at its end: it is not run again.
  final var isUnwanted: Bool {
    get { rare?.isUnwanted ?? false }
    set { madeRare().isUnwanted = newValue }
  }

  /// How many elements it is a call on; 0 for any other task.
  package final var elementCount: Int {
    get { Int(elements) }
    set { elements = UInt32(newValue) }
  }

  /// The bytes that it was counted with.
  final var limitedBytes: Int {
    get { rare?.limitedBytes ?? 0 }
    set { if newValue != self.limitedBytes { madeRare().limitedBytes = newValue } }
  }

  /// What a subclass keeps for few of its tasks.
  package final var attachment: AnyObject? {
    get { rare?.attachment }
    set { if newValue != nil { madeRare().attachment = newValue } else { rare?.attachment = nil } }
  }
}

/// The call of a task that waits in the front end: few bytes lie in the task itself.
enum QueuedCall {
  case short(ShortBytes)
  case long([UInt8])

  /// No call.
  static var none: QueuedCall { .short(ShortBytes()) }

  /// A copy of the bytes.
  init(_ bytes: RawSpan) {
    self = ShortBytes(bytes).map { .short($0) } ?? .long(bytes.copied())
  }

  func withRawSpan<Result>(_ body: (RawSpan) throws -> Result) rethrows -> Result {
    switch self {
    case .short(let bytes): try bytes.withRawSpan(body)
    case .long(let bytes): try bytes.withRawSpan(body)
    }
  }
}

extension PoolTask {
  /// Several elements: those that are done keep their results when the worker dies in another.
  var isOfSeveral: Bool { elementCount > 1 }
}

/// How far a call on several elements had come when its worker ended.
public struct ElementProgress: Sendable {
  /// Elements begun, one more than finished when the worker ended in one.
  public let started: Int
  /// Elements that are done.
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
