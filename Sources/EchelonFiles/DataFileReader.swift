/// A data file of any format this module reads, as columns: the front door of the batch commands.
///
///     let file = try DataFileReader.open(path)
///     let storage = …                          // file.numberColumns.count × file.rowCount
///     try file.readNumbers(into: &storage)     // column after column, missing values NaN
///
/// An NPY file is known by its first bytes, whatever its name; everything else is delimited text.
/// The columns of an array are `col0`, `col1`, …: one for one axis, one per column for two. Arrays
/// with more axes are refused, since any choice of rows and columns would be a guess.
public struct DataFileReader: Sendable {
  /// The file in its own format, for what only that format has.
  public enum Format: Sendable {
    /// Delimited text.
    case csv(CSVFile)
    /// A NumPy array.
    case npy(MappedNPY)
  }

  /// The most columns a file may have: each costs a name and later a result.
  public static let maximumColumnCount = CSVDialect.commaSeparated.maximumColumnCount

  /// The path as it was given.
  public let path: String

  /// The file in its own format.
  public let format: Format

  /// The columns, in the order of the file.
  public let columns: [ColumnDescription]

  /// The number of rows.
  public let rowCount: Int

  /// The indices of the columns that `readNumbers` fills, in this order.
  public var numberColumns: [Int] { columns.indices.filter { columns[$0].kind == .number } }

  /// Maps the file at `path`, finds out what it is, and scans it for columns and rows.
  /// - Parameters:
  ///   - location: where the bytes are if not at `path`, which errors then only show.
  ///   - dialect: how delimited text is written; nil is `CSVDialect.detecting`.
  ///   - chunkByteCount: about how long the chunks of a CSV file are.
  public static func open(
    _ path: String, contentsAt location: String? = nil, dialect: CSVDialect? = nil,
    chunkByteCount: Int = 1 << 20
  ) throws(FileError) -> DataFileReader {
    let source = try ByteSource(path: path, contentsAt: location)
    let isNPY = try source.withBytes(path: path) { (bytes) throws(FileError) in
      NPYHeader.isPresent(in: bytes)
    }
    // The name can only add a demand: a `.npy` file that has no signature is damaged, not text.
    if isNPY || path.hasSuffix(".npy") {
      return try DataFileReader(MappedNPY(path: path, source: source))
    }
    return DataFileReader(
      try CSVFile(path: path, source: source, dialect: dialect, chunkByteCount: chunkByteCount))
  }

  /// The columns of a CSV file.
  public init(_ file: CSVFile) {
    path = file.path
    format = .csv(file)
    columns = file.columns
    rowCount = file.rowCount
  }

  /// An array with at most two axes as columns.
  public init(_ array: MappedNPY) throws(FileError) {
    let shape = try array.tableShape()
    guard shape.columnCount <= Self.maximumColumnCount else {
      throw .tooManyColumns(path: array.path, limit: Self.maximumColumnCount)
    }
    path = array.path
    format = .npy(array)
    rowCount = shape.rowCount
    columns = (0..<shape.columnCount).map { ColumnDescription(name: "col\($0)", kind: .number) }
  }

  /// Reads all numbers into `storage`.
  ///
  /// - Parameter storage: `numberColumns.count` × `rowCount` elements, column after column: row r
  ///   of the k-th number column is element k · `rowCount` + r. Missing values are NaN.
  public func readNumbers(into storage: inout MutableSpan<Double>) throws(FileError) {
    switch format {
    case .csv(let file): try file.readNumbers(into: &storage)
    case .npy(let array): try array.readNumbers(into: &storage)
    }
  }

  /// All values, in memory.
  public func table() throws(FileError) -> DataTable {
    switch format {
    case .csv(let file):
      return try file.table()
    case .npy(let array):
      var numbers = [Double](repeating: 0, count: array.count)
      var storage = numbers.mutableSpan
      try array.readNumbers(into: &storage)
      return DataTable(
        columns: columns.enumerated().map { index, column in
          let values = numbers[index * rowCount..<(index + 1) * rowCount]
          return Column(name: column.name, numbers: Array(values))
        })
    }
  }
}
