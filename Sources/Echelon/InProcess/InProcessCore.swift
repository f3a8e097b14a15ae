import EchelonMemory
import EchelonPool
import EchelonWire
import Glibc
import Synchronization

/// The queue and the threads of an `InProcessExecutor`.
///
/// Work falls into pieces: a task is one, a job has one for each chunk. A thread takes the first piece
/// of the first work of the highest priority and puts what is left of that work at the end of its queue,
/// so that neither tasks nor jobs starve. The executor can go while threads still run: they hold this object, and end when
/// nothing is left.
///
/// ## Invariants
/// 1. A work is in the queue exactly once for as long as it has pieces that nobody has begun.
/// 2. When the queue is not empty, every thread that may run is running: whoever appends wakes or
///    starts one.
final class InProcessCore: Sendable {
  private struct State {
    /// By priority, the least urgent first.
    var queues = WorkPriority.allCases.map { _ in Queue<InProcessWork>() }
    /// Those that have not ended, by identity, for the end of the executor.
    var unfinished: [ObjectIdentifier: InProcessWork] = [:]
    /// Sleeping threads, the last one to sleep at the end.
    var sleepers: [Gate] = []
    var threads: Set<pthread_t> = []
    /// Threads, those that are only just starting included.
    var threadCount = 0
    /// Threads that wait for other work in the middle of a task: others may run instead of them.
    var blockedThreads = 0
    var isShutDown = false
    var waitingForEnd: [Gate] = []

    /// The most urgent work of those handed over.
    mutating func popFirst() -> InProcessWork? {
      for index in queues.indices.reversed() {
        if let work = queues[index].popFirst() { return work }
      }
      return nil
    }

    mutating func append(_ work: InProcessWork) {
      queues[Int(work.priority.rawValue)].append(work)
    }

    var hasEnded: Bool { isShutDown && unfinished.isEmpty && threadCount == 0 }
  }

  private let state = Mutex(State())
  private let threadLimit: Int

  init(threadLimit: Int) { self.threadLimit = threadLimit }

  // MARK: Handing over

  func submit(_ work: InProcessWork) throws(PoolError) {
    try state.withLock { state throws(PoolError) in
      if state.isShutDown { throw .shutDown }
      state.unfinished[ObjectIdentifier(work)] = work
      guard work.pieceCount > 0 else { return }
      do throws(PoolError) { try append(work, &state) } catch {
        state.unfinished[ObjectIdentifier(work)] = nil
        throw error
      }
    }
    if work.pieceCount == 0 { end(work) }
  }

  private func append(_ work: InProcessWork, _ state: inout State) throws(PoolError) {
    // A thread more for every piece, as far as they go.
    for _ in 0..<work.pieceCount {
      if let gate = state.sleepers.popLast() {
        gate.open()
      } else if state.threadCount < threadLimit + state.blockedThreads {
        do throws(PoolError) { try startThread(&state) } catch {
          if state.threadCount == 0 { throw error }
          break
        }
      } else {
        break
      }
    }
    state.append(work)
  }

  /// Takes in a work that waits for others: `begin` follows, or `cancel`.
  func hold(_ work: InProcessWork) throws(PoolError) {
    try state.withLock { state throws(PoolError) in
      if state.isShutDown { throw .shutDown }
      state.unfinished[ObjectIdentifier(work)] = work
    }
  }

  /// Begins a work that was held. One that was taken back meanwhile is passed over.
  func begin(_ work: InProcessWork) throws(PoolError) {
    try state.withLock { state throws(PoolError) in try append(work, &state) }
  }

  func warmUp() throws(PoolError) {
    try state.withLock { state throws(PoolError) in
      if state.isShutDown { throw .shutDown }
      while state.threadCount < threadLimit { try startThread(&state) }
    }
  }

  private func startThread(_ state: inout State) throws(PoolError) {
    let error = SystemThread.start(name: "echelon-task") { [self] in run() }
    guard error == 0 else {
      throw .cannotStartWorker(step: "making a thread", reason: systemMessage(error))
    }
    state.threadCount += 1
  }

  // MARK: Threads

  private enum Step {
    case piece(InProcessWork, Int)
    case sleep(Gate)
    case end([Gate])
  }

