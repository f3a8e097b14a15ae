public import EchelonKernels
public import EchelonLinearAlgebra
import EchelonPool
public import EchelonWire

extension WorkExecutor {
  /// Starts making a sketch of an array's elements, part by part, and returns its future.
  ///
  /// For quantiles of more than fits into memory: the sketches of several arrays, of the same capacity, can be
  /// merged, kept in files, and asked at any time. The parts depend on the number of elements alone, so the sketch
  /// is the same for any number of workers. Quantiles of one array are found exactly by `startQuantiles`.
  /// - Parameters:
  ///   - x: n elements; whole numbers beyond 2⁵³ count as the nearest Double.
  ///   - capacity: as for `QuantileSketch`, 2 or more.
  ///   - priority: how urgent it is.
  /// - Throws: `PoolError.invalidArgument` for a smaller capacity.
  public func startQuantileSketch<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, capacity: Int = 4096, priority: WorkPriority = .normal
  ) throws -> Future<QuantileSketch> {
    guard capacity >= 2 else {
      throw PoolError.invalidArgument("a capacity of \(capacity); it is 2 or more")
    }
    let operand = try PreparedOperand(x, operation: "quantileSketch")
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      let parts = PartedArray(x)
      let sketches = try submit(
        each: Array(0..<parts.partCount), priority: priority, parts.sketch(capacity: capacity))
      defer { for sketch in sketches { sketch.cancel() } }
      var all = QuantileSketch(capacity: capacity)
      for sketch in sketches { all.merge(try await finished(sketch)) }
      return all
    }
  }

  /// A sketch of an array's elements; see `startQuantileSketch`.
  public func quantileSketch<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, capacity: Int = 4096, priority: WorkPriority = .normal
  ) async throws -> QuantileSketch {
    try await startQuantileSketch(x, capacity: capacity, priority: priority).value
  }

  /// A sketch of an array's elements, blocking; see `startQuantileSketch`.
  @available(*, noasync)
  public func quantileSketch<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, capacity: Int = 4096, priority: WorkPriority = .normal
  ) throws -> QuantileSketch {
    try startQuantileSketch(x, capacity: capacity, priority: priority).result()
  }
}
