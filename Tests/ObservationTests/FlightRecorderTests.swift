import Echelon
import EchelonMemory
import Foundation
import TestSupport
import Testing

@Sendable private func work(_ value: Int) -> Int { value &* 3 }
@Sendable private func dieOnce(_ countdown: Countdown) -> Int {
  if countdown.take() { kill(getpid(), SIGKILL) }
  return 1
}

private func temporaryPath(_ name: String) -> String {
  FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString)-\(name)").path
}

private func recordingPool(_ path: String, workers: Int = 2, events: Int = 4096) throws
  -> ProcessPool
{
  var options = PoolOptions.quiet
  options.flightRecorder = .file(path, eventsPerWorker: events)
  return try ProcessPool(workers: workers, options: options)
}

extension FlightRecording {
  fileprivate func count(_ matches: (Kind) -> Bool) -> Int { events.count { matches($0.kind) } }
}

extension Observation {
  @Suite struct `A flight recorder` {
    @Test func `notes every task and chunk, with its name, and starts and sleeps`() throws {
      let path = temporaryPath("flight")
      defer { try? FileManager.default.removeItem(atPath: path) }
      let pool = try recordingPool(path)
      let line: UInt = #line + 1
      let futures = try (0..<50).map { try pool.submit(work, $0) }
      for (index, future) in futures.enumerated() { #expect(try future.checked() == index * 3) }
      let x = try pool.array(repeating: 1.0, count: 1_000_000)
      #expect(try pool.start(Reduction<Double>.sum, x).checked() == 1_000_000)
      pool.shutdown()
      let recording = try FlightRecording(contentsOf: path)
      #expect(recording.lostEvents == 0)
      #expect(recording.workerCount == 2)
      #expect(recording.frontEndProcessID == getpid())
      let begun = recording.events.filter { $0.kind == .taskBegan(attempt: 0) }
      #expect(begun.count == 50)
      #expect(Set(begun.map(\.subject)).count == 50)
      #expect(begun.allSatisfy { $0.name?.contains("FlightRecorderTests.swift:\(line)") == true })
      #expect(recording.count { $0 == .taskEnded } == 50)
      let chunks = recording.count { if case .chunkBegan = $0 { true } else { false } }
      #expect(chunks >= 1)
      #expect(recording.count { if case .chunkEnded = $0 { true } else { false } } == chunks)
      #expect(recording.count { $0 == .jobSubmitted(chunks: chunks) } == 1)
      let starts = recording.count { if case .workerUp = $0 { true } else { false } }
      #expect((1...2).contains(starts))
      #expect(recording.count { if case .workerLeft = $0 { true } else { false } } == starts)
      #expect(recording.count { $0 == .shutDown } == 1)
      #expect(recording.events.map(\.nanoseconds) == recording.events.map(\.nanoseconds).sorted())
      #expect(recording.events.allSatisfy { $0.nanoseconds >= 0 })
    }

    @Test func `P10 notes the death and the attempt that follows`() throws {
      let path = temporaryPath("flight")
      defer { try? FileManager.default.removeItem(atPath: path) }
      let pool = try recordingPool(path, workers: 1)
      let countdown = Countdown(1)
      defer { countdown.clear() }
      #expect(try pool.submit(retries: 1, dieOnce, countdown).checked() == 1)
      _ = try pool.submit(dieOnce, Countdown(1)).failure()
      pool.shutdown()
      let recording = try FlightRecording(contentsOf: path)
      let deaths = recording.events.filter {
        if case .workerDied(_, _, cause: .signalled(9)) = $0.kind { true } else { false }
      }
      #expect(deaths.count == 2)
      #expect(recording.count { $0 == .taskRetried(attempt: 1) } == 1)
      #expect(recording.count { $0 == .taskBegan(attempt: 1) } == 1)
      #expect(recording.count { $0 == .taskLost } == 1)
    }

    @Test func `P14 can be read after every process was killed`() async throws {
      let path = temporaryPath("flight")
      defer { try? FileManager.default.removeItem(atPath: path) }
      await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
        try! { () throws in
          let pool = try recordingPool(path)
          for index in 0..<20 { _ = try pool.submit(work, index).checked() }
          let latch = try Latch(in: pool)
          _ = try pool.submit(hold, latch)
          _ = try latch.arrived()
          kill(getpid(), SIGKILL)
        }()
      }
      let recording = try FlightRecording(contentsOf: path)
      #expect(recording.count { $0 == .taskBegan(attempt: 0) } == 21)
      #expect(recording.count { $0 == .taskEnded } == 20)
      // The task that ran is drawn up to the last thing that was noted.
      let events = try traceEvents(recording)
      #expect(events.count { $0["ph"] as? String == "X" } == 21)
    }

