import Echelon
import Glibc
import TestSupport
import Testing

/// When a worker dies or fails.
private enum Moment: String, CaseIterable, Codable, Sendable {
  case argumentDecode, functionBody, resultEncode
}

private struct Refusal: Error, Codable, Equatable { var moment: Moment }

/// What happens to whoever touches a value at its moment.
private enum Fate: Codable, Equatable, Sendable {
  case death(OwnDeath)
  case error
  case nothing

  func happen(_ moment: Moment) throws {
    switch self {
    case .death(let how): how.happen()
    case .error: throw Refusal(moment: moment)
    case .nothing: break
    }
  }
}

/// A value that meets its fate at one moment of its way to a worker and back, in the worker only.
private struct Doomed: Codable, Equatable, Sendable {
  var fate: Fate
  var moment: Moment
  var frontEnd = getpid()
  var filler = String(repeating: "x", count: 200)  // longer than a slot, and not copied as bytes

  init(_ fate: Fate, at moment: Moment) {
    self.fate = fate
    self.moment = moment
  }

  private func reach(_ place: Moment) throws {
    if place == moment, getpid() != frontEnd { try fate.happen(moment) }
  }

  private enum Key: CodingKey { case fate, moment, frontEnd, filler }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    fate = try values.decode(Fate.self, forKey: .fate)
    moment = try values.decode(Moment.self, forKey: .moment)
    frontEnd = try values.decode(Int32.self, forKey: .frontEnd)
    filler = try values.decode(String.self, forKey: .filler)
    try reach(.argumentDecode)
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(fate, forKey: .fate)
    try values.encode(moment, forKey: .moment)
    // Half of the message is written when it happens.
    try reach(.resultEncode)
    try values.encode(frontEnd, forKey: .frontEnd)
    try values.encode(filler, forKey: .filler)
  }

  @Sendable static func pass(_ value: Doomed) throws -> Doomed {
    try value.reach(.functionBody)
    return value
  }
}

/// *Kind of death × moment*, the grid of CPython's `test_deadlock`.
extension Faults {
  @Suite struct `A worker that fails` {
    private static let deaths: [OwnDeath] = [
      .kill, .exitZero, .exitThree, .abort, .badAccess, .trap,
    ]

    @Test(arguments: Moment.allCases, deaths)
    fileprivate func `P10 P11 by dying, at each moment of a task, costs that task alone`(
      _ moment: Moment, _ how: OwnDeath
    ) throws {
      for kind in TestedExecutor.pools {
        let pool = try kind.makePool(2)
        let before = try (0..<10).map { try pool.submit(echo, $0) }
        let lost = try pool.submit(Doomed.pass, Doomed(.death(how), at: moment))
        let after = try (0..<10).map { try pool.submit(echo, $0) }
        let error = try #require(try lost.failure() as? WorkerDied, "\(kind)")
        #expect(
          `A worker that dies in a task`.expectedCauses(how).contains(error.cause), "\(error)")
        #expect(error.attempts == 1)
        #expect(try before.map { try $0.checked() } == Array(0..<10))
        #expect(try after.map { try $0.checked() } == Array(0..<10))
        let whole = Doomed(.nothing, at: moment)
        #expect(try pool.submit(Doomed.pass, whole).checked() == whole)
        pool.shutdown()
        #expect(pool.statistics.pendingTasks == 0)
      }
    }

    @Test(arguments: Moment.allCases)
    fileprivate func `P12 by an error, at each moment of a task, costs that task and no worker`(
      _ moment: Moment
    ) throws {
      for kind in TestedExecutor.pools {
        let pool = try kind.makePool(1)
        let error = try #require(
          try pool.submit(Doomed.pass, Doomed(.error, at: moment)).failure(), "\(kind)")
        if moment == .functionBody {
          #expect(error as? Refusal == Refusal(moment: .functionBody))
        } else {
          #expect("\(error)".contains("Doomed"), "\(error)")
        }
        #expect(try pool.submit(echo, 1).checked() == 1)
        #expect(pool.statistics.deaths == 0)
        pool.shutdown()
      }
    }

    @Test(arguments: Moment.allCases)
    fileprivate func `P4 P10 by dying in an element of a map, costs that element alone`(
      _ moment: Moment
    ) throws {
      for kind in TestedExecutor.pools {
        let pool = try kind.makePool(2)
        let items = (0..<20).map { Doomed($0 == 7 ? .death(.kill) : .nothing, at: moment) }
        let mapped = try pool.map(items, chunkSize: 5) { (item: Doomed) in try Doomed.pass(item) }
        var iterator: MapResults<Doomed>.Iterator = mapped.makeIterator()
        for index in 0..<20 {
          guard let result = iterator.next() else {
            Issue.record("the map ended at \(index)")
            break
          }
          if index == 7 {
            #expect(throws: WorkerDied.self) { try result.get() }
          } else {
            #expect(try result.get() == items[index])
          }
        }
        #expect(iterator.next() == nil)
        pool.shutdown()
      }
    }

    @Test(arguments: TestedExecutor.pools)
    func `P10 by dying with megabytes of arguments in its hands, costs each of them its own error`(
      _ kind: TestedExecutor
    ) throws {
      let pool = try kind.makePool(2)
      let text = String(repeating: "a", count: 4 << 20)
      let futures = try (0..<10).map { _ in
        try pool.submit(
          { (text: String) -> Int in
            abort()
          }, text)
      }
      for future in futures { #expect(try future.failure() is WorkerDied) }
      #expect(try pool.submit({ (text: String) in text.utf8.count }, text).checked() == 4 << 20)
      pool.shutdown()
    }

    @Test(arguments: TestedExecutor.pools)
    func `P6 P10 by dying after the shutdown was asked for, fails its task and not the shutdown`(
      _ kind: TestedExecutor
    ) throws {
      let pool = try kind.makePool(2)
      let latch = try Latch(in: pool)
      let lost = try pool.submit(
        { (latch: Latch) -> Int in
          latch.pass()
          abort()
        }, latch)
      _ = try latch.arrived()
      let queued = try (0..<20).map { try pool.submit(echo, $0) }
      let ended = Ended()
      inBackground {
        pool.shutdown()
        ended.open()
      }
      latch.open()
      #expect(ended.wait())
      #expect(try lost.failure() is WorkerDied)
      #expect(try queued.map { try $0.result(timeout: .zero) } == Array(0..<20))
    }
  }
}
