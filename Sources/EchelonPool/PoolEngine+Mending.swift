import EchelonMemory
import EchelonWire
import Glibc
import Synchronization

/// What is put right after a worker's death: its tasks, its chunks, its results, and everyone's sleep.
extension PoolEngine {
  /// A worker that is gone, as what it held is told of it.
  struct Death {
    let processID: Int32
    let cause: WorkerDied.Cause
    let seat: SeatIndex
    let outOfMemory: String?
    let lastWords: [String]

    func report(
      what: String, chunk: Int? = nil, elements: Range<Int>? = nil, attempts: Int, deaths: Int
    ) -> WorkerDied {
      WorkerDied(
        processID: processID, cause: cause, what: what, chunk: chunk, elements: elements,
        attempts: attempts, deaths: deaths, outOfMemory: outOfMemory, lastWords: lastWords)
    }
  }

  /// The slots of the tasks whose worker died and whose own filter says that they are not worth another
  /// attempt.
  ///
  /// Called without the lock: a filter may ask the pool, or wait for someone who does. Meanwhile these
  /// tasks stay where they are, running under the dead worker: only `mendTasks` takes them from there,
  /// and whoever stops one in between leaves a mark on it, which `mendTasks` looks at first.
  func tasksNotWorthRetrying(after cause: WorkerDied.Cause, of seat: SeatIndex) -> Set<Int> {
    let filters = state.withLock { state in
      state.tasks.indices.compactMap { index -> (slot: Int, isWorthIt: RetryPolicy.DeathFilter)? in
        guard let task = state.tasks[index], let filter = task.retryPolicy?.deaths,
          task.attempt < task.retries, task.stopReason == nil, task.askedBecause == nil
        else { return nil }
        let slot = SlotIndex(index)
        let word = StateWord(bits: wire.slot(slot).state.load())
        guard word.owner == seat, word.phase == .running,
          !task.isOfSeveral || elementProgress(in: slot, word, under: seat, state) == nil
        else { return nil }
        return (index, filter)
      }
    }
    return Set(filters.filter { !$0.isWorthIt(cause) }.map(\.slot))
  }

  /// - Parameter refused: what `tasksNotWorthRetrying` says.
  func mendTasks(after death: Death, refused: Set<Int>, _ state: inout PoolState) {
    for index in state.tasks.indices {
      guard let task = state.tasks[index] else { continue }
      let slot = SlotIndex(index)
      let word = StateWord(bits: wire.slot(slot).state.load())
      guard word.owner == death.seat else { continue }
      wire.step()
      switch word.phase {
      case .running:
        let progress =
          task.isOfSeveral ? elementProgress(in: slot, word, under: death.seat, state) : nil
        if let reason = task.stopReason ?? task.askedBecause {
          let isPast =
            task.stoppedElement.map { $0 != wire.seat(death.seat).since.load() } ?? false
          fail(task, in: slot, reason, after: isPast ? progress?.beforeNext : progress, &state)
          continue
        }
        task.attempt += 1
        task.deaths += 1
        if let progress {
          // Whoever made the call takes care of the elements that are left.
          let error = death.report(
            what: task.name(ofElement: progress.finished), attempts: task.attempt,
            deaths: task.deaths)
          fail(task, in: slot, error, after: progress, &state)
          continue
        }
        if task.attempt <= task.retries, state.broken == nil, !state.cancelsPending,
          !refused.contains(index)
        {
          state.statistics.retries += 1
          noteRetry(of: task, slot, &state)
          if let pause = task.retryPolicy?.pauseNanoseconds(before: task.attempt), pause > 0 {
            leave(slot, with: task, &state)
            postpone(task, by: pause, &state)
            continue
          }
          // MODEL(mend.1)
          if !enqueue(task, in: index, &state) { requeue(task, from: slot, &state) }
          continue
        }
        let error = death.report(
          what: task.name, attempts: task.attempt, deaths: task.deaths)
        noteLoss(error, .taskLost, slot.value, state.generations[index], &state)
        fail(task, in: slot, error, &state)
      case .done:
        // It may have died between the end of the task and the calls that tell of it.
        // MODEL(mend.3)
        _ = wire.finishedSlots(index / 64).fetchOr(1 << UInt64(index % 64))
      case .free, .ready:
        break
      }
    }
  }

  /// Ends the task in a slot that no worker holds.
  func fail(
    _ task: PoolTask, in slot: SlotIndex, _ error: any Error,
    after progress: ElementProgress? = nil, _ state: inout PoolState
  ) {
    let word = wire.slot(slot).state
    // MODEL(mend.2)
    word.storeSequential(StateWord(generation: state.generations[slot.value], phase: .free).bits)
    word.lowHalf.wake(.max)
    task.place = .gone
    task.argumentBlock = nil
    task.retained = []
    state.tasks[slot.value] = nil
    free(slot, &state)
    taskEnded(task, &state)
    state.deferred.append {
      if let progress { task.fail(error, after: progress) } else { task.fail(error) }
    }
  }

