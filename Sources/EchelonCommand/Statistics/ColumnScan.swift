import Echelon
import EchelonFiles
import EchelonTables

/// A pass over some rows of a file, for what is asked about columns; goes to a worker.
struct ColumnScan: Codable, Sendable {
  /// What is asked about a column.
  struct Question: Codable, Sendable {
    let column: Int
    /// How many values stand before the rows, missing ones not among them; nil where no moments are wanted.
    let valuesBefore: Int?
    let ranks: RankQuestion?
  }

  let source: FilePieces
  let pieces: Range<Int>
  let questions: [Question]

  /// What is found out about a column.
  struct Findings: Codable, Sendable {
    /// Rows without a value.
    var missing = 0
    /// Mean and sum of squared deviations of every run of values that begins in the rows.
    var means: [Double] = []
    var squares: [Double] = []
    /// How many values the last run has; all others have `Self.runLength`.
    var lastCount = 0
    var ranks: RankCount?

    /// The moments of the runs, in order.
    var moments: [Moments] {
      means.indices.map { run in
        Moments(
          count: run == means.count - 1 ? lastCount : ColumnScan.runLength, mean: means[run],
          sumOfSquaredDeviations: squares[run])
      }
    }
  }

  /// As many values as a chunk of the kernel has, so that moments have its bits.
  static let runLength = 65_536

  /// Reads the rows, in a worker.
  func reported() throws -> [Findings] {
    do { return try run() } catch { throw InputFailure(error, path: source.path) }
  }

  /// Reads the rows.
  func run() throws -> [Findings] {
    let reader = try source.open()
    var columns = questions.map { ColumnPass($0) }
    let wanted = questions.map(\.column)
    for piece in pieces {
      let values = try reader.numbers(of: wanted, in: piece)
      for index in columns.indices { try columns[index].add(values[index]) }
    }
    // A run that has begun ends in rows behind.
    var piece = pieces.upperBound
    while piece < source.pieceCount, columns.contains(where: \.hasBegun) {
      let open = columns.indices.filter { columns[$0].hasBegun }
      let values = try reader.numbers(of: open.map { wanted[$0] }, in: piece)
      for (index, values) in zip(open, values) { try columns[index].finish(with: values) }
      piece += 1
    }
    return try columns.map { column in
      var column = column
      try column.close()
      return column.findings
    }
  }
}

/// What becomes of a column in a pass.
private struct ColumnPass {
  private(set) var findings = ColumnScan.Findings()
  /// The values of the run that is not full.
  private var run: [Double] = []
  /// How many values come before the first run that begins here; nil where no moments are wanted.
  private var skipped: Int?

  init(_ question: ColumnScan.Question) {
    findings.ranks = question.ranks.map { RankCount($0) }
    skipped = question.valuesBefore.map { before in
      (ColumnScan.runLength - before % ColumnScan.runLength) % ColumnScan.runLength
    }
  }

  var hasBegun: Bool { !run.isEmpty }

  mutating func add(_ all: [Double]) throws(KernelError) {
    let values = all.contains(where: \.isNaN) ? all.filter { !$0.isNaN } : all
    findings.missing += all.count - values.count
    findings.ranks?.add(values.span)
    guard let before = skipped else { return }
    var start = min(before, values.count)
    skipped = before - start
    while start < values.count {
      let end = min(values.count, start + ColumnScan.runLength - run.count)
      run += values[start..<end]
      start = end
      if run.count == ColumnScan.runLength { try close() }
    }
  }

  /// Completes the run that has begun by values of rows behind.
  mutating func finish(with all: [Double]) throws(KernelError) {
    run += all.lazy.filter { !$0.isNaN }.prefix(ColumnScan.runLength - run.count)
    if run.count == ColumnScan.runLength { try close() }
  }

  /// Ends the run, full or not.
  mutating func close() throws(KernelError) {
    guard let moments = try ColumnSummary.moments(run) else { return }
    findings.means.append(moments.mean)
    findings.squares.append(moments.sumOfSquaredDeviations)
    findings.lastCount = moments.count
    run.removeAll(keepingCapacity: true)
  }
}
