import EchelonMemory
import EchelonPool
package import EchelonTransfer
import EchelonWorker

/// A pool inside one of its own tasks.
///
/// A task that hands work to its own pool and waits for it holds the worker that the work may need: with
/// enough such tasks nothing would go on. So a pool that reaches a worker, as an argument, a capture or
/// `ProcessPool.current`, is a stand-in: `submit` and `map` over a sequence run the work right there,
/// in the calling task, and give futures that have ended. What only the front end can do, jobs over arrays above
/// all, throws `PoolError.wouldDeadlock`, and a new array `ArenaError.insideTask`. The end of the pool, or of its
/// workers, is not a task's to ask for: `shutdown`, `terminateWorkers` and `killWorkers` do nothing there.
extension ProcessPool {
  /// The pool that the calling task runs in, as a stand-in; nil outside tasks.
  ///
  ///     let total = try pool.submit { try ProcessPool.current!.map(0..<100) { $0 * $0 }.collect().count }
  public static var current: ProcessPool? {
    WorkerContext.arena == nil ? nil : ProcessPool(standInFor: ())
  }

  /// Whether this is a stand-in for a pool, inside one of its tasks.
  public var isInsideTask: Bool { frontEnd == nil }

  /// Calls a function here, by the same bytes that a worker would get: a task behaves alike wherever it
  /// runs.
  /// - Parameter complete: reads the answer.
  func callHere(
    _ message: borrowing ByteWriter, _ runner: any IncomingCall.Type,
    _ complete: (TaskOutcomeBytes, RawSpan) -> Void
  ) {
    message.withSpan { callHere($0, runner, complete) }
  }

  /// The same for bytes.
  func callHere(
    _ message: RawSpan, _ runner: any IncomingCall.Type,
    _ complete: (TaskOutcomeBytes, RawSpan) -> Void
  ) {
    var result = ByteWriter()
    let outcome = ByteReader.reading(message) { reader in
      runner.run(arguments: &reader, result: &result)
    }
    switch outcome {
    case .value: result.withSpan { complete(.value, $0) }
    case .error: result.withSpan { complete(.thrown, $0) }
    case .argumentUndecodable(let error), .resultUnencodable(let error):
      var text = ByteWriter()
      text.append(
        text: "a call inside a task could not be read, or its result not written: \(error)")
      text.withSpan { complete(.notTransferred, $0) }
    }
  }

  /// Throws when futures have not ended that work inside a task would have to wait for.
  func checkEnded(_ futures: [AnyFuture]) throws(PoolError) {
    guard futures.allSatisfy(\.isDone) else {
      throw .wouldDeadlock("waiting for futures that have not ended")
    }
  }
}

extension ProcessPool: HandleTransferable {
  package func encodeHandle(into encoder: inout HandleEncoder) throws(TransferError) {
    encoder.encode(UInt8(0))
  }

  package convenience init(handle decoder: inout HandleDecoder) throws(TransferError) {
    _ = try decoder.decode(UInt8.self)
    self.init(standInFor: ())
  }
}
