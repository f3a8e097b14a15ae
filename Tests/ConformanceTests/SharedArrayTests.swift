import Echelon
import Glibc
import TestSupport
import Testing

@Suite struct `Shared arrays through a task` {
  private struct Problem: Codable, Sendable {
    var name: String
    var matrix: SharedMatrix<Double>
    var parts: [SharedArray<Float>]
    var more: SharedArray<Int32>?
  }

  @Test(arguments: TestedExecutor.allCases)
  func `go by handle with any strides that fit`(_ kind: TestedExecutor) throws {
    let pool = kind.shared
    let x = try pool.array([1.0, 2, 3])
    let tall = SharedMatrix(x, rows: 3, columns: 1, rowStride: 1, columnStride: 1 << 40)
    #expect(
      try pool.submit({ (m: SharedMatrix<Double>) in m[2, 0] + Double(m.columnStride) }, tall)
        .checked() == 3 + 0x1p40)
    let empty = SharedMatrix(x[0..<0], rows: 1 << 40, columns: 0)
    #expect(try pool.submit({ (m: SharedMatrix<Double>) in m.rows }, empty).checked() == 1 << 40)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `go by handle: the task reads and writes where they lie`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2, memoryLimit: 256 << 20)
    let x = try pool.array(count: 1_000_000) { Double($0) }
    let before = pool.memoryUsage.usedBytes
    let total = try pool.submit(
      { (x: SharedArray<Double>) -> Double in
        x[7] = -1
        return x.withSpan { span in
          var sum = 0.0
          for index in span.indices { sum += span[index] }
          return sum
        }
      }, x
    ).checked()
    #expect(total == 499_999_500_000 - 8)
    #expect(x[7] == -1)
    #expect(pool.memoryUsage.usedBytes == before, "an argument by handle takes no memory")
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `come back as the very same memory, slices too`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(2, memoryLimit: 256 << 20)
    let x = try pool.array(count: 1_000) { Float($0) }
    let back = try pool.submit(echo, x).checked()
    #expect(back.count == 1_000)
    back[5] = 99
    #expect(x[5] == 99)
    let slice = try pool.submit({ (x: SharedArray<Float>) in x[100..<200] }, x).checked()
    #expect(slice.count == 100 && slice[0] == 100)
    slice[0] = -1
    #expect(x[100] == -1)
    let empty = try pool.submit(echo, x[3..<3]).checked()
    #expect(empty.isEmpty)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `go inside Codable types, arrays and optionals, and come back in them`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(2, memoryLimit: 256 << 20)
    let matrix = try pool.matrix(rows: 3, columns: 4) { i, j in Double(10 * i + j) }
    let problem = Problem(
      name: "p", matrix: matrix.transposed,
      parts: [try pool.array([1, 2]), try pool.array([3])], more: try pool.array([7, 8, 9]))
    let back = try pool.submit(
      { (problem: Problem) -> Problem in
        problem.parts[1][0] = 30
        problem.matrix[3, 2] = problem.matrix[3, 2] + 0.5
        problem.more?[0] = Int32(problem.matrix.rows)
        return problem
      }, problem
    ).checked()
    #expect(matrix[2, 3] == 23.5)
    #expect(back.matrix.rows == 4 && back.matrix.columns == 3 && back.matrix[3, 2] == 23.5)
    #expect(problem.parts[1][0] == 30)
    #expect(problem.more?[0] == 4)
    back.parts[0][1] = 20
    #expect(problem.parts[0][1] == 20)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `live until the task has ended, whoever else lets go of them`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.make(2, memoryLimit: 256 << 20)
    let latch = try Latch(in: pool)
    let future: Future<Double>
    do {
      let x = try pool.array(repeating: 2.0, count: 1_000)
      future = try pool.submit(
        { (x: SharedArray<Double>, latch: Latch) -> Double in
          latch.pass()
          return x[999]
        }, x, latch)
    }
    _ = try latch.arrived()
    // What is allocated now must not lie where the task still reads.
    let others = try (0..<20).map { _ in try pool.array(repeating: 5.0, count: 1_000) }
    latch.open()
    #expect(try future.checked() == 2)
    withExtendedLifetime(others) {}
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `are free again when the last view and the last task are gone`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.make(2, memoryLimit: 256 << 20)
    let before = pool.memoryUsage.usedBytes
    do {
      let x = try pool.array(repeating: 1.0, count: 100_000)
      #expect(try pool.submit(echo, x).checked()[0] == 1)
      #expect(pool.memoryUsage.usedBytes > before)
    }
    try eventually("the memory is free") { pool.memoryUsage.usedBytes == before }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `of another pool are refused, by name`(_ kind: TestedExecutor) throws {
    let pool = try kind.makePool(2, memoryLimit: 256 << 20)
    let other = try kind.makePool(1)
    let x = try other.array(repeating: 1.0, count: 10)
    #expect(throws: ArenaError.self) { try pool.startMap(x) { $0 } }
    #expect(throws: ArenaError.self) { try pool.start(Reduction<Double>.sum, x) }
    let future = Result { try pool.submit({ (x: SharedArray<Double>) in x[0] }, x) }
    let error: any Error
    switch future {
    case .success(let future): error = try #require(try future.failure())
    case .failure(let refused): error = refused
    }
    #expect("\(error)".contains("arena"), "\(error)")
    pool.shutdown()
    other.shutdown()
  }
}
