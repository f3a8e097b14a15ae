/// What stands on the right of A·X = B: a matrix, each column of which is a system of its own, or a vector. The solution is
/// of the same kind.
public protocol RightHandSide<Element>: Sendable {
  /// The type of the elements.
  associatedtype Element: BitwiseCopyable & Sendable
  /// The right sides as columns, without a copy.
  var rightSides: SharedMatrix<Element> { get }
  /// What has been solved for.
  /// - Parameter solutions: as many columns as there are right sides, in column-major order.
  init(solutions: SharedMatrix<Element>)
}

extension SharedMatrix: RightHandSide {
  /// The matrix itself.
  public var rightSides: SharedMatrix<Element> { self }
  /// The matrix itself.
  public init(solutions: SharedMatrix<Element>) { self = solutions }
}

extension SharedArray: RightHandSide {
  /// The vector as a matrix of one column.
  public var rightSides: SharedMatrix<Element> { asColumn }
  /// The only column.
  public init(solutions: SharedMatrix<Element>) {
    precondition(solutions.columns == 1, "\(solutions.columns) columns are no vector")
    self = solutions.storage[0..<solutions.rows]
  }
}
