/// The most singular values for which `refineSVD` is there: its loops are written for a few.
public let refinedSVDLimit = 8

/// Makes a singular value decomposition of few values as exact as rounding allows.
///
/// LAPACK's iteration ends when what is left beside a bidiagonal matrix's diagonal is some 98·ε times as small (bdsqr).
/// Of few rows or columns all of that may be left at once, so that U·Σ·Vᴴ differs from A by more than LAPACK's tests allow
/// elsewhere. Here UᴴAV, which is nearly diagonal, is made so by rotations.
///
/// - Parameters:
///   - a: A, m × n.
///   - values: k = min(m, n) of them, at most `refinedSVDLimit`, descending; so are the new ones.
///   - u: k columns or more, of which the first k are changed.
///   - vAdjoint: k rows or more, of which the first k are changed.
/// - Accuracy: the columns of UᴴAV are orthogonal to k·ε of their lengths (Higham, *Accuracy and Stability*, 2nd ed.,
///   §2.1, for sums of k products).
/// - Source: one-sided Jacobi, G. Golub, C. Van Loan, *Matrix Computations*, 4th ed., §8.6.3.
public func refineSVD<Element: LinearAlgebraScalar>(
  of a: Span<Element>, _ shape: ColumnMajorShape, values: inout MutableSpan<Element.Real>,
  u: inout MutableSpan<Element>, _ uShape: ColumnMajorShape,
  vAdjoint: inout MutableSpan<Element>, _ vShape: ColumnMajorShape
) {
  let (m, n, k) = (shape.rows, shape.columns, min(shape.rows, shape.columns))
  precondition(1 <= k && k <= refinedSVDLimit && values.count >= k, "\(k) singular values")
  precondition(
    uShape.rows == m && uShape.columns >= k && vShape.rows >= k && vShape.columns == n,
    "the shapes of a decomposition do not fit")
  guard values[0] > 0, values[0].isFinite else { return }
  // By a power of 2, so that squares neither overflow nor underflow; and 2 to its negative is a number.
  let limit = Element.Real.greatestFiniteMagnitude.exponent - 1
  let exponent = max(-limit, min(limit, values[0].exponent))
  let (scale, inverse) = (
    Element.Real(sign: .plus, exponent: exponent, significand: 1),
    Element.Real(sign: .plus, exponent: -exponent, significand: 1)
  )
  let (thinU, thinV) = (
    ColumnMajorShape(rows: m, columns: k, leading: uShape.leading),
    ColumnMajorShape(rows: k, columns: n, leading: vShape.leading)
  )
  // Vᴴ / 2^e, A·V / 2^e, and Uᴴ·A·V / 2^e.
  let vSmall = small(thinV, vAdjoint.span) { $0.scaled(by: inverse) }
  let tall = ColumnMajorShape(rows: m, columns: k)
  let product = matrix(tall) {
    LAPACK.gemm(
      a, shape, vSmall.span, ColumnMajorShape(rows: k, columns: n), bForm: .adjoint, &$0, tall)
  }
  let square = ColumnMajorShape(rows: k, columns: k)
  var rotated = matrix(square) {
    LAPACK.gemm(u.span, thinU, aForm: .adjoint, product.span, tall, &$0, square)
  }
  let rotations = orthogonalizeColumns(&rotated, k)

  // The lengths of the columns are the values; they come in their order, and the columns of unit length are the left
  // rotation. What is ε² as long as the longest is rounding, and has no direction.
  let lengths = (0..<k).map { length(rotated[$0 * k..<($0 + 1) * k]) }
  let least = (lengths.max() ?? 0) * Element.Real.ulpOfOne * Element.Real.ulpOfOne
  let order = (0..<k).sorted { (lengths[$0], $1) > (lengths[$1], $0) }
  var left: [Element] = []
  for (place, column) in order.enumerated() {
    values[place] = lengths[column] * scale
    let direction = rotated[column * k..<(column + 1) * k].map {
      lengths[column] > least ? $0.scaled(by: 1 / lengths[column]) : 0
    }
    left += direction
  }
  let right = order.flatMap { rotations[$0 * k..<($0 + 1) * k] }
  completeColumns(&left, k)

  let oldU = small(thinU, u.span) { $0 }
  LAPACK.gemm(oldU.span, tall, left.span, square, &u, thinU)
  let oldV = small(thinV, vAdjoint.span) { $0 }
  LAPACK.gemm(
    right.span, square, aForm: .adjoint, oldV.span, ColumnMajorShape(rows: k, columns: n),
    &vAdjoint, thinV)
}