    @Test func `keeps the newest events when there are more than it holds`() throws {
      let path = temporaryPath("flight")
      defer { try? FileManager.default.removeItem(atPath: path) }
      let pool = try recordingPool(path, workers: 1, events: 64)
      for index in 0..<500 { _ = try pool.submit(work, index).checked() }
      pool.shutdown()
      let recording = try FlightRecording(contentsOf: path)
      #expect(recording.lostEvents > 0)
      #expect(recording.events.count { $0.track == .worker(0) } == 63)
      #expect(recording.count { if case .workerLeft = $0 { true } else { false } } == 1)
      #expect(recording.count { if case .workerUp = $0 { true } else { false } } == 0)
    }

    @Test func `P16 has room for workers that the pool has got since, and only for those`() throws {
      let path = temporaryPath("flight")
      defer { try? FileManager.default.removeItem(atPath: path) }
      let pool = try recordingPool(path, workers: 2, events: 256)
      _ = try pool.submit(work, 1).checked()
      func size() throws -> Int { try Data(contentsOf: URL(filePath: path)).count }
      let small = try size()
      #expect(try FlightRecording(contentsOf: path).workerCount == 2)
      try pool.resize(workers: 8)
      // 64 bytes and 256 events of 32 for each.
      #expect(try size() == small + 6 * (64 + 256 * 32))
      for future in try pool.broadcast(work, 2) { _ = try future.checked() }
      // What was recorded is kept when the pool shrinks, and there is room for those who come back.
      try pool.resize(workers: 1)
      try pool.resize(workers: 5)
      #expect(try size() == small + 6 * (64 + 256 * 32))
      pool.shutdown()
      let recording = try FlightRecording(contentsOf: path)
      #expect(recording.workerCount == 8)
      #expect(recording.lostEvents == 0)
      let tasks = recording.events.filter { $0.kind == .taskBegan(attempt: 0) }
      #expect(Set(tasks.map(\.track)) == Set((0..<8).map { .worker($0) }))
      #expect(tasks.count == 9)
      let events = try traceEvents(recording)
      #expect(events.count { $0["ph"] as? String == "X" } == 9)
      #expect(events.count { $0["name"] as? String == "thread_name" } == 9)
    }

