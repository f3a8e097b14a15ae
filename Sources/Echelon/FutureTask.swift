import EchelonMemory
import EchelonPool
import EchelonTransfer

/// A task of the pool behind a future.
class FutureTask: PoolTask, FutureSource, @unchecked Sendable {
  private let engine: PoolEngine
  let untypedFuture: AnyFuture
  /// Where it was handed over, and what it calls; set before that.
  @safe @exclusivity(unchecked) final var originKey = CallOrigin.Key.none

  /// What few tasks have.
  private final class Ties {
    var files: [FileMapping] = []
    var dependent: Dependent?
  }

  private final var ties: Ties? { attachment as? Ties }

  private final func madeTies() -> Ties {
    if let ties { return ties }
    let made = Ties()
    attachment = made
    return made
  }

  /// The files that are arrays among what it is given; set before it is handed over.
  final var files: [FileMapping] {
    get { ties?.files ?? [] }
    set { if !newValue.isEmpty { madeTies().files = newValue } else { ties?.files = [] } }
  }

  /// What starts it, when it waits for others; set before it is handed over.
  final var dependent: Dependent? {
    get { ties?.dependent }
    set { if newValue != nil { madeTies().dependent = newValue } else { ties?.dependent = nil } }
  }

  final var origin: CallSite? { CallOrigin.of(originKey)?.site }

  init(engine: PoolEngine, future: AnyFuture) {
    self.engine = engine
    untypedFuture = future
    super.init()
  }

  // Written out, because the stub that the compiler would make for it warns of a recursion.
  @available(*, unavailable)
  override init() { preconditionFailure("a task has a future") }

  override func fail(_ error: any Error) {
    let isCancelled = error as? PoolError == .cancelled
    // One that waits for others and will never begin is held by what would have begun it.
    dependent?.release()
    untypedFuture.fail(isCancelled ? CancellationError() : named(error), isCancelled: isCancelled)
  }

  final var isRunning: Bool { engine.isRunning(self) }
  final func poll() { engine.collectIfDone(self) }
  final func cancel() -> Bool {
    guard engine.cancel(self) else { return false }
    dependent?.release()
    return true
  }
  /// The end of a task that was to wait for others.
  final func abandon() -> Bool { engine.abandon(self) }
  final func stop(_ mode: CancellationMode) -> Bool { engine.stop(self, mode) }
  final func demandCompletion() { engine.demandCollector(of: self) }
  final func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool {
    engine.wait(for: self, until: deadline, isOver: isOver, park: park)
  }

  final var originText: String { origin.map { "\($0)" } ?? "an unknown place" }

  /// The same error, and what was called if a worker died of it. Not under a lock: it reads a file.
  final func named(_ error: any Error) -> any Error {
    if !files.isEmpty {
      let reason = blamingFiles(error, files)
      if reason is FileMappingError { return reason }
    }
    guard let death = error as? WorkerDied, let name = CallOrigin.of(originKey)?.function?.name
    else { return error }
    return death.naming(name)
  }

  /// Reads the answer to a call.
  final func read<Answer>(
    _ outcome: TaskOutcomeBytes, _ bytes: RawSpan,
    _ decode: (inout ByteReader) throws(TransferError) -> Answer
  ) -> Result<Answer, any Error> {
    readAnswer(outcome, bytes, submittedAt: origin, decode)
  }
}

extension FutureTask: HeldTask {}

/// Where tasks are handed over and what they call there, for messages: as many as the program has, and a number for each, so
/// that a task need not hold all of it.
final class CallOrigin: Sendable {
  /// The number of one.
  struct Key: Sendable {
    fileprivate let value: UInt

    fileprivate init(_ value: UInt) { self.value = value }

    /// Of a task that nothing is known of.
    static let none = Key(0)

    /// Two that had the same number would be called by the same name in a message, and nothing else.
    init(_ site: CallSite, calling function: CalledFunction?) {
      var mixed = identity(of: site.fileID) &+ site.line &* 0x9E37_79B9_7F4A_7C15
      mixed = (mixed ^ (function?.identity ?? 0)) &* 0x94D0_49BB_1331_11EB
      value = max(1, mixed ^ mixed >> 31)
      if !CallOrigin.known.contains(value) {
        _ = CallOrigin.known.insert(CallOrigin(site, function), for: value)
      }
    }
  }

  let site: CallSite
  let function: CalledFunction?

  private init(_ site: CallSite, _ function: CalledFunction?) {
    (self.site, self.function) = (site, function)
  }

  private static let known = PermanentCache<CallOrigin>()

  static func of(_ key: Key) -> CallOrigin? { key.value == 0 ? nil : known[key.value] }
}

