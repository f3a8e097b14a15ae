import CoreMetrics
import EchelonPool
import Synchronization

/// How a pool's numbers go to swift-metrics.
///
/// Nothing is counted for it: from time to time the numbers that the pool has anyway are read and what
/// has been added since is handed over. A task costs the same with and without it.
public struct PoolMetricsOptions: Sendable {
  /// How often.
  public var interval: Duration
  /// The value of the dimension `pool` of every metric, to tell pools apart.
  public var pool: String

  /// - Parameters: as the properties of the same names.
  public init(every interval: Duration = .seconds(10), pool: String = "default") {
    self.interval = interval
    self.pool = pool
  }
}

/// Sends a pool's numbers to swift-metrics.
///
/// | metric | kind | |
/// | --- | --- | --- |
/// | `echelon_tasks_submitted`, `_completed`, `_failed`, `_retried` | counter | tasks and jobs |
/// | `echelon_worker_tasks`, `echelon_worker_chunks` | counter | run in workers |
/// | `echelon_worker_deaths` | counter | |
/// | `echelon_worker_busy_nanoseconds` | counter | over all workers |
/// | `echelon_task_duration` | timer | mean time at work for a task or chunk since the last sending |
/// | `echelon_workers`, `echelon_tasks_pending`, `echelon_tasks_ready` | gauge | now |
/// | `echelon_memory_used_bytes`, `echelon_memory_peak_bytes` | gauge | shared memory |
/// | `echelon_worker_resident_bytes` | gauge | private memory of all workers |
final class PoolMetrics: Sendable {
  private struct Counts {
    var submitted = 0
    var completed = 0
    var failed = 0
    var retried = 0
    var tasks = 0
    var chunks = 0
    var deaths = 0
    var busy = 0

    init() {}
    init(_ statistics: PoolStatistics) {
      submitted = statistics.submitted
      completed = statistics.completed
      failed = statistics.failed
      retried = statistics.retries
      tasks = statistics.seats.reduce(0) { $0 + $1.tasks }
      chunks = statistics.seats.reduce(0) { $0 + $1.chunks }
      deaths = statistics.deaths
      busy = statistics.seats.reduce(0) { sum, seat in
        let parts = seat.busy.components
        return sum + Int(parts.seconds) * 1_000_000_000 + Int(parts.attoseconds / 1_000_000_000)
      }
    }
  }

  private let dimensions: [(String, String)]
  private let read: @Sendable () -> PoolStatistics
  private let sent = Mutex(Counts())
  private let ticking: Mutex<Task<Void, Never>?>

  init(_ options: PoolMetricsOptions, read: @escaping @Sendable () -> PoolStatistics) {
    dimensions = [("pool", options.pool)]
    self.read = read
    ticking = Mutex(nil)
    let interval = max(options.interval, .milliseconds(1))
    let task = Task.detached(priority: .utility) { [weak self] in
      while (try? await Task.sleep(for: interval)) != nil { self?.send() }
    }
    ticking.withLock { $0 = task }
  }

  /// The last numbers, and no more.
  func stop() {
    ticking.withLock { $0?.cancel() }
    send()
  }

  /// One at a time: an older reading must not come after a newer one, and who sends the last numbers waits for what is still
  /// on its way.
  private func send() {
    sent.withLock { sent in
      let statistics = read()
      let now = Counts(statistics)
      send(statistics, now, since: sent)
      sent = now
    }
  }

  private func send(_ statistics: PoolStatistics, _ now: Counts, since before: Counts) {
    func count(_ name: String, _ value: (Counts) -> Int) {
      let added = value(now) - value(before)
      if added > 0 { Counter(label: name, dimensions: dimensions).increment(by: added) }
    }
    count("echelon_tasks_submitted") { $0.submitted }
    count("echelon_tasks_completed") { $0.completed }
    count("echelon_tasks_failed") { $0.failed }
    count("echelon_tasks_retried") { $0.retried }
    count("echelon_worker_tasks") { $0.tasks }
    count("echelon_worker_chunks") { $0.chunks }
    count("echelon_worker_deaths") { $0.deaths }
    count("echelon_worker_busy_nanoseconds") { $0.busy }
    let run = now.tasks + now.chunks - before.tasks - before.chunks
    if run > 0, now.busy > before.busy {
      CoreMetrics.Timer(label: "echelon_task_duration", dimensions: dimensions)
        .recordNanoseconds(Int64((now.busy - before.busy) / run))
    }
    func gauge(_ name: String, _ value: Int) {
      Gauge(label: name, dimensions: dimensions).record(value)
    }
    gauge("echelon_workers", statistics.workers)
    gauge("echelon_tasks_pending", statistics.pendingTasks)
    gauge("echelon_tasks_ready", statistics.readyTasks)
    gauge("echelon_memory_used_bytes", statistics.usedBytes)
    gauge("echelon_memory_peak_bytes", statistics.peakBytes)
    gauge(
      "echelon_worker_resident_bytes", statistics.seats.reduce(0) { $0 + ($1.residentBytes ?? 0) })
  }
}
