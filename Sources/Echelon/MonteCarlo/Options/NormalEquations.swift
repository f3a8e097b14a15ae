/// Least squares by sums over paths: of the products of regressors, the upper triangle row by row, and behind them of their
/// products with what is regressed.
enum NormalEquations {
  /// How many sums there are.
  static func sumCount(terms: Int) -> Int { terms * (terms + 1) / 2 + terms }

  /// The coefficients by Cholesky; nil where there are none.
  static func solution(_ sums: [Double], terms: Int) -> [Double]? {
    var matrix = [[Double]](repeating: [Double](repeating: 0, count: terms), count: terms)
    var place = 0
    for i in 0..<terms {
      for j in i..<terms {
        matrix[j][i] = sums[place]
        place += 1
      }
    }
    var solution = Array(sums[place...])
    for i in 0..<terms {
      for j in 0...i {
        var rest = matrix[i][j]
        for k in 0..<j { rest -= matrix[i][k] * matrix[j][k] }
        if j < i {
          matrix[i][j] = rest / matrix[j][j]
        } else {
          guard rest > 0x1p-40 * matrix[i][i] else { return nil }
          matrix[i][i] = rest.squareRoot()
        }
      }
      for k in 0..<i { solution[i] -= matrix[i][k] * solution[k] }
      solution[i] /= matrix[i][i]
    }
    for i in (0..<terms).reversed() {
      for k in i + 1..<max(i + 1, terms) { solution[i] -= matrix[k][i] * solution[k] }
      solution[i] /= matrix[i][i]
    }
    return solution.allSatisfy(\.isFinite) ? solution : nil
  }
}
