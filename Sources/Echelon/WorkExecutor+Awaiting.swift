public import EchelonPool
public import EchelonWire

/// Tasks that await others.
extension WorkExecutor {
  /// Has a function work in a worker on the values of futures, as soon as all of them are there.
  ///
  ///     let left = try pool.submit(load, "left.csv")
  ///     let right = try pool.submit(load, "right.csv")
  ///     let joined = try pool.submit(awaiting: left, right) { a, b in a.joined(with: b) }
  ///
  /// No thread waits meanwhile. The futures may be of any executor, or made by hand (`Promise`), and may
  /// themselves await others, in chains of any length.
  ///
  /// When one of them fails, the result is a failure with the same error, at once; when one is cancelled,
  /// the result is cancelled. Cancelling the result leaves them alone. A shutdown of the executor lets it
  /// finish, or cancels it with `cancelPending`.
  /// - Parameters:
  ///   - retries: how many more times to run it when a worker dies in it.
  ///   - deadline: how long it may run, counted from when a worker begins it.
  ///   - priority: how urgent it is, once it can begin.
  ///   - input: the futures, whose values are the arguments. The values pass through this process, arrays
  ///     in shared memory as handles.
  ///   - fileID: with `line`, names this place in the task's errors.
  ///   - line: see `fileID`.
  ///   - function: as for `submit`.
  /// - Throws: `TransferError` for what cannot be sent, `PoolError.shutDown`. What only the values tell
  ///   fails the future.
  // Without inputs this is not what anyone means: `submit { … }` is the plain one.
  @_disfavoredOverload
  public func submit<each Input: Sendable, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    awaiting input: repeat Future<each Input>,
    fileID: StaticString = #fileID, line: UInt = #line,
    run function: @escaping @Sendable (repeat each Input) throws -> Output
  ) throws -> Future<Output> {
    try submit(
      options: TaskOptions(retries: retries, deadline: deadline, priority: priority),
      at: CallSite(fileID: fileID, line: line), awaiting: repeat each input, run: function)
  }
}
