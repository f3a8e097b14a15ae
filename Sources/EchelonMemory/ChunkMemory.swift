/// What one chunk of a user's closure works on: windows of the arena and the range of elements.
///
/// The loops over them are here, inlined into the module of whoever wrote the closure, so that the
/// compiler sees loop and closure as one piece and vectorises it.
///
/// ## Invariants
/// 1. Every operand is mapped and holds at least `start + count` elements of the type that the loop
///    is called with, or as many as a loop over the whole of it is told: the front end made the job from
///    typed arrays, and the worker has checked the handles and the sizes.
/// 2. Outputs overlap no input, and no other process writes elements `start..<start + count` of an
///    output while the chunk is claimed, so a chunk can be run again from its beginning. Of an output that
///    is a view these are the elements of the view, which share no byte with those of other chunks, and
///    inputs may have bytes between them.
@safe @frozen public struct ChunkMemory {
  @usableFromInline let inputs: (UnsafeMutableRawPointer, UnsafeMutableRawPointer)
  /// All inputs, the first two among them; an address and no reference, since counting those would cost as
  /// much as a small chunk.
  private let allInputs: UnsafePointer<UnsafeMutableRawPointer>
  private let inputCount: Int
  @usableFromInline let output: UnsafeMutableRawPointer
  @usableFromInline let parameters: UnsafeMutableRawPointer
  @usableFromInline let partial: UnsafeMutableRawPointer
  /// The first element of the chunk.
  public let start: Int
  /// The number of elements in it.
  public let count: Int

  init(
    inputs table: borrowing OperandTable,
    output: UnsafeMutableRawPointer, parameters: UnsafeMutableRawPointer,
    partial: UnsafeMutableRawPointer, start: Int, count: Int
  ) {
    unsafe inputs = (table.addresses[0], table.addresses[1])
    unsafe allInputs = UnsafePointer(table.addresses)
    inputCount = table.count
    unsafe self.output = output
    unsafe self.parameters = parameters
    unsafe self.partial = partial
    self.start = start
    self.count = count
  }

  /// Reads the chunk's elements of one input.
  public func withInput<T: BitwiseCopyable, R>(
    _ index: Int, of type: T.Type, _ body: (Span<T>) -> R
  ) -> R {
    precondition((0..<inputCount) ~= index, "input \(index) of \(inputCount)")
    // SAFETY: in bounds by invariant 1; nobody writes an input while the chunk runs (invariant 2).
    let base = unsafe allInputs[index].assumingMemoryBound(to: type) + start
    return unsafe body(UnsafeBufferPointer(start: base, count: count).span)
  }

  /// Reads the first elements of one input, whatever the chunk.
  /// - Parameter count: no more than the array has that the job was made from.
  public func withWholeInput<T: BitwiseCopyable, R>(
    _ index: Int, of type: T.Type, count: Int, _ body: (Span<T>) -> R
  ) -> R {
    precondition((0..<inputCount) ~= index, "input \(index) of \(inputCount)")
    // SAFETY: in bounds by invariant 1; nobody writes an input while the chunk runs (invariant 2).
    let base = unsafe allInputs[index].assumingMemoryBound(to: type)
    return unsafe body(UnsafeBufferPointer(start: base, count: count).span)
  }

  /// Writes the chunk's elements of the output.
  public func withOutput<T: BitwiseCopyable, R>(
    of type: T.Type, _ body: (inout MutableSpan<T>) -> R
  ) -> R {
    // SAFETY: in bounds by invariant 1, ours alone by invariant 2.
    let base = unsafe output.assumingMemoryBound(to: type) + start
    var span = unsafe UnsafeMutableBufferPointer(start: base, count: count).mutableSpan
    return body(&span)
  }

  /// Writes into the first elements of the output, whatever the chunk: no other ones than the chunk's.
  /// - Parameter count: no more than the array has that the job was made from.
  public func withWholeOutput<T: BitwiseCopyable, R>(
    of type: T.Type, count: Int, _ body: (inout MutableSpan<T>) -> R
  ) -> R {
    // SAFETY: in bounds by invariant 1; which elements are ours alone is invariant 2, and `body` keeps to it.
    let base = unsafe output.assumingMemoryBound(to: type)
    var span = unsafe UnsafeMutableBufferPointer(start: base, count: count).mutableSpan
    return body(&span)
  }

  // SAFETY (all loops): in bounds by invariant 1, ours alone by invariant 2.

