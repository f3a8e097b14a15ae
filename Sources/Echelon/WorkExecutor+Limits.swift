public import EchelonPool
public import EchelonWire

/// Submitting to an executor that has limits (`PoolOptions.taskLimit`, `inFlightByteLimit`). `submit`
/// itself never waits: where there is no room it throws `PoolError.queueFull`.
extension WorkExecutor {
  /// Hands a function and its arguments to a worker, if the pool's limits have room for them.
  /// - Parameters: as for `submit`.
  /// - Returns: nil when there is no room.
  /// - Throws: as `submit`, but for `PoolError.queueFull`.
  public func trySubmit<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = [],
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Future<Output>? {
    do {
      return try submit(
        options: TaskOptions(
          retries: retries, deadline: deadline, priority: priority, after: after),
        at: CallSite(fileID: fileID, line: line), function, repeat each argument)
    } catch PoolError.queueFull {
      return nil
    }
  }

  /// Hands a function and its arguments to a worker as soon as the pool's limits have room for them.
  /// - Parameters: as for `submit`.
  /// - Throws: as `submit`, but for `PoolError.queueFull`; `CancellationError` when the Swift task is
  ///   cancelled meanwhile.
  public func submitWhenRoom<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = [],
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) async throws -> Future<Output> {
    let options = TaskOptions(
      retries: retries, deadline: deadline, priority: priority, after: after)
    var hasWaited = false
    // Room that it was called for and does not use, or not all of it, is the next one's.
    defer { if hasWaited { passRoomOn() } }
    while true {
      try Task.checkCancellation()
      do {
        return try submit(
          options: options, at: CallSite(fileID: fileID, line: line), function,
          repeat each argument)
      } catch PoolError.queueFull(_, _, refused: let byteCount) {
        let called = Promise<Void>()
        let waiter = RoomWaiter(byteCount: byteCount, hasWaited: hasWaited, completing: called)
        try whenThereIsRoom(waiter)
        hasWaited = true
        do { try await called.future.value } catch {
          waiter.leave()
          throw error
        }
      }
    }
  }

  /// The same, blocking.
  @available(*, noasync, message: "use `try await pool.submitWhenRoom(…)`")
  public func submitWhenRoom<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = [],
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Future<Output> {
    let options = TaskOptions(
      retries: retries, deadline: deadline, priority: priority, after: after)
    var hasWaited = false
    defer { if hasWaited { passRoomOn() } }
    while true {
      do {
        return try submit(
          options: options, at: CallSite(fileID: fileID, line: line), function,
          repeat each argument)
      } catch PoolError.queueFull(_, _, refused: let byteCount) {
        let called = Promise<Void>()
        try whenThereIsRoom(
          RoomWaiter(byteCount: byteCount, hasWaited: hasWaited, completing: called))
        hasWaited = true
        try called.future.result()
      }
    }
  }
}

extension RoomWaiter {
  fileprivate convenience init(byteCount: Int, hasWaited: Bool, completing called: Promise<Void>) {
    self.init(byteCount: byteCount, hasWaited: hasWaited) { called.future.complete(.success(())) }
  }
}

/// Refuses limits that nothing fits into.
func checkLimits(tasks: Int?, bytes: Int?) throws(PoolError) {
  if let tasks, tasks < 1 {
    throw .invalidArgument("a `taskLimit` of \(tasks); it is 1 or more, or nil")
  }
  if let bytes, bytes < 1 {
    throw .invalidArgument("an `inFlightByteLimit` of \(bytes); it is 1 or more, or nil")
  }
}
