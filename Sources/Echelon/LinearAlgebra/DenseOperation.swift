/// An operation of dense linear algebra and the sizes that it is planned by.
public enum DenseOperation: Hashable, Sendable {
  /// The product of m × k and k × n, of which no structure is known.
  case product(rows: Int, inner: Int, columns: Int)
  /// The product of n × n, of which this is known, and n × k.
  case structuredProduct(FactorStructure, order: Int, columns: Int)
  /// The product of a matrix, its transpose or its adjoint with a vector. The sizes are those of what is multiplied: of
  /// the transpose of an m × n matrix, n × m.
  case matrixVector(rows: Int, columns: Int)
  /// The outer product of two vectors, m × n.
  case outer(rows: Int, columns: Int)
  /// LU with partial pivoting, and what begins with it: `inverse`, `determinant`, `logDeterminant`, `conditionNumber` in
  /// a norm.
  case lu(rows: Int, columns: Int)
  /// Cholesky.
  case cholesky(order: Int)
  /// QR without pivoting.
  case qr(rows: Int, columns: Int)
  /// QR with exchanged columns.
  case pivotedQR(rows: Int, columns: Int)
  /// The solution of a system of n × n, for any number of right sides.
  case solve(order: Int, structure: MatrixStructure = .general)
  /// What a factorization or a decomposition does once it is there: `solve`, `inverse`, `q`, `reconstruct`, `transform`
  /// and so on. The sizes are those of the result: of `solve` as many columns as there are right sides.
  case byFactors(name: String, rows: Int, columns: Int)
  /// The singular value decomposition, and what begins with it: `singularValues`, `pseudoInverse`, `rank`, `ridge`,
  /// `conditionNumber` and `matrixNorm` by singular values.
  case svd(rows: Int, columns: Int)
  /// The eigenvalues of a symmetric or Hermitian matrix, or of a pair, with vectors or without.
  case symmetricEigen(order: Int)
  /// The eigenvalues of any square matrix, with vectors or without.
  case eigen(order: Int)
  /// The Schur decomposition.
  case schur(order: Int)
  /// Least squares, for any number of right sides.
  case leastSquares(rows: Int, columns: Int)
  /// The principal components of n observations of p variables.
  case principalComponents(observations: Int, variables: Int)
  /// The exponential of a square matrix.
  case matrixExponential(order: Int)
  /// A norm that needs no singular values.
  case matrixNorm(rows: Int, columns: Int)
  /// The same operation on each of many matrices.
  case batch(BatchOperation, count: Int)
  /// Anything else: one call of LAPACK.
  case other(name: String, rows: Int, columns: Int)

  /// The factorization that a system is solved by when all workers share it; nil for the structures that have none.
  static func factorization(order: Int, _ structure: MatrixStructure) -> DenseOperation? {
    switch structure {
    case .general: .lu(rows: order, columns: order)
    case .positiveDefinite: .cholesky(order: order)
    case .lowerTriangular, .upperTriangular, .banded, .positiveDefiniteBanded, .tridiagonal: nil
    }
  }

  /// Traps for sizes that no matrix has.
  func checkSizes() {
    for size in sizes {
      precondition(
        0...Int(Int32.max) ~= size, "\(words.name): a size of \(size); take 0 to \(Int32.max)")
    }
  }

  private var sizes: [Int] {
    switch self {
    case .product(let rows, let inner, let columns): [rows, inner, columns]
    case .structuredProduct(_, let order, let columns): [order, columns]
    case .cholesky(let order), .solve(let order, _), .symmetricEigen(let order),
      .eigen(let order), .schur(let order), .matrixExponential(let order):
      [order]
    case .matrixVector(let rows, let columns), .outer(let rows, let columns),
      .lu(let rows, let columns), .qr(let rows, let columns), .pivotedQR(let rows, let columns),
      .byFactors(_, let rows, let columns), .svd(let rows, let columns),
      .leastSquares(let rows, let columns), .principalComponents(let rows, let columns),
      .matrixNorm(let rows, let columns), .other(_, let rows, let columns):
      [rows, columns]
    case .batch(let operation, let count): operation.sizes + [count]
    }
  }

