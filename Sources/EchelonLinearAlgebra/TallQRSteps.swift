internal import CEchelonKernels

// The steps of a QR factorization by a tree of blocks, each of n columns and n rows or more.
//
// Q of a block is I − V·T·Vᴴ: V lies below the diagonal, R on it and above, and what stands for T in n × n numbers of
// their own; see echelon_lapack.h.
// SAFETY, for all: spans hold what the checks before each call ask for, and the shim touches no more than that.

/// Puts R of a block into n rows of another one, with zeros below its diagonal.
/// - Parameter row: the first of the rows.
public func stackTriangle<Element: BLASElement>(
  _ block: Span<Element>, _ shape: ColumnMajorShape, into out: inout MutableSpan<Element>,
  _ outShape: ColumnMajorShape, row: Int
) {
  let n = shape.columns
  shape.check(block.count)
  outShape.check(out.count)
  precondition(n <= shape.rows && n == outShape.columns && 0 <= row && row + n <= outShape.rows)
  unsafe withAddress(block) { block in
    unsafe out.withUnsafeMutableBufferPointer { out in
      unsafe ek_copy_triangle(
        Element.lapackType, LAPACK.letterU, n, n, block!, shape.leading, out.baseAddress! + row,
        outShape.leading)
    }
  }
}

/// Whether a block has neither NaN nor infinities.
public func isTallBlockFinite<Element: BLASElement>(
  _ block: Span<Element>, _ shape: ColumnMajorShape
) -> Bool {
  shape.check(block.count)
  guard shape.extent > 0 else { return true }
  return unsafe withAddress(block) { block in
    unsafe ek_find_not_finite(
      Element.lapackType, LAPACK.letterA, shape.rows, shape.columns, block!, 1, shape.leading) < 0
  }
}

/// Factors a block in its own place.
/// - Parameter t: what stands for T, n × n.
public func factorTallBlock<Element: BLASElement>(
  _ block: inout MutableSpan<Element>, _ shape: ColumnMajorShape, _ t: inout MutableSpan<Element>
) {
  check(shape, block.count, t.count)
  let info = unsafe withAddress(&block) { block in
    unsafe withAddress(&t) { t in
      unsafe ek_factor_block(Element.lapackType, shape.m, shape.n, block, shape.lda, t)
    }
  }
  precondition(info == 0, "no memory for the reflectors of a block")
}

/// Multiplies Q of a block by (X; 0).
/// - Parameters:
///   - x: X, n × n.
///   - skippingTop: whether the first n rows of the product are left out, and those of `out` stay as they are.
public func expandTallBlock<Element: BLASElement>(
  _ block: Span<Element>, _ shape: ColumnMajorShape, _ t: Span<Element>, by x: Span<Element>,
  _ xShape: ColumnMajorShape, into out: inout MutableSpan<Element>, _ outShape: ColumnMajorShape,
  skippingTop: Bool = false
) {
  check(shape, block.count, t.count)
  xShape.check(x.count)
  outShape.check(out.count)
  precondition(
    xShape.rows == shape.columns && xShape.columns == shape.columns && outShape.rows == shape.rows
      && outShape.columns == shape.columns, "the shapes of a block do not fit")
  let info = unsafe withAddress(block) { block in
    unsafe withAddress(t) { t in
      unsafe withAddress(x) { x in
        unsafe withAddress(&out) { out in
          unsafe ek_expand_block(
            Element.lapackType, shape.m, shape.n, block, shape.lda, t, x, xShape.lda,
            skippingTop ? shape.n : 0, out, outShape.lda)
        }
      }
    }
  }
  precondition(info == 0, "no memory for the product of a block")
}

/// The first n rows of Q of a block times (X; 0), in the place of X, n × n without gaps.
public func expandTop<Element: BLASElement>(
  _ block: Span<Element>, _ shape: ColumnMajorShape, _ t: Span<Element>,
  _ x: inout MutableSpan<Element>
) {
  check(shape, block.count, t.count)
  precondition(shape.columns * shape.columns <= x.count)
  let info = unsafe withAddress(block) { block in
    unsafe withAddress(t) { t in
      unsafe withAddress(&x) { x in
        unsafe ek_expand_block(
          Element.lapackType, shape.n, shape.n, block, shape.lda, t, x, shape.n, 0, x, shape.n)
      }
    }
  }
  precondition(info == 0, "no memory for the product of a block")
}

/// Finds the reflectors of a matrix Q with orthonormal columns from its first n rows.
///
/// - Parameters:
///   - q: these rows, n × n without gaps, which are overwritten.
///   - r: above its diagonal, the triangle that Q is multiplied by.
///   - factors: its first n rows become what LAPACK's geqrf would have left there.
///   - tau: n.
///   - x: becomes the X, n × n without gaps, for which the rows of reflectors below are those of Q·X.
/// - Source: G. Ballard, J. Demmel, L. Grigori, M. Jacquelin, N. Knight, H. D. Nguyen, "Reconstructing Householder
///   vectors from tall-skinny QR", *J. Parallel Distrib. Comput.* 85 (2015), §4; LAPACK's orhr_col.
public func reconstructReflectors<Element: BLASElement>(
  _ q: inout MutableSpan<Element>, _ r: Span<Element>, _ rShape: ColumnMajorShape,
  into factors: inout MutableSpan<Element>, _ shape: ColumnMajorShape,
  tau: inout MutableSpan<Element>, x: inout MutableSpan<Element>
) {
  let n = rShape.columns
  check(rShape, r.count, q.count)
  shape.check(factors.count)
  precondition(
    shape.columns == n && shape.rows >= n && tau.count >= n && x.count >= n * n,
    "the shapes of a factorization do not fit")
  let info = unsafe withAddress(&q) { q in
    unsafe withAddress(r) { r in
      unsafe withAddress(&factors) { factors in
        unsafe withAddress(&tau) { tau in
          unsafe withAddress(&x) { x in
            unsafe ek_reconstruct_reflectors(
              Element.lapackType, rShape.n, q, r, rShape.lda, factors, shape.lda, tau, x)
          }
        }
      }
    }
  }
  precondition(info == 0, "no memory for the signs of a factorization")
}

/// What every block has: its elements, and as many numbers beside it as stand for T.
private func check(_ shape: ColumnMajorShape, _ count: Int, _ tCount: Int) {
  shape.check(count)
  precondition(
    1 <= shape.columns && shape.columns <= shape.rows
      && shape.columns * shape.columns <= tCount, "the shapes of a block do not fit")
  // The front end has opened one on this machine before it made the job.
  precondition(ek_open_lapack() != 0, "no LAPACK, though the front end found one")
}
