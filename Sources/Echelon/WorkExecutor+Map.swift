import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonWire

// The numeric maps. Each is inlined into its caller, loop and all, so that in a release build the
// user's closure becomes part of one specialised, vectorised function of its module.

/// `y[i] = f(x[i])`, where the compiler left the closure generic.
@usableFromInline
package struct UnaryMap<T: BitwiseCopyable, U: BitwiseCopyable>: ChunkProgram {
  @usableFromInline let body: (T) -> U
  @inlinable package init(_ body: @escaping (T) -> U) { self.body = body }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.map(body) }
}

/// `z[i] = f(x[i], y[i])`, where the compiler left the closure generic.
@usableFromInline
package struct BinaryMap<T: BitwiseCopyable, V: BitwiseCopyable, U: BitwiseCopyable>: ChunkProgram {
  @usableFromInline let body: (T, V) -> U
  @inlinable package init(_ body: @escaping (T, V) -> U) { self.body = body }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.map(body) }
}

/// `y[i] = f(x[i], p)`, where the compiler left the closure generic.
@usableFromInline
package struct ParameterMap<T: BitwiseCopyable, P: BitwiseCopyable, U: BitwiseCopyable>:
  ChunkProgram
{
  @usableFromInline let body: (T, P) -> U
  @inlinable package init(_ body: @escaping (T, P) -> U) { self.body = body }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.map(with: P.self, body) }
}

