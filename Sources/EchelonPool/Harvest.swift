import CEchelon
import EchelonMemory
import EchelonWire

/// Tasks that are done, taken out of their slots under one turn of the lock.
///
/// Most results are small. Such a one is copied out and its slot given back at once; the value is made
/// of it when the lock is let go. A large one stays where it lies until it has been read.
struct Harvest: ~Copyable {
  /// How many slots beside the one that was asked for are looked at, in each direction.
  static var reach: Int { 31 }
  /// How many tasks are taken at once, at most.
  static var limit: Int { 64 }

  private struct Small {
    let task: PoolTask
    let slot: SlotIndex
    let outcome: TaskOutcome
    let count: Int
  }

  // Mostly there is one, or there are many.
  private var first: Small?
  private var others: [Small] = []
  /// The bytes of those that have any.
  private var firstResult = slot_result()
  private var otherResults: [slot_result] = []
  private var large: [(task: PoolTask, slot: SlotIndex, generation: UInt32)] = []

  var count: Int { (first == nil ? 0 : 1) + others.count + large.count }

  /// Takes the task in `slot` if it is done, and of that generation if one is given. Called with the
  /// lock held.
  /// - Returns: whether it was.
  mutating func take(
    _ slot: SlotIndex, generation: UInt32? = nil, _ engine: PoolEngine, _ state: inout PoolState
  ) -> Bool {
    let cell = engine.wire.slot(slot)
    // ORDER(slot-done): acquires what `finish` released.
    // MODEL(collect.1)
    let word = StateWord(bits: cell.state.load())
    guard word.isAt(.done), word.generation == generation ?? word.generation,
      let task = state.tasks[slot.value],
      task.place == .slot(slot, generation: word.generation)
    else { return false }
    task.place = .gone
    state.tasks[slot.value] = nil
    let count = cell.resultBytes
    guard cell.resultPlace == .slot, count <= TaskSlot.inlineBytes, !task.needsCare else {
      large.append((task, slot, word.generation))
      return true
    }
    let small = Small(task: task, slot: slot, outcome: cell.outcome, count: count)
    if first == nil {
      first = small
      if count > 0 { firstResult = cell.smallResult }
    } else {
      if others.isEmpty { others.reserveCapacity(Self.limit) }
      others.append(small)
      if count > 0 { otherResults.append(cell.smallResult) }
    }
    cell.state.store(StateWord(generation: word.generation, phase: .free).bits)
    return true
  }

  /// Gives the slots of small results back, or to tasks that wait for one. Called with the lock held.
  func giveSlotsBack(_ engine: PoolEngine, _ state: inout PoolState) {
    guard let first else { return }
    // The last one taken is handed out first, and they are taken upwards: so the other way round.
    for item in others.reversed() { state.freeSlots.append(item.slot.value) }
    state.freeSlots.append(first.slot.value)
    engine.refill(&state)
    engine.directedEnded(first.task, &state)
    for item in others { engine.directedEnded(item.task, &state) }
    // Before the futures are complete: whoever sees the end of a task finds the room that it left.
    engine.discount(first.task, &state)
    for item in others { engine.discount(item.task, &state) }
  }

  func forEachSmall(_ body: (PoolTask, TaskOutcome, RawSpan) -> Void) {
    guard let first else { return }
    withBytes(of: firstResult, count: first.count) { body(first.task, first.outcome, $0) }
    var next = 0
    for item in others {
      guard item.count > 0 else {
        body(item.task, item.outcome, RawSpan())
        continue
      }
      withBytes(of: otherResults[next], count: item.count) { body(item.task, item.outcome, $0) }
      next += 1
    }
  }

  func forEachLarge(_ body: (PoolTask, SlotIndex, UInt32) -> Void) {
    for item in large { body(item.task, item.slot, item.generation) }
  }
}
