import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWire
import Synchronization

/// The call of one function.
final class InProcessTask<Output: Sendable>: InProcessWork, @unchecked Sendable {
  let future: Future<Output>
  private let site: CallSite
  private let retries: RetryPolicy
  // Used by the one thread that runs the piece, at a time. The body goes as soon as it has run for the
  // last time, and the arguments with it.
  private var body: (@Sendable () throws -> Output)?
  private var result: Result<Output, any Error>?
  private var attempt = 0

  init(
    core: InProcessCore, future: Future<Output>, site: CallSite, _ options: TaskOptions,
    _ body: @escaping @Sendable () throws -> Output
  ) {
    self.future = future
    self.site = site
    self.body = body
    retries = options.retries
    super.init(core: core, future: future, pieceCount: 1)
    set(options)
  }

  override var name: String { "the task submitted at \(site)" }

  override func run(_ piece: Int) -> PieceOutcome {
    guard let body else { return .done }
    let outcome = call(body)
    result = outcome
    // One that was asked to stop has had its say.
    if case .failure(let error) = outcome, !isAskedToStop, attempt < retries.count,
      retries.errors?(error) == true
    {
      attempt += 1
      return .again(after: retries.pauseNanoseconds(before: attempt))
    }
    self.body = nil
    return .done
  }

  private func call(_ body: () throws -> Output) -> Result<Output, any Error> {
    let output: Output
    do { output = try body() } catch { return .failure(asReceived(error, submittedAt: site)) }
    do throws(TransferError) { _ = try sentByteCount(of: output) } catch {
      return .failure(
        PoolError.notTransferred("the result could not be sent back: \(error)"))
    }
    return .success(output)
  }

  override func finish() {
    body = nil
    guard let result else { return }
    if case .failure(let error) = result, isAskedToStop, isCancellation(error) {
      return fail(CancellationError(), isCancelled: true)
    }
    future.complete(result)
  }
}

/// The call of one function on several elements.
final class InProcessElements<Input: Sendable, Output: Sendable>: InProcessWork,
  @unchecked Sendable
{
  private let future: Future<MapAnswer<Output>>
  private let site: CallSite
  private let body: @Sendable (Input) throws -> Output

  private struct Progress {
    /// Goes with its elements when they are done.
    var elements: [Input]
    var started = 0
    var results: [Result<Output, any Error>] = []
    var nanoseconds: UInt64 = 0
    var byteCount = 0

    /// What there is so far.
    var answer: MapAnswer<Output> {
      var answer = MapAnswer(nanoseconds: nanoseconds, results: results)
      answer.byteCount = byteCount
      return answer
    }
  }

  private let progress: Mutex<Progress>

  init(
    core: InProcessCore, future: Future<MapAnswer<Output>>, site: CallSite, _ options: TaskOptions,
    _ elements: [Input], _ body: @escaping @Sendable (Input) throws -> Output
  ) {
    self.future = future
    self.site = site
    self.body = body
    progress = Mutex(Progress(elements: elements))
    super.init(core: core, future: future, pieceCount: 1)
    set(options)
  }

  override var name: String { "an element of the map at \(site)" }

  override func run(_ piece: Int) -> PieceOutcome {
    while let element = nextElement() {
      let start = MonotonicClock.now()
      var byteCount = 0
      let result = Result {
        if isAskedToStop { throw CancellationError() }
        let output = try body(element)
        byteCount = try sentByteCount(of: output)
        return output
      }.mapError { asReceived($0, submittedAt: site) }
      let nanoseconds = MonotonicClock.now() &- start
      progress.withLock { progress in
        progress.nanoseconds += nanoseconds
        progress.byteCount += byteCount
        progress.results.append(result)
      }
    }
    return .done
  }

  /// The element that is to be run now; nil when there is none, or the work was given up.
  private func nextElement() -> Input? {
    // The deadline is each element's own.
    if deadlineNanoseconds > 0, progress.withLock({ $0.started }) > 0 {
      let mayGoOn = core.locked { state in
        guard !isOver else { return false }
        core.armDeadline(of: self, &state)
        return true
      }
      guard mayGoOn else { return nil }
    }
    return progress.withLock { progress in
      guard progress.started < progress.elements.count else { return nil }
      progress.started += 1
      return progress.elements[progress.started - 1]
    }
  }

  override func finish() {
    future.complete(.success(progress.withLock { $0.answer }))
  }

  override func endGivenUp(_ error: any Error, isCancelled: Bool) {
    guard !isCancelled else { return fail(error, isCancelled: true) }
    // Those that are done keep their results.
    let answer = progress.withLock { progress in
      var answer = progress.answer
      answer.interruption = MapInterruption(
        error: error, hitElement: progress.started > progress.results.count)
      return answer
    }
    future.complete(.success(answer))
  }
}

extension InProcessWork {
  fileprivate func set(_ options: TaskOptions) {
    priority = options.priority
    deadlineNanoseconds = options.deadlineNanoseconds
  }
}

/// The bytes that a worker would send a result in.
/// - Throws: what it would throw that cannot send it.
private func sentByteCount<Output>(of output: Output) throws(TransferError) -> Int {
  var writer = ByteWriter()
  try encode(output, into: &writer)
  return writer.count
}

/// Whether a task that was asked to stop has heeded it.
private func isCancellation(_ error: any Error) -> Bool {
  error is CancellationError
    || (error as? RemoteError)?.typeName == String(reflecting: CancellationError.self)
}

/// A task's error as a worker would have sent it: as itself when it is `Codable`, else described.
func asReceived(_ error: any Error, submittedAt site: CallSite) -> any Error {
  var writer = ByteWriter()
  writer.append(error: error, place: "a task of this process, submitted at \(site)")
  return writer.withSpan { bytes in
    ByteReader.reading(bytes) { reader in
      do throws(TransferError) { return try reader.readError() } catch { return error }
    }
  }
}
