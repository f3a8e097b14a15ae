public import CEchelon
public import EchelonMemory

/// Sleeping and waking, without a lock and without a shared semaphore: each worker sleeps on a word
/// of its own, so that a wake-up given to a worker that is killed at that instant loses nothing but
/// itself, and the supervisor, which sees the death, wakes the others to look again.
///
/// The invariant: when work is ready and a worker sleeps, someone awake is going to look at the
/// queue: a worker on a chair (it looks again after it leaves the chair), or one that is being
/// woken. Whoever claims a task or a chunk has given up its chair, and then, if more is ready, wakes the next.
///
/// As long as as many workers are awake as there are processors, no more are woken: they would only take
/// each other's turn. Those that are awake look again when they are through with what they are at; that
/// one of them waits for something else than a processor, or has long work, the front end sees
/// (`PoolEngine.lookWhoIsAtWork`), and wakes others.
extension Wire {
  /// What came of a wish to wake a worker.
  @frozen public enum WakeUp: Sendable {
    case woken
    /// As many are awake as can run at once.
    case enough
    case nobodySleeps
  }

  /// After work was published: makes sure that someone looks at it.
  @inlinable public func wakeWorkerIfNeeded() {
    // ORDER(wake-up): these loads come after the sequential store of `tail` or `activeJobs`.
    // MODEL(look.1)
    for index in 0..<ECHELON_CHAIR_LIMIT where chair(index).loadSequential() != 0 { return }
    step()
    _ = wakeOneOfUse()
  }

  /// Wakes one sleeping worker, unless as many are awake as there are processors.
  @inlinable public func wakeOneOfUse() -> WakeUp {
    let surplus = Int(surplusWorkers.load())
    // MODEL(wake.5)
    if surplus > 0, (1...surplus) ~= sleeperCount { return .enough }
    return wakeOne() ? .woken : .nobodySleeps
  }

  /// Wakes one sleeping worker, the one on the lowest seat: the one most recently used.
  @inlinable public func wakeOne() -> Bool {
    for group in 0..<4 {
      let word = sleepers(group)
      while true {
        // MODEL(wake.1)
        let bits = word.loadSequential()
        guard bits != 0 else { break }
        let bit = bits & (0 &- bits)
        // Whoever clears the bit has undertaken the wake-up.
        step()
        // MODEL(wake.2)
        guard word.fetchAnd(~bit) & bit != 0 else { continue }
        let index = SeatIndex(group * 64 + bit.trailingZeroBitCount)
        guard index.value < layout.seatCount else { continue }
        let wake = seat(index).wake
        pass(.wakingOther)
        // MODEL(wake.3) MODEL(wake.4)
        wake.storeSequential(0)
        wake.wake(1)
        return true
      }
    }
    return false
  }

  /// After a claim: has someone look at what is left, if anything is.
  /// - Parameter job: one of which what was claimed is a part, and which takes care of what else it has.
  @inlinable public func passOn(besides job: JobIndex? = nil) {
    // First what seldom changes: the queue's words are on their way between processors all the time.
    // A worker that goes to sleep after this look looks at the queue after it has said so.
    // MODEL(pass.1)
    guard hasSleeper || interest.loadSequential() & CollectorInterest.growth != 0 else { return }
    // MODEL(pass.2)
    guard hasClaimableWork(besides: job), wakeOneOfUse() == .nobodySleeps else { return }
    // ORDER(growth): sequential, after the claim; the collector looks again before it sleeps.
    if interest.loadSequential() & CollectorInterest.growth != 0 { ringCollector() }
  }

  /// The same for a worker that takes nothing more, and so is none of those that are enough.
  package func passOnForGood() {
    passOn()
    if hasClaimableWork, hasEnoughAwake { _ = wakeOne() }
  }

  /// Whether a worker has said that it sleeps.
  @inlinable public var hasSleeper: Bool {
    for group in 0..<4 where sleepers(group).loadSequential() != 0 { return true }
    return false
  }

  /// How many workers have said that they sleep.
  @inlinable var sleeperCount: Int {
    (0..<4).reduce(0) { $0 + sleepers($1).loadSequential().nonzeroBitCount }
  }

  /// Whether no more workers are woken for ready work, since as many are awake as there are processors.
  package var hasEnoughAwake: Bool {
    let surplus = Int(surplusWorkers.load())
    return surplus > 0 && (1...surplus) ~= sleeperCount
  }

  /// Whether a worker sleeps, and nobody has undertaken to wake it.
  package func isAsleep(_ index: SeatIndex) -> Bool {
    sleepers(index.value / 64).loadSequential() & 1 << UInt64(index.value % 64) != 0
  }

