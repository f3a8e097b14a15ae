import Echelon
import EchelonMemory
import Foundation
import Glibc
import TestSupport
import Testing

/// What workers have of their front end. One test at a time: they count and kill processes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct Starting {
  @Suite struct `A worker of a program of its own` {
    @Test(arguments: StartMethod.allCases)
    func `finds around it what its start method promises`(_ method: StartMethod) throws {
      let facts = try StartProgram.facts(method.rawValue)
      let isForked = method == .fork
      // The trap: top-level code of main.swift does not run in a worker.
      #expect(facts["main"] == (isForked ? "42" : "0"))
      #expect(facts["other"] == "5")
      #expect(facts["static"] == (isForked ? "7" : "1"))
      #expect(facts["preloaded"] == (method == .spawn ? "0" : "2"))
      #expect(facts["initialized"] == "3")
      // Spawned processes see the environment of the moment they start, a fork that of the pool's.
      #expect(facts["variable"] == (isForked ? "set by main" : "set after the pool"))
      #expect(facts["given"] == "by the options")
      #expect(facts["of-seat"] == "seat 0")
      #expect(facts["index"] == "0")
      #expect(facts["marker"] == "-")
      #expect(facts["directory"] == "/")
      #expect(facts["descriptors"] == "0,1,2,3,4")
      #expect(facts["blocked"] == "0")
      #expect(facts["usr1"] == "default")
      #expect(facts["input"] == "0")
      #expect(facts["own-group"] == "true")
      #expect(facts["threads"] == "1")
      #expect((facts["parent"] == facts["front-end"]) == (method == .spawn))
      #expect(facts["left"] == "0", "a process outlived the pool")
    }

    @Test(arguments: StartMethod.allCases)
    func `P9 leaves for a fresh one under every start method`(_ method: StartMethod) throws {
      let (status, output) = try StartProgram.run("recycle", method.rawValue)
      #expect(status == 0, "\(output)")
      let facts = StartProgram.facts(in: output)
      #expect(facts["runs"] == "[1, 2, 2, 2, 2, 2]", "\(output)")
      #expect(facts["last"] == "[0, 1, 2, 3, 4]", "\(output)")
      #expect(facts["deaths"] == "0", "\(output)")
      #expect(facts["left"] == "0", "a process outlived the pool")
    }

    @Test func `is not forked a second time, when the program has threads`() throws {
      let refusal = try #require(try StartProgram.facts("fork")["second"])
      #expect(refusal.contains("single thread"), "\(refusal)")
      #expect(refusal.contains("echelon-watch"), "\(refusal)")
    }

    @Test(arguments: StartMethod.allCases, ["idle", "busy", "stopped"])
    func `P14 ends with its front end, and so does its template`(
      _ method: StartMethod, _ occupation: String
    ) throws {
      let (status, output) = try StartProgram.run("die", method.rawValue, occupation)
      #expect(status == 128 + SIGKILL)
      let line = try #require(output.split(separator: "\n").last { $0.hasPrefix("processes") })
      let pids = line.split(separator: " ").dropFirst().compactMap { Int32($0) }
      #expect(pids.count == (method == .spawn ? 2 : 3), "\(output)")
      defer { for pid in pids where !Machine.isGone(pid) { kill(pid, SIGKILL) } }
      try eventually("\(pids) are gone", within: .seconds(1)) { pids.allSatisfy(Machine.isGone) }
      #expect(Machine.namedSharedMemory == [])
    }
  }

  @Suite struct `A front end` {
    @Test(arguments: StartMethod.allCases, ["shut-down", "open"])
    func `P6 exits at the end of its program, whatever its workers are at`(
      _ method: StartMethod, _ pool: String
    ) throws {
      let (status, output) = try StartProgram.run("exit", method.rawValue, pool)
      #expect(status == 0 && output.contains("cancelled=true"), "\(output)")
      let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("processes") })
      let pids = line.split(separator: " ").dropFirst().compactMap { Int32($0) }
      #expect(pids.count == (method == .spawn ? 1 : 2), "\(output)")
      defer { for pid in pids where !Machine.isGone(pid) { kill(pid, SIGKILL) } }
      try eventually("\(pids) are gone", within: .seconds(5)) { pids.allSatisfy(Machine.isGone) }
      #expect(Machine.namedSharedMemory == [])
    }

    @Test(arguments: StartMethod.allCases, ["idle", "busy", "stopped"])
    func `P14 that has forked a child of its own leaves no worker either`(
      _ method: StartMethod, _ occupation: String
    ) throws {
      let (status, output) = try StartProgram.run("die", method.rawValue, occupation, "child")
      #expect(status == 128 + SIGKILL)
      func numbers(_ start: String) throws -> [Int32] {
        let line = try #require(
          output.split(separator: "\n").last { $0.hasPrefix(start) }, "\(output)")
        return line.split(separator: " ").dropFirst().compactMap { Int32($0) }
      }
      let child = try #require(try numbers("child").first)
      let pids = try numbers("processes")
      defer { for pid in pids + [child] where !Machine.isGone(pid) { kill(pid, SIGKILL) } }
      #expect(pids.count == (method == .spawn ? 2 : 3), "\(output)")
      #expect(!pids.contains(child))
      try eventually("\(pids) are gone", within: .seconds(1)) { pids.allSatisfy(Machine.isGone) }
      #expect(!Machine.isGone(child), "the forked child was to live on")
      #expect(Machine.namedSharedMemory == [])
    }

    @Test(arguments: StartMethod.allCases)
    func `leaves a flight recording of itself and of its workers`(_ method: StartMethod) throws {
      let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path
      defer { try? FileManager.default.removeItem(atPath: path) }
      let (status, output) = try StartProgram.run("flight", method.rawValue, path)
      #expect(status == 128 + SIGKILL)
      let facts = StartProgram.facts(in: output)
      #expect(facts["again"] == "7", "\(output)")
      let victim = try #require(facts["victim"].flatMap { Int32($0) })
      let recording = try FlightRecording(contentsOf: path)
      #expect("\(recording.frontEndProcessID)" == facts["front-end"])
      let kinds = recording.events.map(\.kind)
      #expect(kinds.count { $0 == .taskBegan(attempt: 0) } >= 21)
      #expect(kinds.count { $0 == .taskEnded } == 21)
      #expect(
        kinds.contains(.workerDied(processID: victim, worker: 0, cause: .signalled(SIGKILL))))
      let up = recording.events.filter { if case .workerUp = $0.kind { true } else { false } }
      #expect(up.count == 2)
      #expect(up.allSatisfy { $0.track == .worker(0) })
      #expect(up.first?.kind == .workerUp(processID: victim))
      #expect(!kinds.contains(.shutDown), "it had no time to")
    }
  }

  @Suite struct `The table of closures` {
    @Test(arguments: StartMethod.allCases)
    func `travels in a program of its own`(_ method: StartMethod) throws {
      try ships(StartProgram.run("closures", method.rawValue))
    }

    @Test(
      .enabled(
        if: StartProgram.staticExecutable != nil,
        "ECHELON_STATIC_PROGRAM names no program; `make test` builds one"),
      arguments: StartMethod.allCases)
    func `travels in a program with the Swift runtime inside`(_ method: StartMethod) throws {
      let executable = try #require(StartProgram.staticExecutable)
      let linked = try #require(try? Data(contentsOf: executable))
      #expect(linked.range(of: Data("libswiftCore.so".utf8)) == nil, "it is linked dynamically")
      try ships(StartProgram.run("closures", method.rawValue, executable: executable))
    }

    private func ships(_ ran: (status: Int32, output: String)) throws {
      #expect(ran.status == 0, "\(ran.output)")
      let count = try #require(StartProgram.facts(in: ran.output)["shipped"].flatMap { Int($0) })
      #expect(count >= 60)
      let failures = ran.output.split(separator: "\n").filter { $0.hasPrefix("failure=") }
      #expect(failures == [])
    }
  }

  @Suite struct `A pool under fork` {
    @Test func `is refused in a program with threads, with their names`() {
      let error = #expect(throws: PoolError.self) { try ProcessPool(workers: 1, start: .fork) }
      guard case .cannotFork(let threads)? = error else {
        Issue.record("not that error: \(String(describing: error))")
        return
      }
      #expect(threads.count > 1)
      #expect("\(error!)".contains(".forkServer"))
    }
  }

  @Suite struct `Workers` {
    @Test(arguments: [StartMethod.spawn, .forkServer])
    func `are kept on the cores asked for`(_ method: StartMethod) throws {
      let allowed = MachineLimits.allowedProcessors()
      var options = PoolOptions()
      options.start = method
      options.pinning = .cores([allowed.last!])
      let pool = try ProcessPool(workers: 2, options: options)
      for _ in 0..<4 {
        let cores = try pool.submit { MachineLimits.allowedProcessors() }.checked()
        #expect(cores == [allowed.last!])
      }
      pool.shutdown()
      options.pinning = .spread
      let spread = try ProcessPool(workers: 1, options: options)
      #expect(try spread.submit { MachineLimits.allowedProcessors() }.checked() == [allowed[0]])
      spread.shutdown()
    }

    @Test func `are not put on a core that the program may not use`() {
      let allowed = MachineLimits.allowedProcessors()
      let beyond = allowed.max()! + 1
      var options = PoolOptions()
      options.pinning = .cores([allowed[0], beyond])
      #expect(throws: PoolError.coreNotAllowed(core: beyond, allowed: allowed)) {
        try ProcessPool(workers: 1, options: options)
      }
      options.pinning = .cores([])
      #expect(throws: PoolError.self) { try ProcessPool(workers: 1, options: options) }
    }

    @Test(arguments: [StartMethod.spawn, .forkServer])
    func `have a place, an environment and a folder of their own`(_ method: StartMethod) throws {
      var options = PoolOptions()
      options.start = method
      options.environment = ["COLOUR": "all", "SHAPE": "round"]
      options.environmentForWorker = { seat in ["COLOUR": "of \(seat)"] }
      options.workingDirectory = "/tmp/../usr"
      let pool = try ProcessPool(workers: 2, options: options)
      try pool.warmUp()
      let latches = try (0..<2).map { _ in try Latch(in: pool) }
      let found = try latches.map { latch in
        try pool.submit(surroundings, latch)
      }
      for latch in latches { _ = try latch.arrived() }
      for latch in latches { latch.open() }
      let texts = Set(try found.map { try $0.checked() })
      #expect(texts == ["0 of 0 round /usr", "1 of 1 round /usr"])
      pool.shutdown()
    }

    @Test func `P2 are not started with half an environment of their own`() throws {
      var options = PoolOptions()
      options.start = .forkServer
      let value = { @Sendable (count: Int) in String(repeating: "x", count: count) }
      options.environmentForWorker = { _ in ["LONG": value(200_000), "OTHER": "1"] }
      let pool = try ProcessPool(workers: 1, options: options)
      let error = try #require(try pool.submit(lengthOfVariable, "LONG").failure() as? PoolError)
      #expect("\(error)".contains("environment"), "\(error)")
      #expect("\(error)".contains("200"), "\(error)")
      pool.shutdown()
      // What fits arrives whole.
      options.environmentForWorker = { _ in ["LONG": value(130_000), "OTHER": "1"] }
      let other = try ProcessPool(workers: 1, options: options)
      #expect(try other.submit(lengthOfVariable, "LONG").checked() == 130_000)
      #expect(try other.submit(lengthOfVariable, "OTHER").checked() == 1)
      other.shutdown()
    }

    @Test func `P2 are not started in a folder that is not there`() {
      var options = PoolOptions()
      options.workingDirectory = "/nowhere/at/all"
      let error = #expect(throws: PoolError.self) { try ProcessPool(workers: 1, options: options) }
      #expect("\(error, default: "")".contains("/nowhere/at/all"))
    }
  }
}

@Sendable private func lengthOfVariable(_ name: String) -> Int {
  unsafe getenv(name).map { unsafe strlen($0) } ?? -1
}

@Sendable private func surroundings(_ latch: Latch) -> String {
  latch.pass()
  func variable(_ name: String) -> String {
    unsafe getenv(name).map { unsafe String(cString: $0) } ?? "-"
  }
  var buffer = [CChar](repeating: 0, count: 4096)
  _ = unsafe getcwd(&buffer, buffer.count)
  let folder = String(
    decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  return "\(variable("ECHELON_WORKER_INDEX")) \(variable("COLOUR")) \(variable("SHAPE")) \(folder)"
}
