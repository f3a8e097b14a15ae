import Echelon
import EchelonMemory
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// What tasks print, and who hears of it. One test at a time: some look at the whole process.
@Suite(.serialized, .timeLimit(.minutes(2))) struct Observation {}

/// Keeps the lines that a handler is given.
final class Lines: Sendable {
  private let lines = Mutex<[WorkerLine]>([])
  var all: [WorkerLine] { lines.withLock { $0 } }
  var texts: [String] { all.map(\.text) }
  func take(_ line: WorkerLine) { lines.withLock { $0.append(line) } }
}

/// A pool whose workers print no backtrace and whose lines go to `lines`.
func listeningPool(workers: Int = 1, _ lines: Lines) throws -> ProcessPool {
  try listeningPool(workers: workers, lines, .quiet)
}

private func listeningPool(workers: Int = 1, _ lines: Lines, _ options: PoolOptions) throws
  -> ProcessPool
{
  var options = options
  options.output = .handler { lines.take($0) }
  return try ProcessPool(workers: workers, options: options)
}

@Sendable private func say(_ text: String) { print(text) }
@Sendable private func sayWithoutEnd(_ text: String) { print(text, terminator: "") }
@Sendable private func complain(_ text: String) {
  let bytes = Array((text + "\n").utf8)
  bytes.withRawSpan { StandardError.write($0) }
}
@Sendable private func sayMany(_ name: String, _ count: Int) {
  for index in 0..<count { print("\(name) \(index) \(String(repeating: name, count: 200))") }
}
@Sendable private func sayLong(_ count: Int) { print(String(repeating: "x", count: count)) }
@Sendable private func saySomeAndDie(_ text: String, _ how: OwnDeath) -> Int {
  print(text)
  sayWithoutEnd("half a line")
  fflush(nil)
  how.happen()
}
@Sendable private func leaveSomeoneBehind() throws -> Int {
  let sleeper = Process()
  sleeper.executableURL = URL(filePath: "/bin/sleep")
  sleeper.arguments = ["60"]
  try sleeper.run()
  print(sleeper.processIdentifier)
  sayWithoutEnd("half a line")
  fflush(nil)
  OwnDeath.kill.happen()
}
@Sendable private func complainAndDie(_ count: Int, _ how: OwnDeath) -> Int {
  for index in 0..<count { complain("complaint \(index)") }
  how.happen()
}

extension Observation {
  @Suite struct `What a task prints` {
    @Test func `P19 reaches a handler line by line, with who printed it and where`() throws {
      let lines = Lines()
      let pool = try listeningPool(lines)
      try pool.submit(say, "to output").checked()
      try pool.submit(complain, "to error").checked()
      let pid = try #require(pool.workerProcessIDs.first)
      pool.flushOutput()
      #expect(Set(lines.texts) == ["to output", "to error"])
      for line in lines.all {
        #expect(line.processID == pid)
        #expect(line.worker == 0)
        #expect(line.isWhole)
        #expect(line.stream == (line.text == "to output" ? .output : .error))
      }
      pool.shutdown()
    }

    @Test func `P19 is there after the shutdown, and in order`() throws {
      let lines = Lines()
      let pool = try listeningPool(workers: 2, lines)
      for index in 0..<500 { _ = try pool.submit(say, "\(index)") }
      pool.shutdown()
      #expect(Set(lines.texts) == Set((0..<500).map { "\($0)" }))
      for worker in 0..<2 {
        let own = lines.all.filter { $0.worker == worker }.compactMap { Int($0.text) }
        #expect(own == own.sorted(), "the lines of one worker changed places")
      }
    }

    @Test func `P19 is put together from pieces of several tasks, and ends where its worker does`()
      throws
    {
      let lines = Lines()
      let pool = try listeningPool(lines)
      try pool.submit(sayWithoutEnd, "one ").checked()
      try pool.submit(sayWithoutEnd, "line").checked()
      pool.flushOutput()
      #expect(lines.all.isEmpty)
      try pool.submit(say, ".").checked()
      try pool.submit(sayWithoutEnd, "no end").checked()
      pool.shutdown()
      #expect(lines.texts == ["one line.", "no end"])
      #expect(lines.all.map(\.isWhole) == [true, false])
    }

    @Test(arguments: [65_535, 65_536, 65_537, 200_000])
    func `P19 comes in pieces of 64 KiB when a line is longer`(_ count: Int) throws {
      let lines = Lines()
      let pool = try listeningPool(lines)
      try pool.submit(sayLong, count).checked()
      try pool.submit(say, "next").checked()
      pool.shutdown()
      #expect(lines.texts.last == "next")
      #expect(lines.all.dropLast().map(\.bytes.count).reduce(0, +) == count)
      #expect(lines.all.allSatisfy { $0.bytes.count <= 65_536 })
      #expect(lines.all.dropLast(2).allSatisfy { !$0.isWhole })
      #expect(lines.all.suffix(2).allSatisfy { $0.isWhole })
    }

