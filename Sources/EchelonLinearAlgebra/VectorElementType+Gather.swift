/// Elements on their way into the order and the type that a program works in.
extension VectorElementType {
  /// Puts elements of this type one behind the other, as elements of another, from one of them on and in
  /// row-major order.
  ///
  /// A value becomes the nearest one of the other type; see `VectorProgramScalar`.
  /// - Parameters:
  ///   - source: the elements, as bytes as they lie in memory; traps when one is outside.
  ///   - start: the first one, counted in row-major order.
  ///   - columns: elements in a row.
  ///   - rowStride: elements of memory, 0 or more, from one row to the next.
  ///   - columnStride: elements of memory, 0 or more, from one column to the next.
  ///   - target: takes them.
  ///   - places: where in it, and so how many; nil is all of it.
  public func gather<Target: VectorProgramScalar>(
    _ source: Span<UInt8>, from start: Int, columns: Int, rowStride: Int, columnStride: Int,
    into target: inout MutableSpan<Target>, at places: Range<Int>? = nil
  ) {
    let places = places ?? 0..<target.count
    let count = places.count
    guard count > 0 else { return }
    precondition(places.lowerBound >= 0 && places.upperBound <= target.count)
    precondition(start >= 0 && columns > 0 && rowStride >= 0 && columnStride >= 0)
    let (row, column) = start.quotientAndRemainder(dividingBy: columns)
    let (lastRow, lastColumn) = (start + count - 1).quotientAndRemainder(dividingBy: columns)
    let furthest = lastRow * rowStride + (lastRow > row ? columns - 1 : lastColumn) * columnStride
    precondition(furthest < source.count / byteCount, "an element outside of its array")
    let run = Run(
      row: row, column: column, columns: columns, rowStride: rowStride, columnStride: columnStride,
      count: count)
    // SAFETY: both spans are borrowed during the calls, all elements are inside (the check above), and
    // `vectorType` says what a target's bits are. Known types, so that each loop is compiled for its own.
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        let (source, target) = unsafe (
          UnsafeRawPointer(source.baseAddress.unsafelyUnwrapped),
          UnsafeMutableRawPointer(target.baseAddress.unsafelyUnwrapped + places.lowerBound)
        )
        switch Target.vectorType {
        case .float64: unsafe gather(source, run, as: Double.self, target)
        case .float32: unsafe gather(source, run, as: Float.self, target)
        case .int64: unsafe gather(source, run, as: Int64.self, target)
        case .int32: unsafe gather(source, run, as: Int32.self, target)
        case .uint8: unsafe gather(source, run, as: UInt8.self, target)
        case .bool: preconditionFailure("no program computes with Bool")
        }
      }
    }
  }

  /// Which elements, in row-major order.
  private struct Run {
    let row: Int
    let column: Int
    let columns: Int
    let rowStride: Int
    let columnStride: Int
    let count: Int
  }

  @unsafe private func gather<Target: VectorProgramScalar>(
    _ source: UnsafeRawPointer, _ run: Run, as type: Target.Type, _ target: UnsafeMutableRawPointer
  ) {
    let target = unsafe target.assumingMemoryBound(to: type)
    switch self {
    case .float64: unsafe copy(source, Double.self, run, target) { Target(nearest: $0) }
    case .float32: unsafe copy(source, Float.self, run, target) { Target(nearest: Double($0)) }
    case .int64: unsafe copy(source, Int64.self, run, target) { Target(nearest: $0) }
    case .int32: unsafe copy(source, Int32.self, run, target) { Target(nearest: Int64($0)) }
    case .uint8: unsafe copy(source, UInt8.self, run, target) { Target(nearest: Int64($0)) }
    case .bool: unsafe copy(source, UInt8.self, run, target) { Target(nearest: Int64($0 & 1)) }
    }
  }

  @unsafe @inline(__always)
  private func copy<Source, Target>(
    _ source: UnsafeRawPointer, _: Source.Type, _ run: Run, _ target: UnsafeMutablePointer<Target>,
    _ convert: (Source) -> Target
  ) {
    let source = unsafe source.assumingMemoryBound(to: Source.self)
    var (row, column, done) = (run.row, run.column, 0)
    while done < run.count {
      let length = min(run.columns - column, run.count - done)
      let from = unsafe source + (row * run.rowStride + column * run.columnStride)
      let to = unsafe target + done
      if run.columnStride == 1 {
        for index in 0..<length { unsafe to[index] = convert(from[index]) }
      } else {
        for index in 0..<length { unsafe to[index] = convert(from[index * run.columnStride]) }
      }
      done += length
      row += 1
      column = 0
    }
  }
}
