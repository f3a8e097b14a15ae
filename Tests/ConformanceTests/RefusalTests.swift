import Echelon
import Glibc
import TestSupport
import Testing

private final class Counter: @unchecked Sendable { var count = 0 }
private actor Clerk { var count = 0 }
private struct Plain: Sendable { var name: String }
private struct NotCodable: Error { var code: Int }
private enum CodableError: Error, Codable, Equatable {
  case bad(code: Int, names: [String])
  case worse
}

/// Cannot be written at all.
private struct Unwritable: Codable, Sendable {
  let name = "x"  // without it the type would be copied as bytes
  init() {}
  init(from decoder: any Decoder) throws {}
  func encode(to encoder: any Encoder) throws { throw NotCodable(code: 3) }
}

/// Can be read only by the process that is not named.
private struct Choosy: Codable, Sendable {
  let failsIn: Int32
  let name = "x"  // without it the type would be copied as bytes
  init(failsIn: Int32) { self.failsIn = failsIn }
  init(from decoder: any Decoder) throws {
    failsIn = try decoder.singleValueContainer().decode(Int32.self)
    if failsIn == getpid() || failsIn == -1 { throw NotCodable(code: 4) }
  }
  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(failsIn)
  }
}

@Sendable private func throwCodable() throws -> Int {
  throw CodableError.bad(code: 7, names: ["a", "b"])
}
@Sendable private func throwPlain(_ code: Int) throws -> Int { throw NotCodable(code: code) }

@Suite struct `What cannot be sent` {
  /// That `submit` throws, and names what is captured.
  private func refuses(
    naming name: String, at location: SourceLocation = #_sourceLocation, _ submit: () throws -> Any
  ) {
    let error = #expect(throws: TransferError.self, sourceLocation: location) { _ = try submit() }
    #expect("\(error!)".contains(name), "\(error!)", sourceLocation: location)
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 is a closure that captures what cannot travel, and the error names it`(
    _ kind: TestedExecutor
  ) throws {
    let pool = try kind.make(1)
    let counter = Counter()
    refuses(naming: "Counter") { try pool.submit { counter.count } }
    let clerk = Clerk()
    refuses(naming: "Clerk") { try pool.submit { clerk === clerk } }
    let pair = [counter]
    refuses(naming: "objects") { try pool.submit { pair.count } }
    let function: @Sendable (Int) -> Int = { $0 + counter.count }
    refuses(naming: "Counter") { try pool.submit(function, 1) }
    @Sendable func nested(_ x: Int) -> Int { x + counter.count }
    refuses(naming: "Counter") { try pool.submit({ nested($0) }, 1) }
    #expect(try pool.submit(echo, 5).checked() == 5)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 is a map or a sample that captures an object`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let counter = Counter()
    let x = try pool.array(repeating: 1.0, count: 10)
    for error in [
      #expect(throws: TransferError.self) {
        try pool.startMap(x) { $0 * Double(counter.count) }
      },
      #expect(throws: TransferError.self) {
        try pool.startMap(x, x) { $0 * Double(counter.count) + $1 }
      },
      #expect(throws: TransferError.self) {
        try pool.startMap(x, with: 1.0) { $0 * Double(counter.count) + $1 }
      },
      #expect(throws: TransferError.self) {
        try pool.startMonteCarlo(samples: 10, seed: 1) { $0.uniform() * Double(counter.count) }
      },
      #expect(throws: TransferError.self) { try pool.map(0..<3) { $0 * counter.count } },
    ] {
      #expect("\(error!)".contains("captures"), "\(error!)")
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 are arguments and results of types that cannot be copied`(_ kind: TestedExecutor) throws
  {
    let pool = try kind.make(1)
    let counter = Counter()
    for error in [
      #expect(throws: TransferError.self) { try pool.submit({ (c: Counter) in c.count }, counter) },
      #expect(throws: TransferError.self) { try pool.submit { Counter() } },
      #expect(throws: TransferError.self) { try pool.submit { [Counter()] } },
    ] {
      #expect("\(error!)".contains("Counter"), "\(error!)")
    }
    let error = #expect(throws: TransferError.self) { try pool.submit { Plain(name: "x") } }
    #expect("\(error!)".contains("Plain"), "\(error!)")
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P3 is what its own encode refuses: at the call, not later`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    #expect(throws: TransferError.self) { try pool.submit({ (_: Unwritable) in 1 }, Unwritable()) }
    #expect(try pool.submit(echo, 5).checked() == 5)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `P12 is a result that cannot be sent: that one future fails`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let unsendable = try pool.submit { Unwritable() }
    let elements = Array(
      AnySequence { try! pool.map(0..<3) { _ in Unwritable() }.makeIterator() })
    #expect(elements.count { (try? $0.get()) == nil } == 3)
    let error = try #require(try unsendable.failure() as? PoolError)
    #expect("\(error)".contains("Unwritable") && "\(error)".contains("could not be sent"))
    #expect(try pool.submit(echo, 5).checked() == 5)
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.pools)
  func `P12 only the worker can find out fails that one future, and the pool is unharmed`(
    _ kind: TestedExecutor
  )
    throws
  {
    let pool = try kind.makePool(1)
    let undecodable = try pool.submit({ (_: Choosy) in 1 }, Choosy(failsIn: -1))
    let unencodable = try pool.submit { Unwritable() }
    let unreadable = try pool.submit({ (pid: Int32) in Choosy(failsIn: pid) }, getpid())
    let fine = try pool.submit({ (c: Choosy) in c.failsIn }, Choosy(failsIn: getpid()))
    let first = try #require(try undecodable.failure())
    #expect("\(first)".contains("Choosy") && "\(first)".contains("could not be read"), "\(first)")
    let second = try #require(try unencodable.failure())
    #expect(
      "\(second)".contains("Unwritable") && "\(second)".contains("could not be sent"), "\(second)")
    let third = try #require(try unreadable.failure())
    #expect("\(third)".contains("Choosy"), "\(third)")
    #expect(try fine.checked() == getpid())
    #expect(pool.statistics.deaths == 0)
    pool.shutdown()
  }
}

