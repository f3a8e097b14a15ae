import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

// What the singular values of a square matrix say beside rank and condition.

extension SingularValueDecomposition: InvertibleFactorization {
  /// |det A|, the product of the singular values: the volume by which A multiplies others. The sign is not among them, it is
  /// that of `lu(a).determinant`. It overflows or underflows only when the determinant itself does. 1 of no elements.
  /// - Precondition: A has as many rows as columns.
  public var determinantMagnitude: Element.Real {
    precondition(
      rows == columns,
      "determinantMagnitude: A is \(rows) × \(columns), and others than square ones have none")
    var product = DeterminantProduct<Element.Real>()
    for value in Array(singularValues) { product.multiply(by: value) }
    return product.value
  }

  /// Starts computing A⁻¹ of a square A and returns its future, column-major: V·Σ⁻¹·Uᴴ. Unlike those of `pseudoInverse`
  /// all singular values count, however small they are.
  /// - Throws: `LinearAlgebraError`: `notSquare`, `zeroSingularValue`.
  /// - Precondition: there are vectors.
  public func startInverse(priority: WorkPriority = .normal) throws -> Future<SharedMatrix<Element>>
  {
    checkVectors("inverse")
    guard rows == columns else {
      throw LinearAlgebraError.notSquare(operation: "inverse", rows: rows, columns: columns)
    }
    if let index = Array(singularValues).firstIndex(of: 0) {
      throw LinearAlgebraError.zeroSingularValue(index: index)
    }
    return try startInverse(ofRank: rows, "inverse", priority)
  }
}
