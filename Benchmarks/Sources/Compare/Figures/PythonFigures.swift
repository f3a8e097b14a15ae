import CPeers
import Echelon
import Glibc

/// What the same costs with Python's pools of processes: `python.py` measures itself. Left out unless
/// `ECHELON_PYTHON` names a Python, as `make bench` does.
extension Figures {
  private static let interpreter = getenv("ECHELON_PYTHON").map { unsafe String(cString: $0) }

  static let python = (interpreter == nil ? [] : ["cpython", "loky"]).flatMap { pool in
    [
      figure(pool, "round-trip", "no-op round trip", Self.roundTripOnce),
      figure(pool, "tasks", "no-op tasks, all submitted, then all collected", Self.tasksOnce),
      figure(pool, "start", "a pool of 2 made and each worker used", Self.startOnce),
    ]
  }

  private static func figure(
    _ pool: String, _ what: String, _ title: String,
    _ echelon: @escaping @Sendable (Setup) throws -> Double
  ) -> Figure {
    Figure(
      name: "\(pool)-\(what)", title: title,
      rivalTitle: pool == "cpython" ? "CPython's ProcessPoolExecutor" : "loky's executor",
      requirement: .none
    ) { setup in
      Contest(
        echelon: { try echelon(setup) },
        rival: {
          let python = interpreter ?? "python3"
          let script = "Benchmarks/python.py"
          let seconds = peer_program_number("\(python) \(script) \(pool) \(what) \(setup.workers)")
          guard seconds > 0 else {
            throw ComparisonError.rivalFailed(
              "run \(python) \(script) \(pool); call it in the project's folder, with loky installed,")
          }
          return seconds
        })
    }
  }

  private static func roundTripOnce(_ setup: Setup) throws -> Double {
    let pool = try pool(setup)
    defer { pool.shutdown() }
    return try medianSeconds(count: 2000) { try pool.submit {}.result() }
  }

  private static func tasksOnce(_ setup: Setup) throws -> Double {
    let pool = try pool(setup)
    defer { pool.shutdown() }
    let count = 20_000 / setup.shrink
    return try seconds {
      let futures = try (0..<count).map { _ in try pool.submit {} }
      for future in futures { try future.result() }
    } / Double(count)
  }

  private static func startOnce(_ setup: Setup) throws -> Double {
    var pool: ProcessPool?
    defer { pool?.shutdown() }
    return try seconds {
      pool = try ProcessPool(workers: setup.workers)
      try pool?.warmUp()
      for future in try pool?.broadcast({}) ?? [] { try future.result() }
    }
  }
}
