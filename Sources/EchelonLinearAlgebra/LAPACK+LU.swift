internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// Factors A into P·L·U in its own place.
  /// - Parameter pivots: min(m, n); row i was exchanged with row `pivots[i]` - 1.
  /// - Returns: the first column whose pivot is exactly 0; nil for none. The factors are complete also then.
  public static func getrf<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, pivots: inout MutableSpan<Int32>
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(a.count)
    precondition(pivots.count >= min(shape.rows, shape.columns))
    let info = unsafe withAddress(&a) { a in
      unsafe pivots.withUnsafeMutableBufferPointer { pivots in
        unsafe ek_getrf(
          Element.scalarType.rawValue, shape.m, shape.n, a, shape.lda, pivots.baseAddress)
      }
    }
    return try column(info)
  }

  /// Solves A·X = B, Aᵀ·X = B or Aᴴ·X = B with what `getrf` has left.
  /// - Parameter b: B, and then X.
  public static func getrs<Element: LinearAlgebraScalar>(
    _ form: Form, _ lu: Span<Element>, _ shape: ColumnMajorShape, pivots: Span<Int32>,
    _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    shape.check(lu.count)
    shape.checkSquare()
    bShape.check(b.count)
    precondition(bShape.rows == shape.rows && pivots.count >= shape.rows)
    check(pivots, rows: shape.rows)
    let info = unsafe withAddress(lu) { lu in
      unsafe pivots.withUnsafeBufferPointer { pivots in
        unsafe withAddress(&b) { b in
          unsafe ek_getrs(
            Element.scalarType.rawValue, form.letter, shape.n, bShape.n, lu, shape.lda,
            pivots.baseAddress, b, bShape.lda)
        }
      }
    }
    _ = try checked(info)
  }

  /// The inverse in the place of what `getrf` has left.
  /// - Returns: the first column whose pivot is exactly 0, for which there is no inverse; nil for none.
  public static func getri<Element: LinearAlgebraScalar>(
    _ lu: inout MutableSpan<Element>, _ shape: ColumnMajorShape, pivots: Span<Int32>
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(lu.count)
    shape.checkSquare()
    precondition(pivots.count >= shape.rows)
    check(pivots, rows: shape.rows)
    let info = unsafe withAddress(&lu) { lu in
      unsafe pivots.withUnsafeBufferPointer { pivots in
        unsafe ek_getri(Element.scalarType.rawValue, shape.n, lu, shape.lda, pivots.baseAddress)
      }
    }
    return try column(info)
  }

  /// An estimate of 1 / (‖A‖·‖A⁻¹‖) from what `getrf` has left; 0 for a singular matrix.
  /// - Parameter normOfA: ‖A‖ in the same norm.
  public static func gecon<Element: LinearAlgebraScalar>(
    _ norm: ConditionNorm, _ lu: Span<Element>, _ shape: ColumnMajorShape, normOfA: Double
  ) throws(LinearAlgebraError) -> Double {
    shape.check(lu.count)
    shape.checkSquare()
    var reciprocal = 0.0
    let info = unsafe withAddress(lu) { lu in
      unsafe ek_gecon(
        Element.scalarType.rawValue, norm.letter, shape.n, lu, shape.lda, normOfA, &reciprocal)
    }
    _ = try checked(info)
    return reciprocal
  }

  /// X becomes P·X: the exchanges of rows that `getrf` has noted, undone from the last to the first.
  public static func laswp<Element: LinearAlgebraScalar>(
    undoing pivots: Span<Int32>, _ b: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) {
    shape.check(b.count)
    check(pivots, rows: shape.rows)
    guard shape.extent > 0, pivots.count > 0 else { return }
    unsafe withAddress(&b) { b in
      unsafe pivots.withUnsafeBufferPointer { pivots in
        unsafe ek_laswp(
          Element.scalarType.rawValue, shape.n, b, shape.lda, 1, Int32(pivots.count),
          pivots.baseAddress, -1)
      }
    }
  }

  /// LAPACK reads rows by these numbers, which lie in memory that others can write.
  static func check(_ pivots: Span<Int32>, rows: Int) {
    for index in 0..<min(rows, pivots.count) {
      precondition(
        (1...max(1, rows)) ~= Int(pivots[index]), "pivot \(pivots[index]) of \(rows) rows")
    }
  }
}
