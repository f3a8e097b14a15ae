import Echelon
import EchelonMemory
import TestSupport
import Testing

/// Something that writes over what it reads, and the bits that come of it.
private struct InPlaceOperation: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let run: @Sendable (any WorkExecutor) throws -> [UInt64]

  /// On doubles.
  private init(
    _ name: String,
    on doubles: @escaping @Sendable (any WorkExecutor, SharedArray<Double>) throws -> Void
  ) {
    testDescription = name
    run = { executor in
      let x = try executor.array(count: 100_003) { Double($0 % 1013) * 0.01 - 5 }
      try doubles(executor, x)
      return Array(x).map(\.bitPattern)
    }
  }

  static let all = [
    InPlaceOperation("a map") { executor, x in
      _ = try executor.map(x, into: x) { $0 * 1.5 + 1 / ($0 + 6) }
    },
    InPlaceOperation("a map with a parameter") { executor, x in
      _ = try executor.map(x, with: 0.75, into: x) { $0 * $1 + 1 }
    },
    InPlaceOperation("a map of two arrays") { executor, x in
      let y = try executor.array(count: x.count) { Double($0) }
      _ = try executor.map(x, y, into: x) { $0 * $1 - 3 }
    },
    InPlaceOperation("a map of an array with itself") { executor, x in
      _ = try executor.map(x, x, into: x) { $0 * $1 - 3 }
    },
    InPlaceOperation("an expression") { executor, x in
      _ = try executor.evaluate(sin(x) * exp(-x) + x, into: x)
    },
    InPlaceOperation("an expression of a matrix and its transpose") { executor, x in
      let m = x[0..<311 * 311].reshaped(rows: 311, columns: 311)
      _ = try executor.evaluateMatrix(m - 0.5 * m.transposed, into: m)
    },
    InPlaceOperation("an expression of rows and columns") { executor, x in
      let m = x[0..<100_000].reshaped(rows: 200, columns: 500)
      _ = try executor.evaluateMatrix(m * 2 - x[0..<500], into: m)
    },
    InPlaceOperation("a sort") { executor, x in _ = try executor.sorted(x, .descending, into: x) },
  ]

  private init(
    _ name: String, of numbers: @escaping @Sendable (any WorkExecutor) throws -> [UInt64]
  ) {
    testDescription = name
    run = numbers
  }

  static let others = [
    InPlaceOperation(
      "an expression of whole numbers",
      of: { executor in
        let x = try executor.array(count: 100_003) { Int64($0) &* 0x1234_5678_9abc }
        _ = try executor.evaluate((x &* 7 &+ (x &>> 3)) ^ x, into: x)
        return Array(x).map { UInt64(bitPattern: $0) }
      }),
    InPlaceOperation(
      "an expression of single precision",
      of: { executor in
        let x = try executor.array(count: 100_003) { Float($0 % 1013) * 0.01 - 5 }
        _ = try executor.evaluate(cos(x) / (x * x + 1), into: x)
        return Array(x).map { UInt64($0.bitPattern) }
      }),
  ]
}

extension Faults {
  @Suite struct `Work in place` {
    @Test(arguments: InPlaceOperation.all + InPlaceOperation.others)
    fileprivate func `P10 gives the same bits after workers are killed at random moments inside it`(
      _ operation: InPlaceOperation
    ) throws {
      let seed = testSeed()
      let calm = try InProcessExecutor(threads: 1)
      let expected = try operation.run(calm)
      calm.shutdown()
      let pool = try ProcessPool.quiet(workers: 2)
      // As often as this machine, with what else it does now, starts workers and gets through the work.
      let start = MonotonicClock.now()
      try pool.warmUp()
      #expect(try operation.run(pool) == expected)
      let microseconds = UInt32(clamping: (MonotonicClock.now() - start) / 1000)
      let killer = Killer(of: pool, every: microseconds / 4...2 * microseconds, seed: seed)
      var (rounds, whole) = (0, 0)
      while rounds < 200, whole < 3 || killer.kills < 8 {
        rounds += 1
        do {
          let bits = try operation.run(pool)
          whole += 1
          #expect(bits == expected, "round \(rounds), seed \(seed)")
        } catch is WorkerDied {
          // A chunk was hit more often than it is run again, which is said.
        }
      }
      killer.stop()
      #expect(whole >= 3 && killer.kills >= 8, "\(whole) of \(rounds) came through, seed \(seed)")
      pool.shutdown()
    }
  }
}
