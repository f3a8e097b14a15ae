import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonTransfer
import EchelonWire

/// How chunked work gets from the typed functions to the engine.
extension ProcessPool {
  /// Elements of a map's chunk: enough that a claim costs nothing beside it, few enough that input
  /// and output stay in a core's cache.
  package static var mapChunkLength: Int { 32_768 }

  /// How many more times a chunk is run when a worker dies in it.
  static var chunkRetries: Int { 2 }

  /// Starts a job and returns its future.
  func start<Value: Sendable>(
    _ request: PoolJob.Request, label: String, isContinuation: Bool = false,
    merge: @escaping @Sendable (ArenaBlock?) throws -> Value
  ) throws -> Future<Value> {
    let future = Future<Value>(callbackQueue: callbackQueue)
    let job = FutureJob(request, engine: engine, future: future, label: label, merge: merge)
    job.isContinuation = isContinuation
    future.attach(job)
    for operand in request.operands where operand.block.arena !== engine.arena {
      throw ArenaError.foreignHandle(
        found: operand.block.arena.identity, expected: engine.arena.identity)
    }
    try engine.submit(job)
    return future
  }

  /// Starts a kernel of the catalog. Outputs come before inputs.
  func start<Value: Sendable>(
    _ kernel: Kernel, outputs: [JobOperand] = [], inputs: [JobOperand],
    merge: @escaping @Sendable (KernelPartial) throws -> Value
  ) throws -> Future<Value> {
    let layout = { (operand: JobOperand) in
      OperandLayout(
        matrixOf: kernel.elementType, rows: operand.rows, columns: operand.columns,
        rowStride: operand.rowStride, columnStride: operand.columnStride)
    }
    let plan = try kernel.plan(
      for: KernelShape(inputs: inputs.map(layout), outputs: outputs.map(layout)))
    let count = plan.chunkCount
    let request = PoolJob.Request(
      kind: .kernel, code: kernel.id, chunkCount: count, elementCount: inputs.first?.count ?? 0,
      chunkLength: 0, operands: outputs + inputs,
      parameters: [UInt8](repeating: 0, count: 64), hasPartials: kernel.outputCount == 0,
      retries: Self.chunkRetries)
    return try start(request, label: "kernel \(kernel)") { partials in
      guard let partials else { return try merge(kernel.identity) }
      return try partials.withSpan(of: KernelPartial.self, byteOffset: 0, count: count) { span in
        try merge(kernel.mergeTree(span))
      }
    }
  }

  /// Starts a user's chunk program.
  ///
  /// The specialised form of the closure is sent when the compiler made one: it captures nothing and
  /// contains the whole loop. Otherwise (debug builds) the generic program goes, whose closure is the
  /// user's own.
  @usableFromInline
  package func start<Program: ChunkProgram, Value: Sendable>(
    _ function: ChunkFunction, orElse program: Program, label: String, elementCount: Int,
    chunkLength: Int, output: ArrayReference?, inputs: [ArrayReference],
    parameters: ParameterBytes, isContinuation: Bool = false,
    merge: @escaping @Sendable (ArenaBlock?) throws -> Value
  ) throws -> Future<Value> {
    let chunkCount = elementCount / chunkLength + (elementCount % chunkLength == 0 ? 0 : 1)
    var writer = ByteWriter()
    let code: FunctionIndex
    do {
      try encodeFunction(storedIn: function, into: &writer)
      code = try index(ofProgram: ChunkFunction.self)
    } catch TransferError.captureNotTransferable {
      writer.rewind(to: 0)
      try encodeFunction(storedIn: program, into: &writer)
      code = try index(ofProgram: Program.self)
    }
    let bytes = writer.copyBytes() + parameters.bytes
    guard bytes.count <= JobRecord.parameterLimit else {
      throw TransferError.typeNotTransferable(
        type: parameters.typeName,
        reason:
          "the parameters '\(parameters.typeName)' have \(parameters.bytes.count) bytes and at most \(JobRecord.parameterLimit - writer.count) can go with a map; put them into a shared array and map over both"
      )
    }
    let request = PoolJob.Request(
      kind: .program, code: code.value, chunkCount: chunkCount, elementCount: elementCount,
      chunkLength: chunkLength,
      operands: ((output.map { [$0] } ?? []) + inputs).map(\.operand), parameters: bytes,
      hasPartials: output == nil, retries: Self.chunkRetries)
    return try start(request, label: label, isContinuation: isContinuation, merge: merge)
  }
}

/// An array without its element type.
@usableFromInline
package struct ArrayReference {
  let operand: JobOperand

  @usableFromInline
  package init<Element>(_ array: SharedArray<Element>) { operand = array.operand }
}

/// Parameters of a map as bytes.
@usableFromInline
package struct ParameterBytes {
  let bytes: [UInt8]
  let typeName: String

  @usableFromInline
  package static var none: ParameterBytes { ParameterBytes(bytes: [], typeName: "Void") }

  init(bytes: [UInt8], typeName: String) {
    self.bytes = bytes
    self.typeName = typeName
  }

  @usableFromInline
  package init<Value: BitwiseCopyable>(_ value: Value) throws {
    var writer = ByteWriter()
    // The type is checked as an argument of `submit` would be: no pointers, no references.
    try checkTransferable(Value.self)
    writer.append(value)
    self.init(bytes: writer.copyBytes(), typeName: "\(Value.self)")
  }
}
