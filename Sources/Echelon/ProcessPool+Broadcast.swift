import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWire

extension ProcessPool {
  /// Has every worker run a function once. See `WorkExecutor`.
  public func broadcast<each Argument, Output: Sendable>(
    options: TaskOptions, at site: CallSite,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) throws -> [Future<Output>] {
    let engine = try working("broadcast")
    let call = FunctionCall<repeat each Argument, Output>(function)
    let signature = try FunctionCall<repeat each Argument, Output>.signature()
    let place = try index(of: signature)
    var message = ByteWriter()
    try call.encode(repeat each argument, into: &message)
    var futures: [Future<Output>] = []
    var tasks: [FutureTask] = []
    for _ in 0..<workerCount {
      let future = Future<Output>()
      let task = CallTask(engine: engine, future: future)
      task.set(place, options)
      task.originKey = CallOrigin.Key(site, calling: CalledFunction(message))
      task.isLimited = false
      try retain(message.retained, for: task)
      futures.append(future)
      tasks.append(task)
    }
    for (future, task) in zip(futures, tasks) { future.attach(task) }
    do {
      try message.withSpan { bytes in try engine.broadcast(tasks, message: bytes) }
    } catch {
      for future in futures { future.detach() }
      throw error
    }
    return futures
  }
}
