internal import CEchelonKernels

/// `X` with `A·X = B`: of real numbers by elimination in the caches up to 256 × 256, and by LAPACK above; of complex ones
/// by LAPACK, which must be there.
///
/// - Shapes: A is n × n, B and X are n × m, any of them 0; each a view with strides into its span.
/// - Structure: of a positive definite A, symmetric or Hermitian, the diagonal and what lies below it is read, and no
///   pivots are chosen; otherwise they are, by rows.
/// - Order: `distance` elements from A on there is the matrix that is solved after it, in the same layout, which is brought
///   nearer meanwhile; 0 for none.
/// - Bits: by elimination those of a system by itself, at every instruction set that has a fused multiply-add; otherwise
///   those of the LAPACK in use.
/// - Accuracy: backward stable as Gaussian elimination with partial pivoting is, and that without of a positive
///   definite matrix: ‖B − A·X‖ ≤ c·n·ρ·u·‖A‖·‖X‖ with the growth ρ of the elements, which is next to never large
///   (Higham, *Accuracy and Stability*, 2nd ed., §9.3 and §10.1).
/// - Errors: shapes that do not fit together, views that reach outside and an X whose elements overlap trap.
/// - Returns: the first column that has no pivot but exact zeros, or of a positive definite A none above 0; X is as it
///   was then. NaN and infinity propagate.
package func solve<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: Span<Element>, _ bView: MatrixView,
  into x: inout MutableSpan<Element>, _ xView: MatrixView,
  isPositiveDefinite: Bool = false, distance: Int = 0, scratch: inout MutableSpan<Element>,
  level: InstructionSet? = nil
) -> Int? {
  precondition(bView.extent <= b.count, "a view reaches outside")
  return unsafe b.withUnsafeBufferPointer { b in
    // SAFETY: outlives the call, and the view lies inside.
    unsafe solve(
      a, aView, b, bView, into: &x, xView, isPositiveDefinite, distance, scratch: &scratch, level)
  }
}

/// The inverse of A into X; see `solve`.
package func invert<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ aView: MatrixView, into x: inout MutableSpan<Element>, _ xView: MatrixView,
  distance: Int = 0, scratch: inout MutableSpan<Element>, level: InstructionSet? = nil
) -> Int? {
  unsafe solve(a, aView, nil, aView, into: &x, xView, false, distance, scratch: &scratch, level)
}

/// Elements of scratch memory, aligned to 64 bytes, that `solve` needs, and with m = 0 `determinant`.
package func solveScratch<Element: LinearAlgebraScalar>(
  of type: Element.Type, size n: Int, sides m: Int
) -> Int {
  ek_solve_scratch(Element.scalarType.rawValue, n, m)
}

/// The determinant of A, n × n, the product of the pivots that elimination chooses; 1 for n = 0.
package func determinant<Element: BLASScalar>(
  _ a: Span<Element>, _ aView: MatrixView, scratch: inout MutableSpan<Element>,
  level: InstructionSet? = nil
) -> ScaledProduct {
  precondition(aView.rows == aView.columns && aView.extent <= a.count, "a view reaches outside")
  let type = Element.scalarType.rawValue
  precondition(scratch.count >= ek_solve_scratch(type, aView.rows, 0), "too little scratch memory")
  return unsafe a.withUnsafeBufferPointer { a in
    unsafe scratch.withUnsafeMutableBufferPointer { scratch in
      unsafe checkAlignment(scratch)
      // SAFETY: the checks above; both outlive the call.
      return unsafe ScaledProduct(
        ek_determinant(
          type, level.number, aView.rows, a.baseAddress, aView.layout, scratch.baseAddress))
    }
  }
}

@unsafe private func solve<Element: LinearAlgebraScalar>(
  _ a: Span<Element>, _ aView: MatrixView, _ b: UnsafeBufferPointer<Element>?, _ bView: MatrixView,
  into x: inout MutableSpan<Element>, _ xView: MatrixView, _ isPositiveDefinite: Bool,
  _ distance: Int, scratch: inout MutableSpan<Element>, _ level: InstructionSet?
) -> Int? {
  precondition(
    aView.rows == aView.columns && bView.rows == aView.rows && xView.rows == bView.rows
      && xView.columns == bView.columns, "the shapes do not fit together")
  precondition(aView.extent <= a.count && xView.extent <= x.count, "a view reaches outside")
  precondition(xView.isInjective, "elements share an address")
  let type = Element.scalarType.rawValue
  precondition(
    scratch.count >= ek_solve_scratch(type, aView.rows, xView.columns), "too little scratch memory")
  // The front end has opened one on this machine before it made the job.
  precondition(
    !Element.isComplex || ek_open_lapack() != 0, "no LAPACK, though the front end found one")
  let column = unsafe a.withUnsafeBufferPointer { a in
    unsafe x.withUnsafeMutableBufferPointer { x in
      unsafe scratch.withUnsafeMutableBufferPointer { scratch in
        unsafe checkAlignment(scratch)
        // SAFETY: the checks above; all outlive the call. What has no elements is not touched. The next matrix is asked
        // for and not read, wherever that may be.
        let next = unsafe distance == 0 ? nil : a.baseAddress.map { unsafe $0 + distance }
        return unsafe ek_solve(
          type, level.number, aView.rows, xView.columns, isPositiveDefinite ? 1 : 0,
          a.baseAddress, aView.layout, next, b?.baseAddress, bView.layout, x.baseAddress,
          xView.layout, scratch.baseAddress)
      }
    }
  }
  return column == 0 ? nil : column - 1
}

@unsafe private func checkAlignment<Element>(_ scratch: UnsafeMutableBufferPointer<Element>) {
  precondition(
    scratch.isEmpty || UInt(bitPattern: scratch.baseAddress) % 64 == 0,
    "scratch memory is aligned to 64 bytes")
}

extension MatrixView {
  fileprivate var layout: ek_layout {
    ek_layout(columns: columns, row_stride: rowStride, column_stride: columnStride)
  }
}