  /// What it is called, and of which matrices it is.
  var words: (name: String, shape: String) {
    switch self {
    case .product(let rows, let inner, let columns):
      ("product", "\(rows) × \(inner) by \(inner) × \(columns)")
    case .structuredProduct(let structure, let order, let columns):
      ("product", "\(structure.word) \(order) × \(order) by \(order) × \(columns)")
    case .matrixVector(let rows, let columns):
      ("product", "\(rows) × \(columns) by a vector of \(columns)")
    case .outer(let rows, let columns): ("outer product", "\(rows) by \(columns)")
    case .lu(let rows, let columns): ("LU", "\(rows) × \(columns)")
    case .cholesky(let order): ("Cholesky", "\(order) × \(order)")
    case .qr(let rows, let columns): ("QR", "\(rows) × \(columns)")
    case .pivotedQR(let rows, let columns):
      ("QR with exchanged columns", "\(rows) × \(columns)")
    case .solve(let order, let structure):
      ("solve", structure.word.map { "\($0) \(order) × \(order)" } ?? "\(order) × \(order)")
    case .byFactors(let name, let rows, let columns):
      ("\(name) by factors, a result", "\(rows) × \(columns)")
    case .svd(let rows, let columns): ("SVD", "\(rows) × \(columns)")
    case .symmetricEigen(let order): ("symmetric eigendecomposition", "\(order) × \(order)")
    case .eigen(let order): ("eigendecomposition", "\(order) × \(order)")
    case .schur(let order): ("Schur decomposition", "\(order) × \(order)")
    case .leastSquares(let rows, let columns): ("least squares", "\(rows) × \(columns)")
    case .principalComponents(let observations, let variables):
      ("principal components", "\(observations) × \(variables)")
    case .matrixExponential(let order): ("exponential", "\(order) × \(order)")
    case .matrixNorm(let rows, let columns): ("norm", "\(rows) × \(columns)")
    case .batch(let operation, let count):
      (operation.words.name, "\(count) times \(operation.words.shape)")
    case .other(let name, let rows, let columns): (name, "\(rows) × \(columns)")
    }
  }

  /// Threads of the BLAS when one worker does all of it in one call.
  var wideCallThreadCount: Int {
    switch self {
    case .lu(let rows, let columns), .qr(let rows, let columns), .pivotedQR(let rows, let columns),
      .svd(let rows, let columns), .leastSquares(let rows, let columns),
      .principalComponents(let rows, let columns), .byFactors(_, let rows, let columns),
      .other(_, let rows, let columns):
      Echelon.wideCallThreadCount(rows, columns)
    case .cholesky(let order), .symmetricEigen(let order), .eigen(let order), .schur(let order),
      .matrixExponential(let order):
      Echelon.wideCallThreadCount(order, order)
    case .solve(let order, let structure):
      DenseOperation.factorization(order: order, structure)?.wideCallThreadCount ?? 1
    case .product, .structuredProduct, .matrixVector, .outer, .matrixNorm, .batch: 1
    }
  }

  /// Why one worker does all of it in one call.
  var reasonForOneCall: String {
    switch self {
    case .product, .structuredProduct, .matrixVector, .outer: "it is too small to divide"
    case .lu, .cholesky, .qr: "it has too few rows or columns to divide"
    case .solve(let order, let structure):
      if let factorization = DenseOperation.factorization(order: order, structure) {
        factorization.reasonForOneCall
      } else {
        "its structure leaves too little work to divide"
      }
    case .byFactors: "only the factorization before it is divided"
    case .matrixExponential: "each of its products needs the one before"
    case .matrixNorm: "it reads each element once"
    case .leastSquares: "its rank has to be found"
    case .pivotedQR, .svd, .symmetricEigen, .eigen, .schur, .principalComponents, .batch:
      "LAPACK has no form of it that falls into steps"
    case .other: "nothing is known of it that falls into steps"
    }
  }
}

extension BatchOperation {
  fileprivate var words: (name: String, shape: String) {
    switch self {
    case .solve(let order, let rightSides):
      ("solve", "\(order) × \(order) for \(order) × \(rightSides)")
    case .inverse(let order): ("inverse", "\(order) × \(order)")
    case .determinant(let order): ("determinant", "\(order) × \(order)")
    case .product(let rows, let inner, let columns):
      DenseOperation.product(rows: rows, inner: inner, columns: columns).words
    case .lu(let rows, let columns): DenseOperation.lu(rows: rows, columns: columns).words
    case .cholesky(let order): DenseOperation.cholesky(order: order).words
    case .qr(let rows, let columns): DenseOperation.qr(rows: rows, columns: columns).words
    case .leastSquares(let rows, let columns, let rightSides):
      ("least squares", "\(rows) × \(columns) for \(rows) × \(rightSides)")
    case .svd(let rows, let columns): DenseOperation.svd(rows: rows, columns: columns).words
    case .pseudoInverse(let rows, let columns): ("pseudo-inverse", "\(rows) × \(columns)")
    case .matrixNorm(let rows, let columns):
      DenseOperation.matrixNorm(rows: rows, columns: columns).words
    case .symmetricEigen(let order): DenseOperation.symmetricEigen(order: order).words
    case .eigen(let order): DenseOperation.eigen(order: order).words
    }
  }
}

extension FactorStructure {
  /// What a matrix is called that has it.
  fileprivate var word: String {
    switch self {
    case .symmetric: "symmetric"
    case .hermitian: "Hermitian"
    case .triangular(.lower): "lower triangular"
    case .triangular(.upper): "upper triangular"
    case .unitTriangular(.lower): "unit lower triangular"
    case .unitTriangular(.upper): "unit upper triangular"
    }
  }
}

extension MatrixStructure {
  /// What a matrix is called that has it; nil for any matrix.
  fileprivate var word: String? {
    switch self {
    case .general: nil
    case .positiveDefinite: "positive definite"
    case .lowerTriangular: "lower triangular"
    case .upperTriangular: "upper triangular"
    case .banded: "banded"
    case .positiveDefiniteBanded: "positive definite banded"
    case .tridiagonal: "tridiagonal"
    }
  }
}
