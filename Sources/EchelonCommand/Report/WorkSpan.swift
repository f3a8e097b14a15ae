import Glibc

/// When a process worked at something. All processes of a machine have one clock.
struct WorkSpan: Codable, Sendable {
  let processID: Int32
  let start: ContinuousClock.Instant
  let end: ContinuousClock.Instant

  var seconds: Double { (end - start).seconds }

  /// From `start` to now, in this process.
  init(since start: ContinuousClock.Instant) {
    processID = getpid()
    self.start = start
    end = .now
  }
}