extension WorkExecutor {
  /// Starts `y[i] = body(x[i])` and returns the future of `y`.
  ///
  /// In a release build the closure is compiled together with the loop over a chunk and vectorises.
  /// It travels with what it captured; numbers that go through `map(_:with:_:)` vectorise best.
  /// - Parameters:
  ///   - x: n ≥ 0 elements.
  ///   - output: takes the results, n elements, `x` itself allowed; nil makes a new array.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`; a new or given array may be half written,
  ///     `x` itself is not.
  ///   - body: may run again for the same element, when a worker died in its chunk.
  /// - Throws: `TransferError` for a capture that cannot be sent, `ArenaError` when memory runs out.
  @inlinable @inline(__always)
  public func startMap<T, U>(
    _ x: SharedArray<T>, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T) -> U
  ) throws -> Future<SharedArray<U>> {
    try startMap(
      ChunkFunction { chunk in chunk.map(body) }, orElse: UnaryMap(body), count: x.count,
      into: output, inputs: [ArrayReference(x)], overlaps: output?.sharesMemory(with: x) ?? false,
      priority: priority, deadline: deadline)
  }

  /// Starts `z[i] = body(x[i], y[i])`; see `startMap(_:into:_:)`.
  @inlinable @inline(__always)
  public func startMap<T, V, U>(
    _ x: SharedArray<T>, _ y: SharedArray<V>, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T, V) -> U
  ) throws -> Future<SharedArray<U>> {
    try checkCounts(x.count, y.count)
    return try startMap(
      ChunkFunction { chunk in chunk.map(body) }, orElse: BinaryMap(body), count: x.count,
      into: output, inputs: [ArrayReference(x), ArrayReference(y)],
      overlaps: output.map { $0.sharesMemory(with: x) || $0.sharesMemory(with: y) } ?? false,
      priority: priority, deadline: deadline)
  }

  /// Starts `y[i] = body(x[i], parameters)`; see `startMap(_:into:_:)`.
  /// - Parameter parameters: a bitwise-copyable value.
  @inlinable @inline(__always)
  public func startMap<T, P: BitwiseCopyable & Sendable, U>(
    _ x: SharedArray<T>, with parameters: P, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T, P) -> U
  ) throws -> Future<SharedArray<U>> {
    try startMap(
      ChunkFunction { chunk in chunk.map(with: P.self, body) }, orElse: ParameterMap(body),
      count: x.count, into: output, inputs: [ArrayReference(x)],
      parameters: try ParameterBytes(parameters),
      overlaps: output?.sharesMemory(with: x) ?? false,
      priority: priority, deadline: deadline)
  }

  /// `y[i] = body(x[i])`; see `startMap(_:into:_:)`.
  @inlinable @inline(__always)
  public func map<T, U>(
    _ x: SharedArray<T>, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T) -> U
  ) async throws -> SharedArray<U> {
    try await startMap(x, into: output, priority: priority, deadline: deadline, body).value
  }

  /// `z[i] = body(x[i], y[i])`; see `startMap(_:_:into:_:)`.
  @inlinable @inline(__always)
  public func map<T, V, U>(
    _ x: SharedArray<T>, _ y: SharedArray<V>, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T, V) -> U
  ) async throws -> SharedArray<U> {
    try await startMap(x, y, into: output, priority: priority, deadline: deadline, body).value
  }

  /// `y[i] = body(x[i], parameters)`; see `startMap(_:with:into:_:)`.
  @inlinable @inline(__always)
  public func map<T, P: BitwiseCopyable & Sendable, U>(
    _ x: SharedArray<T>, with parameters: P, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T, P) -> U
  ) async throws -> SharedArray<U> {
    try await startMap(
      x, with: parameters, into: output, priority: priority, deadline: deadline, body
    ).value
  }

  /// `y[i] = body(x[i])`, blocking; see `startMap(_:into:_:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func map<T, U>(
    _ x: SharedArray<T>, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T) -> U
  ) throws -> SharedArray<U> {
    try startMap(x, into: output, priority: priority, deadline: deadline, body).result()
  }

  /// `z[i] = body(x[i], y[i])`, blocking; see `startMap(_:_:into:_:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func map<T, V, U>(
    _ x: SharedArray<T>, _ y: SharedArray<V>, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T, V) -> U
  ) throws -> SharedArray<U> {
    try startMap(x, y, into: output, priority: priority, deadline: deadline, body).result()
  }

  /// `y[i] = body(x[i], parameters)`, blocking; see `startMap(_:with:into:_:)`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func map<T, P: BitwiseCopyable & Sendable, U>(
    _ x: SharedArray<T>, with parameters: P, into output: SharedArray<U>? = nil,
    priority: WorkPriority = .normal, deadline: Duration? = nil,
    _ body: @escaping @Sendable (T, P) -> U
  ) throws -> SharedArray<U> {
    try startMap(
      x, with: parameters, into: output, priority: priority, deadline: deadline, body
    ).result()
  }

  /// - Throws: `KernelError.shapeMismatch` when the counts differ.
  @usableFromInline
  package func checkCounts(_ first: Int, _ second: Int) throws(KernelError) {
    guard first == second else {
      throw .shapeMismatch(kernel: "map", shapes: ["\(first) elements", "\(second) elements"])
    }
  }

  /// The part of every map that does not depend on the closure.
  @usableFromInline
  package func startMap<Program: ChunkProgram, U>(
    _ function: ChunkFunction, orElse program: Program, count: Int, into output: SharedArray<U>?,
    inputs: [ArrayReference], parameters: ParameterBytes = .none, overlaps: Bool,
    priority: WorkPriority, deadline: Duration?
  ) throws -> Future<SharedArray<U>> {
    if let output { try checkCounts(count, output.count) }
    let target =
      try overlaps
      ? uninitializedArray(of: U.self, count: count)
      : output ?? uninitializedArray(of: U.self, count: count)
    let result = output ?? target
    var job = ClosureJob(
      function: function, program: program, label: "a map into \(U.self)", elementCount: count,
      chunkLength: Self.mapChunkLength, output: ArrayReference(target), inputs: inputs,
      parameters: parameters
    ) { _ in result }
    job.options = JobOptions(priority: priority, deadline: deadline)
    if overlaps { job.destination = ArrayReference(result) }
    return try start(job)
  }

  /// Elements of a map's chunk: enough that a claim costs nothing beside it, few enough that input
  /// and output stay in a core's cache.
  package static var mapChunkLength: Int { 32_768 }
}

extension SharedArray {
  /// Whether any byte of this array is also one of `other`.
  @usableFromInline
  package func sharesMemory<Other>(with other: SharedArray<Other>) -> Bool { overlaps(other) }
}
