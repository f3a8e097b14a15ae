import CEchelon
import EchelonMemory
import EchelonWire

/// Tasks that are done, taken out of their slots under one turn of the lock.
///
/// Most results are small. Such a one is copied out and its slot given back at once; the value is made
/// of it when the lock is let go. A large one stays where it lies until it has been read.
///
/// A task moves from the engine's table in here, and is lent from here to its end.
struct Harvest: ~Copyable {
  /// How many slots beside the one that was asked for are looked at, in each direction.
  static var reach: Int { 31 }
  /// How many tasks are taken at once, at most.
  static var limit: Int { 64 }

  private struct Small {
    let slot: SlotIndex
    let outcome: TaskOutcome
    let count: Int
  }

  /// Those with small results, and beside each what is known of it. Mostly there is one, or there are many.
  private var tasks = MovedReferences<PoolTask>()
  private var first: Small?
  private var others: [Small] = []
  /// The bytes of those that have any.
  private var firstResult = slot_result()
  private var otherResults: [slot_result] = []
  private var large: [(task: PoolTask, slot: SlotIndex, generation: UInt32)] = []
  /// Whether one of them was for one certain worker.
  private var hasDirected = false

  var count: Int { tasks.count + large.count }

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
    // A task in the table is in that slot, under the generation that the table says.
    guard word.isAt(.done), word.generation == generation ?? word.generation,
      word.generation == state.generations[slot.value],
      tasks.append(movedFrom: &state.tasks[slot.value], limit: Self.limit)
    else { return false }
    let (needsCare, isDirected) = tasks.withObject(at: tasks.count - 1) { task in
      task.place = .gone
      return (task.needsCare, task.seat != nil)
    }
    let count = cell.resultBytes
    guard cell.resultPlace == .slot, count <= TaskSlot.inlineBytes, !needsCare else {
      large.append((tasks.removeLast(), slot, word.generation))
      return true
    }
    if isDirected { hasDirected = true }
    let small = Small(slot: slot, outcome: cell.outcome, count: count)
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
    if hasDirected {
      for index in 0..<tasks.count { tasks.withObject(at: index) { engine.directedEnded($0, &state) } }
    }
    // Before the futures are complete: whoever sees the end of a task finds the room that it left.
    if engine.hasLimits {
      for index in 0..<tasks.count { tasks.withObject(at: index) { engine.discount($0, &state) } }
    }
  }

  /// Calls `body` with each small result, valid during the call.
  func forEachSmall(_ body: (PoolTask, TaskOutcome, RawSpan) -> Void) {
    guard let first else { return }
    withBytes(of: firstResult, count: first.count) { bytes in
      tasks.withObject(at: 0) { body($0, first.outcome, bytes) }
    }
    var next = 0
    for (index, item) in others.enumerated() {
      guard item.count > 0 else {
        tasks.withObject(at: index + 1) { body($0, item.outcome, RawSpan()) }
        continue
      }
      withBytes(of: otherResults[next], count: item.count) { bytes in
        tasks.withObject(at: index + 1) { body($0, item.outcome, bytes) }
      }
      next += 1
    }
  }

  func forEachLarge(_ body: (PoolTask, SlotIndex, UInt32) -> Void) {
    for item in large { body(item.task, item.slot, item.generation) }
  }
}
