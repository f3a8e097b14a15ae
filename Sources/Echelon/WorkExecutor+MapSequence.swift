public import EchelonPool
package import EchelonTransfer
public import EchelonWire

extension WorkExecutor {
  /// Calls `body` on every element of a sequence, in the workers, and gives the results in order.
  /// - Parameters:
  ///   - elements: read as results are read, at most `buffer` ahead.
  ///   - timeout: for the whole map, from this call; what is not there by then fails with
  ///     `PoolError.timedOut`, and nothing follows it.
  ///   - chunkSize: elements handed to a worker at a time, 1 or more; nil follows the measured cost.
  ///   - buffer: how many elements may be in flight or waiting to be read, 1 or more.
  ///   - bufferBytes: how many bytes of arguments and results, as they are sent, may be in flight or waiting
  ///     to be read, 1 or more. Results on their way count as large as those before them. A single call
  ///     is made whatever its size; arrays in shared memory count with their handles.
  ///   - retries: how many more times to run an element when a worker dies in it.
  ///   - deadline: how long one element may take, counted from when a worker begins it. Then it is
  ///     stopped, and alone fails with `PoolError.deadlineExceeded`.
  ///   - priority: how urgent it is.
  ///   - fileID: with `line`, names this place in errors.
  ///   - line: see `fileID`.
  ///   - body: travels to the workers with what it captured. When the results of several elements that went
  ///     to a worker together find no memory, it is called for each of them once more.
  /// - Throws: `TransferError` for a capture or a type that cannot be sent.
  @inlinable
  public func map<Elements: Sequence, Output: Sendable>(
    _ elements: Elements, timeout: Duration? = nil, chunkSize: Int? = nil, buffer: Int = 4096,
    bufferBytes: Int = 64 << 20, retries: RetryPolicy = 0, deadline: Duration? = nil,
    priority: WorkPriority = .normal,
    fileID: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable (Elements.Element) throws -> Output
  ) throws -> MapResults<Output>
  where
    Elements: Sendable, Elements.Element: Sendable, Elements.Iterator: SendableMetatype
  {
    try checkTransferable(Elements.Element.self)
    try checkTransferable(Output.self)
    return try startMap(
      MapSource(elements.makeIterator()),
      MapLimits(buffer: buffer, bufferBytes: bufferBytes, chunkSize: chunkSize, timeout: timeout),
      elementCalls(
        options: TaskOptions(retries: retries, deadline: deadline, priority: priority),
        at: CallSite(fileID: fileID, line: line), of: Output.self, body))
  }

  /// Calls `body` on the elements of two sequences side by side, up to the end of the shorter one.
  /// - Parameters: as for one sequence.
  @inlinable
  public func map<First: Sequence, Second: Sequence, Output: Sendable>(
    _ first: First, _ second: Second, timeout: Duration? = nil, chunkSize: Int? = nil,
    buffer: Int = 4096, bufferBytes: Int = 64 << 20, retries: RetryPolicy = 0,
    deadline: Duration? = nil,
    priority: WorkPriority = .normal,
    fileID: StaticString = #fileID, line: UInt = #line,
    _ body: @escaping @Sendable (First.Element, Second.Element) throws -> Output
  ) throws -> MapResults<Output>
  where
    First: Sendable, Second: Sendable, First.Element: Sendable, Second.Element: Sendable,
    First.Iterator: SendableMetatype, Second.Iterator: SendableMetatype
  {
    try checkTransferable(First.Element.self)
    try checkTransferable(Second.Element.self)
    try checkTransferable(Output.self)
    return try startMap(
      MapSource(zip(first, second).makeIterator()),
      MapLimits(buffer: buffer, bufferBytes: bufferBytes, chunkSize: chunkSize, timeout: timeout),
      elementCalls(
        options: TaskOptions(retries: retries, deadline: deadline, priority: priority),
        at: CallSite(fileID: fileID, line: line), of: Output.self, body))
  }

  @usableFromInline
  func startMap<Input: Sendable, Output: Sendable>(
    _ source: sending MapSource<Input>, _ limits: MapLimits, _ calls: ElementCalls<Input, Output>
  ) throws -> MapResults<Output> {
    let driver = try MapDriver(
      source: source, limits: limits, workerCount: workerCount, calls: calls)
    return MapResults(driver: driver)
  }
}

/// How far ahead a map runs, in which pieces, and for how long.
@usableFromInline struct MapLimits {
  let buffer: Int
  let bufferBytes: Int
  let chunkSize: Int?
  let timeout: Duration?

  @usableFromInline init(
    buffer: Int, bufferBytes: Int, chunkSize: Int?, timeout: Duration?
  ) throws(PoolError) {
    if let chunkSize, chunkSize < 1 {
      throw .invalidArgument("a chunk size of \(chunkSize); it is 1 or more")
    }
    guard buffer >= 1 else {
      throw .invalidArgument("a buffer of \(buffer) elements; it is 1 or more")
    }
    guard bufferBytes >= 1 else {
      throw .invalidArgument("a buffer of \(bufferBytes) bytes; it is 1 or more")
    }
    self.buffer = buffer
    self.bufferBytes = bufferBytes
    self.chunkSize = chunkSize
    self.timeout = timeout
  }
}
