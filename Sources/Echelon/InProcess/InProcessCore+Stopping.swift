import Dispatch
import EchelonMemory
import EchelonPool
import Synchronization

/// Stopping what was handed over, and what is due at a moment.
extension InProcessCore {
  func isRunning(_ work: InProcessWork) -> Bool { state.withLock { _ in work.hasBegun } }

  /// Takes a work back if none of its pieces has begun. The caller ends its future.
  func cancel(_ work: InProcessWork) -> Bool {
    locked { state in
      guard work.takeBack() else { return false }
      remove(work, &state)
      return true
    }
  }

  /// The same, and ends its future.
  func takeBack(_ work: InProcessWork, _ state: inout State) -> Bool {
    guard work.takeBack() else { return false }
    discount(work, &state)
    state.deferred.append { [self] in
      work.dependent?.release()
      work.fail(CancellationError(), isCancelled: true)
      forget(work)
    }
    return true
  }

  /// Asks a work to stop that has begun, or gives it up.
  /// - Returns: whether it is certain to end as cancelled.
  func stop(_ work: InProcessWork, _ mode: CancellationMode) -> Bool {
    locked { state in
      guard state.unfinished[ObjectIdentifier(work)] != nil, work.hasBegun, !work.isOver
      else { return false }
      if mode == .force {
        giveUp(work, CancellationError(), isCancelled: true, &state)
        return true
      }
      work.askToStop()
      guard work.leavesOutWhatIsLeft else { return false }
      if work.passOverWhatIsLeft() { state.deferred.append { [self] in end(work) } }
      return true
    }
  }

  /// Ends the future of a work at once. A thread cannot be ended from outside: those that run it are
  /// counted no more, others run instead of them, and they end when it returns.
  func giveUp(
    _ work: InProcessWork, _ error: any Error, isCancelled: Bool, _ state: inout State
  ) {
    work.giveUp()
    let running = state.threads.values.filter { $0.work === work }
    for thread in running {
      thread.isGivenUp = true
      thread.work = nil
      forget(thread, &state)
    }
    discount(work, &state)
    state.deferred.append { [self] in
      work.endGivenUp(error, isCancelled: isCancelled)
      // Only now: what it does when it sees this is of no interest any more.
      work.askToStop()
      forget(work)
    }
    for thread in running { replace(thread, &state) }
  }

  private func replace(_ thread: InProcessThread, _ state: inout State) {
    // What was broadcast to this place runs here or nowhere, also when there are fewer threads to be by now.
    let hasDirected = thread.place.map { !state.directed[$0].isEmpty } ?? false
    let hasShared = !state.queue.isEmpty && state.threadCount < state.threadAllowance
    guard hasDirected || hasShared else { return }
    do throws(PoolError) {
      try startThread(&state, at: thread.place)
    } catch {
      guard state.threadCount == 0 else { return }
      // Nobody is left to run anything.
      for work in state.unfinished.values where work.takeBack() {
        state.deferred.append { [self] in
          work.fail(error, isCancelled: false)
          forget(work)
        }
      }
    }
  }

  /// Puts work that has waited to be run again where it is to run.
  private func appendAgain(_ work: InProcessWork, _ state: inout State) throws(PoolError) {
    guard let place = work.place else { return try append(work, &state) }
    if state.placed[place] == nil { try startThread(&state, at: place) }
    state.directed[place].append(work)
    wake(state.placed[place], &state)
  }

  // MARK: Moments

  func arm(_ key: TimerKey, at moment: UInt64, _ state: inout State) {
    state.timers.set(key, at: moment)
    lookAgain(&state)
  }

  func armDeadline(of work: InProcessWork, _ state: inout State) {
    arm(
      .deadline(ObjectIdentifier(work)),
      at: MonotonicClock.now() &+ work.deadlineNanoseconds, &state)
  }

  private func lookAgain(_ state: inout State) {
    guard let moment = state.timers.earliest, moment < state.nextLook else { return }
    state.nextLook = moment
    let left = MonotonicClock.nanosecondsLeft(until: moment) ?? 0
    state.deferred.append { [self] in
      timerQueue.asyncAfter(deadline: .now() + .nanoseconds(Int(left))) { [self] in runTimers() }
    }
  }

  private func runTimers() {
    locked { state in
      state.nextLook = .max
      let now = MonotonicClock.now()
      while let key = state.timers.popDue(at: now) {
        switch key {
        case .deadline(let id):
          guard let work = state.unfinished[id], work.hasBegun, !work.isOver else { continue }
          // A job that was asked to stop is certain to end as cancelled.
          let isCancelled = work.leavesOutWhatIsLeft && work.isAskedToStop
          giveUp(
            work, isCancelled ? CancellationError() : work.lateness, isCancelled: isCancelled,
            &state)
        case .postponed(let id):
          guard let work = state.unfinished[id], work.hasPiecesLeft else { continue }
          do throws(PoolError) { try appendAgain(work, &state) } catch {
            guard work.takeBack() else { continue }
            state.deferred.append { [self] in
              work.fail(error, isCancelled: false)
              forget(work)
            }
          }
        }
      }
      lookAgain(&state)
    }
  }
}
