import EchelonKernels
public import EchelonMemory
public import EchelonPool
import EchelonTransfer
import EchelonWire

/// How chunked work gets from the typed functions to the engine.
extension ProcessPool {
  /// How many more times a chunk is run when a worker dies in it.
  static var chunkRetries: Int { 2 }

  /// Starts a job of a built-in kernel. See `WorkExecutor`.
  public func start<Value: Sendable>(_ job: KernelJob<Value>) throws -> Future<Value> {
    try checkWritable(job.outputs, "\(job.kernel)")
    // Outputs come before inputs.
    var request = PoolJob.Request(
      kind: .kernel, code: job.kernel.id, chunkCount: job.plan.chunkCount,
      elementCount: job.inputs.first?.count ?? 0, chunkLength: 0,
      operands: job.outputs + job.inputs, parameters: [UInt8](repeating: 0, count: 64),
      hasPartials: job.kernel.outputCount == 0, retries: Self.chunkRetries,
      priority: job.options.priority)
    request.hasLargeChunks = job.hasLargeChunks
    return try start(request, label: "kernel \(job.kernel)", job.options) {
      try job.value(of: $0)
    }
  }

  /// Starts a job whose chunks a user's closure works on. See `WorkExecutor`.
  public func start<Program: ChunkProgram, Value: Sendable>(
    _ job: ClosureJob<Program, Value>
  ) throws -> Future<Value> {
    try checkWritable(job.writtenOperands, job.label)
    guard let destination = job.destination, let output = job.output else {
      return try start(request(for: job), label: job.label, job.options, merge: job.merge)
    }
    let mapped = try start(request(for: job), label: job.label, job.options) { _ in }
    let merge = job.merge
    let priority = job.options.priority
    return try afterwards(mapped) { [self] in
      try copy(output.bytes, to: destination.bytes, priority) { try merge(nil) }
    }
  }

  private func request<Program, Value>(
    for job: ClosureJob<Program, Value>
  ) throws -> PoolJob.Request {
    _ = try working(job.label)
    let closure = try job.encoded()
    var request = PoolJob.Request(
      kind: .program, code: try index(ofProgram: closure.program).value,
      chunkCount: job.chunkCount, elementCount: job.elementCount, chunkLength: job.chunkLength,
      operands: job.operands, parameters: closure.bytes, hasPartials: job.hasPartials,
      retries: Self.chunkRetries, priority: job.options.priority)
    request.retained = closure.retained
    // What the record has no room for, a large capture for example, goes into a block.
    if closure.bytes.count > JobRecord.parameterLimit {
      let block = try allocate(byteCount: closure.bytes.count)
      closure.bytes.withRawSpan { block.region.copy(from: $0, at: 0) }
      request.parameters = []
      request.parameterBlock = block
    }
    return request
  }

  /// Copies bytes as a second step; repeatable, like every job.
  private func copy<Value: Sendable>(
    _ from: SharedArray<UInt8>, to: SharedArray<UInt8>, _ priority: WorkPriority,
    finish: @escaping @Sendable () throws -> Value
  ) throws -> Future<Value> {
    var job = ClosureJob<_, Value>(
      function: ChunkFunction { chunk in chunk.map { (byte: UInt8) in byte } },
      program: UnaryMap { (byte: UInt8) in byte }, label: "copying a map back",
      elementCount: from.count, chunkLength: Self.mapChunkLength, output: ArrayReference(to),
      inputs: [ArrayReference(from)], parameters: .none
    ) { _ in try finish() }
    // No deadline: interrupted, it would leave the array torn.
    job.options.priority = priority
    return try start(
      request(for: job), label: job.label, job.options, isContinuation: true, merge: job.merge)
  }

  /// Hands a request to the engine and returns its future.
  private func start<Value: Sendable>(
    _ request: PoolJob.Request, label: String, _ options: JobOptions,
    isContinuation: Bool = false,
    merge: @escaping @Sendable (ArenaBlock?) throws -> Value
  ) throws -> Future<Value> {
    let engine = try working(label)
    let future = Future<Value>()
    let job = FutureJob(request, engine: engine, future: future, label: label, merge: merge)
    job.isContinuation = isContinuation || isInsideSteps
    job.isOptional = !isContinuation
    job.deadlineNanoseconds = options.deadlineNanoseconds
    try checkOwned(job.retained, by: engine.arena)
    try checkIntact(job.retained)
    try future.attach(job) { try engine.submit(job) }
    return future
  }

  /// Keeps the pool open for work of several jobs. See `WorkExecutor`.
  public func beginSteps(isContinuation: Bool) throws(PoolError) {
    try working("work of several passes").beginSteps(isContinuation: isContinuation)
  }

  /// The last job has ended. See `WorkExecutor`.
  public func endSteps() { engine.endSteps() }

  /// The future of a second step, which begins when the first is done; a shutdown waits for both.
  private func afterwards<Value: Sendable>(
    _ first: Future<Void>, _ next: @escaping @Sendable () throws -> Future<Value>
  ) throws -> Future<Value> {
    let engine = try working("a map over arrays")
    try engine.beginSteps()
    let future = Future<Value>()
    let steps = TwoSteps<Void, Value>(first)
    future.attach(steps)
    first.observe { [unowned first] in
      defer { engine.endSteps() }
      do {
        try first.finished()
        let second = try next()
        steps.begin(second)
        second.observe { [unowned second] in
          future.complete(Result { try second.finished() }, isCancelled: second.isCancelled)
        }
      } catch {
        future.complete(.failure(error), isCancelled: first.isCancelled)
      }
    }
    return future
  }
}

/// - Throws: `ArenaError.foreignHandle` for memory of another executor.
func checkOwned(_ blocks: some Sequence<ArenaBlock>, by arena: Arena) throws(ArenaError) {
  for block in blocks where block.arena !== arena {
    throw .foreignHandle(found: block.arena.identity, expected: arena.identity)
  }
}
