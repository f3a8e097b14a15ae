import EchelonMemory

/// An array in an NPY file, mapped read-only: its elements are used where they lie on disk.
///
///     let digits = try MappedNPY(path: "digits.npy")          // shape [1797, 64]
///     let sum = digits.withElements(of: Double.self) { x in … }   // no copy; nil if not Doubles
///     let values = try digits.numbers()                       // a copy, converted, for any type
///
/// Reads format versions 1 to 3: booleans, integers of 1 to 8 bytes, floats of 2, 4 and 8, and complex
/// numbers of two floats, in both byte orders and both axis orders. Extended precision, structured and
/// object arrays are refused by name.
///
/// Where numbers are converted, a complex element is two of them: its real part, then its imaginary
/// part. A table has two columns for each of a complex array, `col0.real`, `col0.imag`, `col1.real`, ….
public struct MappedNPY: Sendable {
  /// The path as it was given.
  public let path: String

  /// The type of the elements in the file.
  public var elementType: NPYElementType { header.elementType }

  /// Whether the elements are stored with their most significant byte first.
  public var isBigEndian: Bool { header.isBigEndian }

  /// Whether the first axis, not the last, is the one whose neighbours lie side by side.
  public var isFortranOrder: Bool { header.isFortranOrder }

  /// The length of each axis; empty for a single number.
  public var shape: [Int] { header.shape }

  /// The number of elements.
  public var count: Int { header.count }

  /// The real numbers in the elements: `count`, or twice as many of a complex array.
  public var numberCount: Int { count * elementType.partCount }

  let header: NPYHeader
  let source: ByteSource

  /// Where other processes find the file, decompressed, for as long as this lives; nil for one in memory.
  public var location: String? { source.location }

  /// Maps the file at `path`, and checks that its header and its size agree.
  /// - Parameter location: where the bytes are if not at `path`, which errors then only show.
  public init(path: String, contentsAt location: String? = nil) throws(FileError) {
    let source = try ByteSource(path: path, contentsAt: location)
    try self.init(path: path, source: source)
  }

  /// Reads a file that is already in memory; `name` stands for the path in errors.
  public init(name: String, bytes: [UInt8]) throws(FileError) {
    try self.init(path: name, source: .memory(bytes))
  }

  /// Maps a file of numbers without a header, which lie as `format` says: the last rows must be whole.
  /// - Parameter location: where the bytes are if not at `path`, which errors then only show.
  /// - Throws: `FileError.notWholeRows` if they are not.
  public init(
    path: String, contentsAt location: String? = nil, raw format: RawFormat
  ) throws(FileError) {
    let source = try ByteSource(path: path, contentsAt: location)
    try self.init(path: path, source: source, raw: format)
  }

  /// Reads numbers without a header that are already in memory.
  public init(name: String, bytes: [UInt8], raw format: RawFormat) throws(FileError) {
    try self.init(path: name, source: .memory(bytes), raw: format)
  }

  private init(path: String, source: ByteSource, raw format: RawFormat) throws(FileError) {
    guard source.byteCount > 0 else { throw .empty(path: path) }
    header = try NPYHeader(format, byteCount: source.byteCount, path: path)
    self.path = path
    self.source = source
  }

  init(path: String, source: ByteSource) throws(FileError) {
    guard source.byteCount > 0 else { throw .empty(path: path) }
    header = try source.withBytes(path: path) { (bytes) throws(FileError) in
      try NPYHeader(bytes, path: path)
    }
    self.path = path
    self.source = source
  }

  /// Whether the elements can be used in place: this machine's byte order, or single bytes.
  public var isNativeEndian: Bool {
    elementType.byteCount == 1 || isBigEndian == (1.bigEndian == 1)
  }

  /// Calls `body` with the elements in file order, without a copy.
  ///
  /// - Parameter body: receives `count` elements: the last axis runs fastest, or the first if
  ///   `isFortranOrder`. The span is valid during the call.
  /// - Returns: what `body` returned; nil when the file holds another type (`bool` is not `UInt8`),
  ///   the other byte order, or elements that are not aligned. `readNumbers` takes all of those.
  /// - Throws: what `body` throws, and `FileError.changed` if the file was shortened meanwhile.
  public func withElements<Element: NPYElement, Result>(
    of type: Element.Type, _ body: (Span<Element>) throws -> Result
  ) throws -> Result? {
    guard Element.npyType == elementType, isNativeEndian,
      MemoryLayout<Element>.stride == elementType.byteCount
    else { return nil }
    var result: Swift.Result<Result?, any Error> = .success(nil)
    try source.withBytes(path: path) { (bytes) throws(FileError) in
      result = Swift.Result {
        try bytes.withNumbers(of: type, at: header.dataOffset, count: count, body)
      }
    }
    return try result.get()
  }