    @Test func `can be read and exported while the pool runs`() throws {
      let path = temporaryPath("flight")
      let trace = temporaryPath("trace.json")
      defer { for file in [path, trace] { try? FileManager.default.removeItem(atPath: file) } }
      let pool = try recordingPool(path, events: 256)
      let isOver = Gate()
      let ended = Ended()
      inBackground {
        var index = 0
        while !isOver.isOpen {
          _ = try? pool.submit(work, index).checked()
          index += 1
        }
        ended.open()
      }
      for _ in 0..<20 {
        let recording = try FlightRecording(contentsOf: path)
        for event in recording.events {
          if case .other(let kind) = event.kind { Issue.record("an event of kind \(kind)") }
        }
        // Torn events would have times from another round of the ring.
        for worker in 0..<2 {
          let own = recording.events.filter { $0.track == .worker(worker) }.map(\.nanoseconds)
          #expect(own == own.sorted())
        }
      }
      // By the descriptor, so that it may have been moved.
      try FileManager.default.removeItem(atPath: path)
      try pool.exportTrace(to: trace)
      _ = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: trace)))
      isOver.open()
      #expect(ended.wait())
      pool.shutdown()
    }

    @Test func `is off unless asked for, and says what is wrong with a path`() throws {
      let pool = try ProcessPool.quiet(workers: 1)
      #expect(throws: FlightRecordingError.notRecorded) {
        try pool.exportTrace(to: temporaryPath("x"))
      }
      pool.shutdown()
      let error = #expect(throws: FlightRecordingError.self) {
        _ = try recordingPool("/no/such/folder/flight")
      }
      #expect(error?.description.contains("/no/such/folder/flight") == true)
      #expect(throws: FlightRecordingError.self) {
        try FlightRecording(contentsOf: "/no/such/file")
      }
      #expect(throws: FlightRecordingError.self) { try FlightRecording(contentsOf: "/tmp") }
    }

    @Test func `leaves alone what another pool still writes to under the same path`() throws {
      let path = temporaryPath("flight")
      let trace = temporaryPath("trace.json")
      defer { for file in [path, trace] { try? FileManager.default.removeItem(atPath: file) } }
      let first = try recordingPool(path, workers: 2, events: 16_384)
      try first.warmUp()
      let workers = Set(first.workerProcessIDs)
      #expect(try first.submit(work, 1).checked() == 3)
      // At once: smaller, so that most of what the first one has mapped would be gone.
      let second = try recordingPool(path, workers: 1, events: 64)
      for index in 0..<200 {
        #expect(try first.submit(work, index).checked() == index * 3)
        #expect(try second.submit(work, index).checked() == index * 3)
      }
      #expect(first.statistics.deaths == 0 && second.statistics.deaths == 0)
      #expect(Set(first.workerProcessIDs) == workers)
      // The path is the newer pool's; the older one's recording is still its own.
      #expect(try FlightRecording(contentsOf: path).workerCount == 1)
      try first.exportTrace(to: trace)
      let text = String(decoding: try Data(contentsOf: URL(filePath: trace)), as: UTF8.self)
      #expect(text.components(separatedBy: "\"cat\":\"task\"").count == 202)
      second.shutdown()
      // One after the other, and larger.
      let third = try recordingPool(path, workers: 3, events: 1024)
      for index in 0..<50 { #expect(try third.submit(work, index).checked() == index * 3) }
      third.shutdown()
      first.shutdown()
      #expect(try FlightRecording(contentsOf: path).workerCount == 3)
    }

    @Test func `replaces what is a file, where it is, and nothing else`() throws {
      let folder = temporaryPath("folder")
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      }
      try FileManager.default.createSymbolicLink(
        atPath: folder + "/link", withDestinationPath: "file")
      try Data("old".utf8).write(to: URL(filePath: folder + "/file"))
      try recordingPool(folder + "/link", workers: 1).shutdown()
      #expect(try FlightRecording(contentsOf: folder + "/file").workerCount == 1)
      #expect(
        try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "file")
      #expect(unsafe mkfifo(folder + "/pipe", 0o600) == 0)
      for path in [folder + "/pipe", folder, "/dev/null"] {
        #expect(throws: FlightRecordingError.self) { _ = try recordingPool(path, workers: 1) }
      }
      // What the new file was called before is gone.
      #expect(try names() == ["file", "link", "pipe"])
    }

    @Test func `is not trusted: any bytes give events or an error`() throws {
      let path = temporaryPath("flight")
      let damaged = temporaryPath("damaged")
      defer { for file in [path, damaged] { try? FileManager.default.removeItem(atPath: file) } }
      let pool = try recordingPool(path, workers: 1, events: 64)
      for index in 0..<30 { _ = try pool.submit(work, index).checked() }
      pool.shutdown()
      let whole = Array(try Data(contentsOf: URL(filePath: path)))
      var random = TestRandom(seed: testSeed())
      var refused = 0
      for round in 0..<400 {
        var bytes = whole
        if round % 4 == 0 { bytes = Array(bytes.prefix(Int(random.next() % UInt64(bytes.count)))) }
        for _ in 0..<(1 + round % 8) where !bytes.isEmpty {
          // Mostly the header and the rings; the names are the largest part and matter least.
          let spots = [0..<128, 4096..<4300, 266_240..<whole.count]
          let spot = spots[Int(random.next() % 3)].clamped(to: 0..<bytes.count)
          guard let index = spot.randomElement(using: &random) else { continue }
          bytes[index] = UInt8(truncatingIfNeeded: random.next() % 5 == 0 ? 255 : random.next())
        }
        try Data(bytes).write(to: URL(filePath: damaged))
        do {
          let recording = try FlightRecording(contentsOf: damaged)
          _ = try traceEvents(recording)
        } catch is FlightRecordingError {
          refused += 1
        }
      }
      #expect(refused > 0)
      #expect(refused < 400)
    }
  }

  @Suite struct `A trace` {
    @Test func `does not believe in work that lies deeper than any does`() throws {
      let path = temporaryPath("flight")
      defer { try? FileManager.default.removeItem(atPath: path) }
      let capacity = 4096
      let pool = try recordingPool(path, workers: 1, events: capacity)
      _ = try pool.submit(work, 1).checked()
      pool.shutdown()
      // The ring of the worker, written over with beginnings that have no end, and one end.
      var bytes = try Data(contentsOf: URL(filePath: path))
      let ring = bytes.count - 64 - capacity * 32
      func store<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
        let count = MemoryLayout<Value>.size
        for index in 0..<count {
          bytes[offset + index] = UInt8(truncatingIfNeeded: value >> Value(8 * index))
        }
      }
      store(UInt64(1001), at: ring)
      let start = MonotonicClock.now()
      for index in 0...1000 {
        let event = ring + 64 + 32 * index
        store(start + UInt64(index), at: event)
        store(UInt16(index < 1000 ? 1 : 2), at: event + 8)
        store(UInt64(index < 1000 ? index : 999), at: event + 16)
      }
      try bytes.write(to: URL(filePath: path))
      let slices = try traceEvents(FlightRecording(contentsOf: path)).filter {
        $0["ph"] as? String == "X"
      }
      #expect(slices.count == 64)
      #expect(
        slices.count { ($0["args"] as? [String: Any])?["end"] as? String == "it had not ended" }
          == 63)
    }

    @Test func `has what Perfetto's importer of JSON reads`() throws {
      let path = temporaryPath("flight")
      let trace = temporaryPath("trace.json")
      defer { for file in [path, trace] { try? FileManager.default.removeItem(atPath: file) } }
      let pool = try recordingPool(path)
      let countdown = Countdown(1)
      defer { countdown.clear() }
      #expect(try pool.submit(retries: 1, dieOnce, countdown).checked() == 1)
      for index in 0..<10 { _ = try pool.submit(work, index).checked() }
      let x = try pool.array(repeating: 1.0, count: 300_000)
      _ = try pool.start(Reduction<Double>.sum, x).checked()
      pool.shutdown()
      let recording = try FlightRecording(contentsOf: path)
      try recording.exportTrace(to: trace)
      let data = try Data(contentsOf: URL(filePath: trace))
      #expect(String(decoding: data, as: UTF8.self) == recording.traceText)
      let events = try traceEvents(recording)
      var threads: [Int: String] = [:]
      for event in events {
        let phase = try #require(event["ph"] as? String)
        #expect(event["pid"] as? Int == Int(getpid()))
        #expect(event["name"] is String)
        let thread = try #require(event["tid"] as? Int)
        #expect((0...2).contains(thread))
        switch phase {
        case "M":
          let arguments = try #require(event["args"] as? [String: Any])
          if event["name"] as? String == "thread_name" {
            threads[thread] = arguments["name"] as? String
          }
        case "X":
          #expect(try #require(event["dur"] as? Double) >= 0)
          #expect(try #require(event["ts"] as? Double) >= 0)
          #expect(thread > 0)
        case "i":
          #expect(event["ts"] is Double)
          #expect(event["s"] as? String == "t")
        default: Issue.record("phase \(phase)")
        }
      }
      #expect(threads == [0: "front end", 1: "worker 0", 2: "worker 1"])
      let slices = events.filter { $0["ph"] as? String == "X" }
      #expect(slices.count { $0["cat"] as? String == "task" } == 12)
      #expect(slices.count { $0["cat"] as? String == "chunk" } >= 1)
      let cut = slices.filter {
        (($0["args"] as? [String: Any])?["end"] as? String)?.contains("died") == true
      }
      #expect(cut.count == 1, "the attempt that the death cut short")
      #expect(
        events.contains { ($0["name"] as? String)?.contains("died: signalled(9)") == true })
      // Slices of one worker follow each other: Perfetto drops what overlaps.
      for thread in 1...2 {
        let own = slices.filter { $0["tid"] as? Int == thread }.map {
          (start: $0["ts"] as? Double ?? 0, length: $0["dur"] as? Double ?? 0)
        }.sorted { $0.start < $1.start }
        for (left, right) in zip(own, own.dropFirst()) {
          #expect(left.start + left.length <= right.start + 0.001)
        }
      }
    }
  }
}

private func traceEvents(_ recording: FlightRecording) throws -> [[String: Any]] {
  let object = try JSONSerialization.jsonObject(with: Data(recording.traceText.utf8))
  return try #require((object as? [String: Any])?["traceEvents"] as? [[String: Any]])
}
