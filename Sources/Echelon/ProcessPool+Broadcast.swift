import EchelonMemory
public import EchelonPool
import EchelonTransfer
import EchelonWire

extension ProcessPool {
  /// Has every worker run a function once, before anything else that it has to do: to load a table, to
  /// empty a cache, to ask how each is.
  ///
  ///     let loaded = try pool.broadcast(loadModel, "model.bin")
  ///     for future in loaded { try await future.value }
  ///
  /// Starts all workers. A worker that dies in it fails its future, or runs it again in its replacement
  /// up to `retries` times; one that dies before it leaves it to its replacement. Workers that are
  /// started later do not run it.
  /// - Parameters: as for `submit`.
  /// - Returns: a future for each worker.
  /// - Throws: as `submit`.
  public func broadcast<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> [Future<Output>] {
    let engine = try working("broadcast")
    let call = FunctionCall<repeat each Argument, Output>(function)
    let signature = try FunctionCall<repeat each Argument, Output>.signature()
    let place = try index(of: signature)
    var message = ByteWriter()
    try call.encode(repeat each argument, into: &message)
    var futures: [Future<Output>] = []
    var tasks: [PoolTask] = []
    for _ in 0..<workerCount {
      let future = Future<Output>(callbackQueue: callbackQueue)
      let task = CallTask(engine: engine, future: future)
      task.origin = CallSite(fileID: fileID, line: line)
      task.set(place, TaskOptions(retries: retries, priority: .high))
      task.isLimited = false
      try retain(message.retained, for: task)
      future.attach(task)
      futures.append(future)
      tasks.append(task)
    }
    try message.withSpan { bytes in try engine.broadcast(tasks, message: bytes) }
    return futures
  }
}
