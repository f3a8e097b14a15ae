import EchelonFiles
import EchelonMemory

/// An NPY file of a table that comes in pieces, column after column: as many in a pass as memory is meant for.
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
  /// Of the columns of this pass, the values so far; in the first pass all columns, as long as there are few.
  private var kept: [[Double]] = []
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
      if rowCount * columns.count > mostKept {
        isKeeping = false
        kept = []
      }
      if isKeeping { keep(piece, columns[...]) }
      return
    }
    if kept.isEmpty {
      let values = piece.columns[columns[group.lowerBound]].numbers ?? []
      try writer?.append(values.span)
    } else {
      keep(piece, columns[group])
    }
  }

  private func keep(_ piece: DataTable, _ columns: ArraySlice<Int>) {
    for (place, column) in columns.enumerated() {
      kept[place] += piece.columns[column].numbers ?? []
    }
  }

  func endPass() throws {
    let count = columns?.count ?? 0
    var next = 0
    if let group {
      next = group.upperBound
    } else {
      writer = try NPYColumnWriter(path: path, rowCount: rowCount, columnCount: count)
      if isKeeping { next = count }
    }
    for values in kept { try writer?.append(values.span) }
    wantsPass = next < count
    let size = max(1, mostKept / max(1, rowCount))
    group = next..<min(count, next + size)
    kept = size > 1 ? (next..<min(count, next + size)).map { _ in [] } : []
  }

  func finish() throws { try writer.take()?.commit() }
}
