import EchelonMemory
public import EchelonPool
package import EchelonTransfer
import EchelonWire

extension ProcessPool {
  /// Hands a function over once for each element. See `WorkExecutor`.
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

  /// Hands a function over once for each element. See `WorkExecutor`.
  @inlinable
  public func submitEach<Input: Sendable, Output: Sendable>(
    _ elements: [Input], options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (Input) throws -> Output
  ) throws -> [Future<Output>] {
    // Inlined, as `submit` of one function.
    let call = FunctionCall<Input, Output>(function)
    var futures: [Future<Output>] = []
    futures.reserveCapacity(elements.count)
    for _ in elements { futures.append(Future<Output>(pool: self)) }
    try handOver(
      elements.count, calling: FunctionCall<Input, Output>.signature(), options, from: site,
      future: { futures[$0] },
      encodeFunction: { (message: inout ByteWriter) throws(TransferError) in
        try call.encodeFunction(into: &message)
      },
      encodeArgument: { (index: Int, message: inout ByteWriter) throws(TransferError) in
        try FunctionCall<Input, Output>.encodeArguments(elements[index], into: &message)
      })
    return futures
  }

  /// Hands over the calls behind `count` futures: of one function, each with an argument of its own.
  @usableFromInline
  func handOver(
    _ count: Int, calling signature: CallSignature, _ options: TaskOptions, from origin: CallSite,
    future: (Int) -> AnyFuture,
    encodeFunction: (inout ByteWriter) throws(TransferError) -> Void,
    encodeArgument: (Int, inout ByteWriter) throws(TransferError) -> Void
  ) throws {
    var taken = 0
    do {
      guard let engine = frontEnd, options.after.isEmpty else {
        while taken < count {
          try handOver(future(taken), calling: signature, options, from: origin) {
            message throws(TransferError) in
            try encodeFunction(&message)
            try encodeArgument(taken, &message)
          }
          taken += 1
        }
        return
      }
      let place = try index(of: signature)
      var function = ByteWriter()
      try encodeFunction(&function)
      var messages = ByteWriter()
      while taken < count {
        var tasks: [FutureTask] = []
        var ends: [Int] = []
        tasks.reserveCapacity(Self.groupLimit)
        ends.reserveCapacity(Self.groupLimit)
        messages.rewind(to: 0)
        while tasks.count < min(Self.groupLimit, count - taken), messages.count < Self.groupBytes {
          let index = taken + tasks.count
          let task = CallTask(engine: engine, future: future(index))
          task.origin = origin
          task.set(place, options)
          function.withBytes { messages.append(bytes: $0) }
          try encodeArgument(index, &messages)
          try retain(function.retained, for: task)
          try retain(messages.takeRetained(), for: task)
          tasks.append(task)
          ends.append(messages.count)
        }
        try handOver(tasks, messages, ends, to: engine, &taken)
      }
    } catch {
      for index in 0..<taken { future(index).cancel() }
      throw error
    }
  }

  /// So many tasks, or so many bytes, are encoded before they are handed over together.
  private static var groupLimit: Int { 64 }
  private static var groupBytes: Int { 64 << 10 }

  private func handOver(
    _ tasks: [FutureTask], _ messages: borrowing ByteWriter, _ ends: [Int], to engine: PoolEngine,
    _ taken: inout Int
  ) throws {
    for task in tasks { task.untypedFuture.attach(task) }
    var takenHere = 0
    defer { taken += takenHere }
    do {
      try messages.withSpan { bytes in
        try engine.submit(tasks, messages: bytes, ends: ends, taken: &takenHere)
      }
    } catch {
      for task in tasks[takenHere...] { task.untypedFuture.detach() }
      throw error
    }
  }
}
