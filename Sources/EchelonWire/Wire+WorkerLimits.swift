import CEchelon
import EchelonMemory

extension Wire {
  /// How many tasks and chunks a worker runs, and how many bytes of its own it may hold, before it
  /// leaves for a fresh one; 0 is without a limit.
  package var workerLimits: (tasks: UInt32, memory: UInt64) {
    get {
      let header = arena.region.load(at: 0, as: arena_header.self)
      return (header.worker_task_limit, header.worker_memory_limit)
    }
    set {
      let region = arena.region
      region.store(newValue.tasks, at: OFFSET_arena_header_worker_task_limit)
      region.store(newValue.memory, at: OFFSET_arena_header_worker_memory_limit)
    }
  }
}

extension Wire {
  package static var chairLimit: Int { Int(ECHELON_CHAIR_LIMIT) }
}
