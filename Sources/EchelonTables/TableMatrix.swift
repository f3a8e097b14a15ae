import EchelonFiles
import EchelonLinearAlgebra

/// The numbers of a table as LAPACK has matrices, column after column.
struct TableMatrix {
  let names: [String]
  let shape: ColumnMajorShape
  var elements: [Double]

  var rows: Int { shape.rows }
  var columns: Int { shape.columns }

  /// - Parameter name: what the matrix is called in faults.
  /// - Throws: `TableMismatch` for words, and for values that are missing or infinite; `LinearAlgebraError` without LAPACK.
  init(_ table: DataTable, _ name: String) throws {
    try LAPACK.require()
    try Self.refuseComplex(table, name)
    var elements: [Double] = []
    elements.reserveCapacity(table.rowCount * table.columns.count)
    for column in table.columns {
      guard let numbers = column.numbers else {
        throw TableMismatch(
          "column '\(column.name)' of \(name) has words; drop it, or select those of numbers")
      }
      if let row = numbers.firstIndex(where: { !$0.isFinite }) {
        throw TableMismatch(
          "column '\(column.name)' of \(name) has a missing or infinite value in row \(row + 1); "
            + "a matrix has none")
      }
      elements += numbers
    }
    guard !elements.isEmpty else { throw TableMismatch("\(name) has no elements") }
    names = table.columns.map(\.name)
    shape = ColumnMajorShape(rows: table.rowCount, columns: table.columns.count)
    self.elements = elements
  }

  /// Complex arrays are columns of real and imaginary parts, which are no matrix of real numbers.
  private static func refuseComplex(_ table: DataTable, _ name: String) throws(TableMismatch) {
    for (real, imaginary) in zip(table.columns, table.columns.dropFirst())
    where real.name.hasSuffix(".real")
      && imaginary.name == real.name.dropLast("real".count) + "imag"
    {
      throw TableMismatch(
        "'\(real.name)' and '\(imaginary.name)' of \(name) are the parts of complex numbers, of which no matrix is "
          + "made here; select some of the parts alone, or use Echelon from Swift, which computes with them"
      )
    }
  }

  func requireSquare(_ what: String, else advice: String) throws(TableMismatch) {
    guard rows == columns else {
      throw TableMismatch(
        "\(what) takes as many rows as columns, and there are \(rows) and \(columns); \(advice)")
    }
  }

  /// The columns of a matrix, with names.
  static func table(_ elements: [Double], rows: Int, _ names: [String]) -> DataTable {
    DataTable(
      columns: names.enumerated().map { index, name in
        Column(name: name, numbers: Array(elements[index * rows..<(index + 1) * rows]))
      })
  }

  /// The largest sum of a column's magnitudes.
  var norm: Double {
    (0..<columns).map { column in
      elements[column * rows..<(column + 1) * rows].reduce(0) { $0 + abs($1) }
    }.max() ?? 0
  }

  /// The first place at which the matrix and its transpose differ.
  var asymmetry: (row: Int, column: Int)? {
    for column in 0..<columns {
      for row in 0..<column where elements[row + column * rows] != elements[column + row * rows] {
        return (row, column)
      }
    }
    return nil
  }
}

/// `solve FILE`: X in A·X = B, where A is the table and B the file.
struct SolveStep: TableStep {
  private let path: String
  var otherFile: String? { path }

  init(_ argument: String) throws(ExpressionFault) {
    path = try OtherFile.requiredPath(argument)
  }

  func apply(to table: DataTable) throws -> DataTable {
    var a = try TableMatrix(table, "A")
    try a.requireSquare("solve", else: "for more rows than columns take regress")
    var b = try TableMatrix(OtherFile.table(path), path)
    guard a.rows == b.rows else {
      throw TableMismatch("A has \(a.rows) rows, and \(path) has \(b.rows); both must have as many")
    }
    let norm = a.norm
    var pivots = [Int32](repeating: 0, count: a.rows)
    var pivotSpan = pivots.mutableSpan
    let (shape, rightShape) = (a.shape, b.shape)
    var span = a.elements.mutableSpan
    if let column = try LAPACK.getrf(&span, shape, pivots: &pivotSpan) {
      throw TableMismatch(
        "A is singular: elimination finds no pivot in column \(column + 1), '\(a.names[column])', "
          + "which is a combination of those before it")
    }
    let condition = try LAPACK.gecon(.one, span.span, shape, normOfA: norm)
    guard condition >= .ulpOfOne else {
      throw TableMismatch(
        "A is singular but for rounding: its condition number is about \((1 / condition).brief), and no digit "
          + "of a solution would be right")
    }
    var rightSpan = b.elements.mutableSpan
    try LAPACK.getrs(.plain, span.span, shape, pivots: pivotSpan.span, &rightSpan, rightShape)
    return TableMatrix.table(b.elements, rows: b.rows, b.names)
  }
}

/// `multiply FILE`: A·B, where A is the table and B the file.
struct MultiplyStep: TableStep {
  private let path: String
  var otherFile: String? { path }

  init(_ argument: String) throws(ExpressionFault) {
    path = try OtherFile.requiredPath(argument)
  }

  func apply(to table: DataTable) throws -> DataTable {
    let a = try TableMatrix(table, "A")
    let b = try TableMatrix(OtherFile.table(path), path)
    guard a.columns == b.rows else {
      throw TableMismatch(
        "A has \(a.columns) columns, and \(path) has \(b.rows) rows; a product needs as many")
    }
    var product = [Double](repeating: 0, count: a.rows * b.columns)
    var span = product.mutableSpan
    try multiply(
      a.elements.span, a.shape.view, b.elements.span, b.shape.view, into: &span,
      ColumnMajorShape(rows: a.rows, columns: b.columns).view)
    return TableMatrix.table(product, rows: a.rows, b.names)
  }
}
