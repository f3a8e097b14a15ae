internal import CEchelonKernels

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
  ///   - level: the instruction set; nil is the active one.
  public func gather<Target: VectorProgramScalar>(
    _ source: Span<UInt8>, from start: Int, columns: Int, rowStride: Int, columnStride: Int,
    into target: inout MutableSpan<Target>, at places: Range<Int>? = nil,
    level: InstructionSet? = nil
  ) {
    let places = places ?? 0..<target.count
    let count = places.count
    guard count > 0 else { return }
    precondition(places.lowerBound >= 0 && places.upperBound <= target.count)
    precondition(start >= 0 && columns > 0 && rowStride >= 0 && columnStride >= 0)
    let row = start / columns
    let (lastRow, lastColumn) = (start + count - 1).quotientAndRemainder(dividingBy: columns)
    let furthest = lastRow * rowStride + (lastRow > row ? columns - 1 : lastColumn) * columnStride
    precondition(furthest < source.count / byteCount, "an element outside of its array")
    let layout = ek_layout(
      columns: columns, row_stride: rowStride, column_stride: columnStride)
    // SAFETY: both spans are borrowed during the calls, all elements are inside (the checks above), and
    // `vectorType` says what a target's bits are.
    unsafe source.withUnsafeBufferPointer { source in
      unsafe target.withUnsafeMutableBufferPointer { target in
        let (level, type) = (level.number, Int32(rawValue))
        let from = unsafe UnsafeRawPointer(source.baseAddress.unsafelyUnwrapped)
        let to = unsafe UnsafeMutableRawPointer(
          target.baseAddress.unsafelyUnwrapped + places.lowerBound)
        unsafe withUnsafePointer(to: layout) { layout in
          switch Target.vectorType {
          case .float64:
            unsafe ek_gather_f64(level, type, from, layout, start, to.bound(), count)
          case .float32:
            unsafe ek_gather_f32(level, type, from, layout, start, to.bound(), count)
          case .int64:
            unsafe ek_gather_i64(level, type, from, layout, start, to.bound(), count)
          case .int32:
            unsafe ek_gather_i32(level, type, from, layout, start, to.bound(), count)
          case .uint8: unsafe ek_gather_u8(level, type, from, layout, start, to.bound(), count)
          case .bool: preconditionFailure("no program computes with Bool")
          }
        }
      }
    }
  }
}

extension UnsafeMutableRawPointer {
  @unsafe fileprivate func bound<Element>() -> UnsafeMutablePointer<Element> {
    unsafe assumingMemoryBound(to: Element.self)
  }
}
