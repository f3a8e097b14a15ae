import ClosureTable
import Echelon
import Glibc
import TestSupport
import Testing

/// Sends the table through a pool, and compares with a call here.
private final class PoolCollector: ClosureVisitor {
  let pool: ProcessPool
  var failures: [String] = []
  var count = 0

  init(_ pool: ProcessPool) { self.pool = pool }

  func travels<each Argument: Sendable, Output: Sendable>(
    _ name: String, _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    count += 1
    do {
      let there = try pool.submit(function, repeat each argument).checked()
      let here = try function(repeat each argument)
      // Texts of values, not the values: a table of any types at all.
      if "\(there)" != "\(here)" { failures.append("\(name): \(there) instead of \(here)") }
    } catch {
      failures.append("\(name): \(error)")
    }
  }

  func isRefused<each Argument: Sendable, Output: Sendable>(
    _ name: String, naming capture: String,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    count += 1
    do {
      _ = try pool.submit(function, repeat each argument)
      failures.append("\(name): was not refused")
    } catch let error as TransferError {
      if !"\(error)".contains(capture) { failures.append("\(name): \(error)") }
    } catch {
      failures.append("\(name): \(error)")
    }
  }
}

private struct Decay: Codable, Sendable { var rate: Double; var name: String; var steps: [Double] }

