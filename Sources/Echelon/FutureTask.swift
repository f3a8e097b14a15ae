import EchelonMemory
import EchelonPool
import EchelonTransfer

/// A task of the pool, with the type that its future has.
final class FutureTask<Value: Sendable>: PoolTask, FutureSource, @unchecked Sendable {
  private let engine: PoolEngine
  private let future: Future<Value>
  private let decode: @Sendable (inout ByteReader) throws -> Value

  init(
    engine: PoolEngine, future: Future<Value>,
    decode: @escaping @Sendable (inout ByteReader) throws -> Value
  ) {
    self.engine = engine
    self.future = future
    self.decode = decode
    super.init()
  }

  // Written out, because the stub that the compiler would make for it warns of a recursion.
  @available(*, unavailable)
  override init() { preconditionFailure("a task has a future") }

  override var name: String { "a task returning \(Value.self)" }

  override func resolve(_ outcome: TaskOutcomeBytes, _ bytes: RawSpan) {
    let result = ByteReader.reading(bytes) { reader -> Result<Value, any Error> in
      do {
        switch outcome {
        case .value: return .success(try decode(&reader))
        case .thrown: return .failure(try decodeError(from: &reader))
        case .notTransferred: return .failure(PoolError.notTransferred(try reader.readText()))
        }
      } catch {
        return .failure(error)
      }
    }
    future.complete(result)
  }

  override func fail(_ error: any Error) {
    let isCancelled = error as? PoolError == .cancelled
    future.complete(.failure(isCancelled ? CancellationError() : error), isCancelled: isCancelled)
  }

  var isRunning: Bool { engine.isRunning(self) }
  func poll() { engine.collectIfDone(self) }
  func cancel() -> Bool { engine.cancel(self) }
  func demandCompletion() { engine.demandCollector(of: self) }
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool {
    engine.wait(for: self, until: deadline, isOver: isOver, park: park)
  }
}

/// A chunked job of the pool, with the type that its future has.
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
    super.init(request, retaining: request.operands.map(\.block))
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
    future.complete(.failure(isCancelled ? CancellationError() : error), isCancelled: isCancelled)
  }

  var isRunning: Bool { engine.isRunning(self) }
  func poll() { engine.collectIfDone(self) }
  func cancel() -> Bool { engine.cancel(self) }
  func demandCompletion() { engine.demandCollector(of: self) }
  func wait(until deadline: UInt64?, isOver: () -> Bool, park: () -> Bool) -> Bool {
    engine.wait(for: self, until: deadline, isOver: isOver, park: park)
  }
}
