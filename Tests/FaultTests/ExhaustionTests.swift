import Echelon
import Glibc
import TestSupport
import Testing

@Sendable private func numbers(_ count: Int) -> [Double] { (0..<count).map(Double.init) }
@Sendable private func size(_ values: [Double]) -> Int { values.count }

extension Faults {
  @Suite struct `An arena that is full` {
    let pool: ProcessPool
    init() throws { pool = try ProcessPool.quiet(workers: 2, memoryLimit: 8 << 20) }

    @Test func `refuses an array with what was needed and what there is, and loses nothing`() throws
    {
      let kept = try pool.array(count: 700_000) { Double($0) }
      let error = #expect(throws: ArenaError.self) {
        try pool.uninitializedArray(of: Double.self, count: 700_000)
      }
      guard case .outOfMemory(let needed, let available, let limit, let advice)? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(needed >= 5_600_000)
      #expect(available < needed)
      #expect(limit.contains("memoryLimit") && limit.contains("8 MiB"))
      #expect(!advice.isEmpty)
      #expect(kept[699_999] == 699_999)
      #expect(try pool.start(Reduction<Double>.maximum, kept).checked() == 699_999)
      pool.shutdown()
    }

    @Test func `refuses a call at submit, and takes smaller ones`() throws {
      #expect(throws: ArenaError.self) { try pool.submit(size, numbers(2_000_000)) }
      #expect(try pool.submit(size, numbers(500_000)).checked() == 500_000)
      pool.shutdown()
    }

    @Test func `fails only the task whose result finds no room`() throws {
      let futures = try (0..<20).map { try pool.submit(numbers, $0 % 4 == 0 ? 2_000_000 : 1_000) }
      for (index, future) in futures.enumerated() {
        if index % 4 == 0 {
          let error = try future.failure()
          #expect("\(error!)".contains("memoryLimit"), "\(error!)")
        } else {
          #expect(try future.checked().count == 1_000)
        }
      }
      try eventually("nothing stays leased") { pool.memoryUsage.usedBytes < 1 << 20 }
      pool.shutdown()
    }

    @Test func `under a running workload: everything ends, with a value or that error`() throws {
      let x = try pool.array(count: 200_000) { Double($0) }
      var (done, refused) = (0, 0)
      var kept: [SharedArray<Double>] = []
      for round in 0..<60 {
        do {
          kept.append(try pool.startMap(x) { $0 + 1 }.checked())
          done += 1
        } catch let error as ArenaError {
          guard case .outOfMemory = error else { throw error }
          refused += 1
          kept = []  // room again
        }
        #expect(try pool.start(Reduction<Double>.sum, x).checked() == 19_999_900_000)
        #expect(try pool.submit(echo, round).checked() == round)
      }
      #expect(done >= 20 && refused >= 5, "\(done) done, \(refused) refused")
      for array in kept { #expect(array[199_999] == 200_000) }
      pool.shutdown()
    }

    @Test func `tasks that wait in front of the slots fail one by one when their turn comes`()
      throws
    {
      let latch = try Latch(in: pool)
      let held = try (0..<2).map { _ in try pool.submit(hold, latch) }
      try eventually("both workers are held") { latch.arrivals == 2 }
      // More than there are slots, each with a block of its own: the memory ends before they do.
      var futures: [Future<Int>] = []
      let values = numbers(600)
      var refused = 0
      for _ in 0..<4_000 {
        do { futures.append(try pool.submit(size, values)) } catch is ArenaError { refused += 1 }
      }
      latch.open()
      for future in held { _ = try future.checked() }
      var (right, failed) = (0, 0)
      for future in futures {
        if let error = try future.failure() {
          #expect(error is ArenaError)
          failed += 1
        } else {
          right += 1
        }
      }
      #expect(right + failed + refused == 4_000)
      #expect(right >= 1_000, "\(right) right, \(failed) failed, \(refused) refused")
      pool.shutdown()
    }
  }
}
