package import EchelonMemory
package import EchelonWire

/// One task as the pool carries it; a subclass knows what its result means.
///
/// The engine's lock guards every stored property; `resolve` and `fail` are called without it, once.
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

  package final var place = Place.new
  package final var function = FunctionIndex(0)
  /// The call, when it waits in the front end.
  package final var message: [UInt8] = []
  /// The call, when it is too large for a slot.
  package final var argumentBlock: ArenaBlock?
  /// What the call names by handle.
  package final var retained: [AnyObject] = []
  package final var retries = 0
  package final var priority = WorkPriority.normal
  /// The one worker that is to run it; nil for any.
  final var seat: SeatIndex?
  package final var attempt = 0
  /// Whether it counts towards the pool's limits, and the bytes that it was counted with.
  package final var isLimited = true
  final var limitedBytes = 0
  /// Someone waits who cannot collect: the collector is to do it.
  package final var wantsCollector = false

  package init() {}

  /// Gives up what the task kept alive for its worker.
  final func letGo() {
    if argumentBlock != nil { argumentBlock = nil }
    if !retained.isEmpty { retained = [] }
  }

  /// What the task runs, for messages.
  open var name: String { "a task" }

  /// The worker's answer; the bytes are valid during the call.
  open func resolve(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan) {
    preconditionFailure("a subclass decodes the result")
  }

  /// The end without an answer.
  open func fail(_ error: any Error) {
    preconditionFailure("a subclass passes the error on")
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
