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

  /// The sizes that it has.
  var sizes: [Int] {
    switch self {
    case .solve(let order, let rightSides): [order, rightSides]
    case .inverse(let order), .determinant(let order): [order]
    case .product(let rows, let inner, let columns): [rows, inner, columns]
    }
  }

  /// What one matrix costs, in multiplications of real numbers, about: what the length of a chunk comes from.
  func cost(of type: ScalarType) -> Double {
    // A matrix costs a tenth of a microsecond by itself, and a complex one the calls of a LAPACK, some ten times that.
    switch type {
    case .float64, .float32: multiplications + 2000
    case .complexFloat64, .complexFloat32: 4 * multiplications + 20_000
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
    }
  }
}
