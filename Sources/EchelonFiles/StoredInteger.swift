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

/// The integers of 64 bits of a column, of which some may be no `Double`, and some may be missing.
package struct StoredIntegers: Sendable, Equatable {
  package let isSigned: Bool
  /// 0 in rows without one.
  package let bits: [UInt64]
  /// Which rows have none; empty where all have one.
  private let isMissing: [Bool]

  /// Nil where it is missing.
  subscript(row: Int) -> StoredInteger? {
    if !isMissing.isEmpty, isMissing[row] { return nil }
    return StoredInteger(bits: bits[row], isSigned: isSigned)
  }

  /// Whether no `Double` is one of them.
  package var isRounded: Bool { bits.indices.contains { isRounded($0) } }

  /// Those of rows of columns, of which one has some; nil where none has, or a row has a number that is no such integer.
  /// - Parameter place: which row of which column a row of the result is; nil for a missing value.
  package init?(of columns: [Column], count: Int, _ place: (Int) -> (column: Int, row: Int)?) {
    guard let first = columns.lazy.compactMap(\.integers).first else { return nil }
    let type: NPYElementType = first.isSigned ? .int64 : .uint64
    var bits: [UInt64?] = []
    bits.reserveCapacity(count)
    for row in 0..<count {
      guard let place = place(row), !columns[place.column].isMissing(at: place.row) else {
        bits.append(nil)
        continue
      }
      guard let found = columns[place.column].integerBits(place.row, as: type) else { return nil }
      bits.append(found)
    }
    self.init(isSigned: first.isSigned, bits: bits)
  }

  package init(isSigned: Bool, bits: [UInt64]) {
    (self.isSigned, self.bits, isMissing) = (isSigned, bits, [])
  }

  /// - Parameter bits: nil where one is missing.
  package init(isSigned: Bool, bits: [UInt64?]) {
    self.isSigned = isSigned
    self.bits = bits.map { $0 ?? 0 }
    isMissing = bits.contains(nil) ? bits.map { $0 == nil } : []
  }

  /// All digits of the integer of a row; nil where it is missing.
  package func text(_ row: Int) -> String? { self[row]?.text }

  /// Whether the integer of a row is no `Double`.
  package func isRounded(_ row: Int) -> Bool { self[row]?.isRounded ?? false }

  /// All digits of each, none of those that are missing.
  package var texts: [String] { bits.indices.map { text($0) ?? "" } }

  /// Those of some rows, in the order given.
  package func rows(_ rows: [Int]) -> StoredIntegers {
    isMissing.isEmpty
      ? StoredIntegers(isSigned: isSigned, bits: rows.map { bits[$0] })
      : StoredIntegers(isSigned: isSigned, bits: rows.map { self[$0]?.bits })
  }

  /// Whether that of row `a` is less than that of row `b`; neither may be missing.
  package func isLess(_ a: Int, _ b: Int) -> Bool {
    isSigned ? Int64(bitPattern: bits[a]) < Int64(bitPattern: bits[b]) : bits[a] < bits[b]
  }
}

extension Column {
  /// The bits of a row's number as an integer of a type of 64 bits; nil where it is none.
  package func integerBits(_ row: Int, as type: NPYElementType) -> UInt64? {
    guard let numbers else { return nil }
    let isSigned = type == .int64
    guard let integer = integers?[row] else {
      return isSigned
        ? Int64(exactly: numbers[row]).map { UInt64(bitPattern: $0) }
        : UInt64(exactly: numbers[row])
    }
    // A number below 0 of the one has the bits of a large one of the other.
    return integer.isSigned == isSigned || Int64(bitPattern: integer.bits) >= 0
      ? integer.bits : nil
  }
}

extension DataTable {
  /// The type of 64 bits that has all digits of all numbers; nil where `Double` has.
  /// - Parameter path: the file that is to have them, for the error.
  /// - Throws: `FileError.unwritable` where neither has.
  package func integerType(path: String) throws(FileError) -> NPYElementType? {
    guard let first = columns.first(where: { $0.integers?.isRounded == true }) else { return nil }
    let type: NPYElementType = first.integers?.isSigned == true ? .int64 : .uint64
    for column in columns where column.numbers != nil {
      for row in 0..<rowCount where column.integerBits(row, as: type) == nil {
        throw Self.hasNoType(path: path, first.name, type, column, row)
      }
    }
    return type
  }

