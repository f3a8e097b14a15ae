import CEchelon
import EchelonMemory
import EchelonPool
import EchelonWire

/// Where a pool notes what it does, so that it can be read after every process has died.
public struct FlightRecorderFile: Sendable, Equatable {
  /// The file; it is made when the pool is, in the place of one that is there. A pool that still writes
  /// to that one goes on, and `exportTrace` of that pool still reads it.
  public var path: String
  /// How many events of each worker are kept, the newest ones; rounded up to a power of two.
  public var eventsPerWorker: Int

  /// A file of 32 bytes for each event and process, which grows when the pool does.
  /// - Parameters: as the properties of the same names.
  public static func file(_ path: String, eventsPerWorker: Int = 16_384) -> FlightRecorderFile {
    FlightRecorderFile(path: path, eventsPerWorker: eventsPerWorker)
  }
}

/// Why a flight recording could not be read or written.
public enum FlightRecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The file cannot be read or written.
  case file(path: String, reason: String)
  /// The bytes are not a flight recording, or were damaged.
  case notARecording(path: String, reason: String)
  /// The recording was made by another version.
  case versionMismatch(path: String, found: UInt32, expected: UInt32)
  /// The pool has no recorder.
  case notRecorded

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .file(let path, let reason): "\(path): \(reason)"
    case .notARecording(let path, let reason):
      "\(path) is not a flight recording of Echelon: \(reason); name the file that `flightRecorder` was given"
    case .versionMismatch(let path, let found, let expected):
      "\(path) has version \(found) of the flight recorder, this build reads \(expected); read it with the build that wrote it"
    case .notRecorded:
      "the pool records nothing; set `flightRecorder` in its options"
    }
  }
}

/// What a pool and its workers noted in a flight recorder.
///
///     let recording = try FlightRecording(contentsOf: "run.flight")
///     try recording.exportTrace(to: "run.json")  // for ui.perfetto.dev
public struct FlightRecording: Sendable {
  /// Whose event it is.
  public enum Track: Hashable, Sendable {
    case frontEnd
    case worker(Int)
  }

  /// What happened.
  public enum Kind: Equatable, Sendable {
    case taskBegan(attempt: Int)
    case taskEnded
    case chunkBegan(Int)
    case chunkEnded(Int)
    case slept
    case woke
    case workerUp(processID: Int32)
    case workerLeft(processID: Int32)
    case taskSubmitted(attempt: Int)
    case jobSubmitted(chunks: Int)
    case workerStarted(processID: Int32, worker: Int)
    case workerDied(processID: Int32, worker: Int, cause: WorkerDied.Cause)
    case taskRetried(attempt: Int)
    case chunkRetried(Int)
    case taskCancelled
    case jobCancelled
    case taskLost
    case jobLost
    case shutDown
    /// Of a later version.
    case other(UInt16)
  }

  /// One event.
  public struct Event: Sendable, Equatable {
    /// Nanoseconds since the recording began.
    public let nanoseconds: Int
    /// Who noted it.
    public let track: Track
    /// What happened.
    public let kind: Kind
    /// The name of the task or job that it is about, if it is known.
    public let name: String?
    /// Tells tasks and jobs apart: the same for all events of one attempt of a task, or of one job.
    public let subject: UInt64
  }

  /// The events, oldest first.
  public let events: [Event]
  /// Events that newer ones have replaced.
  public let lostEvents: Int
  /// The most workers that the pool was to have, at its start or after a `resize`.
  public let workerCount: Int
  /// The process that made the pool.
  public let frontEndProcessID: Int32
  /// When the recording began, in nanoseconds since 1970.
  public let startedAtNanoseconds: UInt64

  private static let sizeLimit = 8 << 30

  /// Reads a recording, also of a pool that runs.
  /// - Throws: `FlightRecordingError`. The file is not trusted: whatever is in it, nothing outside it is
  ///   read.
  public init(contentsOf path: String) throws(FlightRecordingError) {
    try self.init(path: path, shownAs: path)
  }

  init(path: String, shownAs name: String) throws(FlightRecordingError) {
    let bytes: [UInt8]
    do throws(FileSystemError) {
      bytes = try SharedFile.read(path, limit: Self.sizeLimit)
    } catch {
      throw .file(path: name, reason: error.reason)
    }
    // What was replaced while it was read: the counts tell, looked at again.
    let later = try? SharedFile.read(path, limit: Self.sizeLimit)
    self = try FlightRecording(bytes: bytes, later: later ?? bytes, path: name)
  }

