public import EchelonPool
public import EchelonWire

/// Tasks that are `async` functions.
extension WorkExecutor {
  /// Hands an `async` function and its arguments to a worker, which runs it to its end.
  ///
  ///     let page = try executor.submit { try await fetch(address) }
  ///
  /// It takes a worker for itself from its beginning to its end, also while it is suspended: what waits
  /// for the network most of the time needs more workers, or belongs into the program itself. Inside, the
  /// main actor is the worker's own. `cancel()` has it seen in `Task.isCancelled`, within some
  /// milliseconds, and in `CurrentTask.isCancelled`; it ends as cancelled if it throws
  /// `CancellationError`.
  /// - Parameters:
  ///   - retries: how many more times to run it when a worker dies in it.
  ///   - deadline: how long it may run, counted from when a worker begins it.
  ///   - priority: how urgent it is.
  ///   - after: what must have ended before it begins.
  ///   - function: a function reference or a closure, with captures as for `submit` of another.
  ///   - fileID: with `line`, names this place in the task's errors.
  ///   - line: see `fileID`.
  /// - Throws: as `submit`.
  // A closure that awaits nothing is meant for the other `submit`.
  @_disfavoredOverload
  public func submit<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = [],
    _ function: @escaping @Sendable (repeat each Argument) async throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Future<Output> {
    try submit(
      options: TaskOptions(
        retries: retries, deadline: deadline, priority: priority, after: after),
      at: CallSite(fileID: fileID, line: line), function, repeat each argument)
  }
}
