import Echelon
import Glibc
import TestSupport
import Testing

@Sendable private func dieAt(_ cells: SharedArray<Int64>, _ index: Int, _ fatal: Int) -> Int {
  cells[index] += 1
  if index == fatal { OwnDeath.abort.happen() }
  return index * index
}

/// A result of about so many bytes.
@Sendable private func text(_ index: Int, _ fatal: Int, _ byteCount: Int) -> String {
  if index == fatal { OwnDeath.kill.happen() }
  return String(repeating: String(index % 10), count: byteCount)
}

private struct Visit: Codable, Sendable {
  var cells: SharedArray<Int64>
  var index: Int
  var fatal: Int
}

@Sendable private func visit(_ visit: Visit) -> Int {
  dieAt(visit.cells, visit.index, visit.fatal)
}

private struct Page: Codable, Sendable {
  var index: Int
  var fatal: Int
  var byteCount: Int
}

/// Kills the worker that decodes it for the second time after `marks[0]` was set to 1.
private struct Trap: Codable, Sendable {
  let marks: SharedArray<Int64>

  init(marks: SharedArray<Int64>) { self.marks = marks }

  private enum CodingKeys: CodingKey { case marks }

  init(from decoder: any Decoder) throws {
    marks = try decoder.container(keyedBy: CodingKeys.self).decode(
      SharedArray<Int64>.self, forKey: .marks)
    if marks[0] > 0 { marks[0] += 1 }
    if marks[0] == 3 { OwnDeath.kill.happen() }
  }
}

/// Ends this process for some numbers.
@Sendable private func dieInTheMiddle(_ n: Int) -> Int {
  if (40..<130).contains(n) { kill(getpid(), SIGKILL) }
  return n
}

extension Faults {
  @Suite(.timeLimit(.minutes(2))) struct `A map whose worker dies in a chunk` {
    @Test func `P4 many elements in a row that kill their workers cost only themselves`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let results = Array(try pool.map(0..<4_000, dieInTheMiddle))
      #expect(results.count == 4_000)
      for (index, result) in results.enumerated() {
        switch result {
        case .success(let value): #expect(value == index && !(40..<130).contains(index))
        case .failure(let error): #expect(error is WorkerDied && (40..<130).contains(index))
        }
      }
      pool.shutdown()
    }

    @Test func `P4 credits no worker with the elements of the one before it`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      let marks = try pool.array(repeating: Int64(0), count: 1)
      // In an array, so that the optimizer leaves the closure a Trap to capture and not its field.
      let traps = [Trap(marks: marks)]
      // The first worker dies in element 2. The second runs that one again, and dies as it reads the
      // call for the rest, before it has begun a log of its own.
      let map = try pool.map(0..<6, chunkSize: 6, retries: 3) { index in
        if index == 2, traps[0].marks[0] == 0 {
          traps[0].marks[0] = 1
          OwnDeath.kill.happen()
        }
        return index * 10
      }
      let values = try results(map).map { try $0.get() }
      #expect(marks[0] == 4, "the second worker died as planned, and a third one followed")
      #expect(values == [0, 10, 20, 30, 40, 50])
      #expect(pool.statistics.deaths == 2)
      pool.shutdown()
    }

    private func results<Output>(_ map: MapResults<Output>) -> [Result<Output, any Error>] {
      var results: [Result<Output, any Error>] = []
      for result in AnySequence({ map.makeIterator() }) { results.append(result) }
      return results
    }

    @Test(arguments: [0, 1, 7, 14, 15])
    func `P4 loses one element: those done keep their results, the others run once elsewhere`(
      _ fatal: Int
    ) throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let cells = try pool.array(repeating: Int64(0), count: 48)
      let inputs = (0..<48).map { Visit(cells: cells, index: $0, fatal: fatal + 16) }
      let map = try pool.map(inputs, chunkSize: 16) { visit($0) }
      for (index, result) in results(map).enumerated() {
        if index == fatal + 16 {
          guard case .failure(let error as WorkerDied) = result else {
            Issue.record("\(index): \(result)")
            continue
          }
          #expect(error.attempts == 1)
          #expect(error.cause == .signalled(SIGABRT))
        } else {
          guard case .success(let value) = result else {
            Issue.record("\(index): \(result)")
            continue
          }
          #expect(value == index * index)
        }
      }
      let counts = cells.withSpan { span in span.indices.map { span[$0] } }
      #expect(counts.allSatisfy { $0 == 1 }, "an element ran again or never: \(counts)")
      #expect(pool.statistics.deaths == 1)
      pool.shutdown()
    }

    @Test func `P4 P10 runs the element alone again as often as its retries say`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let cells = try pool.array(repeating: Int64(0), count: 20)
      let inputs = (0..<20).map { Visit(cells: cells, index: $0, fatal: 6) }
      let all = results(try pool.map(inputs, chunkSize: 10, retries: 2) { visit($0) })
      guard case .failure(let error as WorkerDied) = all[6] else {
        Issue.record("\(all[6])")
        return
      }
      #expect(error.attempts == 3 && error.isPoison)
      let counts = cells.withSpan { span in span.indices.map { span[$0] } }
      #expect(counts == (0..<20).map { $0 == 6 ? 3 : 1 })
      pool.shutdown()
    }

    // Small results stay in the slot's neighbourhood, larger ones need the outbox, then a block that
    // grows.
    @Test(arguments: [1, 300, 3_000, 40_000, 400_000])
    func `P4 keeps results of any size`(_ byteCount: Int) throws {
      let pool = try ProcessPool.quiet(workers: 1)
      for fatal in [5, 19] {
        let inputs = (0..<20).map { Page(index: $0, fatal: fatal, byteCount: byteCount) }
        let map = try pool.map(inputs, chunkSize: 20) { text($0.index, $0.fatal, $0.byteCount) }
        for (index, result) in results(map).enumerated() {
          switch result {
          case .success(let value):
            #expect(value == text(index, -1, byteCount), "\(index)")
          case .failure(let error):
            #expect(index == fatal && error is WorkerDied, "\(index): \(error)")
          }
        }
      }
      pool.shutdown()
      #expect(pool.memoryUsage.usedBytes == 0, "a block of a log was not given back")
    }
  }
}