    @Test func `P10 P19 is not lost when its worker dies`() throws {
      let lines = Lines()
      let pool = try listeningPool(lines)
      _ = try pool.submit(saySomeAndDie, "last line", .kill).failure()
      pool.flushOutput()
      #expect(lines.texts == ["last line", "half a line"])
      #expect(lines.all.map(\.isWhole) == [true, false])
      pool.shutdown()
    }

    @Test func `P19 does not wait for what a task left behind with its pipe`() throws {
      let lines = Lines()
      let pool = try listeningPool(lines)
      _ = try pool.submit(leaveSomeoneBehind).failure()
      pool.flushOutput()
      let sleeper = try #require(lines.texts.first.flatMap { Int32($0) })
      #expect(lines.texts.dropFirst() == ["half a line"])
      pool.shutdown()
      #expect(!Machine.isGone(sleeper), "the pool waited for it")
      kill(sleeper, SIGKILL)
    }

    @Test func `P19 waits for a handler that is slow, and the pool does not`() throws {
      let gate = Gate()
      var options = PoolOptions.quiet
      let count = Mutex(0)
      options.output = .handler { _ in
        _ = gate.wait()
        count.withLock { $0 += 1 }
      }
      let pool = try ProcessPool(workers: 2, options: options)
      // More than the pipes hold: this worker comes to a stop in its print.
      let stopped = try pool.submit(sayMany, "a", 5000)
      for index in 0..<200 { #expect(try pool.submit(echo, index).checked() == index) }
      // A death is mended all the same.
      let death = try pool.submit(complainAndDie, 3, OwnDeath.exitThree).failure() as? WorkerDied
      #expect(death?.cause == .exited(code: 3))
      #expect(death?.lastWords == ["complaint 0", "complaint 1", "complaint 2"])
      #expect(!stopped.isDone)
      gate.open()
      try stopped.checked()
      pool.shutdown()
      #expect(count.withLock { $0 } == 5003)
    }

    @Test func `P19 goes to this program's own streams by default, no line cut by another`()
      async throws
    {
      let result = await #expect(
        processExitsWith: .success, observing: [\.standardOutputContent]
      ) {
        try! { () throws in
          let pool = try ProcessPool(workers: 2, options: .tested)
          let futures = try ["a", "b"].map { try pool.submit(sayMany, $0, 400) }
          for index in 0..<400 { print("c \(index) \(String(repeating: "c", count: 200))") }
          for future in futures { try future.checked() }
          // No shutdown: what was printed is not lost when the program ends.
          exit(0)
        }()
      }
      let text = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
      let lines = text.split(separator: "\n").filter {
        $0.hasSuffix("aaa") || $0.hasSuffix("bbb") || $0.hasSuffix("ccc")
      }
      #expect(lines.count == 1200)
      for name in ["a", "b", "c"] {
        let own = lines.filter { $0.hasPrefix(name) }.map(String.init)
        #expect(
          own == (0..<400).map { "\(name) \($0) \(String(repeating: name, count: 200))" })
      }
    }

