import EchelonMemory
import Glibc
import Synchronization

/// Reads what the workers of a pool print and gives it on, whole lines at a time.
///
/// One thread reads and delivers, from the first worker on. Whoever takes the lines may be slow: the
/// workers' pipes then fill and their prints wait, but the supervisor does not. After a death it takes
/// what is left in the pipe (`lastWords`) and leaves the delivery to the thread.
///
/// A process that a task left behind may hold a pipe open for ever, so the end of a pipe is never
/// waited for: a worker's death is.
final class OutputCollector: Sendable {
  private struct Source {
    let reader: PipeReader
    let stream: WorkerLine.Stream
    let processID: Int32
    let seat: Int
    var lines = LineAssembler()
    var lastWords = LastWords()
    /// Its worker is dead: what has no line end is given on all the same.
    var isOrphaned = false
    var hasEnded = false
  }

  private struct State {
    /// In the order of their workers' starts; the number names the source while others come and go.
    var sources: [(id: Int, source: Source)] = []
    var nextID = 0
    var isRunning = false
    var isClosing = false
    var flushes: [Gate] = []
    var thread: UInt?
  }

  private let deliver: @Sendable ([WorkerLine]) -> Void
  private let state = Mutex(State())
  private let attention: EventSignal
  private let finished = Gate()

  /// Nil when output is not collected, or the process has no descriptors left.
  init?(_ output: WorkerOutput) {
    switch output {
    case .inherited: return nil
    case .lines: deliver = Self.forward
    case .handler(let handler): deliver = { lines in for line in lines { handler(line) } }
    }
    guard let attention = EventSignal() else { return nil }
    self.attention = attention
  }

  // MARK: For the supervisor

