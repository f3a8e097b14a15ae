import EchelonKernels
public import EchelonMemory
import EchelonPool
public import EchelonWire

/// `body(i)`, where the compiler left the closure generic.
@usableFromInline
package struct IndexLoop: ChunkProgram {
  @usableFromInline let body: (Int) -> Void
  @inlinable package init(_ body: @escaping (Int) -> Void) { self.body = body }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.forEachIndex(body) }
}

// The parallel loop, for work that is not an element-wise map: what Dispatch calls by this name.
extension WorkExecutor {
  /// Starts calling `body` with every number of 0 ..< `iterations`, and returns the future of the end.
  ///
  ///     let rows = try pool.matrix(rows: 1000, columns: 1000, repeating: 0.0)
  ///     try await pool.concurrentPerform(iterations: 1000) { row in … }
  ///
  /// What comes of it is what `body` writes into shared arrays. Iterations run in any order and at the
  /// same time, so no two may write the same element.
  /// - Parameters:
  ///   - iterations: 0 or more.
  ///   - chunkLength: how many of them a worker takes at a time, 1 or more. A chunk costs some ten
  ///     nanoseconds and eight bytes. Nil makes at most 4096 chunks.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is stopped
  ///     and fails with `PoolError.deadlineExceeded`.
  ///   - body: may run again for the same number, when a worker died in its chunk: what it writes must
  ///     not depend on what it has written before.
  /// - Throws: `PoolError.invalidArgument` for numbers out of range, `TransferError` for a capture that
  ///   cannot be sent, `ArenaError` when memory runs out.
  @inlinable @inline(__always)
  public func startConcurrentPerform(
    iterations: Int, chunkLength: Int? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil, _ body: @escaping @Sendable (Int) -> Void
  ) throws -> Future<Void> {
    try startConcurrentPerform(
      ChunkFunction { chunk in chunk.forEachIndex(body) }, orElse: IndexLoop(body), iterations,
      chunkLength, priority, deadline)
  }

  /// Calls `body` with every number of 0 ..< `iterations`; see `startConcurrentPerform`.
  @inlinable @inline(__always)
  public func concurrentPerform(
    iterations: Int, chunkLength: Int? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil, _ body: @escaping @Sendable (Int) -> Void
  ) async throws {
    try await startConcurrentPerform(
      iterations: iterations, chunkLength: chunkLength, priority: priority, deadline: deadline, body
    ).value
  }

  /// Calls `body` with every number of 0 ..< `iterations`, blocking; see `startConcurrentPerform`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func concurrentPerform(
    iterations: Int, chunkLength: Int? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil, _ body: @escaping @Sendable (Int) -> Void
  ) throws {
    try startConcurrentPerform(
      iterations: iterations, chunkLength: chunkLength, priority: priority, deadline: deadline, body
    ).result()
  }

  @usableFromInline
  package func startConcurrentPerform(
    _ function: ChunkFunction, orElse program: IndexLoop, _ iterations: Int, _ chunkLength: Int?,
    _ priority: WorkPriority, _ deadline: Duration?
  ) throws -> Future<Void> {
    guard iterations >= 0 else {
      throw PoolError.invalidArgument("\(iterations) iterations; the number is 0 or more")
    }
    let length = chunkLength ?? max(1, iterations / 4096 + (iterations % 4096 == 0 ? 0 : 1))
    guard length >= 1 else {
      throw PoolError.invalidArgument("a chunk length of \(length); it is 1 or more")
    }
    guard iterations / length <= 1 << 40 else {
      throw PoolError.invalidArgument(
        "\(iterations) iterations in chunks of \(length); there are at most 2⁴⁰ chunks")
    }
    var job = ClosureJob(
      function: function, program: program, label: "a loop of \(iterations) iterations",
      elementCount: iterations, chunkLength: length, output: nil, inputs: [], parameters: .none
    ) { _ in }
    job.isForValue = false
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
