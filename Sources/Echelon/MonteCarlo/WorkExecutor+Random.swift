import EchelonKernels
import EchelonMemory
import EchelonPool
import EchelonRandom
public import EchelonWire

extension WorkExecutor {
  /// Starts filling an array with values of a distribution, and returns its future.
  ///
  /// Each element is a function of (seed, stream, its index), so the bits are the same for any number of workers, and a
  /// longer array begins with a shorter one. Uniform and normal elements share blocks of the generator by two (see
  /// `fillUniform`), and `.uniformOpen` and `.uniformClosed` are made of `.words`; of all other distributions element i is
  /// what a `PhiloxGenerator` of index i gives.
  /// - Parameters:
  ///   - distribution: `.normal()`, `.gamma(shape: 2)`, `.poisson(mean: 3)` and so on.
  ///   - count: how many elements, 0 or more.
  ///   - seed: the key.
  ///   - stream: of the same seed, other values. Two arrays of one seed and stream are made of the same bits, also when
  ///     their distributions differ: give each its own.
  ///   - output: takes the values, `count` elements; nil makes a new array.
  ///   - priority: how urgent it is.
  ///   - deadline: as for `startMap`.
  /// - Throws: `PoolError.invalidArgument` for a negative count, `KernelError` for an output of another one,
  ///   `ArenaError`.
  public func startRandom<Element>(
    _ distribution: ArrayDistribution<Element>, count: Int, seed: UInt64, stream: UInt32 = 0,
    into output: SharedArray<Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> Future<SharedArray<Element>> {
    try checkRandomCount(count, of: "random elements")
    let function = fillFunction(distribution.law, seed, stream)
    return try startMap(
      function, orElse: function, count: count, into: output, inputs: [], overlaps: false,
      priority: priority, deadline: deadline)
  }

  /// An array of values of a distribution; see `startRandom`.
  public func random<Element>(
    _ distribution: ArrayDistribution<Element>, count: Int, seed: UInt64, stream: UInt32 = 0,
    into output: SharedArray<Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) async throws -> SharedArray<Element> {
    try await startRandom(
      distribution, count: count, seed: seed, stream: stream, into: output, priority: priority,
      deadline: deadline
    ).value
  }

  /// An array of values of a distribution, blocking; see `startRandom`.
  @available(*, noasync)
  public func random<Element>(
    _ distribution: ArrayDistribution<Element>, count: Int, seed: UInt64, stream: UInt32 = 0,
    into output: SharedArray<Element>? = nil, priority: WorkPriority = .normal,
    deadline: Duration? = nil
  ) throws -> SharedArray<Element> {
    try startRandom(
      distribution, count: count, seed: seed, stream: stream, into: output, priority: priority,
      deadline: deadline
    ).result()
  }
}

func checkRandomCount(_ count: Int, of what: String) throws(PoolError) {
  guard count >= 0 else {
    throw .invalidArgument("\(count) \(what); ask for 0 or more of them")
  }
}