  /// - Parameters:
  ///   - integers: the name of a column with integers of the type that no `Double` is.
  ///   - other: a column in which that of `row` is none of the type.
  package static func hasNoType(
    path: String, _ integers: String, _ type: NPYElementType, _ other: Column, _ row: Int
  ) -> FileError {
    let (problem, formats) =
      other.isMissing(at: row)
      ? ("some of '\(other.name)' are missing, which \(type.rawValue) cannot say", ".csv or .jsonl")
      : ("numbers in '\(other.name)' are no \(type.rawValue)", ".csv or .npz")
    return .unwritable(
      path: path,
      what:
        "integers of 64 bits in '\(integers)' have more digits than f8, and \(problem); make a \(formats), which have all digits "
        + "of both, leave one of them out, or round them by 'echelon convert' with --type f8")
  }
}

extension CSVFile {
  /// All digits of a column of whole numbers, of which at least one is no `Double` and some may be missing; nil of others.
  /// - Parameters:
  ///   - numbers: what was read of it.
  ///   - chunk: of which rows; nil for all.
  fileprivate func integers(
    ofColumn index: Int, _ numbers: [Double], chunk: CSVChunk?
  ) throws(FileError) -> StoredIntegers? {
    // Spares reading most columns with large numbers again.
    guard numbers.allSatisfy({ $0.isNaN || $0.isFinite && $0 == $0.rounded(.towardZero) }) else {
      return nil
    }
    let words =
      if let chunk { try readText(columns: [index], of: chunk)[0] } else {
        try readText(column: index)
      }
    var long = LongIntegers()
    for (row, (word, number)) in zip(words, numbers).enumerated() where abs(number) >= 0x1p53 {
      if let word, LostNumbers.isRounded(word, as: number) {
        long.add(word, row: row, isNegated: false)
      }
    }
    return long.integers(among: numbers)
  }
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

  /// The table with the integers of 64 bits that some of its numbers were, where a `Double` may not have all their digits.
  ///
  /// Of delimited text they are those of columns that have nothing else in these rows.
  /// - Parameters:
  ///   - piece: the rows that the table has; nil for all.
  ///   - table: what the reader gave of them.
  package func keepingIntegers(
    of piece: Piece? = nil, in table: DataTable
  ) throws(FileError) -> DataTable {
    switch format {
    case .npy(let array) where array.elementType.exceedsDouble: break
    case .npz, .csv: break
    case .npy, .matrixMarket, .jsonLines, .longJSONLines, .hdf5: return table
    }
    let rows = piece?.rows ?? 0..<rowCount
    var columns: [Column] = []
    for (index, column) in table.columns.enumerated() {
      guard let numbers = column.numbers, numbers.contains(where: { abs($0) >= 0x1p53 }) else {
        columns.append(column)
        continue
      }
      if case .csv(let file) = format {
        let integers = try file.integers(ofColumn: index, numbers, chunk: piece?.chunk)
        columns.append(Column(name: column.name, numbers: numbers, integers: integers))
        continue
      }
      var (bits, isSigned) = ([UInt64](), true)
      let hasIntegers = try forEachInteger(column: index, rows: rows) { integer in
        bits.append(integer.bits)
        isSigned = integer.isSigned
        return true
      }
      columns.append(
        hasIntegers
          ? Column(
            name: column.name, numbers: numbers,
            integers: StoredIntegers(isSigned: isSigned, bits: bits)) : column)
    }
    return DataTable(columns: columns)
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
      guard let integers = file.table.columns[column].integers else { return false }
      _ = rows.allSatisfy { integers[$0].map(body) ?? true }
      return true
    case .csv, .matrixMarket, .jsonLines, .longJSONLines: return false
    }
  }
}
