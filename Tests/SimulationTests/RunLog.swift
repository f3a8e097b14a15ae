import EchelonMemory
import EchelonSimulation
import Synchronization

/// What the tasks of simulated runs did: they run in this process, so they can say so here.
enum RunLog {
  struct Entry {
    var begun = 0
    var ended = 0
  }

  private static let runs = Mutex<[UInt64: [Int: Entry]]>([:])
  private static let lastRun = Mutex<UInt64>(0)

  /// A number that no other run has.
  static func open() -> UInt64 {
    let run = lastRun.withLock { last in
      last += 1
      return last
    }
    runs.withLock { $0[run] = [:] }
    return run
  }

  /// The front end ends all workers of the run.
  static func endWorkers(_ run: UInt64) { begin(run, -1) }
  static func hasEndedWorkers(_ run: UInt64) -> Bool { entry(run, -1).begun > 0 }

  static func close(_ run: UInt64) { _ = runs.withLock { $0.removeValue(forKey: run) } }

  /// - Returns: how often it has begun, this time included.
  @discardableResult static func begin(_ run: UInt64, _ id: Int) -> Int {
    runs.withLock { runs in
      runs[run]?[id, default: Entry()].begun += 1
      return runs[run]?[id]?.begun ?? 0
    }
  }

  static func end(_ run: UInt64, _ id: Int) {
    runs.withLock { $0[run]?[id, default: Entry()].ended += 1 }
  }

  static func entry(_ run: UInt64, _ id: Int) -> Entry {
    runs.withLock { $0[run]?[id] ?? Entry() }
  }
}
