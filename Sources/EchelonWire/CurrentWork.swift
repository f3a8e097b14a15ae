/// What a worker runs, as its seat says it.
///
///     63      32 31 30            0
///     generation  job index + 1; 0 for nothing yet
@frozen public struct CurrentWork: Equatable, Sendable {
  public let bits: UInt64

  @inlinable public init(bits: UInt64) { self.bits = bits }

  @inlinable public static func task(_ slot: SlotIndex, generation: UInt32) -> CurrentWork {
    CurrentWork(bits: UInt64(generation) << 32 | UInt64(slot.value + 1))
  }

  @inlinable public static func job(_ index: JobIndex, generation: UInt32) -> CurrentWork {
    CurrentWork(bits: UInt64(generation) << 32 | jobBit | UInt64(index.value + 1))
  }

  @usableFromInline static var jobBit: UInt64 { 1 << 31 }

  /// The slot, when it is a task.
  public var slot: SlotIndex? {
    let index = Int(bits & 0xffff_ffff)
    return bits & Self.jobBit == 0 && index > 0 ? SlotIndex(index - 1) : nil
  }

  /// The record, when it is a job.
  public var job: JobIndex? {
    let index = Int(bits & (Self.jobBit - 1))
    return bits & Self.jobBit != 0 && index > 0 ? JobIndex(index - 1) : nil
  }

  public var generation: UInt32 { UInt32(truncatingIfNeeded: bits >> 32) }
}
