internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// The eigenvalues of a symmetric or Hermitian matrix, ascending, and its eigenvectors in its own place; A is lost
  /// without them, too.
  /// - Parameter values: n.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  public static func syevd<Element: LinearAlgebraScalar>(
    vectors: Bool, _ triangle: Triangle, _ a: inout MutableSpan<Element>,
    _ shape: ColumnMajorShape, values: inout MutableSpan<Element.Real>
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    shape.checkSquare()
    precondition(values.count >= shape.rows)
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&values) { values in
        unsafe ek_syevd(
          Element.scalarType.rawValue, vectors ? letterV : letterN, triangle.letter, shape.n, a,
          shape.lda, values)
      }
    }
    try checkConvergence(info, "syevd")
  }

  /// The eigenvalues of A·x = λ·B·x, A symmetric or Hermitian and B positive definite, and its eigenvectors in the
  /// place of A, which is lost without them, too. B is lost.
  /// - Parameters:
  ///   - triangle: of both matrices.
  ///   - values: n, ascending.
  /// - Throws: `LinearAlgebraError`: `notPositiveDefinite` for B, `noConvergence`.
  public static func sygvd<Element: LinearAlgebraScalar>(
    vectors: Bool, _ triangle: Triangle, _ a: inout MutableSpan<Element>,
    _ shape: ColumnMajorShape, _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape,
    values: inout MutableSpan<Element.Real>
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    shape.checkSquare()
    bShape.check(b.count)
    bShape.checkSquare()
    precondition(values.count >= shape.rows && bShape.rows == shape.rows)
    var column: Int32 = 0
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&b) { b in
        unsafe withAddress(&values) { values in
          unsafe ek_sygvd(
            Element.scalarType.rawValue, vectors ? letterV : letterN, triangle.letter, shape.n, a,
            shape.lda, b, bShape.lda, values, &column)
        }
      }
    }
    try checkConvergence(info, "sygvd")
    if column > 0 { throw .notPositiveDefinite(operand: .b, column: Int(column) - 1) }
  }

  /// The eigenvalues and eigenvectors of a general matrix, which is lost.
  ///
  /// Complex numbers are pairs of reals here: the real part, and behind it the imaginary one.
  /// - Parameters:
  ///   - values: 2·n numbers, conjugate pairs of a real matrix one after the other, the positive imaginary part first.
  ///   - left: 2·n² numbers, column-major: the vectors u with uᴴ·A = λ·uᴴ; or none, and then they are not computed.
  ///   - right: 2·n² numbers, column-major: the vectors v with A·v = λ·v; or none, and then they are not computed.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  public static func geev<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    values: inout MutableSpan<Element.Real>, left: inout MutableSpan<Element.Real>,
    right: inout MutableSpan<Element.Real>
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    shape.checkSquare()
    let count = 2 * shape.rows * shape.rows
    precondition(values.count >= 2 * shape.rows)
    precondition(left.isEmpty || left.count >= count)
    precondition(right.isEmpty || right.count >= count)
    let (leftJob, rightJob) = (
      left.isEmpty ? letterN : letterV, right.isEmpty ? letterN : letterV
    )
    let ld = max(1, shape.n)
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&values) { values in
        unsafe withAddress(&left) { left in
          unsafe withAddress(&right) { right in
            unsafe ek_geev(
              Element.scalarType.rawValue, leftJob, rightJob, shape.n, a, shape.lda, values, left,
              ld, right, ld)
          }
        }
      }
    }
    try checkConvergence(info, "geev")
  }

  /// Decomposes A into Q·T·Qᴴ, T in the place of A: a triangle, or of a real matrix a quasi-triangle, with blocks of
  /// 2 × 2 for pairs of conjugate eigenvalues.
  /// - Parameters:
  ///   - values: 2·n numbers, as those of `geev`.
  ///   - q: n × n.
  /// - Throws: `LinearAlgebraError.noConvergence`.
  public static func gees<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    values: inout MutableSpan<Element.Real>, q: inout MutableSpan<Element>,
    _ qShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    shape.checkSquare()
    qShape.check(q.count)
    precondition(values.count >= 2 * shape.rows)
    precondition(qShape.rows == shape.rows && qShape.columns == shape.rows)
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&values) { values in
        unsafe withAddress(&q) { q in
          unsafe ek_gees(
            Element.scalarType.rawValue, shape.n, a, shape.lda, values, q, qShape.lda)
        }
      }
    }
    try checkConvergence(info, "gees")
  }
}
