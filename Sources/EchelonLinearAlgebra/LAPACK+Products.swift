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

  /// C = A·B, where A is symmetric, or Hermitian, and one triangle of it is read.
  public static func symm<Element: LinearAlgebraScalar>(
    isHermitian: Bool, _ triangle: Triangle, _ a: Span<Element>, _ aShape: ColumnMajorShape,
    _ b: Span<Element>, _ bShape: ColumnMajorShape, _ c: inout MutableSpan<Element>,
    _ cShape: ColumnMajorShape
  ) {
    aShape.check(a.count)
    aShape.checkSquare()
    bShape.check(b.count)
    cShape.check(c.count)
    precondition(
      bShape.rows == aShape.columns && cShape.rows == aShape.rows
        && cShape.columns == bShape.columns, "the shapes of a product do not fit")
    let routine = unsafe isHermitian ? ek_hemm : ek_symm
    unsafe withUnsafePointer(to: 1 as Element) { alpha in
      unsafe withUnsafePointer(to: 0 as Element) { beta in
        unsafe withAddress(a) { a in
          unsafe withAddress(b) { b in
            unsafe withAddress(&c) { c in
              unsafe routine(
                Element.scalarType.rawValue, letterL, triangle.letter, cShape.m, cShape.n, alpha, a,
                aShape.lda, b, bShape.lda, beta, c, cShape.lda)
            }
          }
        }
      }
    }
  }

  /// B becomes op(A)·B, where A is a triangle.
  public static func trmm<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, form: Form = .plain, hasUnitDiagonal: Bool = false, _ a: Span<Element>,
    _ aShape: ColumnMajorShape, _ b: inout MutableSpan<Element>, _ bShape: ColumnMajorShape
  ) {
    aShape.check(a.count)
    aShape.checkSquare()
    bShape.check(b.count)
    precondition(bShape.rows == aShape.columns, "the shapes of a product do not fit")
    unsafe withUnsafePointer(to: 1 as Element) { alpha in
      unsafe withAddress(a) { a in
        unsafe withAddress(&b) { b in
          unsafe ek_trmm(
            Element.scalarType.rawValue, letterL, triangle.letter, form.letter,
            hasUnitDiagonal ? letterU : letterN, bShape.m, bShape.n, alpha, a, aShape.lda, b,
            bShape.lda)
        }
      }
    }
  }

  /// One triangle of C = A·Aᴴ, or of Aᴴ·A.
  /// - Parameter adjointFirst: whether Aᴴ·A is meant.
  public static func herk<Element: LinearAlgebraScalar>(
    _ triangle: Triangle, adjointFirst: Bool, _ a: Span<Element>, _ aShape: ColumnMajorShape,
    _ c: inout MutableSpan<Element>, _ cShape: ColumnMajorShape
  ) {
    aShape.check(a.count)
    cShape.check(c.count)
    cShape.checkSquare()
    let (order, inner) = adjointFirst ? (aShape.n, aShape.m) : (aShape.m, aShape.n)
    precondition(cShape.n == order, "the shapes of a product do not fit")
    let form = !adjointFirst ? letterN : Element.isComplex ? letterC : letterT
    unsafe withUnsafePointer(to: 1 as Element.Real) { alpha in
      unsafe withUnsafePointer(to: 0 as Element.Real) { beta in
        unsafe withAddress(a) { a in
          unsafe withAddress(&c) { c in
            unsafe ek_herk(
              Element.scalarType.rawValue, triangle.letter, form, order, inner, alpha, a,
              aShape.lda, beta, c, cShape.lda)
          }
        }
      }
    }
  }

  /// y = op(A)·x. Of an A without elements y becomes 0.
  public static func gemv<Element: LinearAlgebraScalar>(
    _ form: Form, _ a: Span<Element>, _ aShape: ColumnMajorShape, _ x: Span<Element>,
    _ y: inout MutableSpan<Element>
  ) {
    aShape.check(a.count)
    let (rows, columns) =
      form == .plain ? (aShape.rows, aShape.columns) : (aShape.columns, aShape.rows)
    precondition(x.count == columns && y.count == rows, "the shapes of a product do not fit")
    if columns == 0 {
      // BLAS leaves y as it is.
      for index in 0..<rows { y[index] = 0 }
      return
    }
    unsafe withUnsafePointer(to: 1 as Element) { alpha in
      unsafe withUnsafePointer(to: 0 as Element) { beta in
        unsafe withAddress(a) { a in
          unsafe withAddress(x) { x in
            unsafe withAddress(&y) { y in
              unsafe ek_gemv(
                Element.scalarType.rawValue, form.letter, aShape.m, aShape.n, alpha, a, aShape.lda,
                x, 1, beta, y, 1)
            }
          }
        }
      }
    }
  }
}
