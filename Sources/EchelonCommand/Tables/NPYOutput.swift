import EchelonFiles
import EchelonMemory

/// An NPY file of a table that comes in pieces, column after column: as many in a pass as memory is meant for.
///
/// Numbers are Doubles, unless there are integers of 64 bits that no `Double` is: then all of them are such integers.
final class NPYOutput: RowOutput {
  /// A quarter of the memory that is left: text is parsed again in every pass.
  static let mostKept =
    max(64 << 20, MachineLimits.memory().availableBytes / 4) / MemoryLayout<Double>.stride

  private let path: String
  /// Numbers that are kept at a time.
  private let mostKept: Int
  private let begin: (DataTable) throws -> Void
  /// The columns of numbers; known after the first piece.
  private var columns: [Int]?
  private var rowCount = 0
  /// Of the columns of this pass, the bits of the values so far; in the first pass all columns, as long as there are few.
  private var kept: [[UInt64]] = []
  /// The type of integers, and the column that needs it.
  private var integers: (type: NPYElementType, column: String)?
  private var isKeeping = true
  /// The columns that this pass writes; nil while rows are counted.
  private var group: Range<Int>?
  private var writer: NPYColumnWriter?
  private(set) var wantsPass = true

  /// - Parameter begin: is called with the first piece.
  init(
    to path: String, mostKept: Int = NPYOutput.mostKept,
    begin: @escaping (DataTable) throws -> Void = { _ in }
  ) {
    self.path = path
    self.mostKept = mostKept
    self.begin = begin
  }

  func append(_ piece: DataTable) throws {
    let columns = columns ?? piece.columns.indices.filter { piece.columns[$0].kind == .number }
    if self.columns == nil {
      try begin(piece)
      self.columns = columns
      kept = columns.map { _ in [] }
    }
    guard let group else {
      rowCount += piece.rowCount
      if integers == nil { findIntegers(piece, columns) }
      // Those before the first integer were kept as Doubles.
      if rowCount * columns.count > mostKept || integers != nil {
        isKeeping = false
        kept = []
      }
      if isKeeping { try keep(piece, columns[...]) }
      return
    }
    if kept.isEmpty {
      let values = try bits(of: piece.columns[columns[group.lowerBound]])
      try writer?.append(bits: values.span)
    } else {
      try keep(piece, columns[group])
    }
  }

  private func keep(_ piece: DataTable, _ columns: ArraySlice<Int>) throws {
    for (place, column) in columns.enumerated() {
      kept[place] += try bits(of: piece.columns[column])
    }
  }

  private func findIntegers(_ piece: DataTable, _ columns: [Int]) {
    for index in columns {
      let column = piece.columns[index]
      guard let found = column.integers, found.isRounded else { continue }
      integers = (found.isSigned ? .int64 : .uint64, column.name)
      return
    }
  }

  private func bits(of column: Column) throws -> [UInt64] {
    let numbers = column.numbers ?? []
    guard let integers else { return numbers.map(\.bitPattern) }
    return try numbers.indices.map { row in
      guard let bits = column.integerBits(row, as: integers.type) else {
        throw DataTable.hasNoType(path: path, integers.column, integers.type, column, row)
      }
      return bits
    }
  }

  func endPass() throws {
    let count = columns?.count ?? 0
    var next = 0
    if let group {
      next = group.upperBound
    } else {
      writer = try NPYColumnWriter(
        path: path, rowCount: rowCount, columnCount: count, type: integers?.type ?? .float64)
      if isKeeping { next = count }
    }
    for bits in kept { try writer?.append(bits: bits.span) }
    wantsPass = next < count
    let size = max(1, mostKept / max(1, rowCount))
    group = next..<min(count, next + size)
    kept = size > 1 ? (next..<min(count, next + size)).map { _ in [] } : []
  }

  func finish() throws { try writer.take()?.commit() }
}
