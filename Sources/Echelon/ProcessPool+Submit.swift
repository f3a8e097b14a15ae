import EchelonPool
import EchelonTransfer
import EchelonWire

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
    var message = ByteWriter()
    try call.encode(repeat each argument, into: &message)
    return try submit(
      message, to: try index(of: signature), retries: retries,
      decode: { reader in try decodeResult(Output.self, from: &reader) })
  }

  /// Hands over a call that is encoded already.
  func submit<Value: Sendable>(
    _ message: borrowing ByteWriter, to function: FunctionIndex, retries: Int,
    decode: @escaping @Sendable (inout ByteReader) throws -> Value
  ) throws -> Future<Value> {
    let future = Future<Value>(callbackQueue: callbackQueue)
    let task = FutureTask(engine: engine, future: future, decode: decode)
    task.function = function
    task.retries = retries
    task.retained = message.retained
    future.attach(task)
    try message.withSpan { bytes in try engine.submit(task, message: bytes) }
    return future
  }
}
