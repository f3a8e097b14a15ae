/// Writes tables of numbers as Matrix Market files that `MatrixMarketFile` reads back to the same bits.
///
/// The matrix is general: no symmetry is looked for. NaN is `nan` and infinities are `inf`, as SciPy
/// has them. The format has no names of columns.
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
    var head =
      "%%MatrixMarket matrix \(layout.rawValue) \(isComplex ? "complex" : "real") general\n"
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
        line += text(columns[column * parts][row])
        if isComplex { line += " " + text(columns[column * parts + 1][row]) }
        try writer.write(line + "\n")
      }
    }
    try writer.commit()
  }

  private static func text(_ value: Double) -> String { value.isNaN ? "nan" : value.shortestText }
}
