import CEchelon
package import EchelonMemory
import Synchronization

/// What happens in a pool, as it is noted in a flight recorder.
package enum FlightEventKind: UInt16, Sendable, CaseIterable {
  // In a worker's ring. `subject` is a slot or job with its generation.
  /// `code` is the function, `detail` the attempt.
  case taskBegan = 1
  /// `code` is the outcome.
  case taskEnded
  /// `code` is the kernel or function, `detail` the chunk.
  case chunkBegan
  case chunkEnded
  case slept
  case woke
  /// `subject` is the process, `detail` counts the workers that have sat there.
  case workerUp
  case workerLeft
  // In the front end's ring.
  /// `code` is the name, `detail` the attempt.
  case taskSubmitted = 32
  /// `code` is the name, `detail` how many chunks.
  case jobSubmitted
  /// `code` is the seat, `subject` the process.
  case workerStarted
  /// `code` is the seat, `subject` the process, `detail` its `FlightDeath`.
  case workerDied
  /// `detail` is the attempt that follows.
  case taskRetried
  /// `detail` is the chunk.
  case chunkRetried
  case taskCancelled
  case jobCancelled
  /// Its attempts are used up.
  case taskLost
  case jobLost
  case shutDown
}

/// How a worker ended, in one number: 0 to 255 the exit code, 256 + signal, 1024 unknown.
package enum FlightDeath {
  package static func code(_ status: WorkerStatus) -> UInt64 {
    switch status {
    case .exited(let code): UInt64(UInt8(truncatingIfNeeded: code))
    case .signalled(let signal): 256 + UInt64(UInt8(truncatingIfNeeded: signal))
    case .unknown: 1024
    }
  }
}

/// A file in which each process of a pool notes what it does, so that it can be read after all of them
/// have died. The layout is drawn in `echelon_flight.h`.
///
/// ## Invariants
/// 1. Ring 0 is written by the front end, under `frontEnd`; ring 1 + s by the worker on seat s alone.
/// 2. The file has room for `ring_count` rings, which is only ever raised, and before there is a worker on
///    the seats that are new. What a process has mapped may be shorter.
package final class FlightRecorder: Sendable {
  private let file: SharedFile
  private let header: flight_header
  private let frontEnd = Mutex<[String: UInt32]>([:])
  private let growth = Mutex(())

  /// What a reader needs to reach the file by, in the front end.
  package var descriptor: Int32 { file.descriptor }

  private static let namesBytes = 256 << 10

  /// Makes the file.
  package init(
    creating path: String, seatCount: Int, eventsPerRing: Int, identity: UInt64, processID: Int32
  ) throws(FileSystemError) {
    var capacity = 64
    while capacity < eventsPerRing, capacity < 1 << 22 { capacity *= 2 }
    var header = flight_header()
    header.magic = ECHELON_FLIGHT_MAGIC
    header.version = ECHELON_FLIGHT_VERSION
    header.header_bytes = UInt32(MemoryLayout<flight_header>.size)
    header.identity = identity
    header.started_at = MonotonicClock.now()
    header.started_at_wall = WallClock.now()
    header.front_end_pid = UInt32(processID)
    header.ring_count = UInt32(seatCount + 1)
    header.ring_capacity = UInt32(capacity)
    header.names_bytes = UInt32(Self.namesBytes)
    header.names_offset = 4096
    header.rings_offset = UInt64(4096 + Self.namesBytes)
    self.header = header
    file = try SharedFile(
      creating: path, byteCount: Self.byteCount(header, ringCount: seatCount + 1))
    file.region.store(header, at: 0)
  }

  /// Makes room for the workers of a pool that grows, before the first of them is started. What a pool
  /// could grow to is not given room from the beginning: its file would be many times as large.
  package func grow(seatCount: Int) throws(FileSystemError) {
    try growth.withLock { _ throws(FileSystemError) in
      guard seatCount + 1 > Int(ringCount.load()) else { return }
      try file.grow(to: Self.byteCount(header, ringCount: seatCount + 1))
      // ORDER(flight): releases the length of the file; a worker that starts and a reader acquire it.
      ringCount.store(UInt32(seatCount + 1))
    }
  }

  /// Attaches the recorder that the front end holds open; nil when it cannot be reached or is another.
  package init?(descriptor: Int32, of processID: Int32, identity: UInt64) {
    guard
      let file = SharedFile(
        attaching: "/proc/\(processID)/fd/\(descriptor)",
        atLeast: MemoryLayout<flight_header>.size)
    else { return nil }
    let header: flight_header = file.region.load(at: 0)
    guard header.magic == ECHELON_FLIGHT_MAGIC, header.version == ECHELON_FLIGHT_VERSION,
      header.identity == identity, header.ring_count <= 1 + UInt32(ECHELON_SEAT_LIMIT),
      header.ring_capacity.nonzeroBitCount == 1, header.ring_capacity <= 1 << 22,
      header.rings_offset % 64 == 0, header.rings_offset < 1 << 30
    else { return nil }
    self.file = file
    self.header = header
  }

  private static func stride(_ capacity: Int) -> Int {
    MemoryLayout<flight_ring>.size + capacity * MemoryLayout<flight_event>.stride
  }

  private static func byteCount(_ header: flight_header, ringCount: Int) -> Int {
    Int(header.rings_offset) + ringCount * stride(Int(header.ring_capacity))
  }

  private var ringCount: SharedWord32 { file.region.word32(at: OFFSET_flight_header_ring_count) }

  private func ring(_ index: Int) -> FlightRing {
    let stride = Self.stride(Int(header.ring_capacity))
    return FlightRing(
      file: file,
      region: file.region.subregion(
        at: Int(header.rings_offset) + index * stride, byteCount: stride),
      mask: UInt64(header.ring_capacity - 1))
  }

  /// The ring of the worker on `seat`, for that worker; nil when the file, as this process has mapped it,
  /// has none.
  package func ring(of seat: SeatIndex) -> FlightRing? {
    let index = 1 + seat.value
    // ORDER(flight): acquires what `grow` released.
    guard index < Int(ringCount.load()),
      Self.byteCount(header, ringCount: index + 1) <= file.region.byteCount
    else { return nil }
    return ring(index)
  }

  /// Notes something in the front end's ring; from any thread.
  /// - Parameter name: is put into the file at its first use, and its number into `code`.
  package func note(
    _ kind: FlightEventKind, name: String? = nil, code: UInt32 = 0, subject: UInt64 = 0,
    detail: UInt64 = 0
  ) {
    frontEnd.withLock { names in
      let code = name.map { index(of: $0, in: &names) } ?? code
      ring(0).note(kind, code: code, subject: subject, detail: detail)
    }
  }

  /// Names count from 1; 0 is none, and what every name is that finds no room any more.
  private func index(of name: String, in names: inout [String: UInt32]) -> UInt32 {
    if let known = names[name] { return known }
    let text = Array(name.utf8.prefix(1000))
    let used = Int(file.region.word32(at: OFFSET_flight_header_names_used).load())
    guard used + 2 + text.count <= Int(header.names_bytes) else { return 0 }
    let offset = Int(header.names_offset) + used
    let length = [UInt8(text.count & 0xff), UInt8(text.count >> 8)]
    (length + text).withRawSpan { file.region.copy(from: $0, at: offset) }
    // ORDER(flight): releases the text; the reader acquires it.
    file.region.word32(at: OFFSET_flight_header_names_used).store(UInt32(used + 2 + text.count))
    let index = UInt32(names.count + 1)
    names[name] = index
    return index
  }
}