  init(
    bytes: [UInt8], later: [UInt8], path: String
  ) throws(FlightRecordingError) {
    func fail(_ reason: String) -> FlightRecordingError {
      .notARecording(path: path, reason: reason)
    }
    let reader = FlightBytes(bytes)
    guard let header = reader.header else { throw fail("it is too short") }
    guard header.magic == ECHELON_FLIGHT_MAGIC else { throw fail("it begins with something else") }
    guard header.version == ECHELON_FLIGHT_VERSION else {
      throw .versionMismatch(
        path: path, found: header.version, expected: ECHELON_FLIGHT_VERSION)
    }
    guard let shape = FlightShape(header, byteCount: bytes.count) else {
      throw fail("its header does not fit its size")
    }
    let names = reader.names(shape)
    let laterReader = FlightBytes(later)
    var events: [RawEvent] = []
    var lost = 0
    for ring in 0..<shape.ringCount {
      let count = reader.word(at: shape.ringOffset(ring)) ?? 0
      let now = max(count, laterReader.word(at: shape.ringOffset(ring)) ?? count)
      // The writer may be at the place of the oldest one at this moment.
      let capacity = UInt64(shape.capacity)
      let first = now < capacity ? 0 : now - capacity + 1
      guard first < count else {
        lost += plausible(count)
        continue
      }
      lost += plausible(first)
      for index in first..<count {
        guard
          let event = reader.event(
            at: shape.ringOffset(ring) + 64 + 32 * Int(index % capacity))
        else { break }
        events.append(RawEvent(ring: ring, event: event))
      }
    }
    // Stable, so that one process's events keep their order where the clock did not move.
    let sorted = events.enumerated().sorted {
      ($0.element.event.time, $0.offset) < ($1.element.event.time, $1.offset)
    }.map(\.element)
    self.events = Self.named(sorted, names: names, startedAt: header.started_at)
    lostEvents = lost
    workerCount = shape.ringCount - 1
    frontEndProcessID = Int32(truncatingIfNeeded: header.front_end_pid)
    startedAtNanoseconds = header.started_at_wall
  }

  private struct RawEvent {
    let ring: Int
    let event: flight_event
  }

  private static func named(
    _ raw: [RawEvent], names: [String], startedAt: UInt64
  ) -> [Event] {
    // A task or job is named where it is submitted.
    var subjects: [Subject: String] = [:]
    for raw in raw where raw.ring == 0 {
      let kind = FlightEventKind(rawValue: raw.event.kind)
      guard kind == .taskSubmitted || kind == .jobSubmitted else { continue }
      let index = Int(raw.event.code)
      guard index >= 1, index <= names.count else { continue }
      subjects[Subject(isJob: kind == .jobSubmitted, value: raw.event.subject)] = names[index - 1]
    }
    return raw.map { raw in
      let event = raw.event
      let kind = Kind(event)
      return Event(
        nanoseconds: plausible(event.time &- startedAt),
        track: raw.ring == 0 ? .frontEnd : .worker(raw.ring - 1), kind: kind,
        name: kind.isAboutWork
          ? subjects[Subject(isJob: kind.isAboutJob, value: event.subject)] : nil,
        subject: event.subject)
    }
  }

  private struct Subject: Hashable {
    let isJob: Bool
    let value: UInt64
  }
}

extension FlightRecording.Kind {
  init(_ event: flight_event) {
    let number = plausible(event.detail)
    let processID = Int32(truncatingIfNeeded: event.subject)
    self =
      switch FlightEventKind(rawValue: event.kind) {
      case .taskBegan: .taskBegan(attempt: number)
      case .taskEnded: .taskEnded
      case .chunkBegan: .chunkBegan(number)
      case .chunkEnded: .chunkEnded(number)
      case .slept: .slept
      case .woke: .woke
      case .workerUp: .workerUp(processID: processID)
      case .workerLeft: .workerLeft(processID: processID)
      case .taskSubmitted: .taskSubmitted(attempt: number)
      case .jobSubmitted: .jobSubmitted(chunks: number)
      case .workerStarted: .workerStarted(processID: processID, worker: Int(event.code))
      case .workerDied:
        .workerDied(
          processID: processID, worker: Int(event.code),
          cause: WorkerDied.Cause(noted: event.detail))
      case .taskRetried: .taskRetried(attempt: number)
      case .chunkRetried: .chunkRetried(number)
      case .taskCancelled: .taskCancelled
      case .jobCancelled: .jobCancelled
      case .taskLost: .taskLost
      case .jobLost: .jobLost
      case .shutDown: .shutDown
      case nil: .other(event.kind)
      }
  }