  /// `output[i] = body(x[i])` for every element of the chunk.
  @inlinable @inline(__always)
  public func map<T: BitwiseCopyable, U: BitwiseCopyable>(_ body: (T) -> U) {
    let x = unsafe inputs.0.assumingMemoryBound(to: T.self) + start
    let y = unsafe output.assumingMemoryBound(to: U.self) + start
    for i in 0..<count { unsafe y[i] = body(x[i]) }
  }

  /// `output[i] = body(x[i], y[i])` for every element of the chunk.
  @inlinable @inline(__always)
  public func map<T: BitwiseCopyable, V: BitwiseCopyable, U: BitwiseCopyable>(
    _ body: (T, V) -> U
  ) {
    let x = unsafe inputs.0.assumingMemoryBound(to: T.self) + start
    let y = unsafe inputs.1.assumingMemoryBound(to: V.self) + start
    let z = unsafe output.assumingMemoryBound(to: U.self) + start
    for i in 0..<count { unsafe z[i] = body(x[i], y[i]) }
  }

  /// `output[i] = body(x[i], p)` for every element of the chunk, `p` being the job's parameters.
  @inlinable @inline(__always)
  public func map<T: BitwiseCopyable, P: BitwiseCopyable, U: BitwiseCopyable>(
    with type: P.Type, _ body: (T, P) -> U
  ) {
    let x = unsafe inputs.0.assumingMemoryBound(to: T.self) + start
    let z = unsafe output.assumingMemoryBound(to: U.self) + start
    let p = parameters(as: type)
    for i in 0..<count { unsafe z[i] = body(x[i], p) }
  }

  /// `output[i] = body(i)` for every index of the chunk.
  @inlinable @inline(__always)
  public func fill<U: BitwiseCopyable>(_ body: (Int) -> U) {
    let y = unsafe output.assumingMemoryBound(to: U.self)
    for i in start..<start + count { unsafe y[i] = body(i) }
  }

  /// Combines the chunk's elements, from left to right, into its partial result.
  @inlinable @inline(__always)
  public func reduce<T: BitwiseCopyable>(_ combine: (T, T) -> T) {
    let x = unsafe inputs.0.assumingMemoryBound(to: T.self) + start
    var total = unsafe x[0]
    for i in 1..<max(1, count) { total = unsafe combine(total, x[i]) }
    store(partial: total)
  }

  /// `body(i)` for every index of the chunk.
  @inlinable @inline(__always)
  public func forEachIndex(_ body: (Int) -> Void) {
    for i in start..<start + count { body(i) }
  }

  /// The job's parameters.
  @inlinable @inline(__always)
  public func parameters<P: BitwiseCopyable>(as type: P.Type) -> P {
    unsafe parameters.loadUnaligned(as: type)
  }

  /// Writes the chunk's partial result, at most 64 bytes.
  @inlinable @inline(__always)
  public func store<P: BitwiseCopyable>(partial value: P) {
    precondition(MemoryLayout<P>.size <= 64, "a partial result has at most 64 bytes")
    unsafe partial.storeBytes(of: value, as: P.self)
  }
}

/// Where the inputs of a job lie; outlives the chunks that are cut from it.
@safe final class OperandTable: @unchecked Sendable {
  /// Never changed; two stand-ins at least, that are not touched.
  let addresses: UnsafeMutablePointer<UnsafeMutableRawPointer>
  /// How many there are.
  let count: Int

  init(_ inputs: [UnsafeMutableRawPointer], standIn: UnsafeMutableRawPointer) {
    count = unsafe inputs.count
    // SAFETY: as many as are initialised right here; freed with the table.
    unsafe addresses = .allocate(capacity: max(2, count))
    for index in 0..<max(2, count) {
      unsafe (addresses + index).initialize(to: index < count ? inputs[index] : standIn)
    }
  }

  deinit { unsafe addresses.deallocate() }
}

/// A closure that runs on chunks, as it travels to a worker: a struct that stores the closure and
/// nothing else.
public protocol ChunkProgram {
  /// Runs one chunk.
  func run(_ chunk: ChunkMemory)
}

/// The form of a chunk program that the compiler has specialised for its types: its closure captures
/// nothing and contains the whole loop.
@frozen public struct ChunkFunction: ChunkProgram {
  @usableFromInline let body: (ChunkMemory) -> Void
  /// Wraps the loop over a chunk.
  @inlinable @inline(__always) public init(_ body: @escaping (ChunkMemory) -> Void) {
    self.body = body
  }
  @inlinable public func run(_ chunk: ChunkMemory) { body(chunk) }
}
