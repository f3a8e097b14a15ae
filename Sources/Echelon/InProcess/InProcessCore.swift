import Dispatch
import EchelonMemory
import EchelonPool
import EchelonWire
import Glibc
import Synchronization

/// The queue and the threads of an `InProcessExecutor`.
///
/// Work falls into pieces: a task is one, a job has one for each chunk. A thread takes the first piece
/// of the first work of the highest priority and puts what is left of that work at the end of its queue,
/// so that neither tasks nor jobs starve. The executor can go while threads still run: they hold this
/// object, and end when nothing is left.
///
/// ## Invariants
/// 1. A work is in the queue exactly once for as long as it has pieces that nobody has begun and that
///    may begin now.
/// 2. When the queue is not empty, every thread that may run is running: whoever appends wakes or
///    starts one.
/// 3. A work is in `unfinished` from when it is handed over until its future has ended.
final class InProcessCore: Sendable {
  /// When the executor is to look at something.
  enum TimerKey: Hashable {
    /// A work that may not run for longer.
    case deadline(ObjectIdentifier)
    /// A task that is to be run again.
    case postponed(ObjectIdentifier)
  }

  struct State {
    var queue = PriorityQueue<InProcessWork>()
    /// By place, what a thread is to run before anything else.
    var directed: [Queue<InProcessWork>]
    /// Those that have not ended, by identity, for the end of the executor.
    var unfinished: [ObjectIdentifier: InProcessWork] = [:]
    /// The most threads that run at once, those aside that wait for other work.
    var threadLimit: Int
    /// By place, those that were started and have not ended.
    var placed: [InProcessThread?]
    /// Those that run, to find the calling one by.
    var threads: [pthread_t: InProcessThread] = [:]
    /// The last one to sleep at the end.
    var sleepers: [InProcessThread] = []
    /// Threads, those that are only just starting included, without those given up.
    var threadCount = 0
    /// How many of them are replaced, and so let another run.
    var replacedThreads = 0
    /// Initializers that have failed since the last one that did not.
    var initializerFailures = 0
    /// Why no more threads are started.
    var startFailure: PoolError?
    /// Why nothing runs any more.
    var broken: PoolError?
    /// Those who wait for threads to be ready.
    var waitingForStart: [Gate] = []
    var isShutDown = false
    /// What has not begun is cancelled: work of several jobs begins no further one, and no task is run
    /// again.
    var cancelsPending = false
    /// What is late is given up.
    var isGivingUp = false
    /// Work of several jobs that has not ended.
    var openSteps = 0
    var waitingForEnd: [Gate] = []
    var timers = TimerHeap<TimerKey>()
    /// The next moment at which `runTimers` is called anyway.
    var nextLook = UInt64.max
    // What counts towards the limits, and who waits for room.
    var limitedTasks = 0
    var limitedBytes = 0
    var roomWaiters = Queue<RoomWaiter>()
    /// What is to be done without the lock.
    var deferred: [@Sendable () -> Void] = []

    init(threadLimit: Int) {
      self.threadLimit = threadLimit
      directed = Array(repeating: Queue(), count: threadLimit)
      placed = Array(repeating: nil, count: threadLimit)
    }

    /// Threads that may be there at this moment.
    var threadAllowance: Int { threadLimit + replacedThreads }
    /// Whether there is one that does not wait for other work.
    var hasThreadToSpare: Bool { threadCount > replacedThreads }
    var hasEnded: Bool {
      isShutDown && unfinished.isEmpty && openSteps == 0 && threadCount == 0
    }
  }

  let state: Mutex<State>
  let limits: InProcessLimits
  // With threads of its own, so that it works when all of the global queues' are blocked.
  let timerQueue = DispatchQueue(label: "echelon.timers")

  /// A call for every thread, as bytes.
  let initializer: [UInt8]?

  init(threadLimit: Int, limits: InProcessLimits, initializer: [UInt8]?) {
    self.limits = limits
    self.initializer = initializer
    state = Mutex(State(threadLimit: threadLimit))
  }