  /// Converts all elements, in file order, into `storage`, which must hold `numberCount` numbers.
  ///
  /// Booleans become 0 and 1; integers beyond 2^53 are rounded to the nearest `Double`; of complex
  /// numbers the real and the imaginary part lie side by side.
  public func readElements(into storage: inout MutableSpan<Double>) throws(FileError) {
    checkStorage(storage.count)
    try convert(from: 0, by: 1, count: numberCount) { index, value in storage[index] = value }
  }

  /// Converts a table into `storage`, column after column: row r of column c goes to c · rows + r.
  ///
  /// One axis is one column; none is one row; a complex column is two, of real and of imaginary
  /// parts. `storage` must hold `numberCount` numbers.
  /// - Throws: `FileError.notATable` for more than two axes.
  public func readNumbers(into storage: inout MutableSpan<Double>) throws(FileError) {
    let (rowCount, columnCount) = try tableShape()
    checkStorage(storage.count)
    if isFortranOrder && elementType.partCount > 1 {
      for column in 0..<columnCount {
        let first = column * rowCount
        try convert(column: column) { row, value in storage[first &+ row] = value }
      }
      return
    }
    guard !isFortranOrder && columnCount > 1 else { return try readElements(into: &storage) }
    var row = 0
    var column = 0
    try convert(from: 0, by: 1, count: numberCount) { _, value in
      storage[column &* rowCount &+ row] = value
      column &+= 1
      if column == columnCount { (row, column) = (row &+ 1, 0) }
    }
  }

  /// Converts one column of a table into `storage`, which must hold as many elements as it has rows.
  ///
  /// Reads only that column, so that several processes can share the columns of a large array.
  /// - Throws: `FileError.notATable` for more than two axes.
  public func readColumn(_ column: Int, into storage: inout MutableSpan<Double>) throws(FileError) {
    let (rowCount, columnCount) = try tableShape()
    precondition(0..<columnCount ~= column, "column \(column) of \(columnCount)")
    precondition(
      storage.count == rowCount, "storage has \(storage.count) elements, a column \(rowCount)")
    try convert(column: column) { row, value in storage[row] = value }
  }

  /// Converts some rows of one column of a table into `storage`, which must hold as many elements.
  ///
  /// Reads only those, so that a column need not fit into memory.
  /// - Throws: `FileError.notATable` for more than two axes.
  public func readColumn(
    _ column: Int, rows: Range<Int>, into storage: inout MutableSpan<Double>
  ) throws(FileError) {
    let (rowCount, columnCount) = try tableShape()
    precondition(0..<columnCount ~= column, "column \(column) of \(columnCount)")
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
    precondition(
      storage.count == rows.count, "storage has \(storage.count) elements for \(rows.count) rows")
    try convert(column: column, rows: rows) { row, value in storage[row] = value }
  }

  /// All elements in file order, converted; `numberCount` numbers.
  public func numbers() throws(FileError) -> [Double] {
    var values = [Double](repeating: 0, count: numberCount)
    var storage = values.mutableSpan
    try readElements(into: &storage)
    return values
  }

  /// Rows and columns of the array as a table of real numbers.
  /// - Throws: `FileError.notATable` for more than two axes, and `tooManyColumns` when their number
  ///   is out of range.
  public func tableShape() throws(FileError) -> (rowCount: Int, columnCount: Int) {
    guard shape.count <= 2 else { throw .notATable(path: path, shape: shape) }
    // Arrays without rows can have any number of columns.
    let (columnCount, overflow) = (shape.count == 2 ? shape[1] : 1)
      .multipliedReportingOverflow(by: elementType.partCount)
    guard !overflow else {
      throw .tooManyColumns(path: path, limit: DataFileReader.maximumColumnCount)
    }
    return (shape.first ?? 1, columnCount)
  }

