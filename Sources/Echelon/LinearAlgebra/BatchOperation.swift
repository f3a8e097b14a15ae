/// An operation on every matrix of a `SharedMatrixBatch`, and the shape of one of them.
public enum BatchOperation: Hashable, Sendable {
  /// The solution of systems of n × n for each so many right sides.
  case solve(order: Int, rightSides: Int)
  /// The inverses of n × n.
  case inverse(order: Int)
  /// The determinants of n × n.
  case determinant(order: Int)
  /// The products of m × k and k × n.
  case product(rows: Int, inner: Int, columns: Int)

  /// Multiplications for one matrix, about: what the length of a chunk comes from.
  var cost: Double {
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