/// The elements of a matrix without gaps, each changed.
private func small<Element: LinearAlgebraScalar>(
  _ shape: ColumnMajorShape, _ a: Span<Element>, _ change: (Element) -> Element
) -> [Element] {
  var copy: [Element] = []
  copy.reserveCapacity(shape.rows * shape.columns)
  for j in 0..<shape.columns {
    for i in 0..<shape.rows { copy.append(change(a[i + j * shape.leading])) }
  }
  return copy
}

private func matrix<Element: LinearAlgebraScalar>(
  _ shape: ColumnMajorShape, _ body: (inout MutableSpan<Element>) -> Void
) -> [Element] {
  var elements = [Element](repeating: 0, count: shape.rows * shape.columns)
  var span = elements.mutableSpan
  body(&span)
  return elements
}

/// Rotates the columns of a k × k matrix until they are orthogonal to one another.
/// - Returns: the product of all rotations, k × k.
private func orthogonalizeColumns<Element: LinearAlgebraScalar>(
  _ a: inout [Element], _ k: Int
) -> [Element] {
  let tolerance = Element.Real(k) * Element.Real.ulpOfOne
  var rotations = [Element](repeating: 0, count: k * k)
  for index in 0..<k { rotations[index * (k + 1)] = 1 }
  // Convergence is quadratic, and the columns are nearly orthogonal to begin with: two or three rounds. A limit, so
  // that nothing depends on it.
  for _ in 0..<30 {
    var isDone = true
    for p in 0..<k {
      for q in p + 1..<max(p + 1, k) {
        let (x, y) = (length(a[p * k..<(p + 1) * k]), length(a[q * k..<(q + 1) * k]))
        var dot: Element = 0
        for i in 0..<k { dot = dot + a[p * k + i].conjugate * a[q * k + i] }
        let modulus = dot.modulus
        // What has no inverse is of columns that are rounding.
        guard modulus > tolerance * x * y, modulus >= .leastNormalMagnitude else { continue }
        isDone = false
        let zeta = (y - x) * (y + x) / (2 * modulus)
        let tangent =
          Element.Real(zeta < 0 ? -1 : 1) / (zeta.magnitude + (1 + zeta * zeta).squareRoot())
        let cosine = 1 / (1 + tangent * tangent).squareRoot()
        let phase = dot.scaled(by: 1 / modulus)
        rotate(&a, k, p, q, cosine, cosine * tangent, phase)
        rotate(&rotations, k, p, q, cosine, cosine * tangent, phase)
      }
    }
    if isDone { break }
  }
  return rotations
}

/// Turns column p to p·c - q·s·φ̄, and q to p·s·φ + q·c.
private func rotate<Element: LinearAlgebraScalar>(
  _ a: inout [Element], _ k: Int, _ p: Int, _ q: Int, _ cosine: Element.Real,
  _ sine: Element.Real, _ phase: Element
) {
  for i in 0..<k {
    let (x, y) = (a[p * k + i], a[q * k + i])
    a[p * k + i] = x.scaled(by: cosine) - (phase.conjugate * y).scaled(by: sine)
    a[q * k + i] = (phase * x).scaled(by: sine) + y.scaled(by: cosine)
  }
}

private func length<Element: LinearAlgebraScalar>(_ x: ArraySlice<Element>) -> Element.Real {
  x.reduce(0) { $0 + $1.modulus * $1.modulus }.squareRoot()
}

/// Puts unit columns, orthogonal to the others, in the place of those that are 0.
private func completeColumns<Element: LinearAlgebraScalar>(_ a: inout [Element], _ k: Int) {
  for column in 0..<k where a[column * k..<(column + 1) * k].allSatisfy({ $0 == 0 }) {
    var best: (length: Element.Real, direction: [Element]) = (0, [])
    for axis in 0..<k {
      var direction = [Element](repeating: 0, count: k)
      direction[axis] = 1
      // Twice, since what is left the first time may be little more than rounding.
      for _ in 0..<2 {
        for other in 0..<k where other != column {
          var dot: Element = 0
          for i in 0..<k { dot = dot + a[other * k + i].conjugate * direction[i] }
          for i in 0..<k { direction[i] = direction[i] - dot * a[other * k + i] }
        }
      }
      let size = length(direction[...])
      if size > best.length { best = (size, direction) }
    }
    for i in 0..<k { a[column * k + i] = best.direction[i].scaled(by: 1 / best.length) }
  }
}
