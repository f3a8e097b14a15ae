import ArgumentParser
import EchelonFiles
import EchelonTables

extension StatsCommand {
  /// All statistics, which are found here, one file after the other.
  func describe(_ paths: [String], _ levels: String?) throws {
    let operation: TableOperation
    do { operation = try TableOperation("describe", levels ?? "") } catch {
      throw WrongUse("--quantiles: \(error)", command: "stats")
    }
    var results: [(path: String, table: DataTable)] = []
    var hasFailed = false
    for path in paths {
      do {
        let found = try text.table(at: path, raw, command: "stats") { try operation.apply(to: $0) }
        if output.format == .table {
          let heading = (results.isEmpty ? "" : "\n") + Console.bold(path.visible()) + "\n"
          try Console.write(heading + Self.turned(found).text(width: Console.width))
        }
        results.append((path, found))
      } catch let exit as ExitCode where exit == Exit.someInputFailed {
        hasFailed = true
      }
    }
    let files = results.flatMap { path, table in (0..<table.rowCount).map { _ in path as String? } }
    let head = Column(name: "file", text: files)
    if let first = results.first?.table {
      let all = try results.dropFirst().reduce(first) { try $0.concatenated($1.table) }
      let table = DataTable(columns: [head] + all.columns)
      if output.format != .table { try table.show(as: output.format) }
    }
    if hasFailed { throw Exit.someInputFailed }
  }

  /// A row for each statistic and a column for each column.
  private static func turned(_ table: DataTable) -> TextTable {
    let names = table["column"]?.text ?? []
    var result = TextTable(
      columns: [.init("Statistic")] + names.map { .init($0 ?? "", .right, hidingRank: nil) })
    for column in table.columns.dropFirst() {
      result.rows.append(
        [.text(column.name)]
          + (0..<column.count).map { row in
            switch column.values {
            case .numbers(let values): .number(values[row].isNaN ? nil : values[row])
            case .text(let values): .text(values[row] ?? "")
            }
          })
    }
    return result
  }
}