/// Reads the answer to a call.
func readAnswer<Answer>(
  _ outcome: TaskOutcomeBytes, _ bytes: RawSpan, submittedAt origin: CallSite? = nil,
  _ decode: (inout ByteReader) throws(TransferError) -> Answer
) -> Result<Answer, any Error> {
  ByteReader.reading(bytes) { reader in
    do {
      switch outcome {
      case .value: return .success(try decode(&reader))
      case .thrown: return .failure(placed(try decodeError(from: &reader), origin))
      case .notTransferred:
        let place = origin.map { " (submitted at \($0))" } ?? ""
        return .failure(PoolError.notTransferred(try reader.readText() + place))
      }
    } catch {
      return .failure(error)
    }
  }
}

/// An error that could not come back as itself says where the call was made: release builds know
/// functions by their offsets only.
private func placed(_ error: any Error, _ origin: CallSite?) -> any Error {
  guard let remote = error as? RemoteError, let origin else { return error }
  return RemoteError(
    typeName: remote.typeName, text: remote.text, place: "\(remote.place), submitted at \(origin)")
}

extension AnyFuture {
  /// Ends the future with the answer to its call.
  func complete(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan, submittedAt origin: CallSite? = nil)
  {
    if outcome == .value { return complete(decoding: bytes) }
    let failure: Result<Never, any Error> = readAnswer(outcome, bytes, submittedAt: origin) {
      _ throws(TransferError) in throw .malformed(what: "a failure holds a value")
    }
    if case .failure(let error) = failure { fail(error, isCancelled: false) }
  }
}

/// The call of one function.
final class CallTask: FutureTask, @unchecked Sendable {
  override var name: String { "the task submitted at \(originText)" }

  override func resolve(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan) {
    untypedFuture.complete(outcome, bytes, submittedAt: origin)
  }
}

/// The call of one function on several elements.
final class MapTask<Output: Sendable>: FutureTask, @unchecked Sendable {
  private let future: Future<MapAnswer<Output>>
  private let count: Int

  init(engine: PoolEngine, future: Future<MapAnswer<Output>>, count: Int) {
    self.future = future
    self.count = count
    super.init(engine: engine, future: future)
    isLimited = false  // the map has a buffer of its own
    elementCount = count
  }

  // Written out, as in `FutureTask`.
  @available(*, unavailable)
  override init(engine: PoolEngine, future: AnyFuture) { preconditionFailure("typed") }

  override var name: String {
    (count == 1 ? "an element" : "\(count) elements") + " of the map at \(originText)"
  }

  override func resolve(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan) {
    future.complete(
      read(outcome, bytes) { reader throws(TransferError) in
        try MapAnswer<Output>(from: &reader, count: count)
      })
  }

  override func name(ofElement index: Int) -> String { "an element of the map at \(originText)" }

  override func fail(_ error: any Error, after progress: ElementProgress) {
    if error as? PoolError == .cancelled { return fail(error) }
    let answer = progress.answer.withRawSpan { bytes in
      read(.value, bytes) { reader throws(TransferError) in
        var answer =
          progress.finished == 0
          ? MapAnswer<Output>() : try MapAnswer<Output>(from: &reader, count: progress.finished)
        answer.interruption = MapInterruption(
          error: named(error), hitElement: progress.started > progress.finished)
        return answer
      }
    }
    future.complete(answer)
  }
}

/// A chunked job of the pool behind a future.
final class FutureJob<Value: Sendable>: PoolJob, FutureSource, @unchecked Sendable {
  private let engine: PoolEngine
  private let future: Future<Value>
  private let label: String
  private let merge: @Sendable (ArenaBlock?) throws -> Value

  init(
    _ request: PoolJob.Request, engine: PoolEngine, future: Future<Value>, label: String,
    merge: @escaping @Sendable (ArenaBlock?) throws -> Value
  ) {
    self.engine = engine
    self.future = future
    self.label = label
    self.merge = merge
    super.init(
      request,
      retaining: request.operands.map(\.block) + request.retained
        + (request.parameterBlock.map { [$0] } ?? []))
  }

  // Written out, as in `FutureTask`.
  @available(*, unavailable)
  override init(_ request: PoolJob.Request, retaining blocks: [ArenaBlock]) {
    preconditionFailure("a job has a future")
  }

  override var name: String { label }

  override func finish(partials: ArenaBlock?) {
    future.complete(Result { try merge(partials) })
  }

  override func fail(_ error: any Error) {
    let isCancelled = error as? PoolError == .cancelled
    future.fail(
      isCancelled
        ? CancellationError() : blamingFiles(error, retained.lazy.compactMap(\.mapping)),
      isCancelled: isCancelled)
  }

  var isRunning: Bool { engine.isRunning(self) }
  func poll() { engine.collectIfDone(self) }
  func cancel() -> Bool { engine.cancel(self) }
  func stop(_ mode: CancellationMode) -> Bool { engine.stop(self, mode) }
  func demandCompletion() { engine.demandCollector(of: self) }
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool {
    engine.wait(for: self, until: deadline, isOver: isOver, park: park)
  }
}