  /// Wakes every worker to look again: after a death, at shutdown.
  package func wakeAll() {
    for index in usedSeats {
      let bit = UInt64(1) << UInt64(index % 64)
      // MODEL(wakeAll.1)
      _ = sleepers(index / 64).fetchAnd(~bit)
      let wake = seat(SeatIndex(index)).wake
      step()
      // MODEL(wakeAll.2)
      wake.storeSequential(0)
      wake.wake(.max)
    }
  }

  /// Wakes the worker on one seat, for an order.
  package func wake(_ index: SeatIndex) {
    _ = sleepers(index.value / 64).fetchAnd(~(1 << UInt64(index.value % 64)))
    step()
    let wake = seat(index).wake
    wake.storeSequential(0)
    wake.wake(.max)
  }

  /// Whether anything may be there to claim.
  @inlinable public var hasClaimableWork: Bool { hasClaimableWork(besides: nil) }

  /// Whether anything may be there to claim that is no part of a job.
  @inlinable func hasClaimableWork(besides job: JobIndex?) -> Bool {
    let others = job.map { ~(UInt64(1) << UInt64($0.value)) } ?? .max
    // MODEL(work.1)
    return head.loadSequential() < tail.loadSequential()
      || activeJobs.loadSequential() & others != 0
      || (priorities.loadSequential() != 0 && hasSideWork)
  }

  @usableFromInline var hasSideWork: Bool {
    head(.high).loadSequential() < tail(.high).loadSequential()
      || head(.low).loadSequential() < tail(.low).loadSequential()
  }

  /// Whether there is a reason not to sleep.
  @inlinable public var hasWork: Bool { hasClaimableWork || closing.load() != 0 }

  /// Whether a worker has nothing to do, as far as can be told.
  package var hasIdleWorker: Bool {
    (0..<ECHELON_CHAIR_LIMIT).contains { chair($0).load() != 0 }
      || (0..<4).contains { sleepers($0).load() != 0 }
  }

  /// Takes a chair, the right to spin; nil when all are taken.
  package func takeChair(for seat: SeatIndex) -> Int? {
    // MODEL(chair.1)
    for index in 0..<chairCount
    where chair(index).compareExchange(expected: 0, desired: UInt32(seat.value + 1)) {
      return index
    }
    return nil
  }

  /// Gives the chair back. Work published before this was left to us, so the caller looks again.
  // MODEL(chair.2)
  package func leaveChair(_ index: Int) { chair(index).storeSequential(0) }

  /// After a worker died: nobody sits on its chair any more.
  package func vacateChairs(of seat: SeatIndex) {
    for index in 0..<ECHELON_CHAIR_LIMIT {
      // MODEL(chair.3)
      _ = chair(index).compareExchange(expected: UInt32(seat.value + 1), desired: 0)
    }
  }

  /// Sleeps until woken, unless there is work. The caller looks at the queue again in any case.
  package func sleep(on seatIndex: SeatIndex) {
    let own = seat(seatIndex)
    let bit = UInt64(1) << UInt64(seatIndex.value % 64)
    // MODEL(sleep.1)
    own.wake.storeSequential(1)
    step()
    // ORDER(wake-up): the announcement is sequential and comes before the last look at the queue;
    // the front end publishes before it looks for sleepers. One of the two sees the other.
    // MODEL(sleep.2)
    _ = sleepers(seatIndex.value / 64).fetchOr(bit)
    pass(.goingToSleep)
    // MODEL(sleep.3)
    // An order to leave, too: the front end stores it, then wakes the seat.
    if hasWork || own.directed.loadSequential() != 0
      || own.order.loadSequential() != Seat.Order.stay
    {
      // MODEL(sleep.4)
      _ = sleepers(seatIndex.value / 64).fetchAnd(~bit)
      step()
      // MODEL(sleep.5)
      own.wake.storeSequential(0)
      return
    }
    step()
    own.phaseWord.store(SeatPhase.asleep.rawValue)
    // MODEL(sleep.6)
    while own.wake.loadSequential() == 1 { own.wake.sleep(while: 1) }
    // `wakeAll` may have come between the two announcements and left the bit. Whoever takes it before
    // this line published before that, and the caller's next look sees it.
    // MODEL(sleep.7)
    _ = sleepers(seatIndex.value / 64).fetchAnd(~bit)
    own.phaseWord.store(SeatPhase.looking.rawValue)
    pass(.woken)
  }
}
