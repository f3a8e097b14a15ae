import Echelon
import TestSupport
import Testing

@Suite struct `A loop in workers` {
  @Test(
    arguments: TestedExecutor.allCases,
    [(0, nil), (1, nil), (1, 1), (7, 3), (4_095, 1), (4_097, nil), (100_003, 1), (100_003, 64)]
      as [(Int, Int?)])
  func `runs every iteration once, whatever the chunks`(
    _ kind: TestedExecutor, _ size: (iterations: Int, chunkLength: Int?)
  ) throws {
    let pool = kind.shared
    let counts = try pool.array(repeating: Int32(0), count: size.iterations)
    try pool.startConcurrentPerform(
      iterations: size.iterations, chunkLength: size.chunkLength
    ) { counts[$0] += 1 }.checked()
    #expect(Array(counts).allSatisfy { $0 == 1 })
  }

  @Test(arguments: TestedExecutor.allCases)
  func `of more chunks than there can be is refused`(_ kind: TestedExecutor) throws {
    for iterations in [Int.max, Int.max / 2, 1 << 50] {
      #expect(throws: PoolError.self) {
        try kind.shared.startConcurrentPerform(iterations: iterations, chunkLength: 1) { _ in }
      }
    }
    #expect(try kind.shared.submit(echo, 1).checked() == 1)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `refuses numbers out of range`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    #expect(throws: PoolError.invalidArgument("-1 iterations; the number is 0 or more")) {
      _ = try pool.startConcurrentPerform(iterations: -1) { _ in }
    }
    #expect(throws: PoolError.invalidArgument("a chunk length of 0; it is 1 or more")) {
      _ = try pool.startConcurrentPerform(iterations: 3, chunkLength: 0) { _ in }
    }
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 tells which of the largest numbers were lost with a worker`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.makePool()
    let latch = try Latch(in: pool)
    let length = 1 << 62
    let loop = try pool.startConcurrentPerform(iterations: .max, chunkLength: length) { index in
      // The first chunk waits, so that what is lost is the second.
      if index == 0 { latch.pass() }
      OwnDeath.kill.happen()
    }
    _ = try latch.arrived()
    try eventually("the attempts are used up") { pool.statistics.deaths == 3 }
    latch.open()
    let error = try #require(try loop.failure() as? WorkerDied)
    #expect(error.elements == length..<Int.max)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P10 goes on where a worker died`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool()
    let written = try pool.array(repeating: Int64(0), count: 1000)
    let deaths = try pool.array(repeating: Int64(0), count: 1)
    try pool.startConcurrentPerform(iterations: 1000, chunkLength: 10) { index in
      if index == 555, deaths[0] == 0 {
        deaths[0] = 1
        OwnDeath.kill.happen()
      }
      written[index] = Int64(index) + 1
    }.checked()
    #expect(Array(written) == (1...1000).map(Int64.init))
    #expect(pool.statistics.deaths == 1)
    pool.shutdown()
  }
}
