import Echelon

/// Why a file was given up that took longer than others.
struct JobTimeout: Error, CustomStringConvertible {
  let description: String
}

/// A worker died that may have been short of memory.
struct LimitedWorkerDied: Error, CustomStringConvertible {
  let death: WorkerDied
  /// In bytes.
  let limit: Int

  var description: String {
    "\(death); workers may take \(ByteCount(limit)) by --memory-limit, allow more if that was too little"
  }
}

/// Hands the files of a run to a pool, no more at a time than it has use for, and says how each ends.
struct JobDispatch {
  enum Ending {
    case report(JobReport)
    /// It was handed over so long before.
    case failed(any Error, start: ContinuousClock.Instant)
    /// Taken back, or stopped with the whole run.
    case stopped
  }

  private enum Event { case ended(Int), tick, interrupted }

  private struct Running {
    let future: Future<JobReport>
    let start: ContinuousClock.Instant
    /// Whether the pool stops it, which counts from when a worker begins.
    let hasDeadline: Bool
    /// Why it was stopped.
    var timeout: JobTimeout?
  }

  private let tasks: [BatchTask]
  private let pool: ProcessPool
  private let settings: JobSettings
  /// The most files that are handed over at a time.
  private let window: Int
  private var next = 0
  private var running: [Int: Running] = [:]
  private var lastStart: ContinuousClock.Instant?
  private var times = MedianTime()
  private var medianIsKnownSince: ContinuousClock.Instant?
  private var (failed, succeeded) = (0, 0)
  private var isStopped = false
  /// Whether the run ended by its policy.
  private(set) var hasHalted = false

  init(_ tasks: [BatchTask], in pool: ProcessPool, workers: Int, _ settings: JobSettings) {
    (self.tasks, self.pool, self.settings) = (tasks, pool, settings)
    // A few wait in the pool, so that no worker does. Where it matters when a file is begun, none.
    let isExact = Self.needsClock(settings) || settings.halt != .never
    window = isExact ? workers : 4 * workers
  }

  private static func needsClock(_ settings: JobSettings) -> Bool {
    if case .ofMedian? = settings.timeLimit { return true }
    return settings.delay > .zero
  }

  /// Hands over all files, and returns when none runs any more.
  /// - Parameter ended: is told what became of a file, by its place in `tasks`.
  mutating func run(
    _ interruption: Interruption, _ ended: (Int, Ending) throws -> Void
  ) async throws {
    let (events, sender) = AsyncStream<Event>.makeStream()
    interruption.watch { sender.yield(.interrupted) }
    let clock = Self.needsClock(settings) ? Self.clock(settings, sender) : nil
    defer { clock?.cancel() }
    try handOver(sender)
    guard !running.isEmpty else { return }
    for await event in events {
      switch event {
      case .interrupted: stop(.cooperative)
      case .tick: stopLateOnes()
      case .ended(let index):
        guard let job = running.removeValue(forKey: index) else { continue }
        let ending = await ending(of: job)
        try ended(index, ending)
        note(ending)
      }
      try handOver(sender)
      if running.isEmpty, isStopped || next == tasks.count { return }
    }
  }

  private static func clock(
    _ settings: JobSettings, _ sender: AsyncStream<Event>.Continuation
  ) -> Task<Void, Never> {
    let pause =
      settings.delay > .zero
      ? min(max(settings.delay / 4, .milliseconds(1)), .milliseconds(20)) : .milliseconds(20)
    return Task {
      while !Task.isCancelled {
        try? await Task.sleep(for: pause)
        sender.yield(.tick)
      }
    }
  }

  private mutating func handOver(_ sender: AsyncStream<Event>.Continuation) throws {
    while !isStopped, next < tasks.count, running.count < window {
      let now = ContinuousClock.now
      if let lastStart, now - lastStart < settings.delay { return }
      let deadline = deadline
      let index = next
      let future = try pool.submit(
        retries: RetryPolicy(integerLiteral: settings.retries), deadline: deadline, runJob,
        tasks[index])
      running[index] = Running(future: future, start: now, hasDeadline: deadline != nil)
      future.onCompletion { _ in sender.yield(.ended(index)) }
      next += 1
      lastStart = now
    }
  }

  private func ending(of job: Running) async -> Ending {
    do {
      return .report(try await job.future.value)
    } catch is CancellationError {
      return job.timeout.map { .failed($0, start: job.start) } ?? .stopped
    } catch PoolError.deadlineExceeded(let limit, _) {
      return .failed(timeout(after: limit), start: job.start)
    } catch let death as WorkerDied {
      let limited = settings.memoryLimit.map { LimitedWorkerDied(death: death, limit: $0) }
      return .failed(limited ?? death, start: job.start)
    } catch {
      return .failed(error, start: job.start)
    }
  }

  private mutating func note(_ ending: Ending) {
    switch ending {
    case .report(let report):
      switch report.ending {
      case .failed: failed += 1
      case .unchanged: succeeded += 1
      case .done:
        succeeded += 1
        times.add(report.seconds)
        if medianIsKnownSince == nil, times.median != nil { medianIsKnownSince = .now }
      }
    case .failed: failed += 1
    case .stopped: return
    }
    let isMet = settings.halt.isMet(failed: failed, succeeded: succeeded, of: tasks.count)
    guard isMet, !isStopped else { return }
    hasHalted = true
    stop(settings.halt.moment == .now ? .force : .cooperative)
  }

  /// Begins nothing new; with `.force` ends what runs. What waits in the pool is taken back in any case.
  private mutating func stop(_ mode: CancellationMode) {
    isStopped = true
    for job in running.values { job.future.cancel(mode) }
  }

  /// The most time for a file that is begun now; nil when there is none, or none is known yet.
  private var deadline: Duration? {
    switch settings.timeLimit {
    case .absolute(let duration)?: duration
    case .ofMedian(let factor)?: times.median.map { .seconds(factor * $0) }
    case nil: nil
    }
  }

  private func timeout(after limit: Duration) -> JobTimeout {
    var text = "stopped after \(NumberText.time(seconds: limit.seconds))"
    if case .ofMedian(let factor)? = settings.timeLimit {
      text += ", \((100 * factor).rounded(significantDigits: 6))% of the median time of a file"
    }
    return JobTimeout(description: text + "; allow it more by --timeout")
  }

  /// Stops what was handed over before there was a median, and still runs. Its time counts from when there is
  /// one: before that, workers were starting.
  private mutating func stopLateOnes() {
    guard let medianIsKnownSince, let limit = deadline,
      ContinuousClock.now - medianIsKnownSince > limit
    else { return }
    let timeout = timeout(after: limit)
    for (index, job) in running where !job.hasDeadline && job.timeout == nil {
      running[index]?.timeout = timeout
      job.future.cancel(.force)
    }
  }
}

/// The median of times as they come.
struct MedianTime {
  /// Ascending.
  private var times: [Double] = []

  /// With fewer, one odd file would decide; as many as GNU parallel waits for.
  private static let leastCount = 3

  mutating func add(_ seconds: Double) {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < seconds { low = middle + 1 } else { high = middle }
    }
    times.insert(seconds, at: low)
  }

  /// Nil while there are too few.
  var median: Double? {
    guard times.count >= Self.leastCount else { return nil }
    let half = times.count / 2
    return times.count % 2 == 1 ? times[half] : (times[half - 1] + times[half]) / 2
  }
}
