import CPeers
import Echelon
import EchelonComparison
import Glibc

/// What it costs to have a worker.
extension Figures {
  static let starts = [
    poolReady, workersBeyondSpawn, workerBeyondSpawn, forkedWorker, replacement, forkedReplacement,
  ]

  private static let bareTitle =
    "C: posix_spawn of the same image, which ends where a worker begins"

  private static let poolReady = Figure(
    name: "start-pool", title: "a pool made, its workers ready", rivalTitle: bareTitle,
    requirement: .time(atMost: 8e-3)
  ) { setup in
    Contest(
      echelon: { try readySeconds(setup.workers) },
      rival: { try medianSeconds(count: 9) { try spawnBare(setup.workers) } })
  }

  // 1.5 ms for each of two; the one below pays alone for what a pool is made with.
  private static let workersBeyondSpawn = Figure(
    name: "start-workers", title: "a pool of two made and ready", rivalTitle: bareTitle + ", twice",
    requirement: .difference(atMost: 3e-3)
  ) { setup in
    Contest(
      echelon: { try readySeconds(2) },
      rival: { try medianSeconds(count: 9) { try spawnBare(2) } })
  }

  private static let workerBeyondSpawn = Figure(
    name: "start-worker", title: "a pool of one made and ready", rivalTitle: bareTitle,
    requirement: .difference(atMost: 1.5e-3)
  ) { setup in
    Contest(
      echelon: { try readySeconds(1) },
      rival: { try medianSeconds(count: 9) { try spawnBare(1) } })
  }

  private static let forkedWorker = Figure(
    name: "start-forked", title: "one of 8 workers forked from a template that is ready",
    rivalTitle: bareTitle, requirement: .time(atMost: 1e-3)
  ) { setup in
    Contest(
      echelon: {
        var times: [Double] = []
        for _ in 0..<5 {
          let pool = try ProcessPool(workers: 9, start: .forkServer)
          try pool.submit {}.result()  // the template is there, and one worker
          times.append(try seconds { try pool.warmUp() } / 8)
          pool.shutdown()
        }
        return times.sorted()[2]
      },
      rival: { try medianSeconds(count: 9) { try spawnBare(1) } })
  }

  private static let replacement = Figure(
    name: "replace", title: "a worker killed in its task, replaced, the task run again",
    rivalTitle: bareTitle, requirement: .time(atMost: 10e-3)
  ) { setup in try replacing(.spawn) }

  private static let forkedReplacement = Figure(
    name: "replace-forked", title: "the same with a forked worker", rivalTitle: bareTitle,
    requirement: .time(atMost: 10e-3)
  ) { setup in try replacing(.forkServer) }

  private static func replacing(_ method: StartMethod) throws -> Contest {
    let pool = try readyPool(1, method)
    return Contest(
      echelon: {
        try medianSeconds(count: 9) {
          let flag = try pool.array(repeating: 0 as Int64, count: 1)
          try pool.submit(retries: 1, dieOnce, flag).result()
        }
      },
      rival: { try medianSeconds(count: 9) { try spawnBare(1) } },
      end: { pool.shutdown() })
  }

  private static func readyPool(_ workers: Int, _ method: StartMethod) throws -> ProcessPool {
    let pool = try ProcessPool(workers: workers, start: method)
    try pool.warmUp()
    return pool
  }

  /// Until a pool is ready; its end is not counted.
  private static func readySeconds(_ workers: Int) throws -> Double {
    var times: [Double] = []
    for _ in 0..<9 {
      var pool: ProcessPool?
      times.append(try seconds { pool = try readyPool(workers, .spawn) })
      pool?.shutdown()
    }
    return times.sorted()[4]
  }

  private static func spawnBare(_ count: Int) throws {
    try check(peer_spawn_self(Int32(count)), "start a process")
  }
}

/// Kills its worker the first time that it is run.
@Sendable private func dieOnce(_ flag: SharedArray<Int64>) {
  guard flag[0] == 0 else { return }
  flag[0] = 1
  kill(getpid(), SIGKILL)
}
