/// Writes tables of numbers as Matrix Market files that `MatrixMarketFile` reads back to the same bits.
///
/// The matrix is general: no symmetry is looked for. NaN is `nan` and infinities are `inf`, as SciPy
/// has them. The format has no names of columns.
///
/// Where the table has integers of 64 bits that no `Double` is, they have all digits, in an `integer` file, or SciPy's
/// `unsigned-integer`, if all others are such integers, too.
public enum MatrixMarketWriter {
  /// Writes `table` to `path`, replacing the file in one step.
  ///
  /// - Parameters:
  ///   - layout: all elements, or those that are not 0; a negative zero is written also then.
  ///   - isComplex: whether each two columns are the real and the imaginary parts of one.
  /// - Throws: `FileError.unwritable` for a column of text, or an odd number of columns if `isComplex`.
  public static func write(
    _ table: DataTable, layout: MatrixMarketFile.Layout = .array, isComplex: Bool = false,
    to path: String
  ) throws(FileError) {
    let columns = table.columns.compactMap(\.numbers)
    guard columns.count == table.columns.count else {
      throw .unwritable(
        path: path, what: "Matrix Market has no text; leave out the columns of words")
    }
    let parts = isComplex ? 2 : 1
    guard columns.count % parts == 0 else {
      throw .unwritable(
        path: path, what: "\(columns.count) columns are not pairs of real and imaginary parts")
    }
    func isZero(_ row: Int, _ column: Int) -> Bool {
      (0..<parts).allSatisfy { columns[column * parts + $0][row].bitPattern == 0 }
    }
    let (rowCount, columnCount) = (table.rowCount, columns.count / parts)
    let type = isComplex ? nil : integerType(of: table)
    let field = isComplex ? "complex" : type.map { $0 == .int64 ? "integer" : "unsigned-integer" }
    var head = "%%MatrixMarket matrix \(layout.rawValue) \(field ?? "real") general\n"
    head += "\(rowCount) \(columnCount)"
    if layout == .coordinate {
      let count = (0..<columnCount).reduce(0) { count, column in
        count + (0..<rowCount).count { !isZero($0, column) }
      }
      head += " \(count)"
    }
    var writer = try AtomicFileWriter(path: path)
    try writer.write(head + "\n")
    for column in 0..<columnCount {
      for row in 0..<rowCount {
        var line = ""
        if layout == .coordinate {
          if isZero(row, column) { continue }
          line = "\(row + 1) \(column + 1) "
        }
        line += text(table.columns[column * parts], row, type)
        if isComplex { line += " " + text(table.columns[column * parts + 1], row, nil) }
        try writer.write(line + "\n")
      }
    }
    try writer.commit()
  }

  /// The type of integers that all numbers have, where some of them are no `Double`; nil elsewhere.
  private static func integerType(of table: DataTable) -> NPYElementType? {
    guard table.columns.contains(where: { $0.integers?.isRounded == true }) else { return nil }
    return [NPYElementType.int64, .uint64].first { type in
      table.columns.allSatisfy { column in
        (0..<table.rowCount).allSatisfy { row in
          // No integer is -0.
          column.numbers?[row].bitPattern != (-0.0).bitPattern
            && column.integerBits(row, as: type) != nil
        }
      }
    }
  }

  /// - Parameter type: of integers, if the number is one; 1e20 is written in digits then.
  private static func text(_ column: Column, _ row: Int, _ type: NPYElementType?) -> String {
    if let type, let bits = column.integerBits(row, as: type) {
      return StoredInteger(bits: bits, isSigned: type == .int64).text
    }
    if let digits = column.integers?.text(row) { return digits }
    let value = column.numbers?[row] ?? .nan
    return value.isNaN ? "nan" : value.shortestText
  }
}
