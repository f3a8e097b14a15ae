import EchelonMemory
import EchelonPool

extension FlightRecording {
  /// Writes the recording as a trace that `ui.perfetto.dev` and `chrome://tracing` open: a track for
  /// each worker with a slice for each task and chunk, deaths and retries as instants.
  /// - Throws: `FlightRecordingError` when the file cannot be written; an old one is then left as it was.
  public func exportTrace(to path: String) throws(FlightRecordingError) {
    do throws(FileSystemError) {
      let file = try StagedFile(replacing: path)
      try file.write(Array(traceText.utf8).span)
      try file.publish()
    } catch {
      throw .file(path: path, reason: error.reason)
    }
  }

  private static let deepestNesting = 64

  /// The trace as text: the JSON object format of the Trace Event Format, times in microseconds.
  public var traceText: String {
    var trace = TraceText(processID: frontEndProcessID)
    trace.nameProcess("Echelon pool of process \(frontEndProcessID)")
    trace.nameThread(0, "front end")
    for worker in 0..<workerCount { trace.nameThread(worker + 1, "worker \(worker)") }
    var open: [Track: [Event]] = [:]
    let last = events.last?.nanoseconds ?? 0
    func close(_ track: Track, at end: Int, because reason: String?) {
      for event in (open[track] ?? []).reversed() {
        trace.slice(event, from: event.nanoseconds, to: end, reason: reason)
      }
      open[track] = []
    }
    for event in events {
      switch event.kind {
      case .taskBegan, .chunkBegan:
        // Work lies one or two deep. More is a recording whose ends are missing or were forged.
        if open[event.track, default: []].count == Self.deepestNesting {
          open[event.track]?.removeFirst()
        }
        open[event.track, default: []].append(event)
      case .taskEnded, .chunkEnded:
        // What lies above it on the stack lost its end with an event that was replaced.
        guard
          let index = open[event.track]?.lastIndex(where: {
            $0.subject == event.subject && $0.kind.isAboutJob == event.kind.isAboutJob
          })
        else { continue }
        for left in (open[event.track] ?? [])[index...].reversed() {
          trace.slice(left, from: left.nanoseconds, to: event.nanoseconds, reason: nil)
        }
        open[event.track]?.removeSubrange(index...)
      case .workerDied(_, let worker, let cause):
        close(.worker(worker), at: event.nanoseconds, because: "the worker died: \(cause)")
        trace.instant(event, on: .worker(worker))
      case .workerUp, .workerLeft:
        close(event.track, at: event.nanoseconds, because: nil)
        trace.instant(event, on: event.track)
      case .workerStarted(_, let worker): trace.instant(event, on: .worker(worker))
      case .taskRetried, .chunkRetried, .taskCancelled, .jobCancelled, .taskLost, .jobLost,
        .shutDown, .jobSubmitted:
        trace.instant(event, on: .frontEnd)
      case .slept, .woke, .taskSubmitted, .other: break
      }
    }
    for track in open.keys { close(track, at: last, because: "it had not ended") }
    return trace.finished()
  }
}

/// Events in the Trace Event Format, as they are written.
private struct TraceText {
  private let processID: Int32
  private var text = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":["
  private var isEmpty = true

  init(processID: Int32) { self.processID = processID }

  mutating func nameProcess(_ name: String) {
    append("\"ph\":\"M\",\"name\":\"process_name\",\"tid\":0,\"args\":{\"name\":\(quoted(name))}")
  }

  mutating func nameThread(_ id: Int, _ name: String) {
    append(
      "\"ph\":\"M\",\"name\":\"thread_name\",\"tid\":\(id),\"args\":{\"name\":\(quoted(name))}")
    append(
      "\"ph\":\"M\",\"name\":\"thread_sort_index\",\"tid\":\(id),\"args\":{\"sort_index\":\(id)}")
  }

  mutating func slice(
    _ event: FlightRecording.Event, from start: Int, to end: Int, reason: String?
  ) {
    var arguments = "\"subject\":\"\(String(event.subject, radix: 16))\""
    var category = "task"
    switch event.kind {
    case .taskBegan(let attempt): arguments += ",\"attempt\":\(attempt + 1)"
    case .chunkBegan(let chunk):
      arguments += ",\"chunk\":\(chunk)"
      category = "chunk"
    default: break
    }
    if let reason { arguments += ",\"end\":\(quoted(reason))" }
    append(
      "\"ph\":\"X\",\"name\":\(quoted(event.name ?? category)),\"cat\":\"\(category)\","
        + "\"tid\":\(thread(event.track)),\"ts\":\(microseconds(start)),"
        + "\"dur\":\(microseconds(max(0, end - start))),\"args\":{\(arguments)}")
  }

  mutating func instant(_ event: FlightRecording.Event, on track: FlightRecording.Track) {
    let name: String
    switch event.kind {
    case .workerStarted(let processID, _): name = "process \(processID) started"
    case .workerUp(let processID): name = "process \(processID) is up"
    case .workerLeft(let processID): name = "process \(processID) leaves"
    case .workerDied(let processID, _, let cause): name = "process \(processID) died: \(cause)"
    case .taskRetried(let attempt): name = "attempt \(attempt + 1)"
    case .chunkRetried(let chunk): name = "chunk \(chunk) again"
    case .taskCancelled, .jobCancelled: name = "cancelled"
    case .taskLost, .jobLost: name = "given up"
    case .shutDown: name = "shut down"
    case .jobSubmitted(let chunks): name = "job of \(chunks) chunks"
    default: return
    }
    let subject = event.name.map { ",\"args\":{\"what\":\(quoted($0))}" } ?? ""
    append(
      "\"ph\":\"i\",\"s\":\"t\",\"cat\":\"pool\",\"name\":\(quoted(name)),"
        + "\"tid\":\(thread(track)),\"ts\":\(microseconds(event.nanoseconds))\(subject)")
  }

  func finished() -> String { text + "\n]}\n" }

  private mutating func append(_ members: String) {
    text += isEmpty ? "\n{" : ",\n{"
    isEmpty = false
    text += "\"pid\":\(processID),\(members)}"
  }

  private func thread(_ track: FlightRecording.Track) -> Int {
    switch track {
    case .frontEnd: 0
    case .worker(let worker): worker + 1
    }
  }

  /// Microseconds with all their digits: `12.034`.
  private func microseconds(_ nanoseconds: Int) -> String {
    let sign = nanoseconds < 0 ? "-" : ""
    let rest = String(nanoseconds.magnitude % 1000)
    return "\(sign)\(nanoseconds.magnitude / 1000)."
      + String(repeating: "0", count: 3 - rest.count) + rest
  }

  private func quoted(_ value: String) -> String {
    var result = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 0x20:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