@Suite struct `Errors of a task` {
  @Test(arguments: TestedExecutor.allCases)
  func `come back as themselves when they are Codable`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    #expect(throws: CodableError.bad(code: 7, names: ["a", "b"])) {
      try pool.submit(throwCodable).checked()
    }
    #expect(throws: CodableError.worse) {
      try pool.submit { () throws -> Int in throw CodableError.worse }.checked()
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `come back with type, text and place when they are not`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let error = #expect(throws: RemoteError.self) { try pool.submit(throwPlain, 12).checked() }
    #expect(error!.typeName.contains("NotCodable"))
    #expect(error!.text.contains("12"))
    #expect(!error!.place.isEmpty)
    #expect("\(error!)".contains("12") && "\(error!)".contains("NotCodable"))
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `do no harm to the tasks around them`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let futures = try (0..<300).map { index in
      try pool.submit(
        { (i: Int) throws -> Int in
          if i % 3 == 0 { throw CodableError.bad(code: i, names: []) }
          return i
        }, index)
    }
    for (index, future) in futures.enumerated() {
      if index % 3 == 0 {
        #expect(throws: CodableError.bad(code: index, names: [])) { try future.checked() }
      } else {
        #expect(try future.checked() == index)
      }
    }
    pool.shutdown()
  }

  @Test(arguments: TestedExecutor.allCases)
  func `that are large arrive whole`(_ kind: TestedExecutor) throws {
    let pool = try kind.make(1)
    let names = (0..<5_000).map { "name \($0)" }
    let future = try pool.submit(
      { (names: [String]) throws -> Int in
        throw CodableError.bad(code: 1, names: names)
      }, names)
    #expect(throws: CodableError.bad(code: 1, names: names)) { try future.checked() }
    pool.shutdown()
  }
}
