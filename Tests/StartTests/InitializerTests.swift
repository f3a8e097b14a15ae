import Echelon
import EchelonMemory
import Glibc
import Synchronization
import TestSupport
import Testing

extension Starting {
  @Suite struct `An initializer` {
    @Test(arguments: [StartMethod.spawn, .forkServer])
    func `P8 runs once in each worker, before its first task`(_ method: StartMethod) throws {
      let initializer = try WorkerInitializer(remember, "seven", [1.5, 2.5])
      let pool = try ProcessPool(workers: 2, start: method, initializer: initializer)
      try pool.warmUp()
      for _ in 0..<20 { #expect(try pool.submit(remembered).checked() == "seven [1.5, 2.5] x1") }
      kill(pool.workerProcessIDs[0], SIGKILL)
      try pool.warmUp()
      for _ in 0..<20 { #expect(try pool.submit(remembered).checked() == "seven [1.5, 2.5] x1") }
      pool.shutdown()
    }

    @Test(arguments: [StartMethod.spawn, .forkServer])
    func `P8 that throws reaches those who wait as itself, and does not loop`(
      _ method: StartMethod
    ) throws {
      let countdown = Countdown(100)
      defer { countdown.clear() }
      let pool = try ProcessPool(
        workers: 1, start: method, initializer: try WorkerInitializer(refuse, countdown))
      let futures = try (0..<3).map { try pool.submit(echo, $0) }
      for future in futures {
        #expect(try future.failure() as? Unlicensed == Unlicensed(seats: 4))
      }
      #expect(countdown.taken == 3, "so often it was tried")
      let later = #expect(throws: PoolError.self) { try pool.submit(echo, 1) }
      guard case .initializerFailed(3, let text, let lastWords)? = later else {
        Issue.record("not that error: \(String(describing: later))")
        return
      }
      #expect(text.contains("Unlicensed"))
      #expect(lastWords == ["no seat is free"])
      #expect("\(later!)".hasSuffix("\n  no seat is free"), "\(later!)")
      #expect(throws: later!) { try pool.warmUp() }
      pool.shutdown()
    }

    @Test func `P8 that throws an error without a code is told by name`() throws {
      let pool = try ProcessPool(
        workers: 1, initializer: try WorkerInitializer { throw Unspoken.word })
      let error = try #require(try pool.submit(echo, 1).failure() as? RemoteError)
      #expect(error.typeName.contains("Unspoken"))
      pool.shutdown()
    }

    @Test func `P8 that fails at first and then not is forgiven`() throws {
      let countdown = Countdown(2)
      defer { countdown.clear() }
      let pool = try ProcessPool(
        workers: 1, initializer: try WorkerInitializer(refuse, countdown))
      #expect(try pool.submit(echo, 5).checked() == 5)
      #expect(countdown.taken == 2)
      pool.shutdown()
    }

    @Test func `P8 that fails now and then is forgiven as long as others come up in between`()
      throws
    {
      let countdown = Countdown(100)
      defer { countdown.clear() }
      let pool = try ProcessPool(
        workers: 1, initializer: try WorkerInitializer(refuseEverySecond, countdown))
      for workers in 1...5 {
        try pool.resize(workers: workers)
        try pool.warmUp()
      }
      #expect(countdown.taken == 10)
      #expect(try pool.submit(echo, 5).checked() == 5)
      pool.shutdown()
    }

    @Test(
      arguments: [StartMethod.spawn, .forkServer],
      [(OwnDeath.exitThree, "exited with code 3"), (.fatalError, ""), (.abort, "SIGABRT")])
    func `P8 that ends its process is tried three times, and the error has its last words`(
      _ method: StartMethod, _ death: (how: OwnDeath, words: String)
    ) throws {
      let countdown = Countdown(100)
      defer { countdown.clear() }
      var options = PoolOptions()
      options.start = method
      options.initializer = try WorkerInitializer(complainAndDie, countdown, death.how)
      let pool = try ProcessPool(workers: 1, options: options)
      let error = try #require(try pool.submit(echo, 1).failure() as? PoolError)
      guard case .initializerFailed(3, let text, let lastWords) = error else {
        Issue.record("not that error: \(error)")
        return
      }
      #expect(countdown.taken == 3, "so often it was tried")
      #expect(text.contains(death.words), "\(error)")
      #expect(lastWords.first == "no table")
      #expect("\(error)".contains("\n  no table"), "\(error)")
      if death.how == .fatalError {
        #expect(lastWords.contains { $0.contains("Fatal error: on purpose") }, "\(error)")
      }
      #expect(throws: error) { try pool.warmUp() }
      pool.shutdown()
    }

    @Test(arguments: StartMethod.allCases, ["initializer", "preload"])
    func `P8 that never returns is an error, not a wait for ever`(
      _ method: StartMethod, _ what: String
    ) throws {
      if method == .spawn, what == "preload" { return }  // it has none
      let (status, output) = try StartProgram.run("hang", method.rawValue, what)
      #expect(status == 0, "\(output)")
      let facts = StartProgram.facts(in: output)
      for end in [facts["result"], facts["warm"]] {
        #expect(end?.contains("startTimeout") == true, "\(output)")
        #expect(end?.contains(what) == true, "\(output)")
      }
      #expect(facts["left"] == "0", "\(output)")
    }

    @Test func `P8 that takes its time is waited for when no limit is set`() throws {
      var options = PoolOptions()
      options.startTimeout = nil
      options.initializer = try WorkerInitializer { usleep(300_000) }  // longer than the next one's
      let patient = try ProcessPool(workers: 1, options: options)
      #expect(try patient.submit(echo, 1).checked() == 1)
      patient.shutdown()
      options.startTimeout = .zero
      #expect(throws: PoolError.self) { try ProcessPool(workers: 1, options: options) }
    }

    @Test func `P3 that captures what cannot be sent is refused where it is made`() {
      final class Handle: Sendable { let number = 3 }
      let handle = Handle()
      #expect(throws: TransferError.self) {
        try WorkerInitializer { precondition(handle.number == 3) }
      }
    }

    @Test func `P3 takes no shared arrays`() throws {
      let pool = try ProcessPool(workers: 1)
      let array = try pool.array(repeating: 1.0, count: 8)
      #expect(throws: TransferError.self) {
        try WorkerInitializer({ (x: SharedArray<Double>) in _ = x.count }, array)
      }
      pool.shutdown()
    }
  }

