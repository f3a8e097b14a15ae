internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// The X of least norm among those that minimize ‖A·X - B‖, by singular values; A is lost.
  /// - Parameters:
  ///   - b: max(m, n) rows: B in the first m, and then X in the first n.
  ///   - values: min(m, n), A's singular values in descending order.
  ///   - tolerance: singular values up to this part of the largest one count as 0.
  /// - Returns: how many do not.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  public static func gelsd<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape,
    values: inout MutableSpan<Element.Real>, tolerance: Double
  ) throws(LinearAlgebraError) -> Int {
    shape.check(a.count)
    bShape.check(b.count)
    precondition(bShape.rows >= max(shape.rows, shape.columns))
    precondition(values.count >= min(shape.rows, shape.columns))
    var rank: Int32 = 0
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&b) { b in
        unsafe withAddress(&values) { values in
          unsafe ek_gelsd(
            Element.scalarType.rawValue, shape.m, shape.n, bShape.n, a, shape.lda, b, bShape.lda,
            values, tolerance, &rank)
        }
      }
    }
    try checkConvergence(info, "gelsd")
    return Int(rank)
  }

  /// The same by a complete orthogonal factorization, from QR with column pivoting; A is lost.
  /// - Parameter tolerance: A has the rank of the largest leading block of R whose condition number, by an
  ///   estimate, is less than the inverse of this.
  /// - Returns: that rank.
  public static func gelsy<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape, tolerance: Double
  ) throws(LinearAlgebraError) -> Int {
    shape.check(a.count)
    bShape.check(b.count)
    precondition(bShape.rows >= max(shape.rows, shape.columns))
    var rank: Int32 = 0
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&b) { b in
        unsafe ek_gelsy(
          Element.scalarType.rawValue, shape.m, shape.n, bShape.n, a, shape.lda, b, bShape.lda,
          tolerance, &rank)
      }
    }
    _ = try checked(info)
    return Int(rank)
  }
}
