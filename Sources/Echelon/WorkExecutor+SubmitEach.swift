public import EchelonPool
public import EchelonWire

/// A task for each of many elements, handed over at once.
extension WorkExecutor {
  /// Hands a function to the workers once for each element: as many tasks, each with a future of its own,
  /// as if each had been submitted alone, but for less than half the price.
  ///
  ///     let futures = try pool.submit(each: files) { try parse($0) }
  ///     for await future in asCompleted(futures) { print(try future.result()) }
  ///
  /// Results that are read in order and not one by one are cheaper with `map`, which also bounds how far
  /// it runs ahead.
  /// - Parameters:
  ///   - elements: read to their end before the first task is handed over.
  ///   - retries: how many more times to run a task when a worker dies in it.
  ///   - deadline: how long each may run, counted from when a worker begins it.
  ///   - priority: how urgent they are.
  ///   - after: what must have ended before they begin.
  ///   - function: a function reference or a closure, with captures as for `submit`.
  ///   - fileID: with `line`, names this place in the tasks' errors.
  ///   - line: see `fileID`.
  /// - Returns: the futures, in the order of the elements.
  /// - Throws: as `submit`; the tasks that were handed over before that are cancelled then.
  @inlinable
  public func submit<Elements: Sequence, Output: Sendable>(
    each elements: Elements, retries: RetryPolicy = 0, deadline: Duration? = nil,
    priority: WorkPriority = .normal, after: [AnyFuture] = [],
    fileID: StaticString = #fileID, line: UInt = #line,
    _ function: @escaping @Sendable (Elements.Element) throws -> Output
  ) throws -> [Future<Output>] where Elements.Element: Sendable {
    try submitEach(
      Array(elements),
      options: TaskOptions(
        retries: retries, deadline: deadline, priority: priority, after: after),
      at: CallSite(fileID: fileID, line: line), function)
  }
}