    @Test func `P19 goes straight to the descriptors when it is inherited`() async throws {
      let result = await #expect(
        processExitsWith: .success, observing: [\.standardOutputContent]
      ) {
        try! { () throws in
          var options = PoolOptions.tested
          options.output = .inherited
          let pool = try ProcessPool(workers: 1, options: options)
          try pool.submit(say, "inherited").checked()
          #expect(!Machine.threadNames.contains("echelon-output"))
          let death = try pool.submit(complainAndDie, 1, OwnDeath.kill).failure() as? WorkerDied
          #expect(death?.lastWords == [])
          pool.shutdown()
        }()
      }
      let text = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
      #expect(text.split(separator: "\n").contains("inherited"))
    }

    @Test func `P19 leaves no thread and no descriptor behind`() throws {
      func threads() -> Int { Machine.threadNames.count { $0 == "echelon-output" } }
      let before = Machine.poolDescriptors
      let threadsBefore = threads()  // of pools that other tests have left open
      for _ in 0..<5 {
        let lines = Lines()
        let pool = try listeningPool(workers: 2, lines)
        try pool.submit(say, "x").checked()
        _ = try pool.submit(complainAndDie, 1, OwnDeath.abort).failure()
        pool.shutdown()
      }
      try eventually("the threads are gone") { threads() <= threadsBefore }
      try eventually("the descriptors are closed") {
        Machine.poolDescriptors.subtracting(before).isEmpty
      }
    }
  }

  @Suite struct `The report of a death` {
    @Test(arguments: OwnDeath.allCases)
    func `P10 P11 has process, cause, place, and the last words`(_ how: OwnDeath) throws {
      let lines = Lines()
      let pool = try listeningPool(lines)
      let line: UInt = #line + 1
      let future = try pool.submit(complainAndDie, 2, how)
      let death = try #require(try future.failure() as? WorkerDied)
      #expect(death.lastWords.starts(with: ["complaint 0", "complaint 1"]))
      #expect(death.what.contains("OutputTests.swift:\(line)"), "\(death.what)")
      #expect(death.outOfMemory == nil)
      switch how {
      case .fatalError:
        #expect(death.lastWords.contains { $0.contains("Fatal error: on purpose") }, "\(death)")
      case .trap:
        #expect(death.lastWords.contains { $0.contains("Index out of range") } || !isDebug)
      case .exitThree: #expect(death.description.contains("exited with code 3"))
      case .kill: #expect(death.description.contains("SIGKILL"))
      case .badAccess, .stackOverflow: #expect(death.description.contains("SIGSEGV"))
      case .abort: #expect(death.description.contains("SIGABRT"))
      case .exitZero: break
      }
      #expect(death.description.contains("complaint 1"))
      pool.shutdown()
    }

    @Test(
      .enabled("the runtime prints one") { environmentVariable("SWIFT_BACKTRACE") == nil },
      arguments: [OwnDeath.fatalError, .trap, .abort, .badAccess, .stackOverflow])
    func `P10 P11 has the task's own last words when the runtime prints a backtrace after them`(
      _ how: OwnDeath
    ) throws {
      let lines = Lines()
      let pool = try listeningPool(lines, .tested)
      let death = try #require(
        try pool.submit(complainAndDie, 30, how).failure() as? WorkerDied)
      let own = death.lastWords.prefix { $0.hasPrefix("complaint") }
      let last = (0..<30).suffix(own.count).map { "complaint \($0)" }
      #expect(own.count >= 18 && Array(own) == last, "\(death)")
      let reasons = death.lastWords.dropFirst(own.count)
      #expect(reasons.last?.contains("Program crashed:") == true, "\(death)")
      let why =
        switch how {
        case .fatalError: "Fatal error: on purpose"
        case .trap where isDebug: "Index out of range"
        case .abort: "Aborted"
        case .badAccess: "Bad pointer"
        default: ""
        }
      #expect(why.isEmpty || reasons.contains { $0.contains(why) }, "\(death)")
      pool.shutdown()
      // Whoever reads the output has the backtrace.
      #expect(lines.texts.contains { $0.hasPrefix("Thread 0") })
      #expect(lines.texts.contains { $0.hasPrefix("Backtrace took") })
    }

    @Test func `P10 is not misled by what an earlier task printed`() throws {
      let lines = Lines()
      let pool = try listeningPool(lines)
      for text in [
        "x.swift:1: Fatal error: of a child", "Current stack trace:",
        "0    libc.so.6                          0x00007f77b179624a main + 1", "after a stack",
        "*** Signal 11: Backtracing from 0x1... done ***", "*** Program crashed: not this one ***",
        "Registers:", "Backtrace took 0.02s", "after a backtrace",
      ] { try pool.submit(complain, text).checked() }
      for index in 0..<11 { try pool.submit(complain, "later \(index)").checked() }
      let death = try #require(
        try pool.submit(complainAndDie, 5, .kill).failure() as? WorkerDied)
      let expected =
        ["x.swift:1: Fatal error: of a child", "after a stack"]
        + ["*** Program crashed: not this one ***", "after a backtrace"]
        + (0..<11).map { "later \($0)" } + (0..<5).map { "complaint \($0)" }
      #expect(death.lastWords == expected)
      let next = try #require(
        try pool.submit(complainAndDie, 25, .kill).failure() as? WorkerDied)
      #expect(next.lastWords == (5..<25).map { "complaint \($0)" })
      pool.shutdown()
    }

    @Test func `P10 keeps the last 20 lines, and 4 KiB, of what a worker wrote to standard error`()
      throws
    {
      let lines = Lines()
      let pool = try listeningPool(lines)
      let death = try #require(
        try pool.submit(complainAndDie, 1000, .kill).failure() as? WorkerDied)
      #expect(death.lastWords == (980..<1000).map { "complaint \($0)" })
      pool.shutdown()
    }

    @Test func `P10 names the elements of the chunk`() throws {
      let pool = try ProcessPool.quiet(workers: 2)
      let x = try pool.array(count: 100_000) { Double($0) }
      let future = try pool.startMap(x) { value in
        if value == 77_777 { kill(getpid(), SIGKILL) }
        return value
      }
      let death = try #require(try future.failure() as? WorkerDied)
      #expect(death.chunk != nil)
      #expect(death.elements?.contains(77_777) == true, "\(death)")
      #expect(death.description.contains("elements"))
      pool.shutdown()
    }

    @Test func `P10 a count of kills for want of memory names the nearest group that grew`() {
      var before = OutOfMemoryCount()
      var after = OutOfMemoryCount()
      #expect(after.cause(since: before) == nil)
      before = OutOfMemoryCount(["the machine": 3, "control group /a": 1, "control group /a/b": 0])
      after = OutOfMemoryCount(["the machine": 4, "control group /a": 2, "control group /a/b": 1])
      #expect(after.cause(since: before) == "control group /a/b")
      after = OutOfMemoryCount(["the machine": 4, "control group /a": 1, "control group /a/b": 0])
      #expect(after.cause(since: before) == "the machine")
      #expect(before.cause(since: after) == nil)
      #expect(OutOfMemoryCount(["new": 9]).cause(since: before) == nil)
    }
  }
}

private var isDebug: Bool { _isDebugAssertConfiguration() }
