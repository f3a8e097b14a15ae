import EchelonLinearAlgebra
public import EchelonMemory
import EchelonPool
public import EchelonWire

/// A user's reduction, where the compiler left it generic or captured.
@usableFromInline
package struct ReduceProgram<T: BitwiseCopyable>: ChunkProgram {
  @usableFromInline let combine: (T, T) -> T
  @inlinable package init(_ combine: @escaping (T, T) -> T) { self.combine = combine }
  @usableFromInline package func run(_ chunk: ChunkMemory) { chunk.reduce(combine) }
}

extension WorkExecutor {
  /// Starts a reduction of the user's own: `initial`, combined with every element.
  ///
  ///     let parity = try await pool.reduce(words, initial: 0) { $0 ^ $1 }
  ///
  /// Chunks of 65,536 elements are combined from left to right, and their results in a tree that depends on
  /// the count alone, so the answer has the same bits for any number of workers. It is the one that the
  /// same loop in Swift gives when `combine` is associative.
  /// - Parameters:
  ///   - x: n ≥ 0 elements.
  ///   - initial: goes in once, before the first element; the answer for no elements.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  ///   - deadline: how long it may take, counted from the beginning of its first chunk. Then it is
  ///     stopped and fails with `PoolError.deadlineExceeded`.
  ///   - combine: associative; at most 64 bytes large values. It may run again for the same elements, when a
  ///     worker died in their chunk.
  /// - Throws: `TransferError` for a capture that cannot be sent, `PoolError.invalidArgument` for larger values.
  @inlinable @inline(__always)
  public func startReduce<T: BitwiseCopyable & Sendable>(
    _ x: SharedArray<T>, initial: T, priority: WorkPriority = .normal, deadline: Duration? = nil,
    combine: @escaping @Sendable (T, T) -> T
  ) throws -> Future<T> {
    try startReduce(
      ChunkFunction { chunk in chunk.reduce(combine) }, orElse: ReduceProgram(combine), x,
      initial: initial, priority, deadline, combine)
  }

  /// `initial`, combined with every element; see `startReduce`.
  @inlinable @inline(__always)
  public func reduce<T: BitwiseCopyable & Sendable>(
    _ x: SharedArray<T>, initial: T, priority: WorkPriority = .normal, deadline: Duration? = nil,
    combine: @escaping @Sendable (T, T) -> T
  ) async throws -> T {
    try await startReduce(
      x, initial: initial, priority: priority, deadline: deadline, combine: combine
    ).value
  }

  /// `initial`, combined with every element, blocking; see `startReduce`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func reduce<T: BitwiseCopyable & Sendable>(
    _ x: SharedArray<T>, initial: T, priority: WorkPriority = .normal, deadline: Duration? = nil,
    combine: @escaping @Sendable (T, T) -> T
  ) throws -> T {
    try startReduce(
      x, initial: initial, priority: priority, deadline: deadline, combine: combine
    ).result()
  }

  /// Starts a reduction of the user's own of a view, a matrix in row-major order or an expression; of what does not lie
  /// in one piece an array is made first. See `startReduce` of an array.
  @inlinable @inline(__always)
  public func startReduce<X: ArrayOperand>(
    _ x: X, initial: X.Element, priority: WorkPriority = .normal, deadline: Duration? = nil,
    combine: @escaping @Sendable (X.Element, X.Element) -> X.Element
  ) throws -> Future<X.Element> {
    try startReduce(of: x, priority) { [self] array in
      try startReduce(
        array, initial: initial, priority: priority, deadline: deadline, combine: combine)
    }
  }

  /// `initial`, combined with every element of a view, a matrix or an expression; see `startReduce`.
  @inlinable @inline(__always)
  public func reduce<X: ArrayOperand>(
    _ x: X, initial: X.Element, priority: WorkPriority = .normal, deadline: Duration? = nil,
    combine: @escaping @Sendable (X.Element, X.Element) -> X.Element
  ) async throws -> X.Element {
    try await startReduce(
      x, initial: initial, priority: priority, deadline: deadline, combine: combine
    ).value
  }

  /// `initial`, combined with every element of a view, a matrix or an expression, blocking; see `startReduce`.
  @available(*, noasync)
  @inlinable @inline(__always)
  public func reduce<X: ArrayOperand>(
    _ x: X, initial: X.Element, priority: WorkPriority = .normal, deadline: Duration? = nil,
    combine: @escaping @Sendable (X.Element, X.Element) -> X.Element
  ) throws -> X.Element {
    try startReduce(
      x, initial: initial, priority: priority, deadline: deadline, combine: combine
    ).result()
  }

  /// The same where the elements may have to be computed first.
  /// - Parameter reduce: starts the reduction of an array of them.
  @usableFromInline
  package func startReduce<X: ArrayOperand>(
    of x: X, _ priority: WorkPriority,
    _ reduce: @escaping @Sendable (SharedArray<X.Element>) throws -> Future<X.Element>
  ) throws -> Future<X.Element> {
    let operand = try PreparedOperand(x, operation: "reduce")
    return try startSteps { [self] in
      try await finished(reduce(operand.array(on: self, priority)))
    }
  }

  /// The part of every reduction that is not compiled together with its closure.
  @usableFromInline
  package func startReduce<T: BitwiseCopyable & Sendable>(
    _ function: ChunkFunction, orElse program: ReduceProgram<T>, _ x: SharedArray<T>,
    initial: T, _ priority: WorkPriority, _ deadline: Duration?,
    _ combine: @escaping @Sendable (T, T) -> T
  ) throws -> Future<T> {
    guard MemoryLayout<T>.size <= 64, MemoryLayout<T>.alignment <= 64 else {
      throw PoolError.invalidArgument(
        "a reduction to \(T.self), which has \(MemoryLayout<T>.size) bytes; 64 are the most")
    }
    let length = 65_536
    let chunkCount = x.count / length + (x.count % length == 0 ? 0 : 1)
    var job = ClosureJob(
      function: function, program: program, label: "a reduction to \(T.self)",
      elementCount: x.count,
      chunkLength: length, output: nil, inputs: [ArrayReference(x)], parameters: .none
    ) { partials in
      guard let partials else { return initial }
      func merged(_ range: Range<Int>) -> T {
        if range.count == 1 {
          return partials.withSpan(of: T.self, byteOffset: 64 * range.lowerBound, count: 1) {
            $0[0]
          }
        }
        let middle = range.lowerBound + (range.count + 1) / 2
        return combine(merged(range.lowerBound..<middle), merged(middle..<range.upperBound))
      }
      return combine(initial, merged(0..<chunkCount))
    }
    job.options = JobOptions(priority: priority, deadline: deadline)
    return try start(job)
  }
}
