import EchelonMemory
import EchelonPool
import Glibc
import Synchronization

/// The threads of an `InProcessExecutor`.
extension InProcessCore {
  /// - Parameter place: a free one; nil takes the first, if there is any.
  func startThread(_ state: inout State, at place: Int? = nil) throws(PoolError) {
    let place = place ?? state.placed.prefix(state.threadLimit).firstIndex { $0 == nil }
    let thread = InProcessThread(place: place)
    let error = SystemThread.start(name: "echelon-task") { [self] in run(thread) }
    guard error == 0 else {
      throw .cannotStartWorker(step: "making a thread", reason: systemMessage(error))
    }
    state.threadCount += 1
    if let place { state.placed[place] = thread }
  }

  private enum Step: Sendable {
    case piece(InProcessWork, Int)
    case sleep(Gate)
    case end
  }

  private func run(_ thread: InProcessThread) {
    state.withLock { state in state.threads[pthread_self()] = thread }
    guard initialize(thread) else { return }
    while true {
      switch locked({ next(&$0, thread) }) {
      case .piece(let work, let piece):
        let outcome = work.runPiece(piece)
        guard let isOver = locked({ pieceEnded(of: work, on: thread, outcome, &$0) }) else {
          return
        }
        if isOver { end(work) }
      case .sleep(let gate): _ = gate.wait()
      case .end: return
      }
    }
  }

  private func next(_ state: inout State, _ thread: InProcessThread) -> Step {
    thread.gate = nil
    // One that runs instead of a blocked one, or that a smaller executor has no place for.
    let isExtra = thread.place.map { $0 >= state.threadLimit } ?? true
    while let work = nextWork(&state, thread, isExtra: isExtra) {
      guard let piece = work.takePiece() else { continue }
      if work.hasPiecesLeft { state.queue.append(work, work.priority) }
      thread.work = work
      if piece == 0, work.deadlineNanoseconds > 0 { armDeadline(of: work, &state) }
      return .piece(work, piece)
    }
    let mayStay = thread.place == nil ? state.threadCount <= state.threadAllowance : !isExtra
    if state.isShutDown || !mayStay {
      forget(thread, &state)
      // What it was to run again is for another.
      if !state.queue.isEmpty { state.sleepers.popLast()?.gate?.open() }
      return .end
    }
    let gate = Gate()
    thread.gate = gate
    state.sleepers.append(thread)
    return .sleep(gate)
  }

  private func nextWork(
    _ state: inout State, _ thread: InProcessThread, isExtra: Bool
  ) -> InProcessWork? {
    if let place = thread.place, let work = state.directed[place].popFirst() { return work }
    // The others that may run do, and come past the queue: invariant 2.
    if isExtra, state.threadCount > state.threadAllowance { return nil }
    return state.queue.popFirst()
  }

  /// - Returns: whether it was the last one; nil when the thread was given up and is to end.
  private func pieceEnded(
    of work: InProcessWork, on thread: InProcessThread, _ outcome: InProcessWork.PieceOutcome,
    _ state: inout State
  ) -> Bool? {
    if thread.isGivenUp { return nil }
    thread.work = nil
    letNoneRun(insteadOf: thread, &state)
    // It may have been asked to stop while its filter was asked.
    guard case .again(let pause) = outcome, !work.isAskedToStop, !state.cancelsPending
    else { return work.pieceEnded() }
    state.timers.remove(.deadline(ObjectIdentifier(work)))
    work.rewind()
    if pause > 0 {
      arm(.postponed(ObjectIdentifier(work)), at: MonotonicClock.now() &+ pause, &state)
    } else {
      // This thread is there to run it.
      if let place = work.place {
        state.directed[place].append(work)
      } else {
        state.queue.append(work, work.priority)
      }
    }
    return false
  }

  /// A thread ends, or is counted no more.
  func forget(_ thread: InProcessThread, _ state: inout State) {
    if let me = state.threads.first(where: { $0.value === thread })?.key {
      state.threads[me] = nil
    }
    if let place = thread.place { state.placed[place] = nil }
    letNoneRun(insteadOf: thread, &state)
    state.threadCount -= 1
    tellOfEnd(&state)
  }

  func tellOfEnd(_ state: inout State) {
    guard state.hasEnded else { return }
    for gate in state.waitingForEnd { state.deferred.append { gate.open() } }
    state.waitingForEnd = []
  }

  /// All pieces are done, or there were none.
  func end(_ work: InProcessWork) {
    // Whoever gets the result finds room for another task.
    if limits.exist { locked { state in discount(work, &state) } }
    // Before it counts as ended: whoever waits for the end of the executor finds the future complete.
    work.finish()
    forget(work)
  }

  func forget(_ work: InProcessWork) { locked { state in remove(work, &state) } }

  func remove(_ work: InProcessWork, _ state: inout State) {
    let key = ObjectIdentifier(work)
    guard state.unfinished.removeValue(forKey: key) != nil else { return }
    state.timers.remove(.deadline(key))
    state.timers.remove(.postponed(key))
    discount(work, &state)
    tellOfEnd(&state)
  }

  /// Calls `wait`, which blocks until some work is done. In a thread of this executor, where a task
  /// waits for another, a thread more may run meanwhile.
  func whileBlocked(_ wait: () -> Bool) -> Bool {
    let replaced = locked { state -> InProcessThread? in
      guard let thread = state.threads[pthread_self()] else { return nil }
      return letAnotherRun(insteadOf: thread, &state) ? thread : nil
    }
    let result = wait()
    if let replaced { locked { state in letNoneRun(insteadOf: replaced, &state) } }
    return result
  }

  /// A thread of this executor, or a Swift task that one waits for, may be about to wait in a way that
  /// is not seen here: until its piece ends, a thread more may run.
  func mayBlock() {
    locked { state in
      if let thread = state.threads[pthread_self()] ?? threadOfCurrentWork(state) {
        _ = letAnotherRun(insteadOf: thread, &state)
      }
    }
  }

  /// One that waits for the Swift task that calls this, and can be replaced still.
  private func threadOfCurrentWork(_ state: borrowing State) -> InProcessThread? {
    guard let work = InProcessWork.current, work.core === self else { return nil }
    return state.threads.values.first { $0.work === work && !$0.isReplaced }
  }

  /// Lets another thread run instead of one, and starts it when there is something to run. What it runs
  /// may wait too, and be replaced: however deep tasks wait for each other, one more can run, and never
  /// more run than may.
  /// - Returns: whether it was not replaced before.
  private func letAnotherRun(
    insteadOf thread: InProcessThread, _ state: inout State
  ) -> Bool {
    guard !thread.isReplaced, !thread.isGivenUp else { return false }
    thread.isReplaced = true
    state.replacedThreads += 1
    if !state.queue.isEmpty, state.sleepers.isEmpty, state.threadCount < state.threadAllowance {
      try? startThread(&state)
    }
    return true
  }

  private func letNoneRun(insteadOf thread: InProcessThread, _ state: inout State) {
    guard thread.isReplaced else { return }
    thread.isReplaced = false
    state.replacedThreads -= 1
  }
}
