public import EchelonFiles
import EchelonLinearAlgebra

/// How a matrix is written as a product of simpler ones.
public enum MatrixDecomposition: String, CaseIterable, Sendable {
  /// Rows of A in the order of p, counted from 0, are L·U.
  case lu
  /// A = Q·R, Q having orthonormal columns, as many as A has rows or columns, whichever is less.
  case qr
  /// A = U·S·Vᵀ, s being the diagonal of S in descending order.
  case svd
  /// A = L·Lᵀ, of a symmetric positive definite matrix.
  case cholesky
  /// A·v = λ·v; of a symmetric matrix in ascending order, else complex numbers, columns with `.real` and `.imag`.
  case eigen

  /// What the factors are called.
  public var factorNames: [String] {
    switch self {
    case .lu: ["p", "l", "u"]
    case .qr: ["q", "r"]
    case .svd: ["u", "s", "vt"]
    case .cholesky: ["l"]
    case .eigen: ["values", "vectors"]
    }
  }

  /// The factors of the matrix that a table of numbers is, in the order of their names.
  ///
  /// Columns that correspond to those of the table have their names.
  /// - Throws: `TableMismatch` for tables that are no matrix, or none that can be decomposed that way, with where;
  ///   `LinearAlgebraError` where there is no LAPACK or it does not converge.
  public func factors(of table: DataTable) throws -> [DataTable] {
    let matrix = try TableMatrix(table, "the table")
    switch self {
    case .lu: return try Self.lu(matrix)
    case .qr: return try Self.qr(matrix)
    case .svd: return try Self.svd(matrix)
    case .cholesky: return try [Self.cholesky(matrix)]
    case .eigen:
      try matrix.requireSquare("eigen", else: "take svd")
      return try matrix.asymmetry == nil ? Self.symmetricEigen(matrix) : Self.eigen(matrix)
    }
  }

  private static func names(_ letter: String, _ count: Int) -> [String] {
    (0..<count).map { "\(letter)\($0)" }
  }

  private static func lu(_ matrix: TableMatrix) throws -> [DataTable] {
    var matrix = matrix
    let (m, n, shape) = (matrix.rows, matrix.columns, matrix.shape)
    let k = min(m, n)
    var pivots = [Int32](repeating: 0, count: k)
    var span = matrix.elements.mutableSpan
    var pivotSpan = pivots.mutableSpan
    // A pivot of 0 leaves factors that are right all the same.
    _ = try LAPACK.getrf(&span, shape, pivots: &pivotSpan)
    var order = Array(0..<m)
    for (row, pivot) in pivots.enumerated() { order.swapAt(row, Int(pivot) - 1) }
    let factors = matrix.elements
    var (l, u): ([Double], [Double]) = ([], [])
    for column in 0..<k {
      for row in 0..<m {
        l.append(row == column ? 1 : row > column ? factors[row + column * m] : 0)
      }
    }
    for column in 0..<n {
      for row in 0..<k { u.append(row <= column ? factors[row + column * m] : 0) }
    }
    return [
      DataTable(columns: [Column(name: "p", numbers: order.map(Double.init))]),
      TableMatrix.table(l, rows: m, names("l", k)), TableMatrix.table(u, rows: k, matrix.names),
    ]
  }

  private static func qr(_ matrix: TableMatrix) throws -> [DataTable] {
    var matrix = matrix
    let (m, n, shape) = (matrix.rows, matrix.columns, matrix.shape)
    let k = min(m, n)
    var reflections = [Double](repeating: 0, count: k)
    var tau = reflections.mutableSpan
    var span = matrix.elements.mutableSpan
    try LAPACK.geqrf(&span, shape, tau: &tau)
    var r: [Double] = []
    for column in 0..<n {
      for row in 0..<k { r.append(row <= column ? span[row + column * m] : 0) }
    }
    var q = Array(matrix.elements[..<(m * k)])
    var columns = q.mutableSpan
    try LAPACK.orgqr(&columns, ColumnMajorShape(rows: m, columns: k), tau: reflections.span)
    return [
      TableMatrix.table(q, rows: m, names("q", k)), TableMatrix.table(r, rows: k, matrix.names),
    ]
  }

  private static func svd(_ matrix: TableMatrix) throws -> [DataTable] {
    let found = try SingularValues(matrix)
    let k = found.values.count
    return [
      TableMatrix.table(found.u, rows: matrix.rows, names("u", k)),
      DataTable(columns: [Column(name: "s", numbers: found.values)]),
      TableMatrix.table(found.vTransposed, rows: k, matrix.names),
    ]
  }

