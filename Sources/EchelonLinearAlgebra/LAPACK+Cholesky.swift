internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// Factors a positive definite A into L·Lᴴ or Uᴴ·U in its own place; the other triangle is not touched.
  /// - Returns: the first column at which A turned out not to be positive definite; nil for none.
  public static func potrf<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(a.count)
    shape.checkSquare()
    let info = unsafe withAddress(&a) { a in
      unsafe ek_potrf(Element.scalarType.rawValue, triangle.letter, shape.n, a, shape.lda)
    }
    return try column(info)
  }

  /// Solves A·X = B with what `potrf` has left.
  public static func potrs<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, _ a: Span<Element>, _ shape: ColumnMajorShape,
    _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    shape.checkSquare()
    bShape.check(b.count)
    precondition(bShape.rows == shape.rows)
    let info = unsafe withAddress(a) { a in
      unsafe withAddress(&b) { b in
        unsafe ek_potrs(
          Element.scalarType.rawValue, triangle.letter, shape.n, bShape.n, a, shape.lda, b,
          bShape.lda)
      }
    }
    _ = try checked(info)
  }

  /// One triangle of the inverse in the place of what `potrf` has left.
  public static func potri<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(a.count)
    shape.checkSquare()
    let info = unsafe withAddress(&a) { a in
      unsafe ek_potri(Element.scalarType.rawValue, triangle.letter, shape.n, a, shape.lda)
    }
    return try column(info)
  }

  /// An estimate of 1 / (‖A‖₁·‖A⁻¹‖₁) from what `potrf` has left.
  /// - Parameter normOfA: ‖A‖₁.
  public static func pocon<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, _ a: Span<Element>, _ shape: ColumnMajorShape, normOfA: Double
  ) throws(LinearAlgebraError) -> Double {
    shape.check(a.count)
    shape.checkSquare()
    var reciprocal = 0.0
    let info = unsafe withAddress(a) { a in
      unsafe ek_pocon(
        Element.scalarType.rawValue, triangle.letter, shape.n, a, shape.lda, normOfA, &reciprocal)
    }
    _ = try checked(info)
    return reciprocal
  }
}
