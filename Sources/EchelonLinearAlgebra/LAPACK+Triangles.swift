internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// Solves a triangular system in the place of B; the other triangle of A is not read.
  /// - Returns: the first column whose diagonal element is exactly 0, and B is as it was; nil for none.
  public static func trtrs<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, form: Form = .plain, hasUnitDiagonal: Bool = false,
    _ a: Span<Element>, _ shape: ColumnMajorShape,
    _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) throws(LinearAlgebraError) -> Int? {
    shape.check(a.count)
    shape.checkSquare()
    bShape.check(b.count)
    precondition(bShape.rows == shape.rows)
    let info = unsafe withAddress(a) { a in
      unsafe withAddress(&b) { b in
        unsafe ek_trtrs(
          Element.scalarType.rawValue, triangle.letter, form.letter,
          hasUnitDiagonal ? letterU : letterN, shape.n, bShape.n, a, shape.lda, b, bShape.lda)
      }
    }
    return try column(info)
  }
}