  /// Listens to a worker that was started with these pipes.
  func add(_ pipes: borrowing OutputPipes, processID: Int32, seat: Int) {
    let mustStart = state.withLock { state in
      for (reader, stream) in [(pipes.output, WorkerLine.Stream.output), (pipes.error, .error)] {
        state.sources.append(
          (
            state.nextID,
            Source(reader: reader, stream: stream, processID: processID, seat: seat)
          ))
        state.nextID += 1
      }
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if mustStart {
      OutputCollectors.add(self)
      let error = SystemThread.start(name: "echelon-output") { [self] in run() }
      // Without the thread nobody would read, and the workers would stop at a full pipe. The next worker
      // tries again; nobody waits for a thread that is not there.
      if error != 0 {
        state.withLock { state in
          state.sources = []
          state.isRunning = false
        }
        OutputCollectors.remove(self)
      }
    }
    attention.signal()
  }

  /// After the death of a worker: takes what it left in its pipes, and returns the last lines of its
  /// standard error.
  func lastWords(of processID: Int32) -> [String] {
    let lines = state.withLock { state in
      var lines: [String] = []
      for index in state.sources.indices where state.sources[index].source.processID == processID {
        // A process that the task left behind may go on writing.
        Self.drain(&state.sources[index].source, limit: 256 << 10)
        state.sources[index].source.isOrphaned = true
        if state.sources[index].source.stream == .error {
          lines = state.sources[index].source.lastWords.lines
        }
      }
      return lines
    }
    attention.signal()
    return lines
  }

  /// Every worker is gone: what is left is given on, and the thread ends.
  func close() {
    let wasRunning = state.withLock { state in
      state.isClosing = true
      return state.isRunning
    }
    if wasRunning { attention.signal() } else { finished.open() }
  }

  // MARK: For those who wait

  /// Waits until everything is given on after `close`.
  func waitUntilFinished(deadline: UInt64?) {
    guard !isOwnThread else { return }
    _ = finished.wait(until: deadline)
  }

  /// Waits until everything that workers have printed before this call is given on.
  /// - Returns: false when `deadline` came first.
  @discardableResult func flush(deadline: UInt64?) -> Bool {
    guard !isOwnThread else { return true }
    let gate = Gate()
    let isOver = state.withLock { state in
      if !state.isRunning || finished.isOpen { return true }
      state.flushes.append(gate)
      return false
    }
    if isOver { return true }
    attention.signal()
    return gate.wait(until: deadline)
  }

  private var isOwnThread: Bool {
    state.withLock { $0.thread } == CurrentThread.identity
  }

  // MARK: The thread

  private func run() {
    StandardStream.survivePipesWithoutReaders()
    state.withLock { $0.thread = CurrentThread.identity }
    while true {
      let watched = state.withLock { state in
        state.sources.filter { !$0.source.hasEnded }.map {
          (id: $0.id, descriptor: $0.source.reader.descriptor)
        }
      }
      let ready = Readiness.wait(for: [attention.descriptor] + watched.map(\.descriptor))
      if ready[0] { attention.drain() }
      let readable = Set(watched.indices.filter { ready[$0 + 1] }.map { watched[$0].id })
      let (flushes, isClosing) = state.withLock { state in
        (exchange(&state.flushes, with: []), state.isClosing)
      }
      // Pieces in turn, so that a worker that prints without end does not keep the others back; for a
      // flush as often as it takes to empty a pipe.
      for _ in 0..<(flushes.isEmpty && !isClosing ? 1 : 5) {
        deliver(takeLines(readable: flushes.isEmpty && !isClosing ? readable : nil))
      }
      for flush in flushes { flush.open() }
      if isClosing {
        finish()
        return
      }
    }
  }

  /// Reads a piece from every pipe in `readable`, or from all, and takes the lines that are complete.
  private func takeLines(readable: Set<Int>?) -> [WorkerLine] {
    state.withLock { state in
      var taken: [WorkerLine] = []
      for index in state.sources.indices {
        let id = state.sources[index].id
        if readable?.contains(id) ?? true {
          Self.drain(&state.sources[index].source, limit: 64 << 10)
        }
        let isLast = state.sources[index].source.isOrphaned || state.sources[index].source.hasEnded
        let lines = state.sources[index].source.lines.takeLines(everything: isLast)
        let source = state.sources[index].source
        for line in lines {
          taken.append(
            WorkerLine(
              bytes: line.bytes, stream: source.stream, processID: source.processID,
              worker: source.seat, isWhole: line.isWhole))
        }
      }
      state.sources.removeAll { $0.source.hasEnded && $0.source.isOrphaned }
      return taken
    }
  }

  private static func drain(_ source: inout Source, limit: Int) {
    var left = limit
    while left > 0, !source.hasEnded {
      switch source.reader.read(limit: min(left, 64 << 10)) {
      case .bytes(let bytes):
        source.lines.append(bytes)
        if source.stream == .error { source.lastWords.append(bytes) }
        left -= bytes.count
      case .nothing: return
      case .end: source.hasEnded = true
      }
    }
  }

  private func finish() {
    let flushes = state.withLock { state in
      state.sources = []
      finished.open()
      return exchange(&state.flushes, with: [])
    }
    for flush in flushes { flush.open() }
    OutputCollectors.remove(self)
  }

  /// To this process's own streams: one write for all the lines that came together.
  private static let forward: @Sendable ([WorkerLine]) -> Void = { lines in
    for (stream, target) in [(WorkerLine.Stream.output, StandardStream.output), (.error, .error)] {
      var bytes: [UInt8] = []
      for line in lines where line.stream == stream {
        bytes += line.bytes
        bytes.append(UInt8(ascii: "\n"))
      }
      if !bytes.isEmpty { target.write(bytes) }
    }
  }
}

/// The collectors that run, so that nothing printed is lost when the program ends without shutting
/// its pools down.
private enum OutputCollectors {
  private static let running = Mutex<[ObjectIdentifier: OutputCollector]>([:])
  /// A process forked from this one inherits the exit handler and none of the threads.
  private static let ownProcessID: Int32 = {
    ProcessExit.call { flushAtExit() }
    return getpid()
  }()

  static func add(_ collector: OutputCollector) {
    _ = ownProcessID
    running.withLock { $0[ObjectIdentifier(collector)] = collector }
  }

  static func remove(_ collector: OutputCollector) {
    _ = running.withLock { $0.removeValue(forKey: ObjectIdentifier(collector)) }
  }

  private static func flushAtExit() {
    guard getpid() == ownProcessID else { return }
    // Nobody waits long for a reader that does not come back.
    let deadline = MonotonicClock.deadline(after: .seconds(1))
    for collector in running.withLock({ Array($0.values) }) { collector.flush(deadline: deadline) }
  }
}