@Suite(.timeLimit(.minutes(5))) struct `A closure that captures, in a pool` {
  let pool: ProcessPool
  init() throws { pool = try ProcessPool(workers: 2) }

  @Test func `P3 is run with what it captured: the whole table`() {
    let collector = PoolCollector(pool)
    visitTravellers(collector)
    #expect(collector.failures == [])
    #expect(collector.count > 60)
    #expect(pool.statistics.deaths == 0)
    pool.shutdown()
  }

  @Test func `P3 is refused at submit by the name of what cannot travel: the whole table`() {
    let collector = PoolCollector(pool)
    visitRefusals(collector)
    #expect(collector.failures == [])
    #expect(collector.count > 20)
    pool.shutdown()
  }

  @Test func `P13 finds its own pool among what it captured`() throws {
    let number = opaque(20)
    let alone = try pool.submit { [pool] () throws -> Int in try pool.submit { 21 }.result() }
    #expect(try alone.checked() == 21)
    let both = try pool.submit { [pool] () throws -> Int in
      try pool.submit { number * 2 }.result() + (pool.isInsideTask ? 1 : 0)
    }
    #expect(try both.checked() == 41)
    let maybe = Optional(pool)
    #expect(try pool.submit { maybe?.isInsideTask }.checked() == true)
    #expect(pool.statistics.deaths == 0)
    pool.shutdown()
  }

  @Test func `P3 reads a shared array and a shared matrix where they lie`() throws {
    let x = try pool.array(count: 1000) { Double($0) }
    let y = x[100..<200]
    let k = Double(getpid())
    #expect(try pool.submit { x[999] + k }.checked() == 999 + k)
    #expect(try pool.submit { y[0] + Double(y.count) }.checked() == 200)
    try pool.submit { x[0] = k }.checked()  // the worker writes into the same memory
    #expect(x[0] == k)
    let m = try pool.matrix(rows: 2, columns: 3) { row, column in Double(10 * row + column) }
    #expect(try pool.submit { m[1, 2] * k }.checked() == 12 * k)
    #expect(try pool.submit { [x, y].map(\.count) }.checked() == [1000, 100])
    pool.shutdown()
  }

  @Test func `P3 keeps a shared array alive that only the closure knows`() throws {
    func future() throws -> Future<Double> {
      let x = try pool.array(repeating: 2.0, count: 100_000)
      return try pool.submit { x.withSpan { $0[99_999] } }
    }
    for _ in 0..<50 { #expect(try future().checked() == 2) }
    pool.shutdown()
  }

  @Test func `P3 of another pool's array is refused`() throws {
    let other = try ProcessPool(workers: 1)
    let x = try other.array(repeating: 1.0, count: 8)
    #expect(throws: ArenaError.self) { try pool.submit { x[0] } }
    let mine = try pool.array(repeating: 1.0, count: 8)
    #expect(throws: ArenaError.self) { try pool.startMap(mine) { $0 + x[0] } }
    other.shutdown()
    pool.shutdown()
  }

  @Test func `is mapped over arrays with numbers, structs and arrays`() throws {
    let k = 0.5 * Double(min(1, getpid()))
    let x = try pool.array(count: 100_000) { Double($0) * 1e-4 }
    let y = try pool.map(x) { exp(-k * $0) }
    #expect(Array(y) == Array(x).map { exp(-k * $0) })
    let decay = Decay(rate: k, name: "decay", steps: (0..<1000).map { Double($0) })
    let z = try pool.map(x, y) { $0 * decay.rate + $1 + decay.steps[7] }
    #expect(z[99_999] == x[99_999] * k + y[99_999] + 7)
    let weights = [k, 2 * k]
    let w = try pool.map(x, with: 2.0) { $0 * weights[1] + $1 }
    #expect(w[5] == x[5] * 2 * k + 2)
    let table = try pool.array(count: 10) { Double($0) }
    let looked = try pool.map(x) { table[Int($0)] * k }
    #expect(looked[99_999] == 9 * k)
    let inner: @Sendable (Double) -> Double = { $0 * k + decay.steps[1] }
    #expect(try pool.map(x) { inner($0) }[3] == inner(x[3]))
    #expect(try pool.map(x, inner)[3] == inner(x[3]))
    pool.shutdown()
  }

  @Test func `is mapped with captures that have no room in a job's record`() throws {
    let table = (0..<100_000).map { Double($0) * 0.5 }
    let x = try pool.array(count: 300_000) { Double($0 % 100_000) }
    for _ in 0..<20 {
      let y = try pool.map(x) { table[Int($0)] }
      #expect(y[299_999] == table[99_999])
    }
    pool.shutdown()
    #expect(pool.statistics.deaths == 0)
  }

  @Test func `is mapped with large parameters`() throws {
    let x = try pool.array(repeating: 1.0, count: 10)
    let v = SIMD32<Double>(repeating: 0.25)
    #expect(try pool.map(x, with: v) { $0 + $1.sum() }[9] == 9)
    pool.shutdown()
  }

  @Test func `is mapped over a sequence, and sampled`() throws {
    let k = Double(getpid()), names = ["a", "b", "c"]
    let lengths = try pool.map(0..<3) { "\(names[$0])\(k)" }.map { try $0.get() }
    #expect(lengths == names.map { "\($0)\(k)" })
    let pairs = try pool.map([1, 2], ["x", "y"]) { "\($0)\($1)\(names)" }.map { try $0.get() }
    #expect(pairs == ["1x\(names)", "2y\(names)"])
    let scale = 4 * k
    let one = try pool.monteCarlo(samples: 200_000, seed: 3) { $0.uniform() < 0.5 ? scale : 0 }
    let plain = try pool.monteCarlo(samples: 200_000, seed: 3) { $0.uniform() < 0.5 ? 1 : 0 }
    #expect(abs(one.mean - plain.mean * scale) <= 1e-9 * scale)
    pool.shutdown()
  }

  @Test func `P3 of a variable and nothing else has the value that it had at the call`() throws {
    let pool = try ProcessPool(workers: 1)
    nonisolated(unsafe) var total = opaque(41), share = opaque(0.5)
    let (counted, halved) = (
      try pool.submit {
        unsafe total += 1
        return unsafe total
      }, try pool.submit { unsafe share / 2 }
    )
    #expect(try counted.checked() == 42 && halved.checked() == 0.25)
    unsafe share += 1
    #expect(unsafe total == 41 && share == 1.5)
    pool.shutdown()
  }

  @Test func `survives the death of a worker: the chunk runs again with its captures`() throws {
    let table = (0..<1000).map { Double($0) }
    let x = try pool.array(count: 200_000) { Double($0 % 1000) }
    let victim = try pool.array(repeating: 0.0, count: 1)
    let y = try pool.map(x) { value in
      if value == 77, victim[0] == 0 {
        victim[0] = 1
        kill(getpid(), SIGKILL)
      }
      return table[Int(value)] + 1
    }
    #expect(Array(y) == Array(x).map { $0 + 1 })
    pool.shutdown()
  }
}