/// The events of one process, the newest in place of the oldest.
package struct FlightRing: Sendable {
  private let file: SharedFile  // keeps the mapping
  private let region: Region
  private let mask: UInt64

  init(file: SharedFile, region: Region, mask: UInt64) {
    self.file = file
    self.region = region
    self.mask = mask
  }

  /// Notes an event. One thread at a time.
  package func note(
    _ kind: FlightEventKind, code: UInt32 = 0, subject: UInt64 = 0, detail: UInt64 = 0
  ) {
    let word = region.word64(at: 0)
    let count = word.loadRelaxed()
    let event = flight_event(
      time: MonotonicClock.now(), kind: kind.rawValue, reserved: 0, code: code, subject: subject,
      detail: detail)
    region.store(
      event,
      at: MemoryLayout<flight_ring>.size
        + Int(count & mask) * MemoryLayout<flight_event>.stride)
    // ORDER(flight): releases the event; the reader acquires it.
    word.store(count &+ 1)
  }

  /// A slot or a job in one use of it.
  package static func subject(_ index: Int, generation: UInt32) -> UInt64 {
    UInt64(index) << 32 | UInt64(generation)
  }
}

extension Wire {
  /// In a worker: its ring in the pool's flight recorder; nil when there is none, or it cannot be
  /// reached.
  package func flightRing(of seat: SeatIndex) -> FlightRing? {
    let descriptor = FrontEndWords(arena: arena.region).recorderDescriptor.load()
    guard descriptor != 0 else { return nil }
    let header: arena_header = arena.region.load(at: 0)
    return FlightRecorder(
      descriptor: Int32(bitPattern: descriptor), of: Int32(bitPattern: header.front_end_pid),
      identity: arena.identity)?.ring(of: seat)
  }
}
