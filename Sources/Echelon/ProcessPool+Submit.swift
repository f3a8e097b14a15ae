import EchelonPool
import EchelonTransfer

extension ProcessPool {
  /// Hands a function and its arguments to a worker.
  ///
  ///     let f = try pool.submit(fib, 40)
  ///     let g = try pool.submit { 6 * 7 }
  ///     print(try await f.value, try await g.value)
  ///
  /// The function is a function reference or a closure that captures nothing; what it needs, it gets
  /// as arguments. Arguments and result are numbers, strings, arrays, `Codable` or bitwise-copyable
  /// types, and shared arrays, which travel by handle.
  /// - Parameters:
  ///   - retries: how many more times to run it when a worker dies in it.
  ///   - function: runs in a worker; what it throws reaches the future as itself when it is
  ///     `Codable`, else as a `RemoteError`.
  /// - Throws: `TransferError` for a closure that captures or a type that cannot be sent, with its
  ///   name; `PoolError.shutDown`; `ArenaError` when there is no room for the arguments.
  public func submit<each Argument, Output: Sendable>(
    retries: Int = 0,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output> {
    let call = FunctionCall<repeat each Argument, Output>(function)
    let signature = try FunctionCall<repeat each Argument, Output>.signature()
    let future = Future<Output>(callbackQueue: callbackQueue)
    let task = FutureTask(
      engine: engine, future: future, label: "a task returning \(Output.self)",
      decode: { reader in try decodeResult(Output.self, from: &reader) })
    task.function = try index(of: signature)
    task.retries = retries
    future.attach(task)
    var writer = ByteWriter()
    try call.encode(repeat each argument, into: &writer)
    task.retained = writer.retained
    try writer.withSpan { bytes in try engine.submit(task, message: bytes) }
    return future
  }
}