  private func run() {
    let me = pthread_self()
    state.withLock { state in _ = state.threads.insert(me) }
    while true {
      switch state.withLock({ next(&$0, me) }) {
      case .piece(let work, let piece):
        work.run(piece)
        if state.withLock({ _ in work.pieceEnded() }) { end(work) }
      case .sleep(let gate): _ = gate.wait()
      case .end(let gates):
        for gate in gates { gate.open() }
        return
      }
    }
  }

  private func next(_ state: inout State, _ me: pthread_t) -> Step {
    while let work = state.popFirst() {
      guard let piece = work.takePiece() else { continue }
      if work.hasPiecesLeft { state.append(work) }
      return .piece(work, piece)
    }
    let mayStay = state.threadCount <= threadLimit + state.blockedThreads
    if state.isShutDown || !mayStay {
      state.threads.remove(me)
      state.threadCount -= 1
      guard state.hasEnded else { return .end([]) }
      defer { state.waitingForEnd = [] }
      return .end(state.waitingForEnd)
    }
    let gate = Gate()
    state.sleepers.append(gate)
    return .sleep(gate)
  }

  /// All pieces are done, or there were none.
  private func end(_ work: InProcessWork) {
    // Before it counts as ended: whoever waits for the end of the executor finds the future complete.
    work.finish()
    forget(work)
  }

  private func forget(_ work: InProcessWork) {
    let gates = state.withLock { state -> [Gate] in
      state.unfinished[ObjectIdentifier(work)] = nil
      guard state.hasEnded else { return [] }
      defer { state.waitingForEnd = [] }
      return state.waitingForEnd
    }
    for gate in gates { gate.open() }
  }

  // MARK: Futures

  func isRunning(_ work: InProcessWork) -> Bool { state.withLock { _ in work.hasBegun } }

  /// Takes a work back if none of its pieces has begun.
  func cancel(_ work: InProcessWork) -> Bool {
    let isCancelled = state.withLock { _ in work.takeBack() }
    if isCancelled { forget(work) }
    return isCancelled
  }

  /// Calls `wait`, which blocks until some work is done. In a thread of this executor, where a task
  /// waits for another, a thread more may run meanwhile.
  func whileBlocked(_ wait: () -> Bool) -> Bool {
    let isMine = state.withLock { state in
      guard state.threads.contains(pthread_self()) else { return false }
      state.blockedThreads += 1
      replaceBlocked(&state)
      return true
    }
    let result = wait()
    if isMine { state.withLock { $0.blockedThreads -= 1 } }
    return result
  }

  /// A thread of this executor may be about to wait in a way that is not seen here: one more thread
  /// runs until the queue is empty.
  func mayBlock() {
    state.withLock { state in
      if state.threads.contains(pthread_self()) { replaceBlocked(&state) }
    }
  }

  private func replaceBlocked(_ state: inout State) {
    guard !state.queues.allSatisfy(\.isEmpty), state.sleepers.isEmpty else { return }
    try? startThread(&state)
  }

  // MARK: The end

  func shutDown(cancelPending: Bool) {
    let (gates, cancelled) = state.withLock { state -> ([Gate], [InProcessWork]) in
      state.isShutDown = true
      let cancelled = cancelPending ? state.unfinished.values.filter { $0.takeBack() } : []
      for work in cancelled { state.unfinished[ObjectIdentifier(work)] = nil }
      var gates = state.sleepers
      state.sleepers = []
      if state.hasEnded {
        gates += state.waitingForEnd
        state.waitingForEnd = []
      }
      return (gates, cancelled)
    }
    for work in cancelled { work.fail(CancellationError(), isCancelled: true) }
    for gate in gates { gate.open() }
  }

  /// Ends the futures of what runs, whose threads go on.
  func abandonRunning() {
    let late = state.withLock { Array($0.unfinished.values) }
    for work in late { work.fail(PoolError.timedOut, isCancelled: false) }
  }

  func waitUntilEnded(deadline: UInt64?) -> Bool {
    let gate = state.withLock { state -> Gate? in
      // A task that shuts its own executor down can wait for everything but itself.
      guard !state.hasEnded, !state.threads.contains(pthread_self()) else { return nil }
      let gate = Gate()
      state.waitingForEnd.append(gate)
      return gate
    }
    return gate?.wait(until: deadline) ?? true
  }
}
