import EchelonLinearAlgebra

/// An operation on every matrix of a `SharedMatrixBatch`, and the shape of one of them.
public enum BatchOperation: Hashable, Sendable {
  /// The solution of systems of n × n for each so many right sides. Few large ones are divided as `.lu`; assumed to be
  /// positive definite, as `.cholesky`.
  case solve(order: Int, rightSides: Int)
  /// The inverses of n × n.
  case inverse(order: Int)
  /// The determinants of n × n.
  case determinant(order: Int)
  /// The products of m × k and k × n.
  case product(rows: Int, inner: Int, columns: Int)
  /// The LU factors of m × n, or estimates of condition numbers by them.
  case lu(rows: Int, columns: Int)
  /// The Cholesky factors of n × n.
  case cholesky(order: Int)
  /// The thin QR factors of m × n.
  case qr(rows: Int, columns: Int)
  /// Least squares of m × n for each so many right sides.
  case leastSquares(rows: Int, columns: Int, rightSides: Int)
  /// The singular values of m × n, with vectors or without.
  case svd(rows: Int, columns: Int)
  /// The pseudo-inverses of m × n.
  case pseudoInverse(rows: Int, columns: Int)
  /// A norm of m × n.
  case matrixNorm(rows: Int, columns: Int)
  /// The eigenvalues of n × n, symmetric or Hermitian, with vectors or without.
  case symmetricEigen(order: Int)
  /// The eigenvalues of n × n, with vectors or without.
  case eigen(order: Int)

  /// The sizes that it has.
  var sizes: [Int] {
    switch self {
    case .solve(let order, let rightSides): [order, rightSides]
    case .inverse(let order), .determinant(let order), .cholesky(let order),
      .symmetricEigen(let order), .eigen(let order):
      [order]
    case .product(let rows, let inner, let columns): [rows, inner, columns]
    case .lu(let rows, let columns), .qr(let rows, let columns), .svd(let rows, let columns),
      .pseudoInverse(let rows, let columns), .matrixNorm(let rows, let columns):
      [rows, columns]
    case .leastSquares(let rows, let columns, let rightSides): [rows, columns, rightSides]
    }
  }

  /// What one matrix costs, in multiplications of real numbers, about: what the length of a chunk comes from.
  func cost(of type: ScalarType) -> Double {
    // A matrix costs a tenth of a microsecond by itself, and a complex one the calls of a LAPACK, some ten times that;
    // those that iterate cost several microseconds, however small it is.
    switch self {
    case .matrixNorm: (type.isComplex ? 4 : 1) * multiplications + 2000
    case .solve, .inverse, .determinant, .product:
      type.isComplex ? 4 * multiplications + 20_000 : multiplications + 2000
    case .lu, .cholesky, .qr: (type.isComplex ? 4 : 1) * multiplications + 20_000
    case .leastSquares, .svd, .pseudoInverse, .symmetricEigen, .eigen:
      (type.isComplex ? 4 : 1) * multiplications + 100_000
    }
  }

  private var multiplications: Double {
    switch self {
    case .solve(let order, let rightSides):
      Double(order) * Double(order) * (Double(order) + 3 * Double(rightSides))
    case .inverse(let order): 4 * Double(order) * Double(order) * Double(order)
    case .determinant(let order): Double(order) * Double(order) * Double(order)
    case .product(let rows, let inner, let columns):
      Double(rows) * Double(inner) * Double(columns)
    case .cholesky(let order): Double(order) * Double(order) * Double(order)
    case .lu(let rows, let columns):
      Double(rows) * Double(columns) * Double(min(rows, columns))
    case .qr(let rows, let columns):
      4 * Double(rows) * Double(columns) * Double(min(rows, columns))
    case .leastSquares(let rows, let columns, let rightSides):
      Double(rows) * Double(columns) * (20 * Double(min(rows, columns)) + 4 * Double(rightSides))
    case .matrixNorm(let rows, let columns): Double(rows) * Double(columns)
    case .svd(let rows, let columns), .pseudoInverse(let rows, let columns):
      20 * Double(rows) * Double(columns) * Double(min(rows, columns))
    case .symmetricEigen(let order): 20 * Double(order) * Double(order) * Double(order)
    case .eigen(let order): 60 * Double(order) * Double(order) * Double(order)
    }
  }
}