  /// Changes the state, and then does without the lock what that has brought about.
  func locked<R: Sendable, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
    let (result, deferred) = state.withLock { state -> (Result<R, E>, [@Sendable () -> Void]) in
      let result: Result<R, E>
      do throws(E) { result = .success(try body(&state)) } catch { result = .failure(error) }
      guard !state.deferred.isEmpty else { return (result, []) }
      defer { state.deferred = [] }
      return (result, state.deferred)
    }
    for action in deferred { action() }
    return try result.get()
  }

  var threadLimit: Int { state.withLock { $0.threadLimit } }

  // MARK: Handing over

  func submit(_ work: InProcessWork) throws(PoolError) {
    try locked { state throws(PoolError) in
      try admit(work, &state)
      guard work.pieceCount > 0 else { return }
      do throws(PoolError) { try append(work, &state) } catch {
        remove(work, &state)
        throw error
      }
    }
    if work.pieceCount == 0 { end(work) }
  }

  /// Takes in a work that waits for others: `begin` follows, or `cancel`.
  func hold(_ work: InProcessWork) throws(PoolError) {
    try locked { state throws(PoolError) in try admit(work, &state) }
  }

  /// Begins a work that was held. One that was taken back meanwhile is passed over.
  /// - Parameter byteCount: what it counts with from now on; nil leaves that as it is.
  func begin(_ work: InProcessWork, byteCount: Int? = nil) throws(PoolError) {
    try locked { state throws(PoolError) in
      guard work.hasPiecesLeft else { return }
      if let broken = state.broken { throw broken }
      if let byteCount { recount(work, byteCount: byteCount, &state) }
      try append(work, &state)
    }
  }

  /// Puts work into the queue, with a thread more for every piece, as far as they go.
  func append(_ work: InProcessWork, _ state: inout State) throws(PoolError) {
    for _ in 0..<work.pieceCount {
      if let sleeper = state.sleepers.popLast() {
        sleeper.gate?.open()
      } else if state.threadCount < state.threadAllowance,
        state.startFailure == nil || !state.hasThreadToSpare
      {
        do throws(PoolError) { try startThread(&state) } catch {
          if state.threadCount == 0 { throw error }
          break
        }
      } else {
        break
      }
    }
    state.queue.append(work, work.priority)
  }

  /// Hands over one work for each place, which the thread there runs before anything else.
  func broadcast(_ directed: [InProcessWork]) throws(PoolError) {
    try locked { state throws(PoolError) in
      try checkOpen(state)
      // It would have to run its own in the middle of what it runs.
      if isInsideTask(state) { throw .wouldDeadlock("broadcast") }
      for place in directed.indices where state.placed[place] == nil {
        try startThread(&state, at: place)
      }
      for (place, work) in directed.enumerated() {
        work.place = place
        state.unfinished[ObjectIdentifier(work)] = work
        state.directed[place].append(work)
        wake(state.placed[place], &state)
      }
    }
  }

  func wake(_ thread: InProcessThread?, _ state: inout State) {
    guard let index = state.sleepers.firstIndex(where: { $0 === thread }) else { return }
    state.sleepers.remove(at: index).gate?.open()
  }

  func warmUp() throws(PoolError) {
    try locked { state throws(PoolError) in
      try checkOpen(state)
      state.startFailure = nil
      while state.threadCount < state.threadLimit { try startThread(&state) }
    }
    guard initializer != nil else { return }
    while true {
      let gate = try locked { state throws(PoolError) -> Gate? in
        if let failure = state.broken ?? state.startFailure { throw failure }
        guard state.placed.contains(where: { $0?.isReady == false }) else { return nil }
        let gate = Gate()
        state.waitingForStart.append(gate)
        return gate
      }
      guard let gate else { return }
      _ = gate.wait()
    }
  }

  /// Changes the most threads that run.
  func resize(to count: Int) {
    locked { state in
      while state.placed.count < count {
        state.placed.append(nil)
        state.directed.append(Queue())
      }
      for place in count..<max(count, state.threadLimit) {
        // What is too many leaves when it has nothing to do; what nobody is there for is cancelled.
        if state.placed[place] == nil {
          for work in state.directed[place].removeAll() { _ = takeBack(work, &state) }
        }
      }
      state.threadLimit = count
      for sleeper in state.sleepers { sleeper.gate?.open() }
      state.sleepers = []
      let pieces = state.queue.reduce(0) { $0 + $1.unbegunPieces }
      for _ in 0..<min(pieces, max(0, state.threadAllowance - state.threadCount)) {
        do throws(PoolError) { try startThread(&state) } catch { break }
      }
    }
  }

  /// Keeps the executor open for work of several jobs.
  func beginSteps(isContinuation: Bool) throws(PoolError) {
    try locked { state throws(PoolError) in
      try checkOpen(state, isContinuation: isContinuation)
      state.openSteps += 1
    }
  }

  func endSteps() {
    locked { state in
      state.openSteps -= 1
      tellOfEnd(&state)
    }
  }

  // MARK: The end

  func shutDown(cancelPending: Bool) {
    locked { state in
      state.isShutDown = true
      if cancelPending {
        state.cancelsPending = true
        for work in Array(state.unfinished.values) { _ = takeBack(work, &state) }
      }
      for sleeper in state.sleepers { sleeper.gate?.open() }
      state.sleepers = []
      wakeAllForRoom(&state)
      tellOfEnd(&state)
    }
  }

  private func giveUpWhatIsLeft() {
    locked { state in
      state.isGivingUp = true
      for thread in state.threads.values where initializer != nil && !thread.isReady {
        thread.isGivenUp = true
        forget(thread, &state)
      }
      for work in Array(state.unfinished.values) where !work.isOver {
        if !takeBack(work, &state) {
          giveUp(work, PoolError.timedOut, isCancelled: false, &state)
        }
      }
    }
  }

  /// Waits until all work and all threads have ended.
  /// - Parameter limit: how long, before what is late is given up; nil is for ever.
  func waitUntilEnded(givingUpAfter limit: Duration?) {
    if waitUntilEnded(deadline: limit.flatMap(MonotonicClock.deadline(after:))) { return }
    giveUpWhatIsLeft()
    _ = waitUntilEnded(deadline: nil)
  }

  /// Whether a task of this executor calls, or a Swift task that one waits for.
  func isInsideTask(_ state: borrowing State) -> Bool {
    state.threads[pthread_self()] != nil || InProcessWork.current?.core === self
  }

  private func waitUntilEnded(deadline: UInt64?) -> Bool {
    let gate = state.withLock { state -> Gate? in
      // A task that shuts its own executor down can wait for everything but itself.
      guard !state.hasEnded, !isInsideTask(state) else { return nil }
      let gate = Gate()
      state.waitingForEnd.append(gate)
      return gate
    }
    return gate?.wait(until: deadline) ?? true
  }
}
