import Echelon
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `Several pools` {
  @Test(arguments: TestedExecutor.allCases)
  func `P18 work at once, each with its own memory`(_ kind: TestedExecutor) throws {
    let pools = try (1...4).map { try kind.make($0) }
    let threads = pools.map { _ in Ended() }
    for (pool, end) in zip(pools, threads) {
      inBackground {
        let isRight = (0..<30).allSatisfy { round in
          guard let x = try? pool.array(repeating: Double(round), count: 50_000),
            let y = try? pool.startMap(x, { $0 + 1 }).checked()
          else { return false }
          return (try? pool.start(Reduction<Double>.sum, y).checked()) == Double(round + 1) * 50_000
        }
        end.open(isRight)
      }
    }
    for thread in threads { #expect(thread.wait()) }
    for pool in pools { pool.shutdown() }
  }

  @Test(arguments: TestedExecutor.pools)
  func `P18 within a pool's worker works, with arrays of its own`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(1)
    let total = try pool.submit { () throws -> Double in
      let inner = try ProcessPool(workers: 2)
      let x = try inner.array(count: 100_000) { Double($0) }
      let y = try inner.startMap(x) { $0 * 2 }.result(timeout: patience)
      let sum = try inner.start(Reduction<Double>.sum, y).result(timeout: patience)
      inner.shutdown()
      return sum
    }.checked()
    #expect(total == 9_999_900_000)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P18 many jobs from many threads share the workers`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2)
    let x = try pool.array(mixedMagnitudes(count: 100_000, seed: 3, of: Double.self))
    let expected = try pool.start(Reduction<Double>.sum, x).checked()
    let threads = (0..<5).map { _ in Ended() }
    for end in threads {
      inBackground {
        var isRight = true
        for _ in 0..<20 {
          // More at a time, with the other threads', than there are records.
          guard let jobs = try? (0..<20).map({ _ in try pool.start(Reduction<Double>.sum, x) })
          else { return end.open(false) }
          for job in jobs { isRight = isRight && (try? job.checked()) == expected }
        }
        end.open(isRight)
      }
    }
    for thread in threads { #expect(thread.wait()) }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P18 tasks and jobs do not starve each other`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let x = try pool.array(repeating: 1.0, count: 2_000_000)
    let jobs = try (0..<30).map { _ in try pool.startMap(x) { $0 + 1 } }
    let task = try pool.submit(echo, 1)
    #expect(try task.checked() == 1)
    let tasks = try (0..<2_000).map { try pool.submit(echo, $0) }
    #expect(try pool.start(Reduction<Double>.sum, x).checked() == 2_000_000)
    for job in jobs { #expect(try job.checked().count == 2_000_000) }
    for task in tasks { _ = try task.checked() }
    pool.shutdown()
  }
}
