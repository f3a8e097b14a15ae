public import EchelonPool

extension WorkExecutor {
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
  /// - Throws: as `submit`; `PoolError.wouldDeadlock` inside a task of the executor's own.
  public func broadcast<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> [Future<Output>] {
    try broadcast(
      options: TaskOptions(retries: retries, deadline: deadline, priority: .high),
      at: CallSite(fileID: fileID, line: line), function, repeat each argument)
  }
}
