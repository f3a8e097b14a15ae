import Echelon
import EchelonKernels
import Glibc
import TestSupport
import Testing

/// The jobs that a numeric function starts.
private enum Numeric: String, CaseIterable, Sendable {
  case map, mapOfTwo, mapWithParameter, mapInPlace, reduction, kernel, product, monteCarlo

  /// Starts it with a priority, and returns whether it has begun, and how to wait for it.
  func start(
    on pool: any WorkExecutor, _ x: SharedArray<Double>, _ priority: WorkPriority,
    _ deadline: Duration?
  ) throws -> AnyFuture {
    let square = SharedMatrix(x, rows: 8, columns: 8)
    return switch self {
    case .map: try pool.startMap(x, priority: priority, deadline: deadline) { $0 + 1 }
    case .mapOfTwo: try pool.startMap(x, x, priority: priority, deadline: deadline) { $0 + $1 }
    case .mapWithParameter:
      try pool.startMap(x, with: 2.0, priority: priority, deadline: deadline) { $0 * $1 }
    case .mapInPlace: try pool.startMap(x, into: x, priority: priority, deadline: deadline) { $0 }
    case .reduction:
      try pool.start(Reduction<Double>.sum, x, priority: priority, deadline: deadline)
    case .kernel:
      try pool.start(
        KernelFamily.sum.float64, inputs: [SharedMatrix(x, rows: 1, columns: x.count)],
        priority: priority, deadline: deadline)
    case .product: try pool.startMultiply(square, square, priority: priority, deadline: deadline)
    case .monteCarlo:
      try pool.startMonteCarlo(samples: 100, seed: 1, priority: priority, deadline: deadline) {
        $0.uniform()
      }
    }
  }
}

@Suite(.timeLimit(.minutes(2))) struct `A numeric job` {
  @Test(arguments: TestedExecutor.allCases, Numeric.allCases)
  fileprivate func
    `P4 of low priority waits for what is more urgent, whichever function started it`(
      _ kind: TestedExecutor, _ numeric: Numeric
    ) throws
  {
    let held = try Held(on: kind)
    let x = try held.pool.array(repeating: 1.0, count: 64)
    let late = try numeric.start(on: held.pool, x, .low, .seconds(60))
    // Handed over after it, begun before it.
    let second = try Latch(in: held.pool)
    let one = try held.pool.array(repeating: 1.0, count: 1)
    let urgent = try held.pool.startMap(one) { value in
      second.pass()
      return value
    }
    held.latch.open()
    _ = try second.arrived()
    #expect(late.state == .pending)
    second.open()
    _ = try urgent.checked()
    try eventually("it is done") { late.isDone }
    #expect(!late.isCancelled)
    held.pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P5 is stopped at its deadline, counted from its first chunk`(_ kind: TestedExecutor) throws
  {
    let held = try Held(on: kind)
    let pool = held.pool
    let latch = try Latch(in: pool)
    let x = try pool.array(repeating: 1.0, count: 100_000)
    let map = try pool.startMap(x, deadline: .milliseconds(50)) { value in
      latch.pass()
      return value
    }
    let sample = try pool.startMonteCarlo(samples: 10, seed: 1, deadline: .milliseconds(50)) { _ in
      latch.pass()
      return 1
    }
    let fine = try pool.start(Reduction<Double>.sum, x, deadline: .seconds(60))
    usleep(100_000)  // longer than the deadlines: what is tested is that this time does not count
    #expect(map.state == .pending)
    held.latch.open()
    for (error, what) in [(try map.failure(), "a map"), (try sample.failure(), "Monte Carlo")] {
      guard case .deadlineExceeded(.milliseconds(50), let text)? = error as? PoolError else {
        Issue.record("\(what): \(String(describing: error))")
        continue
      }
      #expect(text.contains(what))
    }
    #expect(try fine.checked() == 100_000)
    #expect(pool.deaths == 0)
    pool.shutdown()
    latch.open()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `takes both in its blocking and its async form`(_ kind: TestedExecutor) async throws {
    let pool = kind.shared
    let x = try pool.array(count: 64) { Double($0) }
    let square = SharedMatrix(x, rows: 8, columns: 8)
    func all() throws -> [Double] {
      [
        try pool.sum(x, priority: .high, deadline: .seconds(60)),
        try pool.dot(x, x, priority: .high, deadline: .seconds(60)),
        try pool.minimum(x, priority: .high, deadline: .seconds(60)),
        try pool.maximum(x, priority: .high, deadline: .seconds(60)),
        try pool.moments(x, priority: .high, deadline: .seconds(60)).mean,
        try pool.multiply(square, square, priority: .high, deadline: .seconds(60))[1, 1],
        try pool.map(x, priority: .high, deadline: .seconds(60)) { $0 + 1 }[3],
        try pool.monteCarlo(samples: 10, seed: 1, priority: .high, deadline: .seconds(60)) { _ in 2
        }
        .mean,
      ]
    }
    let awaited = [
      try await pool.sum(x, priority: .high, deadline: .seconds(60)),
      try await pool.dot(x, x, priority: .high, deadline: .seconds(60)),
      try await pool.minimum(x, priority: .high, deadline: .seconds(60)),
      try await pool.maximum(x, priority: .high, deadline: .seconds(60)),
      try await pool.moments(x, priority: .high, deadline: .seconds(60)).mean,
      try await pool.multiply(square, square, priority: .high, deadline: .seconds(60))[1, 1],
      try await pool.map(x, priority: .high, deadline: .seconds(60)) { $0 + 1 }[3],
      try await pool.monteCarlo(samples: 10, seed: 1, priority: .high, deadline: .seconds(60)) {
        _ in 2
      }.mean,
    ]
    #expect(try all() == awaited)
    #expect(awaited[0] == 2016 && awaited[6] == 4 && awaited[7] == 2)
  }
}
