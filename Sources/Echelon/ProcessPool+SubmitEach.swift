import EchelonMemory
import EchelonPool
package import EchelonTransfer
import EchelonWire

extension ProcessPool {
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
    do {
      try handOver(
        elements.count, calling: FunctionCall<Input, Output>.signature(), options, from: site,
        nextFuture: {
          let future = Future<Output>()
          futures.append(future)
          return future
        },
        encodeFunction: { (message: inout ByteWriter) throws(TransferError) in
          try call.encodeFunction(into: &message)
        },
        encodeArgument: { (index: Int, message: inout ByteWriter) throws(TransferError) in
          try FunctionCall<Input, Output>.encodeArguments(elements[index], into: &message)
        })
    } catch {
      for future in futures { future.cancel() }
      throw error
    }
    return futures
  }

  /// Makes `count` calls of one function, each with an argument and a future of its own. When this throws,
  /// those that were handed over are left to the caller.
  @usableFromInline
  func handOver(
    _ count: Int, calling signature: CallSignature, _ options: TaskOptions, from site: CallSite,
    nextFuture: () -> AnyFuture,
    encodeFunction: (inout ByteWriter) throws(TransferError) -> Void,
    encodeArgument: (Int, inout ByteWriter) throws(TransferError) -> Void
  ) throws {
    guard let engine = frontEnd, options.after.isEmpty else {
      for index in 0..<count {
        try handOver(nextFuture(), calling: signature, options, from: site) {
          message throws(TransferError) in
          try encodeFunction(&message)
          try encodeArgument(index, &message)
        }
      }
      return
    }
    let place = try index(of: signature)
    var function = ByteWriter()
    try encodeFunction(&function)
    let origin = CallOrigin.Key(site, calling: CalledFunction(function))
    var messages = ByteWriter()
    var taken = 0
    while taken < count {
      var tasks: [PoolTask] = []
      var ends: [Int] = []
      tasks.reserveCapacity(Self.groupLimit)
      ends.reserveCapacity(Self.groupLimit)
      messages.rewind(to: 0)
      var handedOver = 0
      do {
        while tasks.count < min(Self.groupLimit, count - taken), messages.count < Self.groupBytes {
          messages.append(bytesOf: function)
          try encodeArgument(taken + tasks.count, &messages)
          let task = CallTask(engine: engine, future: nextFuture())
          task.set(place, options)
          task.originKey = origin
          try retain(function.retained, for: task)
          try retain(messages.takeRetained(), for: task)
          task.untypedFuture.attach(task)
          tasks.append(task)
          ends.append(messages.count)
        }
        try messages.withSpan { bytes in
          try engine.submit(tasks, messages: bytes, ends: ends, taken: &handedOver)
        }
      } catch {
        for case let task as FutureTask in tasks[handedOver...] { task.untypedFuture.detach() }
        throw error
      }
      taken += tasks.count
    }
  }

  /// So many tasks, or so many bytes, are encoded before they are handed over together.
  private static var groupLimit: Int { 64 }
  private static var groupBytes: Int { 64 << 10 }
}
