import EchelonMemory

/// Writes tables of numbers as HDF5 files, by the system's HDF5 library.
///
/// Every column is a dataset of one axis with the name of the column, in which a slash stands for a group; the file keeps
/// their order. The same table gives the same bytes: the file has no times. It is made in memory, which has to hold it.
public enum HDF5Writer {
  /// Writes the columns of `table` to `path`, replacing the file in one step.
  ///
  /// - Parameters:
  ///   - type: of the elements, as in `NPYWriter.write`; `f2` and complex ones are not among those of HDF5.
  ///   - integers: as in `NPYWriter.write`.
  /// - Throws: `FileError.missingLibrary` without the library; `unwritable` for a column of text, names that HDF5 does not
  ///   have, and numbers that the type does not have.
  public static func write(
    _ table: DataTable, as type: NPYElementType = .float64, integers: [Int: [String]] = [:],
    to path: String
  ) throws(FileError) {
    guard HDF5Library.ElementType(type) != nil else {
      throw .unwritable(
        path: path,
        what: "\(type.rawValue) is not written as HDF5; choose a whole or plain number, as f4")
    }
    let numbers = try StoredNumbers(table, as: type, integers: integers, path: path)
    guard !numbers.columns.isEmpty else {
      throw .unwritable(path: path, what: "there is no column of numbers")
    }
    var names: Set<[UInt8]> = []
    for column in numbers.columns
    where !isName(column.name) || !names.insert(Array(column.name.utf8)).inserted {
      throw .unwritable(
        path: path,
        what: "HDF5 has no dataset '\(column.name)', or two of that name; rename the column")
    }
    // What can go wrong with the path does so first.
    var writer = try AtomicFileWriter(path: path)
    let output: HDF5Library.Output
    do { output = try HDF5Library.Output() } catch { throw failure(error, path) }
    for (index, column) in numbers.columns.enumerated() {
      let bytes = try numbers.bytes(ofColumn: index)
      // As its own type is the one that was asked for, or one of 64 bits, HDF5 has it.
      guard let stored = HDF5Library.ElementType(numbers.type(ofColumn: index)) else {
        preconditionFailure("\(type.rawValue) was not refused")
      }
      do { try output.add(column.name, bytes.span, count: numbers.rowCount, of: stored) } catch {
        throw failure(error, path)
      }
    }
    let bytes: [UInt8]
    do { bytes = try output.bytes() } catch { throw failure(error, path) }
    try writer.write(elements: bytes.span)
    try writer.commit()
  }

  /// A full stop is the group itself, and empty parts of a name count for nothing.
  private static func isName(_ name: String) -> Bool {
    !name.utf8.contains(0)
      && name.split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy { !$0.isEmpty && $0 != "." }
  }

  private static func failure(_ failure: HDF5Library.Failure, _ path: String) -> FileError {
    switch failure {
    case .noLibrary: HDF5File.missingLibrary(path)
    case .damaged, .noProcess:
      .system(
        path: path, operation: "write it as HDF5",
        reason:
          "the library could not; there is too little memory, or a column is in another, as a/b in a"
      )
    }
  }
}

extension HDF5Library.ElementType {
  fileprivate init?(_ type: NPYElementType) {
    switch type {
    case .int8: self = .int8
    case .int16: self = .int16
    case .int32: self = .int32
    case .int64: self = .int64
    case .uint8: self = .uint8
    case .uint16: self = .uint16
    case .uint32: self = .uint32
    case .uint64: self = .uint64
    case .float32: self = .float32
    case .float64: self = .float64
    case .bool, .float16, .complex64, .complex128: return nil
    }
  }
}
