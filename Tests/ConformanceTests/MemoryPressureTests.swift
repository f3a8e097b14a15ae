import Echelon
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A pool whose memory is full of results` {
  private static let large = 1 << 20

  @Test(arguments: TestedExecutor.allCases)
  func `collects them for tasks that have more`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2, memoryLimit: 16 * Self.large)
    let futures = try (0..<48).map { index in
      try pool.submit({ (value: UInt8) in [UInt8](repeating: value, count: 1 << 20) }, UInt8(index))
    }
    for (index, future) in futures.enumerated() {
      let bytes = try future.checked()
      #expect(bytes.count == Self.large && bytes.first == UInt8(index))
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `collects them for new arguments`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2, memoryLimit: 16 * Self.large)
    var futures: [Future<Int>] = []
    for index in 0..<48 {
      let bytes = [UInt8](repeating: UInt8(index), count: Self.large)
      futures.append(try pool.submit({ (bytes: [UInt8]) in Int(bytes[0]) }, bytes))
      if index % 8 == 7 { _ = wait(for: futures) }  // done, and not yet collected by anybody
    }
    #expect(try futures.map { try $0.checked() } == Array(0..<48))
    pool.shutdown()
  }
}

@Suite(.timeLimit(.minutes(2))) struct `A map whose results outgrow the memory` {
  @Test(arguments: TestedExecutor.pools)
  func `leaves none of it taken`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(1, memoryLimit: 24 << 20)
    for _ in 0..<8 {
      // The first result promises little, so that a block for the rest is there; then there is none.
      let results = Array(
        try pool.map(0..<64, chunkSize: 64) { n in
          [UInt8](repeating: 1, count: n == 0 ? 40_000 : 1_000_000)
        })
      #expect(results.count == 64)
    }
    #expect(try pool.array(repeating: 1.0, count: 1_500_000).count == 1_500_000)
    pool.shutdown()
  }
}

@Suite(.timeLimit(.minutes(1))) struct `Input that does not fit` {
  @Test(arguments: TestedExecutor.allCases)
  func `in count is refused by a numeric map`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let (two, three) = (try pool.array([1.0, 2.0]), try pool.array([1.0, 2.0, 3.0]))
    #expect(throws: KernelError.self) { try pool.map(two, three) { $0 + $1 } }
    #expect(throws: KernelError.self) { try pool.map(two, into: three) { $0 * 2 } }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `in memory is refused by Monte Carlo`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    #expect(throws: PoolError.self) { try pool.monteCarlo(samples: -1, seed: 1) { $0.uniform() } }
    #expect(throws: ArenaError.self) {
      try pool.monteCarlo(samples: .max, seed: 1) { $0.uniform() }
    }
    pool.shutdown()
  }
}
