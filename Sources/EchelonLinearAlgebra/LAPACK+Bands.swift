internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// Factors a square band matrix into P·L·U in its own place.
  ///
  /// `a` has 2·lower + upper + 1 rows, the first `lower` of which are room for what elimination adds; see `copyBand`.
  /// - Returns: the first column whose pivot is exactly 0; nil for none.
  public static func gbtrf<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, lower: Int, upper: Int,
    pivots: inout MutableSpan<Int32>
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(a.count)
    precondition(lower >= 0 && upper >= 0 && shape.rows > 2 * lower + upper)
    precondition(pivots.count >= shape.columns)
    let info = unsafe withAddress(&a) { a in
      unsafe pivots.withUnsafeMutableBufferPointer { pivots in
        unsafe ek_gbtrf(
          Element.scalarType.rawValue, shape.n, shape.n, Int32(lower), Int32(upper), a, shape.lda,
          pivots.baseAddress)
      }
    }
    return try column(info)
  }

  /// Solves A·X = B, Aᵀ·X = B or Aᴴ·X = B with what `gbtrf` has left.
  public static func gbtrs<Element: LinearAlgebraScalar>(
    _ form: Form, _ a: Span<Element>, _ shape: ColumnMajorShape, lower: Int, upper: Int,
    pivots: Span<Int32>, _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    precondition(lower >= 0 && upper >= 0 && shape.rows > 2 * lower + upper)
    bShape.check(b.count)
    precondition(bShape.rows == shape.columns && pivots.count >= shape.columns)
    check(pivots, rows: shape.columns)
    let info = unsafe withAddress(a) { a in
      unsafe pivots.withUnsafeBufferPointer { pivots in
        unsafe withAddress(&b) { b in
          unsafe ek_gbtrs(
            Element.scalarType.rawValue, form.letter, shape.n, Int32(lower), Int32(upper), bShape.n,
            a, shape.lda, pivots.baseAddress, b, bShape.lda)
        }
      }
    }
    _ = try checked(info)
  }

  /// Factors a positive definite band matrix into L·Lᴴ in its own place.
  /// - Parameters:
  ///   - a: its lower triangle as `copyBand` leaves it with the diagonal in row 0.
  ///   - width: the number of diagonals below that.
  /// - Returns: the first column at which A turned out not to be positive definite; nil for none.
  public static func pbtrf<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, width: Int
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(a.count)
    precondition(width >= 0 && shape.rows > width)
    let info = unsafe withAddress(&a) { a in
      unsafe ek_pbtrf(Element.scalarType.rawValue, letterL, shape.n, Int32(width), a, shape.lda)
    }
    return try column(info)
  }

  /// Solves A·X = B with what `pbtrf` has left.
  public static func pbtrs<Element: LinearAlgebraScalar>(
    _ a: Span<Element>, _ shape: ColumnMajorShape, width: Int,
    _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    precondition(width >= 0 && shape.rows > width)
    bShape.check(b.count)
    precondition(bShape.rows == shape.columns)
    let info = unsafe withAddress(a) { a in
      unsafe withAddress(&b) { b in
        unsafe ek_pbtrs(
          Element.scalarType.rawValue, letterL, shape.n, Int32(width), bShape.n, a, shape.lda, b,
          bShape.lda)
      }
    }
    _ = try checked(info)
  }

  /// Solves a tridiagonal system in the place of B; the three diagonals are overwritten.
  /// - Returns: the first column whose pivot is exactly 0; nil for none.
  public static func gtsv<Element: LinearAlgebraScalar>(
    lower: inout MutableSpan<Element>, diagonal: inout MutableSpan<Element>,
    upper: inout MutableSpan<Element>, _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) throws(LinearAlgebraError) -> Int? {
    bShape.check(b.count)
    let besides = max(0, bShape.rows - 1)
    precondition(diagonal.count >= bShape.rows && lower.count >= besides && upper.count >= besides)
    let info = unsafe withAddress(&lower) { lower in
      unsafe withAddress(&diagonal) { diagonal in
        unsafe withAddress(&upper) { upper in
          unsafe withAddress(&b) { b in
            unsafe ek_gtsv(
              Element.scalarType.rawValue, bShape.m, bShape.n, lower, diagonal, upper, b, bShape.lda
            )
          }
        }
      }
    }
    return try column(info)
  }
}
