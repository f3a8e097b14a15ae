import EchelonMemory
public import EchelonPool
package import EchelonTransfer
public import EchelonWire

extension ProcessPool {
  /// Hands a function and its arguments to a worker.
  ///
  ///     let f = try pool.submit(fib, 40)
  ///     let g = try pool.submit { 6 * 7 }
  ///     print(try await f.value, try await g.value)
  ///
  /// The function is a function reference or a closure, and travels with what it captured. Captures,
  /// arguments and result are numbers, strings, arrays, `Codable` or bitwise-copyable
  /// types, and shared arrays, which travel by handle. Instances of classes and actors are no captures,
  /// nor are collections, optionals and tuples of them; a `Codable` struct that stores one is.
  /// - Parameters:
  ///   - retries: how many more times to run it when a worker dies in it, with pauses and for errors
  ///     of its own if the policy says so.
  ///   - deadline: how long it may run, counted from when a worker begins it, in each attempt anew.
  ///     Then it is stopped and fails with `PoolError.deadlineExceeded`.
  ///   - priority: how urgent it is.
  ///   - after: what must have ended before it begins. When one of these fails, or is cancelled, it
  ///     fails with that error, or is cancelled.
  ///   - function: runs in a worker; what it throws reaches the future as itself when it is
  ///     `Codable`, else as a `RemoteError`.
  ///   - fileID: with `line`, names this place in the task's errors.
  ///   - line: see `fileID`.
  /// - Throws: `TransferError` for a capture or a type that cannot be sent, with its
  ///   name; `PoolError.shutDown`; `ArenaError` when there is no room for the arguments.
  @inlinable
  public func submit<each Argument, Output: Sendable>(
    retries: RetryPolicy = 0, deadline: Duration? = nil, priority: WorkPriority = .normal,
    after: [AnyFuture] = [],
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument, fileID: StaticString = #fileID, line: UInt = #line
  ) throws -> Future<Output> {
    try submit(
      options: TaskOptions(
        retries: retries, deadline: deadline, priority: priority, after: after),
      at: CallSite(fileID: fileID, line: line), function, repeat each argument)
  }

  /// Hands a function and its arguments to a worker, with all that may be said of how to run it.
  @inlinable
  public func submit<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> Future<Output> {
    // Inlined, so that the types formed here are known when the caller is compiled: asking the
    // runtime for them takes longer than the rest.
    let call = FunctionCall<repeat each Argument, Output>(function)
    let future = Future<Output>()
    try handOver(
      future, calling: FunctionCall<repeat each Argument, Output>.signature(),
      options, from: site
    ) { (message: inout ByteWriter) throws(TransferError) in
      try call.encode(repeat each argument, into: &message)
    }
    return future
  }

  /// Hands over the call that stands behind `future`.
  @usableFromInline
  func handOver(
    _ future: AnyFuture, calling signature: CallSignature, _ options: TaskOptions,
    from origin: CallSite,
    _ encode: (inout ByteWriter) throws(TransferError) -> Void
  ) throws {
    guard let engine = frontEnd else {
      try checkEnded(options.after)
      return try callHere(future, calling: signature, after: options.after, encode)
    }
    try ByteWriter.withRoom(for: TaskSlot.inlineBytes) { message throws(TransferError) in
      try encode(&message)
    } then: { message in
      // Made in here: captured, it would be retained once more.
      let task = CallTask(engine: engine, future: future)
      try submit(
        message, to: try index(of: signature), as: task, for: future, at: origin, options)
    }
  }

  /// Makes the call inside a task.
  private func callHere(
    _ future: AnyFuture, calling signature: CallSignature, after inputs: [AnyFuture],
    _ encode: (inout ByteWriter) throws(TransferError) -> Void
  ) throws {
    var message = ByteWriter()
    try encode(&message)
    for input in inputs {
      guard let failure = input.failure else { continue }
      future.fail(failure, isCancelled: input.isCancelled)
      return
    }
    callHere(message, try resolveRunner(signature: signature.bytes)) { outcome, bytes in
      future.complete(outcome, bytes)
    }
  }

  /// Hands over a call that is encoded already.
  func submit(
    _ message: borrowing ByteWriter, to function: FunctionIndex, as task: FutureTask,
    for future: AnyFuture, at site: CallSite, _ options: TaskOptions
  ) throws {
    task.set(function, options)
    task.originKey = CallOrigin.Key(site, calling: CalledFunction(message))
    try retain(message.retained, for: task)
    guard options.after.isEmpty else {
      let bytes = message.copyBytes()
      return try future.attach(task) {
        try hold(task, until: options.after, byteCount: bytes.count) { [engine] task in
          bytes.withRawSpan { engine.start(task, message: $0) }
        }
      }
    }
    try message.withSpan { bytes in
      try future.attach(task) { try engine.submit(task, message: bytes) }
    }
  }

  /// Keeps what a message names alive for as long as its task.
  func retain(_ objects: [AnyObject], for task: FutureTask) throws {
    if objects.isEmpty { return }
    let blocks = objects.compactMap { $0 as? ArenaBlock }
    try checkOwned(blocks, by: engine.arena)
    try checkIntact(blocks)
    task.files += blocks.compactMap(\.mapping)
    task.retained += objects
  }
}

extension FutureTask {
  /// What is known of the task before it is handed over.
  func set(_ function: FunctionIndex, _ options: borrowing TaskOptions) {
    prepare(
      function, options.retries, options.priority,
      deadlineNanoseconds: options.deadlineNanoseconds)
  }
}