  /// Frees the memory of results that the dead worker never published. What it did publish stays
  /// until it is collected: such a slot is done, under its seat.
  func mendResultMemory(after death: Death, _ state: inout PoolState) {
    var published: Set<Int> = []
    var outboxResults: UInt32 = 0
    for index in state.tasks.indices {
      let slot = wire.slot(SlotIndex(index))
      let word = StateWord(bits: slot.state.load())
      guard word.phase == .done, word.owner == death.seat else { continue }
      switch slot.resultPlace {
      case .slot: break
      case .outbox: outboxResults += 1
      case .block: published.insert(slot.resultOffset)
      }
    }
    state.leases = state.leases.filter { offset, lease in
      lease.seat != death.seat || published.contains(offset)
    }
    let seat = wire.seat(death.seat)
    seat.outboxCollected.store(seat.outboxPublished.load() &- outboxResults)
  }

  func mendJobs(after death: Death, _ state: inout PoolState) {
    for index in state.jobs.indices {
      guard let job = state.jobs[index], let words = job.words else { continue }
      let record = wire.job(JobIndex(index))
      for chunk in 0..<words.count {
        let word = ChunkWord(bits: words.word(chunk).load())
        guard word.phase == .claimed, word.owner == death.seat else { continue }
        let attempts = Int(word.attempt) + 1
        if job.failure != nil {
          // It is passed over: whoever takes it sees that the job has failed.
        } else if attempts > job.request.retries || state.isEnding {
          let error = death.report(
            what: job.name, chunk: chunk, elements: job.request.elements(ofChunk: chunk),
            attempts: attempts, deaths: attempts)
          job.failure = error
          noteLoss(error, .jobLost, index, words.generation, &state)
          _ = record.failed.compareExchange(expected: 0, desired: 1)
        } else {
          state.statistics.retries += 1
          noteRetry(of: job, JobIndex(index), chunk, attempts, &state)
        }
        let again = ChunkWord(
          generation: words.generation, attempt: UInt8(clamping: attempts), phase: .unclaimed)
        wire.step()
        // MODEL(mend.4)
        words.word(chunk).storeSequential(again.bits)
      }
      if StateWord(bits: record.state.load()).phase == .done {
        // It may have died between the end of the job and the calls that tell of it.
        // MODEL(mend.5)
        _ = wire.finishedJobs.fetchOr(1 << UInt64(index))
        continue
      }
      // Chunks that the dead worker had looked at without claiming them, too, are to be found again,
      // and it may have died between finishing the last one and saying so.
      wire.step()
      // MODEL(mend.6)
      record.cursor.storeSequential(0)
      beginWatching(&state)
      _ = wire.activeJobs.fetchOr(1 << UInt64(index))
      guard state.workers.allSatisfy({ $0 == nil }) else { continue }
      if let broken = state.broken {
        abandon(JobIndex(index), broken, &state)
      } else if state.isEnding {
        // Nobody comes who could pass over its chunks.
        abandon(
          JobIndex(index), death.report(what: job.name, attempts: 1, deaths: 1), &state)
      }
    }
  }

  /// Ends a job that no worker is at, with what it is to end with already if there is such a thing.
  func abandon(_ index: JobIndex, _ error: any Error, _ state: inout PoolState) {
    guard let job = state.jobs[index.value] else { return }
    let word = wire.job(index).state
    _ = wire.activeJobs.fetchAnd(~(1 << UInt64(index.value)))
    word.storeSequential(
      StateWord(generation: state.jobGenerations[index.value], phase: .free).bits)
    word.lowHalf.wake(.max)
    job.place = .gone
    state.jobs[index.value] = nil
    workEnded(hasFailed: true)
    let failure = job.failure ?? error
    state.deferred.append { job.fail(failure) }
  }

  /// Wakes everyone who sleeps on a task or a job to look again. The dead worker may have ended one
  /// and told nobody, and since then another thread may have collected it and used its cell again:
  /// the state words say no more who is owed a wake-up.
  func wakeCallers() {
    // MODEL(death.6)
    for index in 0..<wire.layout.slotCount {
      wire.slot(SlotIndex(index)).state.lowHalf.wake(.max)
    }
    for index in 0..<wire.layout.jobCount {
      wire.job(JobIndex(index)).state.lowHalf.wake(.max)
    }
  }
}
