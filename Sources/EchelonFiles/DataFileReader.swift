import EchelonMemory

/// A data file of any format this module reads, as columns: the front door of the batch commands.
///
///     let file = try DataFileReader.open(path)
///     let storage = …                          // file.numberColumns.count × file.rowCount
///     try file.readNumbers(into: &storage)     // column after column, missing values NaN
///
/// NPY, NPZ, HDF5 and Matrix Market files are known by their first bytes, whatever their names; JSON lines by
/// `.jsonl`, `.ndjson` or `.json` at the end of theirs, or by a brace or bracket at their beginning where the name has no
/// ending, as standard input; everything else is delimited text.
///
/// The columns of an array are `col0`, `col1`, …: one for one axis, one per column for two; complex ones
/// are two columns, `col0.real` and `col0.imag`. Arrays with more axes are refused, since any choice of
/// rows and columns would be a guess, or left out beside others of the same file.
public struct DataFileReader: Sendable {
  /// The file in its own format, for what only that format has.
  public enum Format: Sendable {
    /// Delimited text.
    case csv(CSVFile)
    /// A NumPy array.
    case npy(MappedNPY)
    /// NumPy arrays in an archive.
    case npz(NPZFile)
    /// A matrix as text.
    case matrixMarket(MatrixMarketFile)
    /// A JSON object or array on every line.
    case jsonLines(JSONLinesFile)
    /// The same, of which the values are not in memory.
    case longJSONLines(LongJSONLines)
    /// Datasets of numbers.
    case hdf5(HDF5File)
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
  ///
  /// - Parameters:
  ///   - path: a file, or `FILE.npz:NAME` for one array of an archive, `FILE.h5:/NAME` for a dataset or a group.
  ///   - location: where the bytes are if not at `path`, which errors then only show.
  ///   - dialect: how delimited text is written; nil is `CSVDialect.detecting`.
  ///   - chunkByteCount: about how long the pieces of text are. JSON lines of fewer than 16 are in memory as a whole.
  ///   - raw: how the numbers lie in a file that has no format of its own; nil for all others.
  public static func open(
    _ path: String, contentsAt location: String? = nil, dialect: CSVDialect? = nil,
    chunkByteCount: Int = 1 << 20, raw: RawFormat? = nil
  ) throws(FileError) -> DataFileReader {
    if let raw {
      return try DataFileReader(MappedNPY(path: path, contentsAt: location, raw: raw))
    }
    let source: ByteSource
    do throws(FileError) { source = try ByteSource(path: path, contentsAt: location) } catch {
      // Only a name that no file has is one of a member.
      if case .notFound = error, let part = HDF5File.split(path) {
        return try DataFileReader(HDF5File(path: part.path, group: part.group))
      }
      guard case .notFound = error, let part = NPZFile.split(path) else { throw error }
      return try DataFileReader(NPZFile(path: part.path, member: part.member), path: path)
    }
    switch try family(path, source) {
    case .npy: return try DataFileReader(MappedNPY(path: path, source: source))
    case .npz: return try DataFileReader(NPZFile(path: path, source: source))
    case .hdf5: return try DataFileReader(HDF5File(path: path, source: source))
    case .matrixMarket: return DataFileReader(try MatrixMarketFile(path: path, source: source))
    case .jsonLines:
      do throws(FileError) {
        if let long = try LongJSONLines(
          path: path, source: source, chunkByteCount: chunkByteCount)
        {
          return DataFileReader(long)
        }
        return DataFileReader(try JSONLinesFile(path: path, source: source))
      } catch {
        guard case .malformedText(let place, let what) = error,
          path.hasEnding(".json") || !Self.saysFormat(path)
        else { throw error }
        throw .malformedText(
          place: place,
          what: what
            + "; JSON is read that has rows, which are objects or arrays, or an array for each column"
        )
      }
    case .text:
      return DataFileReader(
        try CSVFile(path: path, source: source, dialect: dialect, chunkByteCount: chunkByteCount))
    }
  }

  /// How several readers can read the file at once, if it is delimited text; nil if not, or if reading
  /// it from its beginning is what is left, or what says what is wrong with it.
  public static func plan(
    _ path: String, contentsAt location: String? = nil, dialect: CSVDialect? = nil
  ) -> CSVPlan? {
    do throws(FileError) {
      let source = try ByteSource(path: path, contentsAt: location)
      guard try family(path, source) == .text else { return nil }
      return try CSVPlan(path: path, source: source, dialect: dialect)
    } catch {
      return nil
    }
  }

  /// The file of which `path` names a part, `run.npz` in `run.npz:x` and `run.h5` in `run.h5:/x`; nil for a path that names none.
  public static func container(of path: String) -> String? {
    HDF5File.split(path)?.path ?? NPZFile.split(path)?.path
  }

  private enum Family { case text, npy, npz, hdf5, matrixMarket, jsonLines }