  private static func cholesky(_ matrix: TableMatrix) throws -> DataTable {
    try matrix.requireSquare("cholesky", else: "take qr or svd")
    if let (row, column) = matrix.asymmetry {
      throw TableMismatch(
        "cholesky takes a symmetric matrix, and row \(row + 1) of column '\(matrix.names[column])' differs from row "
          + "\(column + 1) of column '\(matrix.names[row])'; take lu")
    }
    var matrix = matrix
    let (n, shape) = (matrix.rows, matrix.shape)
    var span = matrix.elements.mutableSpan
    if let column = try LAPACK.potrf(.lower, &span, shape) {
      throw TableMismatch(
        "the matrix is not positive definite: elimination stops at pivot \(column + 1), that of column "
          + "'\(matrix.names[column])'; take lu or eigen")
    }
    for column in 0..<n {
      for row in 0..<column { span[row + column * n] = 0 }
    }
    return TableMatrix.table(matrix.elements, rows: n, names("l", n))
  }

  private static func symmetricEigen(_ matrix: TableMatrix) throws -> [DataTable] {
    var matrix = matrix
    let (n, shape) = (matrix.rows, matrix.shape)
    var values = [Double](repeating: 0, count: n)
    var valueSpan = values.mutableSpan
    var span = matrix.elements.mutableSpan
    try LAPACK.syevd(vectors: true, .lower, &span, shape, values: &valueSpan)
    return [
      DataTable(columns: [Column(name: "value", numbers: values)]),
      TableMatrix.table(matrix.elements, rows: n, names("v", n)),
    ]
  }

  private static func eigen(_ matrix: TableMatrix) throws -> [DataTable] {
    var matrix = matrix
    let (n, shape) = (matrix.rows, matrix.shape)
    // Pairs of real and imaginary parts.
    var values = [Double](repeating: 0, count: 2 * n)
    var left: [Double] = []
    var right = [Double](repeating: 0, count: 2 * n * n)
    var span = matrix.elements.mutableSpan
    var valueSpan = values.mutableSpan
    var leftSpan = left.mutableSpan
    var rightSpan = right.mutableSpan
    try LAPACK.geev(&span, shape, values: &valueSpan, left: &leftSpan, right: &rightSpan)
    func parts(_ pairs: ArraySlice<Double>, _ name: String) -> [Column] {
      let start = pairs.startIndex
      return [(0, "real"), (1, "imag")].map { part, suffix in
        Column(
          name: name + suffix,
          numbers: (0..<pairs.count / 2).map { pairs[start + 2 * $0 + part] })
      }
    }
    return [
      DataTable(columns: parts(values[...], "value.")),
      DataTable(
        columns: (0..<n).flatMap { parts(right[2 * n * $0..<2 * n * ($0 + 1)], "v\($0).") }),
    ]
  }
}

/// U, the singular values in descending order, and Vᵀ.
struct SingularValues {
  let values: [Double]
  /// m × k, column after column, as is `vTransposed`, k × n.
  let u: [Double]
  let vTransposed: [Double]

  init(_ matrix: TableMatrix) throws(LinearAlgebraError) {
    try self.init(matrix.elements, matrix.shape)
  }

  init(_ elements: [Double], _ shape: ColumnMajorShape) throws(LinearAlgebraError) {
    let count = min(shape.rows, shape.columns)
    var copy = elements
    var values = [Double](repeating: 0, count: count)
    var u = [Double](repeating: 0, count: shape.rows * count)
    var vTransposed = [Double](repeating: 0, count: count * shape.columns)
    var span = copy.mutableSpan
    var valueSpan = values.mutableSpan
    var left = u.mutableSpan
    var right = vTransposed.mutableSpan
    if try !LAPACK.gesdd(.thin, &span, shape, values: &valueSpan, u: &left, vAdjoint: &right) {
      for place in elements.indices { span[place] = elements[place] }
      try LAPACK.gesvd(.thin, &span, shape, values: &valueSpan, u: &left, vAdjoint: &right)
    }
    (self.values, self.u, self.vTransposed) = (values, u, vTransposed)
  }
}

/// `decompose lu|qr|svd|cholesky|eigen FACTOR`: one of the factors.
struct DecomposeStep: TableStep {
  private let decomposition: MatrixDecomposition
  private let factor: Int

  init(_ argument: String) throws(ExpressionFault) {
    var reader = try TokenReader(argument)
    guard
      let decomposition = MatrixDecomposition.allCases.first(where: {
        reader.take(word: $0.rawValue)
      })
    else {
      throw reader.fault(
        "expected one of " + MatrixDecomposition.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let names = decomposition.factorNames
    guard let factor = names.firstIndex(where: { reader.take(word: $0) }) else {
      throw reader.fault("expected a factor: one of " + names.joined(separator: ", "))
    }
    (self.decomposition, self.factor) = (decomposition, factor)
    try reader.expectEnd()
  }

  func apply(to table: DataTable) throws -> DataTable {
    try decomposition.factors(of: table)[factor]
  }
}
