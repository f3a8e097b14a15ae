import CPeers
import Echelon
import EchelonComparison
import Glibc

/// How long it takes from asking until the work has stopped and its future has ended.
extension Figures {
  static let cancellation = [cancelByForce, cancelCooperatively]

  private static let cancelByForce = Figure(
    name: "cancel-force", title: "cancel(.force) of a busy task, until its worker is gone",
    rivalTitle: "C: kill and wait for a child that is busy", requirement: .none
  ) { setup in
    let pool = try pool(setup)
    let began = try pool.array(repeating: Int64(0), count: 1)
    return Contest(
      echelon: {
        try median(20) {
          began[0] = 0
          let future = try pool.submit(spin, began)
          while began[0] == 0 { sched_yield() }
          return try seconds {
            guard future.cancel(.force) else { throw ComparisonError.rivalFailed("stop a task") }
            _ = try? future.result()
          }
        }
      },
      rival: { try median(20) { try check(peer_kill_busy_child()) } },
      end: { pool.shutdown() })
  }

  private static let cancelCooperatively = Figure(
    name: "cancel-cooperative", title: "cancel() of a task that looks, until its future has ended",
    rivalTitle: "no-op round trip to a worker that was just active", requirement: .none
  ) { setup in
    let pool = try pool(setup)
    let began = try pool.array(repeating: Int64(0), count: 1)
    return Contest(
      echelon: {
        try median(200) {
          began[0] = 0
          let future = try pool.submit(look, began)
          while began[0] == 0 { sched_yield() }
          return seconds {
            future.cancel()
            _ = try? future.result()
          }
        }
      },
      rival: {
        for _ in 0..<20 { try pool.submit {}.result() }
        return try medianSeconds(count: 200) { try pool.submit {}.result() }
      },
      end: { pool.shutdown() })
  }

  private static func median(_ count: Int, _ once: () throws -> Double) throws -> Double {
    var times: [Double] = []
    for _ in 0..<count { times.append(try once()) }
    times.sort()
    return times[count / 2]
  }

  private static func check(_ nanoseconds: Int) throws -> Double {
    guard nanoseconds >= 0 else { throw ComparisonError.rivalFailed("start a process") }
    return Double(nanoseconds) * 1e-9
  }
}

@Sendable private func spin(_ began: SharedArray<Int64>) -> Int {
  began[0] = 1
  while true { if CurrentTask.isCancelled && began.count == 0 { return 0 } }
}

@Sendable private func look(_ began: SharedArray<Int64>) throws -> Int {
  began[0] = 1
  while true { try CurrentTask.checkCancellation() }
}
