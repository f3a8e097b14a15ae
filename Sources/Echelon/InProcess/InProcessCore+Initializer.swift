import EchelonMemory
import EchelonPool
import EchelonTransfer
import Synchronization

/// What every thread runs before anything else; the rules are those of a pool's workers.
extension InProcessCore {
  /// - Returns: whether the thread may run work. If not it has been forgotten, and another tries.
  func initialize(_ thread: InProcessThread) -> Bool {
    guard let initializer else { return true }
    let isWanted = locked { state in
      if state.isGivingUp { forget(thread, &state) }
      return !state.isGivingUp
    }
    guard isWanted else { return false }
    let failure = StartCall.run(initializer).map { StartFailure($0) }
    return locked { state in
      if thread.isGivenUp { return false }
      thread.isReady = true
      if let failure {
        initializerFailed(failure, on: thread, &state)
      } else {
        state.initializerFailures = 0
      }
      for gate in state.waitingForStart { state.deferred.append { gate.open() } }
      state.waitingForStart = []
      return failure == nil
    }
  }

  /// A few more are tried, since what it needed may come; then it is an error, not a loop.
  private func initializerFailed(
    _ failure: StartFailure, on thread: InProcessThread, _ state: inout State
  ) {
    state.initializerFailures += 1
    forget(thread, &state)
    // Nothing is left to run.
    if state.isShutDown, state.unfinished.isEmpty, state.openSteps == 0 { return }
    if state.initializerFailures < PoolEngine.initializerFailureLimit {
      do throws(PoolError) { return try startThread(&state, at: thread.place) } catch {
        return couldNotStart(error, because: error, at: thread.place, &state)
      }
    }
    let (cause, text): ((any Error)?, String) =
      switch failure {
      case .thrown(let error): (error, "\(error)")
      case .notRun(let text): (nil, text)
      case .threads: (nil, "\(failure)")
      }
    let error = PoolError.initializerFailed(
      attempts: state.initializerFailures, error: text, lastWords: [])
    state.initializerFailures = 0
    state.startFailure = error
    couldNotStart(error, because: cause ?? error, at: thread.place, &state)
  }

  /// Goes on with the threads that there are, if any of them can.
  private func couldNotStart(
    _ error: PoolError, because cause: any Error, at place: Int?, _ state: inout State
  ) {
    if state.threadCount == 0 { return breakDown(error, because: cause, &state) }
    if let place { for work in state.directed[place].removeAll() { fail(work, cause, &state) } }
    guard !state.hasThreadToSpare else { return }
    // Those that are left wait for what nobody runs.
    for work in Array(state.unfinished.values) where work.hasPiecesLeft {
      fail(work, cause, &state)
    }
  }

  /// Fails everything, now and later.
  private func breakDown(_ error: PoolError, because cause: any Error, _ state: inout State) {
    state.broken = error
    wakeAllForRoom(&state)
    _ = state.queue.removeAll()
    for place in state.directed.indices { _ = state.directed[place].removeAll() }
    for work in Array(state.unfinished.values) { fail(work, cause, &state) }
  }

  private func fail(_ work: InProcessWork, _ error: any Error, _ state: inout State) {
    guard !work.isOver else { return }
    if !work.takeBack() { return giveUp(work, error, isCancelled: false, &state) }
    discount(work, &state)
    state.deferred.append { [self] in
      work.dependent?.release()
      work.fail(error, isCancelled: false)
      forget(work)
    }
  }

  /// Throws when no work is taken.
  func checkOpen(_ state: borrowing State, isContinuation: Bool = false) throws(PoolError) {
    if let broken = state.broken { throw broken }
    guard state.isShutDown else { return }
    if !isContinuation || state.isGivingUp { throw .shutDown }
    if state.cancelsPending { throw .cancelled }
  }
}
