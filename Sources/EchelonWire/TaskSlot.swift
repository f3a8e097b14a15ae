public import CEchelon
public import EchelonMemory

/// The cell of one task in flight, as it lies in the arena.
///
///     offset  field                        written by   ordered by
///          0  state                        both         ORDER tags in TaskQueue.swift
///       8-47  function, arguments' place   front end    ORDER(slot-ready)
///             outcome, result's place      worker       ORDER(slot-done)
///     48-151  small arguments              front end    ORDER(slot-ready)
///    152-255  small results                worker       ORDER(slot-done)
///
/// ## Invariants
/// 1. `state` names the one process that owns the slot; only the owner writes its other fields.
/// 2. The front end's fields stay as published until the slot is collected, so that the task can
///    be published again after its worker died.
@frozen public struct TaskSlot: Sendable {
  @usableFromInline package let region: Region
  @inlinable init(region: Region) { self.region = region }

  @inlinable public static var inlineBytes: Int { ECHELON_SLOT_INLINE_BYTES }
  /// The largest arguments and results, in bytes.
  @inlinable public static var messageLimit: Int { Int(UInt32.max) }

  @inlinable public var state: SharedWord64 { region.word64(at: OFFSET_task_slot_state) }
  @inlinable public var function: FunctionIndex {
    get { FunctionIndex(region.load(at: OFFSET_task_slot_function)) }
    nonmutating set { region.store(newValue.value, at: OFFSET_task_slot_function) }
  }
  @inlinable public var argumentBytes: Int {
    get { Int(region.load(at: OFFSET_task_slot_argument_bytes, as: UInt32.self)) }
    nonmutating set { region.store(UInt32(newValue), at: OFFSET_task_slot_argument_bytes) }
  }
  /// Offset of the arguments in the arena, 0 when they are in the slot.
  @inlinable public var argumentOffset: Int {
    get { Int(clamping: region.load(at: OFFSET_task_slot_argument_offset, as: UInt64.self)) }
    nonmutating set { region.store(UInt64(newValue), at: OFFSET_task_slot_argument_offset) }
  }
  @inlinable public var attempt: UInt32 {
    get { region.load(at: OFFSET_task_slot_attempt) }
    nonmutating set { region.store(newValue, at: OFFSET_task_slot_attempt) }
  }
  @inlinable public var outcome: TaskOutcome {
    get { TaskOutcome(rawValue: region.load(at: OFFSET_task_slot_outcome)) ?? .undecodable }
    nonmutating set { region.store(newValue.rawValue, at: OFFSET_task_slot_outcome) }
  }
  @inlinable public var resultOffset: Int {
    get { Int(clamping: region.load(at: OFFSET_task_slot_result_offset, as: UInt64.self)) }
    nonmutating set { region.store(UInt64(newValue), at: OFFSET_task_slot_result_offset) }
  }
  @inlinable public var resultBytes: Int {
    get { Int(region.load(at: OFFSET_task_slot_result_bytes, as: UInt32.self)) }
    nonmutating set { region.store(UInt32(newValue), at: OFFSET_task_slot_result_bytes) }
  }
  @inlinable public var resultPlace: ResultPlace {
    get { ResultPlace(rawValue: region.load(at: OFFSET_task_slot_result_place)) ?? .slot }
    nonmutating set { region.store(newValue.rawValue, at: OFFSET_task_slot_result_place) }
  }
  /// The result, when it lies in the slot.
  @inlinable public var smallResult: slot_result {
    region.load(at: OFFSET_task_slot_result)
  }
  /// Asks for the line with the rest of small arguments.
  @inlinable public func prefetchArguments() { region.word64(at: 64).prefetchForWriting() }
  @inlinable public var argumentsOffsetInSlot: Int { OFFSET_task_slot_arguments }
  @inlinable public var resultOffsetInSlot: Int { OFFSET_task_slot_result }
}
