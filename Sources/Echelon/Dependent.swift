import EchelonPool
import Synchronization

/// A task that an executor has taken in and that is not to begin yet.
protocol HeldTask: AnyObject, Sendable {
  var untypedFuture: AnyFuture { get }
  /// The end of a task that was to wait for others. The caller ends its future.
  /// - Returns: false when it is no longer held.
  func abandon() -> Bool
}

/// A task that begins when futures have ended, and fails when one of them does.
///
/// Nobody waits for them: the last one to end starts the task, on whatever thread ends it.
final class Dependent: Sendable {
  private struct State {
    /// Inputs that have not ended, and one more while the inputs are being told of this.
    var missing = 1
    var inputs: [AnyFuture]
    /// Those that have been told of this.
    var told: [AnyFuture] = []
    /// Gone when the task was started, failed or cancelled.
    var task: (any HeldTask)?
    var start: (@Sendable () throws -> Void)?
  }

  private let state: Mutex<State>

  /// - Parameter start: hands the task over; called once, when every input has a value.
  init(
    _ task: any HeldTask, inputs: [AnyFuture], start: @escaping @Sendable () throws -> Void
  ) {
    var seen: Set<ObjectIdentifier> = []
    let distinct = inputs.filter { seen.insert(ObjectIdentifier($0)).inserted }
    state = Mutex(State(inputs: distinct, task: task, start: start))
  }

  /// Asks the inputs to tell of their ends.
  func begin() {
    for input in state.withLock({ $0.inputs }) {
      state.withLock { $0.missing += 1 }
      if !input.add(self) {
        Self.settle([self], after: input)
      } else {
        let isHeld = state.withLock { state in
          if state.task != nil { state.told.append(input) }
          return state.task != nil
        }
        if !isHeld { input.forgetDependent() }
      }
      // An input has failed, or the task was cancelled: the others need not know.
      if isReleased { return }
    }
    Self.settle([self], after: nil)
  }

  /// Whether its task was started, failed or cancelled.
  var isReleased: Bool { state.withLock { $0.task == nil } }

  /// Forgets the task, which was cancelled.
  func release() {
    for input in take(unlessMissing: false)?.told ?? [] { input.forgetDependent() }
  }

  /// Tells dependents that an input has ended, and theirs, and so on. One loop instead of a call within
  /// a call: a chain may be of any length.
  static func settle(_ dependents: [Dependent], after input: AnyFuture?) {
    var work = Queue<(Dependent, AnyFuture?)>()
    for dependent in dependents { work.append((dependent, input)) }
    while let (dependent, input) = work.popFirst() {
      guard let (future, failed) = dependent.inputEnded(input) else { continue }
      for next in failed { work.append((next, future)) }
    }
  }

  /// - Returns: the future that failed, and who waits for it; nil when none did.
  private func inputEnded(_ input: AnyFuture?) -> (AnyFuture, [Dependent])? {
    if let input, let failure = input.failure {
      guard let (task, _, told) = take(unlessMissing: false) else { return nil }
      for other in told where other !== input { other.forgetDependent() }
      return fail(task, failure, isCancelled: input.isCancelled)
    }
    state.withLock { $0.missing -= 1 }
    guard let (task, start, _) = take(unlessMissing: true) else { return nil }
    do {
      try start()
      return nil
    } catch {
      return fail(task, error, isCancelled: false)
    }
  }

  private func fail(
    _ task: any HeldTask, _ error: any Error, isCancelled: Bool
  ) -> (AnyFuture, [Dependent])? {
    guard task.abandon() else { return nil }
    return (task.untypedFuture, task.untypedFuture.failLeavingDependents(error, isCancelled))
  }

  private typealias Taken = (
    task: any HeldTask, start: @Sendable () throws -> Void, told: [AnyFuture]
  )

  /// Takes the task out, which only one can.
  private func take(unlessMissing: Bool) -> Taken? {
    state.withLock { state in
      guard let task = state.task, let start = state.start, !unlessMissing || state.missing == 0
      else { return nil }
      let told = state.told
      state.task = nil
      state.start = nil
      state.inputs = []
      state.told = []
      return (task, start, told)
    }
  }
}
