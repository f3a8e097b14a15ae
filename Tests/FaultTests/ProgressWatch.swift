import Echelon
import EchelonMemory
import Glibc
import Synchronization
import Testing

/// Makes a failed test of a pool that hangs: when no result has come for a long while, what the pool and its
/// flight recorder say is recorded, and the process ends. For exit tests.
///
/// It asks only whether results come, never how fast. The bound is below `patience`: a caller whose wake-up
/// is lost looks by itself when that is over, finds its result, and nobody would know.
final class ProgressWatch: Sendable {
  /// So long without any result is a hang: where workers die without end a result takes a second at most.
  static let bound = Duration.seconds(30)

  private let results = Atomic<Int>(0)
  private let stopped = Gate()
  private let path: String

  /// Watches the pool that `make` gives; it is to record its flight where it is told.
  static func watching(
    _ make: (FlightRecorderFile) throws -> ProcessPool
  ) throws -> (ProcessPool, ProgressWatch) {
    let path = "/tmp/echelon-test-\(getpid())-watched.flight"
    let pool = try make(.file(path, eventsPerWorker: 1024))
    return (pool, ProgressWatch(of: pool, recordedAt: path))
  }

  private init(of pool: ProcessPool, recordedAt path: String) {
    self.path = path
    _ = SystemThread.start(name: "watch") { [self, weak pool] in
      var seen = (count: 0, at: ContinuousClock.now)
      while !stopped.wait(until: MonotonicClock.deadline(after: .seconds(1))) {
        let (count, now) = (results.load(ordering: .relaxed), ContinuousClock.now)
        if count != seen.count { seen = (count, now) }
        guard now - seen.at >= Self.bound else { continue }
        let numbers = pool.map { "\($0.statistics)" } ?? "the pool is gone"
        Issue.record(
          "no result within \(Self.bound), after \(count) results\n\(numbers)\n\(lastEvents)")
        unsafe unlink(path)
        exit(EXIT_FAILURE)
      }
    }
  }

  /// A result came.
  func note() { _ = results.add(1, ordering: .relaxed) }

  /// All results are there.
  func stop() {
    stopped.open()
    unsafe unlink(path)
  }

  /// What happened last, oldest first.
  private var lastEvents: String {
    do {
      let events = try FlightRecording(contentsOf: path).events
      return events.suffix(40).map { event in
        "\(event.nanoseconds / 1_000_000) ms \(event.track) \(event.kind) \(event.name ?? "")"
          + " \(String(event.subject, radix: 16))"
      }.joined(separator: "\n")
    } catch {
      return "\(error)"
    }
  }
}
