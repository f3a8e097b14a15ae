import Echelon
import EchelonFiles

/// What the tour shows of a file, beyond the statistics that go into the results.
struct FileStudy: Codable, Sendable {
  /// The two columns that go together best.
  struct Pair: Codable, Sendable {
    let first: String
    let second: String
    /// Pearson's.
    let correlation: Double
  }

  let byteCount: Int
  let rowCount: Int
  let columnCount: Int
  let missingCount: Int
  /// Nil when there are not two columns of numbers that vary.
  let strongest: Pair?
}

/// Summarizes one file and writes its statistics; runs in a worker.
@Sendable func studyFile(_ task: BatchTask) throws -> FileStudy {
  do {
    let table = try task.input.open().table()
    let statistics = try BatchOperation.stats.apply(to: table, file: task.path)
    for output in task.outputs { try CSVWriter.write(statistics, to: output) }
    let correlations = try BatchOperation.correlation.apply(to: table, file: task.path)
    return FileStudy(
      byteCount: InputFiles.byteCount(task.path), rowCount: table.rowCount,
      columnCount: table.columns.count,
      missingCount: table.columns.reduce(0) { $0 + $1.missingCount },
      strongest: FileStudy.Pair(in: correlations))
  } catch {
    throw InputFailure(error, path: task.path)
  }
}

extension FileStudy.Pair {
  /// The largest magnitude off the diagonal; the first of equals.
  fileprivate init?(in correlations: DataTable) {
    let columns = correlations.columns.dropFirst()  // the first has the names
    var best: (i: Int, j: Int, value: Double)?
    for (j, column) in columns.enumerated() {
      for (i, value) in (column.numbers ?? []).prefix(j).enumerated() where !value.isNaN {
        if abs(value) > abs(best?.value ?? 0) { best = (i, j, value) }
      }
    }
    guard let best else { return nil }
    let names = columns.map(\.name)
    self.init(first: names[best.i], second: names[best.j], correlation: best.value)
  }
}