  /// The name of a column of the table: `col3`; `col3.real` or `col3.imag` of a complex array.
  public func columnName(_ column: Int) -> String { Self.columnName(column, elementType) }

  static func columnName(_ column: Int, _ type: NPYElementType) -> String {
    type.partCount == 1 ? "col\(column)" : "col\(column / 2).\(column % 2 == 0 ? "real" : "imag")"
  }

  private func checkStorage(_ storageCount: Int) {
    precondition(
      storageCount == numberCount, "storage has \(storageCount) elements, the array \(numberCount)")
  }

  /// Calls `store` with every row of a column of the table and its value.
  private func convert(column: Int, _ store: (Int, Double) -> Void) throws(FileError) {
    try convert(column: column, rows: 0..<tableShape().rowCount, store)
  }

  /// Calls `store` with 0, 1, … and the values of some rows of a column of the table.
  private func convert(
    column: Int, rows: Range<Int>, _ store: (Int, Double) -> Void
  ) throws(FileError) {
    let (rowCount, columnCount) = try tableShape()
    let parts = elementType.partCount
    let start = isFortranOrder ? column / parts * rowCount * parts + column % parts : column
    let step = isFortranOrder ? parts : columnCount
    try convert(from: start + rows.lowerBound * step, by: step, count: rows.count, store)
  }

  /// Calls `store` with 0, 1, … and the values of the `count` numbers from number `start`, `step`
  /// apart.
  private func convert(
    from start: Int, by step: Int, count: Int, _ store: (Int, Double) -> Void
  ) throws(FileError) {
    let picked = (start, step, count)
    try source.withBytes(path: path) { (bytes) throws(FileError) in
      switch elementType {
      case .bool: convert(bytes, UInt8.self, picked, { $0 == 0 ? 0 : 1 }, store)
      case .int8: convert(bytes, Int8.self, picked, { Double($0) }, store)
      case .int16: convert(bytes, Int16.self, picked, { Double($0) }, store)
      case .int32: convert(bytes, Int32.self, picked, { Double($0) }, store)
      case .int64: convert(bytes, Int64.self, picked, { Double($0) }, store)
      case .uint8: convert(bytes, UInt8.self, picked, { Double($0) }, store)
      case .uint16: convert(bytes, UInt16.self, picked, { Double($0) }, store)
      case .uint32: convert(bytes, UInt32.self, picked, { Double($0) }, store)
      case .uint64: convert(bytes, UInt64.self, picked, { Double($0) }, store)
      case .float16: convert(bytes, UInt16.self, picked, { Double(halfPrecision: $0) }, store)
      case .float32, .complex64:
        convert(bytes, UInt32.self, picked, { Double(Float(bitPattern: $0)) }, store)
      case .float64, .complex128:
        convert(bytes, UInt64.self, picked, { Double(bitPattern: $0) }, store)
      }
    }
  }

  @inline(__always)
  private func convert<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: Span<UInt8>, _ type: Bits.Type, _ picked: (start: Int, step: Int, count: Int),
    _ value: (Bits) -> Double, _ store: (Int, Double) -> Void
  ) {
    let (size, isBigEndian) = (MemoryLayout<Bits>.size, isBigEndian)
    let first = header.dataOffset &+ picked.start &* size
    let stride = picked.step &* size
    for element in 0..<picked.count {
      let stored = bytes.loadInteger(at: first &+ element &* stride, as: type)
      store(element, value(isBigEndian ? Bits(bigEndian: stored) : Bits(littleEndian: stored)))
    }
  }
}

extension Double {
  /// The value of an IEEE 754 number of 16 bits: 5 of exponent, 10 of fraction.
  ///
  /// Not `Float16`, which not every processor's Swift has.
  init(halfPrecision bits: UInt16) {
    let fraction = Double(bits & 0x3FF)
    let magnitude: Double =
      switch bits >> 10 & 0x1F {
      case 0: fraction * 0x1p-24
      case 0x1F: fraction == 0 ? .infinity : .nan
      case let exponent:
        Double(bitPattern: (UInt64(exponent) + 1008) << 52 | UInt64(bits & 0x3FF) << 42)
      }
    self = bits >> 15 == 0 ? magnitude : -magnitude
  }
}
