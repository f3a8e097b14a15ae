import Echelon

extension Interruption {
  /// The value of a run without estimates on the way; a terminal shows meanwhile how far its chunks have come.
  /// - Parameters:
  ///   - name: what the line calls the run.
  ///   - chunkCount: how many there are; nil where the run itself finds out.
  ///   - pool: has nothing else to do.
  func value<Value: Sendable>(
    of future: Future<Value>, _ name: String, chunkCount: Int? = nil, in pool: ProcessPool
  ) async throws -> Value {
    watch([future])
    guard Terminal.isTerminal(.error) else { return try await future.value }
    let drawing = WorkDrawing(name, chunkCount: chunkCount, in: pool)
    let result = await Result(of: { try await future.value })
    await drawing.end()
    return try result.get()
  }
}

extension Result where Failure == any Error {
  init(of body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

/// A line on a terminal that is drawn until it is ended.
struct WorkDrawing {
  private let task: Task<Void, Never>

  /// - Parameters: as for `Interruption.value`.
  init(_ name: String, chunkCount: Int?, in pool: ProcessPool) {
    task = Task {
      var line = WorkLine(name, chunkCount: chunkCount)
      defer { line.clear() }
      while !Task.isCancelled {
        line.draw(chunksRun: pool.statistics.chunksRun.reduce(0, +))
        // How often a person wants to see something new; nothing waits for it.
        try? await Task.sleep(for: .milliseconds(100))
      }
    }
  }

  /// The line is gone before anything else is written.
  func end() async {
    task.cancel()
    await task.value
  }
}

/// One line on a terminal that says how much of a job is done; nothing anywhere else.
struct WorkLine {
  private let name: String
  private let chunkCount: Int?
  private let start = ContinuousClock.now
  private var line = StatusLine()

  init(_ name: String, chunkCount: Int?) { (self.name, self.chunkCount) = (name, chunkCount) }

  mutating func draw(chunksRun: UInt64) {
    guard line.isDue() else { return }
    line.draw(
      Self.text(
        name, chunksRun: Int(clamping: chunksRun), chunkCount: chunkCount,
        elapsed: (ContinuousClock.now - start).seconds))
  }

  func clear() { line.clear() }

  static func text(_ name: String, chunksRun: Int, chunkCount: Int?, elapsed: Double) -> String {
    let time = NumberText.time(seconds: elapsed)
    guard let chunkCount, chunkCount > 0 else {
      return "\(name): \(NumberText.count(chunksRun, "chunk")), \(time)"
    }
    // Chunks that a worker died in are run again.
    let done = min(chunksRun, chunkCount)
    var text = "\(name): \(done * 100 / chunkCount) %, \(time)"
    if done > 0, done < chunkCount {
      let left = elapsed * Double(chunkCount - done) / Double(done)
      text += ", \(NumberText.time(seconds: left)) left"
    }
    return text
  }
}