  @Suite struct `A preload` {
    @Test func `P8 runs once, and every worker has what it left`() throws {
      let countdown = Countdown(100)
      defer { countdown.clear() }
      var options = PoolOptions()
      options.start = .forkServer
      options.preload = try WorkerInitializer(tally, countdown)
      options.initializer = try WorkerInitializer(remember, "in the worker", [])
      let pool = try ProcessPool(workers: 2, options: options)
      try pool.warmUp()
      let victims = pool.workerProcessIDs
      for pid in victims { kill(pid, SIGKILL) }
      try eventually("both have been replaced") {
        Set(pool.workerProcessIDs).isDisjoint(with: victims) && pool.workerProcessIDs.count == 2
      }
      let text = try pool.submit(remembered).checked()
      #expect(text == "preload [1.0] x1, in the worker [] x2")
      #expect(countdown.taken == 1)
      pool.shutdown()
    }

    @Test func `P8 that throws reaches those who wait as itself`() throws {
      var options = PoolOptions()
      options.start = .forkServer
      options.preload = try WorkerInitializer { throw Unlicensed(seats: 9) }
      let pool = try ProcessPool(workers: 1, options: options)
      #expect(try pool.submit(echo, 1).failure() as? Unlicensed == Unlicensed(seats: 9))
      let later = #expect(throws: PoolError.self) { try pool.submit(echo, 1) }
      #expect("\(later, default: "")".contains("Unlicensed"))
      pool.shutdown()
    }

    @Test func `that leaves a thread is refused, with its name`() throws {
      var options = PoolOptions()
      options.start = .forkServer
      options.preload = try WorkerInitializer {
        _ = SystemThread.start(name: "left-behind") { while true { pause() } }
        // The thread names itself.
        while !Machine.threadNames.contains("left-behind") { usleep(100) }
      }
      let pool = try ProcessPool(workers: 1, options: options)
      let error = try #require(try pool.submit(echo, 1).failure())
      #expect("\(error)".contains("left-behind"), "\(error)")
      pool.shutdown()
    }

    @Test func `needs a template`() throws {
      var options = PoolOptions()
      options.preload = try WorkerInitializer {}
      let error = #expect(throws: PoolError.self) { try ProcessPool(workers: 1, options: options) }
      #expect("\(error, default: "")".contains(".forkServer"))
    }
  }
}

/// What a worker was told, and how often.
private let memory = Mutex<[String]>([])

@Sendable private func remember(_ text: String, _ numbers: [Double]) {
  memory.withLock { $0.append("\(text) \(numbers)") }
}

@Sendable private func remembered() -> String {
  memory.withLock { "\($0.joined(separator: ", ")) x\($0.count)" }
}

@Sendable private func tally(_ countdown: Countdown) {
  _ = countdown.take()
  remember("preload", [1])
  memory.withLock { $0[0] += " x\($0.count)" }
}

private struct Unlicensed: Error, Codable, Equatable { var seats: Int }
private enum Unspoken: Error { case word }

@Sendable private func refuse(_ countdown: Countdown) throws {
  if countdown.take() {
    complain("no seat is free")
    throw Unlicensed(seats: 4)
  }
}

@Sendable private func refuseEverySecond(_ countdown: Countdown) throws {
  _ = countdown.take()
  if countdown.taken % 2 == 1 { throw Unlicensed(seats: 4) }
}

@Sendable private func complainAndDie(_ countdown: Countdown, _ how: OwnDeath) {
  _ = countdown.take()
  complain("no table")
  how.happen()
}

private func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  bytes.withRawSpan { StandardError.write($0) }
}
