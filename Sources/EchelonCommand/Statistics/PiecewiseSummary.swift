import Echelon
import EchelonFiles
import EchelonTables

/// Summarizes columns that are not to be in memory as a whole, in passes over their file in which every worker reads
/// some of the rows: the bits are those of `ColumnSummary(name:values:)`.
///
/// The first pass counts, finds the extremes and, of columns in which nothing is missing, the moments; the second those of
/// the others. The quartiles take as many as `RankSearch` does.
struct PiecewiseSummary {
  let pool: ProcessPool
  let source: FilePieces

  /// Columns that one pass is about, each of which has tables of counts.
  private static let columnsPerPass = 32
  /// Keys that workers keep for all columns of a pass.
  private static let mostKept = 1 << 20
  private static let retries: RetryPolicy = 2
  /// Counts have 32 bits.
  private static let mostRowsInPart = 1 << 31

  /// What is known of a column.
  private struct Knowledge {
    var search: RankSearch
    var missing: [Int] = []
    var moments: [Moments] = []
    var isFirst = true
    var needsMoments = true

    /// What is asked in a pass over the rows of a part.
    /// - Parameter rowsBefore: how many rows come before them.
    func question(_ column: Int, part: Int, rowsBefore: Int) -> ColumnScan.Question {
      let missingBefore = missing.prefix(part).reduce(0, +)
      return ColumnScan.Question(
        column: column, valuesBefore: needsMoments ? rowsBefore - missingBefore : nil,
        ranks: search.question)
    }

    var isComplete: Bool { search.question == nil && !needsMoments }
  }

  /// The summaries of columns, which have these names.
  func callAsFunction(_ columns: [(index: Int, name: String)]) async throws -> [ColumnSummary] {
    var summaries: [ColumnSummary] = []
    for first in stride(from: 0, to: columns.count, by: Self.columnsPerPass) {
      let group = columns[first..<min(columns.count, first + Self.columnsPerPass)]
      summaries += try await summarize(Array(group))
    }
    return summaries
  }

  private func summarize(
    _ columns: [(index: Int, name: String)]
  ) async throws -> [ColumnSummary] {
    let parts = parts
    var known = columns.map { _ in
      Knowledge(
        search: RankSearch(
          mostKept: max(4_096, Self.mostKept / columns.count), rowCount: source.rowCount
        ) { count in
          (1...3).flatMap { quarters in
            let rank = quarters * (count - 1) / 4
            return [rank, min(count - 1, rank + 1)]
          }
        })
    }
    while true {
      let open = known.indices.filter { !known[$0].isComplete }
      if open.isEmpty { break }
      var totals = open.map { _ in RankTotal() }
      let scans = parts.enumerated().map { part, pieces in
        ColumnScan(
          source: source, pieces: pieces,
          questions: open.map {
            known[$0].question(
              columns[$0].index, part: part, rowsBefore: source.rows(of: pieces).lowerBound)
          })
      }
      try await run(scans) { findings in
        for (place, found) in findings.enumerated() {
          if let ranks = found.ranks { totals[place].add(ranks) }
          if known[open[place]].isFirst { known[open[place]].missing.append(found.missing) }
          if known[open[place]].needsMoments { known[open[place]].moments += found.moments }
        }
      }
      for (index, total) in zip(open, totals) {
        if known[index].search.question != nil { known[index].search.take(total) }
        // Where something is missing, runs of values do not begin where it was thought.
        let wereRight = !known[index].isFirst || known[index].missing.allSatisfy { $0 == 0 }
        if !wereRight { known[index].moments = [] }
        if wereRight || known[index].search.count == 0 { known[index].needsMoments = false }
        known[index].isFirst = false
      }
    }
    return zip(columns, known).map { column, known in
      let search = known.search
      let missing = known.missing.reduce(0, +)
      guard let extremes = search.extremes else {
        return ColumnSummary(name: column.name, count: 0, missing: missing, numbers: nil)
      }
      let moments = Self.merged(known.moments[...])
      return ColumnSummary(
        name: column.name, count: search.count, missing: missing,
        numbers: ColumnSummary.Numbers(
          mean: moments.mean, standardDeviation: moments.standardDeviation,
          minimum: extremes.minimum, lowerQuartile: Self.quartile(1, search),
          median: Self.quartile(2, search), upperQuartile: Self.quartile(3, search),
          maximum: extremes.maximum))
    }
  }

  /// A quartile, as `OrderStatistics.quartiles` has it.
  private static func quartile(_ quarters: Int, _ search: RankSearch) -> Double {
    let (rank, remainder) = (quarters * (search.count - 1)).quotientAndRemainder(dividingBy: 4)
    let below = search.value(rank)
    guard remainder > 0 else { return below }
    let above = search.value(rank + 1)
    if above == below { return below }  // also infinities
    // From the nearer end.
    let share = Double(remainder) / 4
    let gap = above - below
    return share < 0.5 ? below + gap * share : above - gap * (1 - share)
  }

  /// Several for each worker, which need not take as long.
  private var parts: [Range<Int>] {
    let count = source.pieceCount
    let rowsPerPiece = max(1, source.rowCount / max(1, count))
    let size = max(
      1,
      min(
        (count + 4 * pool.workerCount - 1) / (4 * pool.workerCount),
        Self.mostRowsInPart / rowsPerPiece))
    return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
  }

  /// Runs scans in their order, some at a time, so that few results wait.
  private func run(
    _ scans: [ColumnScan], _ take: ([ColumnScan.Findings]) -> Void
  ) async throws {
    var waiting: [Future<[ColumnScan.Findings]>] = []
    for scan in scans {
      waiting.append(
        try pool.submit(retries: Self.retries, { scan in try scan.reported() }, scan))
      if waiting.count > pool.workerCount { take(try await waiting.removeFirst().value) }
    }
    for future in waiting { take(try await future.value) }
  }

  /// In the tree of `Kernel.mergeTree`.
  private static func merged(_ moments: ArraySlice<Moments>) -> Moments {
    guard moments.count > 1 else {
      return moments.first ?? Moments(count: 0, mean: 0, sumOfSquaredDeviations: 0)
    }
    let middle = moments.startIndex + (moments.count + 1) / 2
    return merged(moments[..<middle]).merged(with: merged(moments[middle...]))
  }
}
