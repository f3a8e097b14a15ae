public import EchelonMemory

/// How urgent a piece of work is: strictly more urgent work is begun first, whatever was handed over
/// before it, and work of one priority in the order in which it was handed over.
///
/// Nothing that runs is interrupted for it, but a job of many chunks gives way between two chunks.
/// There is no ageing: for as long as urgent work keeps all workers busy, the rest waits.
@frozen public enum WorkPriority: UInt8, Sendable, CaseIterable, Codable {
  /// Begun when nothing else is left.
  case low
  /// What work has that says nothing else.
  case normal
  /// Begun before everything else.
  case high
}

extension WorkPriority: Comparable {
  /// Whether the first may wait for the second.
  @inlinable public static func < (first: Self, second: Self) -> Bool {
    first.rawValue < second.rawValue
  }
}

extension Wire {
  /// Jobs of this priority that may have chunks to claim.
  @inlinable public func activeJobs(_ priority: WorkPriority) -> UInt64 {
    let active = activeJobs.load()
    if active == 0 || priorities.load() == 0 { return priority == .normal ? active : 0 }
    return switch priority {
    case .high: active & highJobs.load()
    case .normal: active & ~(highJobs.load() | lowJobs.load())
    case .low: active & lowJobs.load()
    }
  }

  /// Says how urgent a job is, before its bit in `activeJobs` is set. Only one thread of the front end
  /// at a time.
  package func setPriority(of job: JobIndex, _ priority: WorkPriority) {
    let bit = UInt64(1) << UInt64(job.value)
    if priority != .normal { announcePriorities() }
    guard priorities.load() != 0 else { return }
    if priority == .high { _ = highJobs.fetchOr(bit) } else { _ = highJobs.fetchAnd(~bit) }
    if priority == .low { _ = lowJobs.fetchOr(bit) } else { _ = lowJobs.fetchAnd(~bit) }
  }

  /// Whether something more urgent may be there to claim.
  @inlinable public func hasWork(above priority: WorkPriority) -> Bool {
    guard priorities.load() != 0, priority != .high else { return false }
    if ready(.high) > 0 || activeJobs(.high) != 0 { return true }
    return priority == .low && (ready(.normal) > 0 || activeJobs(.normal) != 0)
  }
}
