/// Writes the columns of a table, of which none need be in memory as a whole, one after the other as an NPY file: the bytes of
/// `NPYWriter.write(_:shape:isFortranOrder:to:)`.
///
///     var writer = try NPYColumnWriter(path: "a.npy", rowCount: n, columnCount: 2)
///     try writer.append(…)             // the first column in pieces, then the second
///     try writer.commit()              // without this the target stays as it was
public struct NPYColumnWriter: ~Copyable {
  private var file: AtomicFileWriter
  private var missingCount: Int

  /// Begins to replace the file at `path`, or to make it: one column is an array of one axis.
  public init(path: String, rowCount: Int, columnCount: Int) throws(FileError) {
    try self.init(path: path, rowCount: rowCount, columnCount: columnCount, type: .float64)
  }

  /// - Parameter type: one of 64 bits.
  package init(
    path: String, rowCount: Int, columnCount: Int, type: NPYElementType
  ) throws(FileError) {
    precondition(type.byteCount == 8, "elements of \(type.rawValue)")
    var file = try AtomicFileWriter(path: path)
    let head = NPYWriter.header(
      of: type, shape: columnCount == 1 ? [rowCount] : [rowCount, columnCount],
      isFortranOrder: true)
    try file.write(elements: head.span)
    self.file = file
    missingCount = rowCount * columnCount
  }

  /// Appends values.
  /// - Throws: `FileError.unwritable` for more than there is room for.
  public mutating func append(_ values: Span<Double>) throws(FileError) {
    missingCount -= values.count
    guard missingCount >= 0 else { throw changed }
    try file.write(elements: values)
  }

  /// Appends values that are given as their bits.
  /// - Throws: `FileError.unwritable` for more than there is room for.
  package mutating func append(bits: Span<UInt64>) throws(FileError) {
    missingCount -= bits.count
    guard missingCount >= 0 else { throw changed }
    try file.write(elements: bits)
  }

  /// Brings the bytes to the disk and puts the file in place, in one step.
  /// - Throws: `FileError.unwritable` when values are missing.
  public consuming func commit() throws(FileError) {
    guard missingCount == 0 else { throw changed }
    try file.commit()
  }

  private var changed: FileError {
    .unwritable(
      path: file.path,
      what: "the table has other rows than when they were counted; leave the input alone meanwhile")
  }
}
