import EchelonMemory
import EchelonWire
import Glibc
import Synchronization

/// What the supervisor looks at when a moment has come.
enum TimerKey: Hashable {
  /// Tasks and jobs with a deadline: all of them at once, since few run at a time.
  case deadlines
  /// A worker that was asked to end: its time is over.
  case grace(Int)
  /// A worker that is to have come up by then.
  case starting(Int)
  /// A template that is to have come up by then.
  case template
  /// A task that waits to be run again.
  case postponed(ObjectIdentifier)
  /// Work that is ready and that nobody takes.
  case watchdog
  /// Work that is ready beside workers that nobody wakes.
  case attendance
}

extension PoolEngine {
  /// Has the supervisor look at `key` at `moment`.
  func arm(_ key: TimerKey, at moment: UInt64, _ state: inout PoolState) {
    let isNext = moment < state.timers.earliest ?? .max
    state.timers.set(key, at: moment)
    if isNext { attention.signal() }
  }

  /// The same, unless it looks sooner anyway.
  func armNoLater(_ key: TimerKey, at moment: UInt64, _ state: inout PoolState) {
    if state.timers.moment(of: key) ?? .max > moment { arm(key, at: moment, &state) }
  }

  /// How long the supervisor may sleep; -1 is for ever. Rounded up, so as not to come too early.
  var timerMilliseconds: Int32 {
    guard let earliest = state.withLock({ $0.timers.earliest }) else { return -1 }
    let now = MonotonicClock.now()
    return earliest <= now ? 0 : Int32(clamping: (earliest - now + 999_999) / 1_000_000)
  }

  /// Does what is due.
  func runTimers() {
    locked { state in
      let now = MonotonicClock.now()
      while let key = state.timers.popDue(at: now) {
        switch key {
        case .deadlines: enforceDeadlines(now, &state)
        case .grace(let seat):
          if state.condemned[seat] { state.workers[seat]?.send(signal: SIGKILL) }
        case .starting(let seat): endLateStarter(SeatIndex(seat), &state)
        case .template: starter.endIfLate()
        case .postponed(let id): runPostponed(id, &state)
        case .watchdog: watch(&state)
        case .attendance: lookWhoIsAtWork(&state)
        }
      }
    }
  }

  // MARK: Deadlines

  /// Ends what has run for too long, and says when to look again.
  private func enforceDeadlines(_ now: UInt64, _ state: inout PoolState) {
    var next = UInt64.max
    for index in state.tasks.indices {
      guard let task = state.tasks[index], task.deadlineNanoseconds > 0 else { continue }
      let slot = SlotIndex(index)
      let word = StateWord(bits: wire.slot(slot).state.load())
      switch word.phase {
      case .ready:
        // It cannot be late sooner than this.
        next = min(next, now &+ task.deadlineNanoseconds)
      case .running:
        let (began, element) = began(task, in: slot, word, now)
        let due = began &+ task.deadlineNanoseconds
        if due > now {
          next = min(next, due)
        } else if task.stopReason == nil,
          !stop(
            task, in: slot, generation: word.generation, because: task.lateness,
            unlessPast: element, &state)
        {
          // It is over; of several elements the next one may have begun.
          next = min(next, now &+ task.deadlineNanoseconds)
        }
      case .done, .free: break
      }
    }
    for index in state.jobs.indices {
      guard let job = state.jobs[index], job.deadlineNanoseconds > 0, !job.isForced
      else { continue }
      let began = wire.job(JobIndex(index)).started.load()
      let due = (began == 0 ? now : began) &+ job.deadlineNanoseconds
      if due > now {
        next = min(next, due)
      } else {
        stop(job, in: JobIndex(index), because: job.lateness, isForced: true, &state)
      }
    }
    if next < .max { arm(.deadlines, at: next, &state) }
  }

  /// When the worker began the task, or the element of a map that it is at: that moment stands for the
  /// element then.
  private func began(
    _ task: PoolTask, in slot: SlotIndex, _ word: StateWord, _ now: UInt64
  ) -> (moment: UInt64, element: UInt64?) {
    if let owner = word.owner, owner.value < wire.layout.seatCount {
      let seat = wire.seat(owner)
      // ORDER(current): acquires the moment, which the worker stored before.
      if seat.current.load() == CurrentWork.task(slot, generation: word.generation).bits {
        let moment = seat.since.load()
        return (moment, task.isOfSeveral ? moment : nil)
      }
    }
    // It has claimed the task and not come further: it may have been stopped there.
    if task.seenRunning != word.generation {
      task.seenRunning = word.generation
      task.seenRunningSince = now
    }
    return (task.seenRunningSince, nil)
  }

  // MARK: Tasks that wait to be run again

  /// Takes a task out of its slot and runs it again later.
  func postpone(_ task: PoolTask, by pause: UInt64, _ state: inout PoolState) {
    let key = ObjectIdentifier(task)
    task.place = .queued
    state.postponed[key] = task
    arm(.postponed(key), at: MonotonicClock.now() &+ pause, &state)
  }

  private func runPostponed(_ key: ObjectIdentifier, _ state: inout PoolState) {
    guard let task = state.postponed.removeValue(forKey: key), task.place == .queued else { return }
    queueAgain(task, &state)
  }
}

extension PoolEngine {
  /// Runs a task again that threw an error worth another attempt. Its slot is done and collected.
  func retry(_ task: PoolTask, from slot: SlotIndex, _ state: inout PoolState) {
    task.attempt += 1
    state.statistics.retries += 1
    let pause = task.retryPolicy?.pauseNanoseconds(before: task.attempt) ?? 0
    leave(slot, with: task, &state)
    if pause > 0 { postpone(task, by: pause, &state) } else { queueAgain(task, &state) }
    refill(&state)
  }
}
