import EchelonFiles
import EchelonLinearAlgebra

/// A system of more rows than unknowns, solved by QR.
struct LeastSquares {
  let response: [Double]
  let terms: [[Double]]
  let hasIntercept: Bool

  struct Solution {
    /// That of the intercept first, if there is one.
    let estimates: [Double]
    let standardErrors: [Double]
    let rowCount: Int
    let degreesOfFreedom: Int
    /// Terms without the intercept.
    let termCount: Int
    let hasIntercept: Bool
    /// Sums of squares.
    let explained: Double
    let unexplained: Double
  }

  /// The coefficients with the smallest sum of squared residuals.
  ///
  /// - Parameters:
  ///   - tolerance: below what part of its length the rest of a term that those before it do not explain counts as none.
  ///   - dependent: the error for the term of an index.
  /// - Throws: that, or `LinearAlgebraError`.
  func solve(
    tolerance: Double, _ dependent: (_ index: Int) -> ExpressionFault
  ) throws -> Solution {
    let (rows, count) = (response.count, terms.count)
    // Deviations from means are as good as the data; without them a large mean costs digits.
    let means = terms.map { hasIntercept ? $0.mean : 0 }
    let deviations = terms.map { hasIntercept ? $0.centered : $0 }
    let meanResponse = hasIntercept ? response.mean : 0
    var right = hasIntercept ? response.centered : response
    // Of equal size, so that no square exceeds the range of numbers.
    let scales = deviations.map(\.largestMagnitude)
    let rightScale = right.largestMagnitude == 0 ? 1 : right.largestMagnitude
    for place in right.indices { right[place] /= rightScale }
    if let index = terms.indices.first(where: { index in
      scales[index] <= terms[index].largestMagnitude * tolerance
    }) {
      throw dependent(index)
    }
    var matrix: [Double] = []
    matrix.reserveCapacity(rows * count)
    for (column, scale) in zip(deviations, scales) { matrix += column.map { $0 / scale } }
    let lengths = (0..<count).map { matrix[$0 * rows..<($0 + 1) * rows].length }

    var triangle: [Double] = []
    if count > 0 {
      guard rows >= count else { throw dependent(count - 1) }
      let shape = ColumnMajorShape(rows: rows, columns: count)
      var factors = [Double](repeating: 0, count: count)
      var matrixSpan = matrix.mutableSpan
      var factorSpan = factors.mutableSpan
      try LAPACK.geqrf(&matrixSpan, shape, tau: &factorSpan)
      var rightSpan = right.mutableSpan
      try LAPACK.ormqr(
        adjoint: true, &matrixSpan, shape, tau: factorSpan.span, &rightSpan,
        ColumnMajorShape(rows: rows, columns: 1))
      for column in 0..<count {
        for row in 0..<count {
          triangle.append(row <= column ? matrixSpan[row + column * rows] : 0)
        }
      }
    }
    for index in 0..<count where abs(triangle[index * count + index]) <= tolerance * lengths[index]
    {
      throw dependent(index)
    }
    let inverse = Self.inverse(ofTriangle: triangle, count)
    let unexplained = right[count...].squares
    let freedom = rows - count - (hasIntercept ? 1 : 0)
    let variance = freedom > 0 ? unexplained / Double(freedom) : .nan

    var estimates: [Double] = []
    var errors: [Double] = []
    // Row i of the inverse of R gives coefficient i, and its length that one's standard error.
    for i in 0..<count {
      let row = (0..<count).map { inverse[i + $0 * count] }
      let value = zip(row, right).reduce(0) { $0 + $1.0 * $1.1 }
      estimates.append(value * rightScale / scales[i])
      errors.append(variance.squareRoot() * row[...].length * rightScale / scales[i])
    }
    if hasIntercept {
      estimates.insert(meanResponse - zip(estimates, means).reduce(0) { $0 + $1.0 * $1.1 }, at: 0)
      // x̄ᵀ·R⁻¹, with columns in their scales.
      let sums = (0..<count).map { j in
        (0..<count).reduce(0) { $0 + means[$1] / scales[$1] * inverse[$1 + j * count] }
      }
      errors.insert(
        (variance * (1 / Double(rows) + sums[...].squares)).squareRoot() * rightScale, at: 0)
    }
    let unit = rightScale * rightScale
    return Solution(
      estimates: estimates, standardErrors: errors, rowCount: rows, degreesOfFreedom: freedom,
      termCount: count, hasIntercept: hasIntercept, explained: right[..<count].squares * unit,
      unexplained: unexplained * unit)
  }

  /// Column-major.
  private static func inverse(ofTriangle r: [Double], _ count: Int) -> [Double] {
    var inverse = [Double](repeating: 0, count: count * count)
    for column in 0..<count {
      for row in (0...column).reversed() {
        var sum = row == column ? 1.0 : 0
        for k in row + 1..<max(row + 1, column + 1) {
          sum -= r[row + k * count] * inverse[k + column * count]
        }
        inverse[row + column * count] = sum / r[row + row * count]
      }
    }
    return inverse
  }
}

extension LeastSquares.Solution {
  /// One row about the whole.
  func model(response: String, leftOut: Int) -> DataTable {
    let total = explained + unexplained
    let (freedom, rows) = (Double(degreesOfFreedom), Double(rowCount))
    let rSquared = total > 0 ? explained / total : .nan
    let f =
      termCount > 0 && degreesOfFreedom > 0
      ? explained / Double(termCount) / (unexplained / freedom) : .nan
    let adjusted =
      degreesOfFreedom > 0
      ? 1 - (unexplained / freedom) / (total / (hasIntercept ? rows - 1 : rows)) : .nan
    return DataTable(columns: [
      Column(name: "response", text: [response]),
      Column(name: "rows", numbers: [rows]),
      Column(name: "left_out", numbers: [Double(leftOut)]),
      Column(name: "degrees_of_freedom", numbers: [freedom]),
      Column(
        name: "residual_sd",
        numbers: [degreesOfFreedom > 0 ? (unexplained / freedom).squareRoot() : .nan]),
      Column(name: "r_squared", numbers: [rSquared]),
      Column(name: "adjusted_r_squared", numbers: [total > 0 ? adjusted : .nan]),
      Column(name: "f", numbers: [f]),
      Column(
        name: "f_p", numbers: [TailProbability.ofF(f, Double(termCount), freedom)]),
    ])
  }
}

extension [Double] {
  var mean: Double {
    let values = self
    return Double.sum(values.span) / Double(count)
  }

  var largestMagnitude: Double { reduce(0) { Swift.max($0, abs($1)) } }
}

extension ArraySlice<Double> {
  fileprivate var squares: Double { reduce(0) { $0 + $1 * $1 } }
  fileprivate var length: Double { squares.squareRoot() }
}
