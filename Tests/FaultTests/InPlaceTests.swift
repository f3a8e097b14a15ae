import Echelon
import EchelonMemory
import TestSupport
import Testing

extension Faults {
  @Suite struct `Work in place` {
    @Test(
      arguments: InPlaceOperation.all + InPlaceOperation.others + InPlaceOperation.accumulations
        + InPlaceOperation.factorizations)
    func `P10 gives the same bits after workers are killed at random moments inside it`(
      _ operation: InPlaceOperation
    ) throws {
      let seed = testSeed()
      let calm: any WorkExecutor =
        operation.isOfBLAS ? try ProcessPool(workers: 1) : try InProcessExecutor(threads: 1)
      let expected = try operation.run(calm)
      calm.shutdown()
      let pool = try ProcessPool.quiet(workers: 2)
      // As often as this machine, with what else it does now, starts workers and gets through the work.
      let start = MonotonicClock.now()
      try pool.warmUp()
      // Compared outside of the expectation, which would look for what differs for minutes.
      let isRight = try operation.run(pool) == expected
      #expect(isRight)
      let microseconds = UInt32(clamping: (MonotonicClock.now() - start) / 1000)
      let killer = Killer(of: pool, every: microseconds / 4...2 * microseconds, seed: seed)
      var (rounds, whole) = (0, 0)
      while rounds < 5000, whole < 3 || killer.kills < 6 {
        rounds += 1
        do {
          let isRight = try operation.run(pool) == expected
          whole += 1
          #expect(isRight, "round \(rounds), seed \(seed)")
        } catch is WorkerDied {
          // A chunk was hit more often than it is run again, which is said.
        }
      }
      killer.stop()
      #expect(whole >= 3 && killer.kills >= 6, "\(whole) of \(rounds) came through, seed \(seed)")
      pool.shutdown()
    }
  }
}
