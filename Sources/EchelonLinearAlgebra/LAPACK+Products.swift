internal import CEchelonKernels

// Products of column-major matrices by the Fortran interface of BLAS; names are BLAS's.
// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// C = α·op(A)·op(B) + β·C. With β = 0 the old elements of C are not read.
  public static func gemm<Element: LinearAlgebraScalar>(
    alpha: Element = 1, _ a: Span<Element>, _ aShape: ColumnMajorShape, aForm: Form = .plain,
    _ b: Span<Element>, _ bShape: ColumnMajorShape, bForm: Form = .plain, beta: Element = 0,
    _ c: inout MutableSpan<Element>, _ cShape: ColumnMajorShape
  ) {
    aShape.check(a.count)
    bShape.check(b.count)
    cShape.check(c.count)
    let inner = aForm == .plain ? aShape.columns : aShape.rows
    precondition(
      (aForm == .plain ? aShape.rows : aShape.columns) == cShape.rows
        && (bForm == .plain ? bShape.rows : bShape.columns) == inner
        && (bForm == .plain ? bShape.columns : bShape.rows) == cShape.columns,
      "the shapes of a product do not fit")
    unsafe withUnsafePointer(to: alpha) { alpha in
      unsafe withUnsafePointer(to: beta) { beta in
        unsafe withAddress(a) { a in
          unsafe withAddress(b) { b in
            unsafe withAddress(&c) { c in
              unsafe ek_gemm(
                Element.scalarType.rawValue, aForm.letter, bForm.letter, cShape.m, cShape.n,
                Int32(inner), alpha, a, aShape.lda, b, bShape.lda, beta, c, cShape.lda)
            }
          }
        }
      }
    }
  }
}