  var isAboutJob: Bool {
    switch self {
    case .chunkBegan, .chunkEnded, .jobSubmitted, .chunkRetried, .jobCancelled, .jobLost: true
    default: false
    }
  }

  var isAboutWork: Bool {
    switch self {
    case .taskBegan, .taskEnded, .taskSubmitted, .taskRetried, .taskCancelled, .taskLost: true
    default: isAboutJob
    }
  }
}

extension WorkerDied.Cause {
  fileprivate init(noted code: UInt64) {
    self =
      switch code {
      case 0..<256: .exited(code: Int32(code))
      case 256..<512: .signalled(Int32(code - 256))
      default: .unknown
      }
  }
}

/// A number from the file, small enough to be reckoned with: 2⁵⁴ nanoseconds are 208 days.
private func plausible(_ value: UInt64) -> Int { Int(min(value, 1 << 54)) }

/// Where the parts of a recording lie, checked against its size.
private struct FlightShape {
  let ringCount: Int
  let capacity: Int
  let namesOffset: Int
  let namesUsed: Int
  private let ringsOffset: Int

  init?(_ header: flight_header, byteCount: Int) {
    ringCount = Int(header.ring_count)
    capacity = Int(header.ring_capacity)
    namesOffset = Int(clamping: header.names_offset)
    namesUsed = min(Int(header.names_used), Int(header.names_bytes))
    ringsOffset = Int(clamping: header.rings_offset)
    guard (1...ECHELON_SEAT_LIMIT + 1) ~= ringCount, capacity > 0, capacity <= 1 << 22,
      ringsOffset <= byteCount, namesOffset <= byteCount, namesUsed <= byteCount - namesOffset,
      ringCount * (64 + 32 * capacity) <= byteCount - ringsOffset
    else { return nil }
  }

  func ringOffset(_ ring: Int) -> Int { ringsOffset + ring * (64 + 32 * capacity) }
}

/// Numbers read from bytes that are not trusted.
private struct FlightBytes {
  private let bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func number<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value? {
    let size = MemoryLayout<Value>.size
    guard offset >= 0, offset <= bytes.count - size else { return nil }
    var value: Value = 0
    for index in (0..<size).reversed() {
      value = value << 8 | Value(truncatingIfNeeded: bytes[offset + index])
    }
    return value
  }

  func word(at offset: Int) -> UInt64? { number(UInt64.self, at: offset) }

  var header: flight_header? {
    guard bytes.count >= MemoryLayout<flight_header>.size else { return nil }
    var header = flight_header()
    header.magic = number(UInt64.self, at: 0) ?? 0
    header.version = number(UInt32.self, at: 8) ?? 0
    header.header_bytes = number(UInt32.self, at: 12) ?? 0
    header.identity = number(UInt64.self, at: 16) ?? 0
    header.started_at = number(UInt64.self, at: 24) ?? 0
    header.started_at_wall = number(UInt64.self, at: 32) ?? 0
    header.front_end_pid = number(UInt32.self, at: 40) ?? 0
    header.ring_count = number(UInt32.self, at: 44) ?? 0
    header.ring_capacity = number(UInt32.self, at: 48) ?? 0
    header.names_bytes = number(UInt32.self, at: 52) ?? 0
    header.names_offset = number(UInt64.self, at: 56) ?? 0
    header.rings_offset = number(UInt64.self, at: 64) ?? 0
    header.names_used = number(UInt32.self, at: 72) ?? 0
    return header
  }

  func event(at offset: Int) -> flight_event? {
    guard let detail = number(UInt64.self, at: offset + 24) else { return nil }
    return flight_event(
      time: number(UInt64.self, at: offset) ?? 0, kind: number(UInt16.self, at: offset + 8) ?? 0,
      reserved: 0, code: number(UInt32.self, at: offset + 12) ?? 0,
      subject: number(UInt64.self, at: offset + 16) ?? 0, detail: detail)
  }

  func names(_ shape: FlightShape) -> [String] {
    var names: [String] = []
    var offset = shape.namesOffset
    let end = offset + shape.namesUsed
    while offset + 2 <= end, let length = number(UInt16.self, at: offset),
      offset + 2 + Int(length) <= end
    {
      names.append(
        String(decoding: bytes[offset + 2..<offset + 2 + Int(length)], as: UTF8.self))
      offset += 2 + Int(length)
    }
    return names
  }
}
