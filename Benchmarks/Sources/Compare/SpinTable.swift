import CPeers
import Echelon
import Glibc

/// What `PoolOptions.spin` is worth: bursts, steady trickles and rest, with several spins.
enum SpinTable {
  static func print(_ setup: Setup) throws {
    Swift.print("| spin | burst of 100, a task | every 100 µs | every 1 ms | its use | at rest |")
    Swift.print("| --- | --- | --- | --- | --- | --- |")
    for spin in [0, 10, 50, 200, 1000] {
      var options = PoolOptions()
      options.spin = .microseconds(spin)
      let pool = try ProcessPool(workers: setup.workers, options: options)
      try pool.warmUp()
      let burst = try median(of: 200, pause: 1_000_000) {
        for future in try (0..<100).map({ _ in try pool.submit {} }) { try future.result() }
      }
      let often = try median(of: 2000, pause: 100_000) { try pool.submit {}.result() }
      let (start, before) = (peer_clock_nanoseconds(), processorTime(pool))
      let seldom = try median(of: 500, pause: 1_000_000) { try pool.submit {}.result() }
      let use = Double(processorTime(pool) - before) / Double(peer_clock_nanoseconds() - start)
      usleep(100_000)
      let rested = processorTime(pool)
      usleep(500_000)  // the time that is measured
      let rest = Double(processorTime(pool) - rested) / 5e8
      let times = [burst / 100, often, seldom].map { "\(($0 * 1e7).rounded() / 10) µs" }
      let shares = [use, rest].map { "\(($0 * 1000).rounded() / 10) %" }
      Swift.print("| \(spin) µs | " + (times + shares).joined(separator: " | ") + " |")
      pool.shutdown()
    }
  }

  /// The caller keeps busy in the pauses, as a program that hands out work now and then.
  private static func median(
    of count: Int, pause: Int, _ operation: () throws -> Void
  ) throws -> Double {
    try medianSeconds(of: count) {
      let start = peer_clock_nanoseconds()
      while peer_clock_nanoseconds() - start < pause {}
      return try seconds(operation)
    }
  }

  private static func medianSeconds(
    of count: Int, _ measure: () throws -> Double
  ) rethrows -> Double {
    try (0..<count).map { _ in try measure() }.sorted()[count / 2]
  }

  private static func processorTime(_ pool: ProcessPool) -> Int {
    pool.workerProcessIDs.reduce(0) { $0 + peer_processor_time($1) }
  }
}
