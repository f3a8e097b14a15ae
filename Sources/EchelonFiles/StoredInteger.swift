import EchelonMemory

/// A whole number of 64 bits as it lies in a file, which no `Double` may be.
struct StoredInteger {
  let bits: UInt64
  let isSigned: Bool

  /// Whether no `Double` is this number, so that it is rounded when it becomes one.
  var isRounded: Bool {
    isSigned ? Double(exactly: Int64(bitPattern: bits)) == nil : Double(exactly: bits) == nil
  }

  /// All digits.
  var text: String { isSigned ? String(Int64(bitPattern: bits)) : String(bits) }
}

extension NPYElementType {
  /// Whether numbers of this type can be whole ones that no `Double` is.
  var exceedsDouble: Bool { self == .int64 || self == .uint64 }
}

extension MappedNPY {
  /// Calls `body` with the elements in some rows of a column of the table, until it returns false.
  ///
  /// The elements must be integers of 64 bits, and there must be such a column and such rows.
  func forEachInteger(
    column: Int, rows: Range<Int>, _ body: (StoredInteger) -> Bool
  ) throws(FileError) {
    let (rowCount, columnCount) = try tableShape()
    precondition(elementType.exceedsDouble, "elements of \(elementType.rawValue)")
    precondition(0..<columnCount ~= column, "column \(column) of \(columnCount)")
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= rowCount, "rows \(rows) of \(rowCount)")
    let (start, step) = isFortranOrder ? (column * rowCount, 1) : (column, columnCount)
    let (isSigned, isBigEndian) = (elementType == .int64, isBigEndian)
    try source.withBytes(path: path) { (bytes) throws(FileError) in
      for row in rows {
        let offset = header.dataOffset + (start + row * step) * 8
        let stored = bytes.loadInteger(at: offset, as: UInt64.self)
        let bits = isBigEndian ? UInt64(bigEndian: stored) : UInt64(littleEndian: stored)
        guard body(StoredInteger(bits: bits, isSigned: isSigned)) else { return }
      }
    }
  }
}

extension DataFileReader {
  /// Whether a column of an array or a dataset has integers of 64 bits in some rows that are rounded, as no `Double` is one
  /// of them. Of text and other numbers it is false.
  ///
  /// Reads no further than to the first.
  /// - Parameter rows: counted from 0, of those that the file has.
  public func hasRoundedIntegers(column: Int, rows: Range<Int>) throws(FileError) -> Bool {
    var isRounded = false
    try forEachInteger(column: column, rows: rows) { integer in
      isRounded = integer.isRounded
      return !isRounded
    }
    return isRounded
  }

  /// The integers of 64 bits in some rows of a column of an array or a dataset, with all their digits; nil of text, and of
  /// other numbers.
  ///
  /// Of HDF5 it is nil also where no integer of the column is from 2^53 on.
  /// - Parameter rows: counted from 0, of those that the file has.
  public func integerTexts(column: Int, rows: Range<Int>) throws(FileError) -> [String]? {
    var texts: [String] = []
    let hasIntegers = try forEachInteger(column: column, rows: rows) { integer in
      texts.append(integer.text)
      return true
    }
    return hasIntegers ? texts : nil
  }

  /// - Returns: whether the column has integers of 64 bits.
  @discardableResult
  private func forEachInteger(
    column: Int, rows: Range<Int>, _ body: (StoredInteger) -> Bool
  ) throws(FileError) -> Bool {
    switch format {
    case .npy(let array):
      guard array.elementType.exceedsDouble else { return false }
      try array.forEachInteger(column: column, rows: rows, body)
      return true
    case .npz(let file):
      var column = column
      for member in file.members {
        let count = try member.array.tableShape().columnCount
        if column < count {
          guard member.array.elementType.exceedsDouble else { return false }
          try member.array.forEachInteger(column: column, rows: rows, body)
          return true
        }
        column -= count
      }
      return false
    case .hdf5(let file):
      guard let integers = file.largeIntegers[column] else { return false }
      _ = integers[rows].allSatisfy(body)
      return true
    case .csv, .matrixMarket, .jsonLines: return false
    }
  }
}