  private static func family(_ path: String, _ source: ByteSource) throws(FileError) -> Family {
    let (isNPY, isMatrixMarket, isNPZ, isHDF5, isJSON) = try source.withBytes(path: path) {
      (bytes) throws(FileError) in
      (
        NPYHeader.isPresent(in: bytes), MatrixMarketFile.isPresent(in: bytes),
        NPZFile.isPresent(in: bytes), HDF5File.isPresent(in: bytes), beginsJSON(bytes)
      )
    }
    let name = CompressionFormat(path: path).map { path.dropLast($0.suffix.count) } ?? path[...]
    // The name can only add a demand: a `.npy` file that has no signature is damaged, not text.
    if isNPY || name.hasEnding(".npy") { return .npy }
    if isNPZ || name.hasEnding(".npz") { return .npz }
    if isHDF5 || name.hasEnding(".h5") || name.hasEnding(".hdf5") { return .hdf5 }
    if isMatrixMarket || name.hasEnding(".mtx") { return .matrixMarket }
    if [".jsonl", ".ndjson", ".json"].contains(where: { name.hasEnding($0) }) { return .jsonLines }
    return isJSON && !saysFormat(name) ? .jsonLines : .text
  }

  /// Whether the name of a file says something of its format, which that of standard input does not.
  private static func saysFormat(_ path: some StringProtocol) -> Bool {
    path.split(separator: "/").last?.contains(".") ?? false
  }

  private static func beginsJSON(_ bytes: Span<UInt8>) -> Bool {
    var place = 0
    while place < bytes.count, bytes[place] <= 0x20 { place += 1 }
    return place < bytes.count
      && (bytes[place] == UInt8(ascii: "{") || bytes[place] == UInt8(ascii: "["))
  }

  /// The columns of a CSV file.
  public init(_ file: CSVFile) {
    path = file.path
    format = .csv(file)
    columns = file.columns
    rowCount = file.rowCount
  }

  /// The arrays of an archive, which must have as many rows, as columns.
  public init(_ file: NPZFile) throws(FileError) { try self.init(file, path: file.path) }

  private init(_ file: NPZFile, path: String) throws(FileError) {
    self.path = path
    let file = file.forTable()
    format = .npz(file)
    (rowCount, columns) = try file.tableShape()
  }

  /// The columns of a matrix.
  public init(_ file: MatrixMarketFile) {
    self.init(path: file.path, .matrixMarket(file), file.table)
  }

  /// The columns of JSON lines.
  public init(_ file: JSONLinesFile) {
    self.init(path: file.path, .jsonLines(file), file.table)
  }

  /// The columns of long JSON lines.
  public init(_ file: LongJSONLines) {
    path = file.outline.path
    format = .longJSONLines(file)
    columns = file.outline.columns
    rowCount = file.outline.rowCount
  }

  /// The datasets of an HDF5 file.
  public init(_ file: HDF5File) { self.init(path: file.path, .hdf5(file), file.table) }

  private init(path: String, _ format: Format, _ table: DataTable) {
    self.path = path
    self.format = format
    columns = table.columns.map { ColumnDescription(name: $0.name, kind: $0.kind) }
    rowCount = table.rowCount
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
    columns = (0..<shape.columnCount).map {
      ColumnDescription(name: array.columnName($0), kind: .number)
    }
  }

  /// Reads all numbers into `storage`.
  ///
  /// - Parameter storage: `numberColumns.count` × `rowCount` elements, column after column: row r
  ///   of the k-th number column is element k · `rowCount` + r. Missing values are NaN.
  public func readNumbers(into storage: inout MutableSpan<Double>) throws(FileError) {
    switch format {
    case .csv(let file): try file.readNumbers(into: &storage)
    case .npy(let array): try array.readNumbers(into: &storage)
    case .npz(let file): try file.readNumbers(into: &storage)
    case .matrixMarket(let file): file.table.copyNumbers(into: &storage)
    case .jsonLines(let file): file.table.copyNumbers(into: &storage)
    case .longJSONLines(let file): try file.readNumbers(into: &storage)
    case .hdf5(let file): file.table.copyNumbers(into: &storage)
    }
  }

  /// All values, in memory.
  public func table() throws(FileError) -> DataTable {
    switch format {
    case .csv(let file): return try file.table()
    case .matrixMarket(let file): return file.table
    case .jsonLines(let file): return file.table
    case .longJSONLines(let file): return try file.table()
    case .hdf5(let file): return file.table
    case .npy, .npz:
      // Not `columns.count` × `rowCount`: an array of no columns can have any number of rows.
      var numbers = [Double](repeating: 0, count: columns.isEmpty ? 0 : columns.count * rowCount)
      var storage = numbers.mutableSpan
      try readNumbers(into: &storage)
      return DataTable(
        columns: columns.enumerated().map { index, column in
          let values = numbers[index * rowCount..<(index + 1) * rowCount]
          return Column(name: column.name, numbers: Array(values))
        })
    }
  }
}
