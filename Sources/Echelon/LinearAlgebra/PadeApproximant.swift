import EchelonLinearAlgebra

/// A diagonal Padé approximant of the exponential: p(A) / p(-A), where p has the degree and the coefficients here.
struct PadeApproximant {
  /// Of the numerator and, with alternating signs, the denominator, from the constant upwards.
  let coefficients: [Double]
  /// How large ‖A‖₁ may be, so that it is exact to the precision of the elements.
  let bound: Double

  var degree: Int { coefficients.count - 1 }

  /// Those worth using, from the cheapest.
  ///
  /// Source of the bounds: N. J. Higham, *The scaling and squaring method for the matrix exponential revisited*, SIAM J.
  /// Matrix Anal. Appl. 26 (2005), table 2.3 and §5 for single precision.
  static func all(isSinglePrecision: Bool) -> [PadeApproximant] {
    let bounds =
      isSinglePrecision
      ? [3: 4.258730016922831e-1, 5: 1.880152677804762, 7: 3.925724783138660]
      : [
        3: 1.495585217958292e-2, 5: 2.539398330063230e-1, 7: 9.504178996162932e-1,
        9: 2.097847961257068, 13: 5.371920351148152,
      ]
    return bounds.keys.sorted().map { degree in
      // Each from its neighbour in the formula (2p - k)!·p! / ((2p)!·(p - k)!·k!), scaled so that the last one is 1:
      // whole numbers, and quotients without a rest.
      var coefficients = [1]
      for k in stride(from: degree, to: 0, by: -1) {
        coefficients.append(coefficients.last! * k * (2 * degree - k + 1) / (degree - k + 1))
      }
      return PadeApproximant(
        coefficients: coefficients.reversed().map(Double.init), bound: bounds[degree]!)
    }
  }
}

/// A square matrix in a worker's own memory, column-major.
struct SquareMatrix<Element: LinearAlgebraScalar> {
  var elements: [Element]
  let shape: ColumnMajorShape

  /// A matrix of zeros.
  init(size: Int) {
    shape = ColumnMajorShape(rows: size, columns: size)
    elements = Array(repeating: 0, count: size * size)
  }

  static func * (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    var product = SquareMatrix(size: a.shape.rows)
    var span = product.elements.mutableSpan
    LAPACK.gemm(a.elements.span, a.shape, b.elements.span, b.shape, &span, a.shape)
    return product
  }

  static func + (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    var sum = a
    for index in sum.elements.indices {
      sum.elements[index] = sum.elements[index] + b.elements[index]
    }
    return sum
  }

  static func - (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    var difference = a
    for index in difference.elements.indices {
      difference.elements[index] = difference.elements[index] - b.elements[index]
    }
    return difference
  }

  /// c₀·1 + c₁·A₁ + c₂·A₂ + …
  private static func sum(_ size: Int, _ identity: Double, _ terms: [(Double, SquareMatrix)])
    -> SquareMatrix
  {
    var sum = SquareMatrix(size: size)
    for (factor, matrix) in terms {
      let factor = Element.Real(factor)
      for index in sum.elements.indices {
        sum.elements[index] = sum.elements[index] + matrix.elements[index].scaled(by: factor)
      }
    }
    for row in 0..<size {
      let index = row + row * sum.shape.leading
      sum.elements[index] = sum.elements[index] + Element(real: Element.Real(identity))
    }
    return sum
  }

  /// Each matrix with every second coefficient.
  private static func terms(_ powers: [SquareMatrix], _ coefficients: [Double], from first: Int)
    -> [(Double, SquareMatrix)]
  {
    powers.indices.map { (coefficients[first + 2 * $0], powers[$0]) }
  }

  /// e to the power of this matrix; its elements are finite.
  func exponential() throws(LinearAlgebraError) -> SquareMatrix {
    let view = MatrixView(
      rows: shape.rows, columns: shape.columns, rowStride: 1, columnStride: shape.leading)
    let norm = matrixNorm(elements.span, view, .one)
    let approximants = PadeApproximant.all(isSinglePrecision: Element.Real.self == Float.self)
    if let approximant = approximants.first(where: { norm <= $0.bound }) {
      return try exponential(approximant)
    }
    let last = approximants[approximants.count - 1]
    // Halved until the last one is exact; a norm that is no number is of elements that are.
    let ratio = norm.isFinite ? norm / last.bound : Double.greatestFiniteMagnitude
    let squarings = Int(ratio.exponent) + 1
    var halved = self
    let half = Element.Real(sign: .plus, exponent: -1, significand: 1)
    for _ in 0..<squarings {
      for index in elements.indices {
        halved.elements[index] = halved.elements[index].scaled(by: half)
      }
    }
    var result = try halved.exponential(last)
    for _ in 0..<squarings { result = result * result }
    return result
  }

  /// The approximant of this matrix, by Higham's (2005) schemes, which need the fewest products.
  private func exponential(_ approximant: PadeApproximant) throws(LinearAlgebraError)
    -> SquareMatrix
  {
    let c = approximant.coefficients
    let size = shape.rows
    let square = self * self
    // p(A) = even + odd, p(-A) = even - odd: even powers, and A times even ones.
    var odd: SquareMatrix
    var even: SquareMatrix
    var powers = [square]
    if approximant.degree < 13 {
      while 2 * powers.count + 1 < approximant.degree {
        powers.append(powers[powers.count - 1] * square)
      }
      odd = Self.sum(size, c[1], Self.terms(powers, c, from: 3))
      even = Self.sum(size, c[0], Self.terms(powers, c, from: 2))
    } else {
      powers.append(square * square)
      powers.append(powers[1] * square)
      let highOdd = Self.sum(size, 0, Self.terms(powers, c, from: 9))
      let highEven = Self.sum(size, 0, Self.terms(powers, c, from: 8))
      odd = powers[2] * highOdd + Self.sum(size, c[1], Self.terms(powers, c, from: 3))
      even = powers[2] * highEven + Self.sum(size, c[0], Self.terms(powers, c, from: 2))
    }
    odd = self * odd
    var (numerator, denominator) = (even + odd, even - odd)
    var pivots = [Int32](repeating: 0, count: size)
    var factors = denominator.elements.mutableSpan
    var exchanges = pivots.mutableSpan
    // Within the bound it is well conditioned (Higham 2005, table 2.3).
    if let column = try LAPACK.getrf(&factors, shape, pivots: &exchanges) {
      throw .singular(column: column)
    }
    var solution = numerator.elements.mutableSpan
    try LAPACK.getrs(.plain, factors.span, shape, pivots: exchanges.span, &solution, shape)
    return numerator
  }
}
