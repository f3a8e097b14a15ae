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
    while true {
      let room = try Room(in: self)
      do {
        let future = try submit(
          options: options, at: CallSite(fileID: fileID, line: line), function,
          repeat each argument)
        room.leave()
        return future
      } catch PoolError.queueFull {
        do { try await room.promise.future.value } catch {
          room.leave()
          throw error
        }
      } catch {
        room.leave()
        throw error
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
    while true {
      let room = try Room(in: self)
      do {
        let future = try submit(
          options: options, at: CallSite(fileID: fileID, line: line), function,
          repeat each argument)
        room.leave()
        return future
      } catch PoolError.queueFull {
        try room.promise.future.result()
      } catch {
        room.leave()
        throw error
      }
    }
  }
}

/// A place among those who wait for room. Taken before the attempt, so that room which comes between the
/// attempt and the wait is not missed.
private struct Room {
  let promise = Promise<Void>()
  private let executor: any WorkExecutor

  init(in executor: any WorkExecutor) throws {
    self.executor = executor
    try executor.whenThereIsRoom { [promise] in promise.future.complete(.success(())) }
  }

  /// Waits no more; if it was called meanwhile, the next in line is called instead.
  func leave() {
    if !promise.future.cancel() { executor.passRoomOn() }
  }
}
