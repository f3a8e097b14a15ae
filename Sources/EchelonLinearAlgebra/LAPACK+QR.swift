internal import CEchelonKernels

// SAFETY, for all: spans hold what the checks before each call ask for, and a routine touches no more than that.

extension LAPACK {
  /// Factors A into Q·R in its own place: R on the diagonal and above, the reflections below it and in `tau`.
  public static func geqrf<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    tau: inout MutableSpan<Element>
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    precondition(tau.count >= min(shape.rows, shape.columns))
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(&tau) { tau in
        unsafe ek_geqrf(Element.scalarType.rawValue, shape.m, shape.n, a, shape.lda, tau)
      }
    }
    _ = try checked(info)
  }

  /// Factors A·P into Q·R in its own place; moduli on the diagonal of R do not grow.
  /// - Parameter pivots: n; column j of A·P is column `pivots[j]` - 1 of A.
  public static func geqp3<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
    pivots: inout MutableSpan<Int32>, tau: inout MutableSpan<Element>
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    precondition(tau.count >= min(shape.rows, shape.columns))
    precondition(pivots.count >= shape.columns)
    // 0 lets a column move anywhere.
    for column in 0..<shape.columns { pivots[column] = 0 }
    let info = unsafe withAddress(&a) { a in
      unsafe pivots.withUnsafeMutableBufferPointer { pivots in
        unsafe withAddress(&tau) { tau in
          unsafe ek_geqp3(
            Element.scalarType.rawValue, shape.m, shape.n, a, shape.lda, pivots.baseAddress, tau)
        }
      }
    }
    _ = try checked(info)
  }

  /// The first columns of Q, as many as `a` has, in the place of what `geqrf` has left.
  /// - Parameter tau: of the reflections that make Q, no more than there are columns.
  public static func orgqr<Element: LinearAlgebraScalar>(
    _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, tau: Span<Element>
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    precondition(tau.count <= shape.columns && shape.columns <= shape.rows)
    let k = Int32(tau.count)
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(tau) { tau in
        unsafe ek_orgqr(Element.scalarType.rawValue, shape.m, shape.n, k, a, shape.lda, tau)
      }
    }
    _ = try checked(info)
  }

  /// C becomes Q·C or Qᴴ·C, where Q is what `geqrf` has left.
  /// - Parameters:
  ///   - adjoint: whether Qᴴ is meant.
  ///   - a: may be changed on the way, and is as it was in the end: not to be shared.
  public static func ormqr<Element: LinearAlgebraScalar>(
    adjoint: Bool, _ a: inout MutableSpan<Element>, _ shape: ColumnMajorShape, tau: Span<Element>,
    _ c: inout MutableSpan<Element>, _ cShape: ColumnMajorShape
  ) throws(LinearAlgebraError) {
    shape.check(a.count)
    cShape.check(c.count)
    precondition(cShape.rows == shape.rows && tau.count <= min(shape.rows, shape.columns))
    let k = Int32(tau.count)
    let info = unsafe withAddress(&a) { a in
      unsafe withAddress(tau) { tau in
        unsafe withAddress(&c) { c in
          unsafe ek_ormqr(
            Element.scalarType.rawValue, letterL, adjoint ? letterC : letterN, cShape.m, cShape.n,
            k, a, shape.lda, tau, c, cShape.lda)
        }
      }
    }
    _ = try checked(info)
  }
}
