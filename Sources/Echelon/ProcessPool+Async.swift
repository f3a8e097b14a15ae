import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWorker

/// The pool's side of `async` tasks.
extension ProcessPool {
  /// Hands over an `async` function and its arguments. See `WorkExecutor`.
  @_disfavoredOverload
  public func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) async throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output> {
    let call = AsyncFunctionCall<repeat each Argument, Output>(function)
    let future = Future<Output>()
    let signature = try AsyncFunctionCall<repeat each Argument, Output>.signature()
    guard isInsideTask else {
      try handOver(future, calling: signature, options, from: site) {
        (message: inout ByteWriter) throws(TransferError) in
        try call.encode(repeat each argument, into: &message)
      }
      return future
    }
    try checkEnded(options.after)
    var message = ByteWriter()
    try call.encode(repeat each argument, into: &message)
    for input in options.after {
      guard let failure = input.failure else { continue }
      future.fail(failure, isCancelled: input.isCancelled)
      return future
    }
    // In place, as other functions are, unless a Swift task calls. The worker's main thread serves the main
    // actor meanwhile; nobody else would.
    guard AsyncRun.isCalledInTask else {
      let runner = try resolveRunner(signature: signature.bytes)
      callHere(message, runner) { outcome, answer in future.complete(outcome, answer) }
      return future
    }
    let bytes = message.copyBytes()
    // It may outlast the calling task, and is then none of the next one's business.
    let work = WorkerContext.currentWork
    let isAskedToStop: @Sendable () -> Bool = {
      future.isCancelled
        || (WorkerContext.currentWork == work && WorkerContext.isCancelled == true)
    }
    let error = SystemThread.start(name: "echelon-async") { [self] in
      do throws(TransferError) {
        let runner = try resolveRunner(signature: signature.bytes)
        AsyncRun.withProbe(isAskedToStop) {
          bytes.withRawSpan { message in
            callHere(message, runner) { outcome, answer in future.complete(outcome, answer) }
          }
        }
      } catch {
        future.fail(error, isCancelled: false)
      }
    }
    guard error == 0 else {
      throw PoolError.cannotStartWorker(step: "making a thread", reason: systemMessage(error))
    }
    return future
  }
}
