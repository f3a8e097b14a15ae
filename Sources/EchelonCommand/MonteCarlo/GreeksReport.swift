import Echelon
import EchelonFiles

/// The outcome of a run that sampled Greeks.
struct GreeksReport {
  let name: String
  let parameters: [(name: String, value: JSONValue)]
  /// What the standard errors do not say.
  let note: String?
  /// One for each asset.
  let found: [GreeksEstimate]
  /// Where they are known, of one asset.
  let exact: OptionGreeks?
  /// How far an earlier run had come, where there was one.
  let resumed: AssetGreeksState?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private struct Row {
    let name: String
    /// Of several, from 1 on.
    let asset: Int?
    let mean: Double
    let error: Double
    let exact: Double?

    var label: String { asset.map { "\(name) of asset \($0)" } ?? name }
  }

  private var rows: [Row] {
    let greeks: [(name: String, path: KeyPath<OptionGreeks, Double>)] = [
      ("price", \.price), ("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega),
      ("theta", \.theta), ("rho", \.rho),
    ]
    func row(_ index: Int, _ name: String, _ path: KeyPath<OptionGreeks, Double>, asset: Int?)
      -> Row
    {
      Row(
        name: name, asset: asset, mean: found[index].means[keyPath: path],
        error: found[index].standardErrors[keyPath: path], exact: exact?[keyPath: path])
    }
    guard found.count > 1 else {
      return greeks.map { row(0, $0.name, $0.path, asset: nil) }
    }
    // Those of the whole first, which are the same of each asset.
    let own = ["delta", "gamma", "vega"]
    return greeks.filter { !own.contains($0.name) }.map { row(0, $0.name, $0.path, asset: nil) }
      + found.indices.flatMap { index in
        greeks.filter { own.contains($0.name) }.map {
          row(index, $0.name, $0.path, asset: index + 1)
        }
      }
  }

  func write(_ format: OutputFormat) throws {
    let rows = rows
    switch format {
    case .table: try Console.write(table(rows))
    case .json:
      let greeks = rows.map { row in
        let members: [(name: String, value: JSONValue)] =
          [("name", .string(row.name))] + (row.asset.map { [("asset", .integer($0))] } ?? []) + [
            ("estimate", .number(row.mean)), ("standard_error", .number(row.error)),
            ("exact", row.exact.map { .number($0) } ?? .null),
          ]
        return JSONValue.object(members)
      }
      let members: [(name: String, value: JSONValue)] =
        [("run", .string(name))] + parameters + [
          ("samples", .integer(found[0].sampleCount)),
          ("seed", .seed(seed)),
          ("greeks", .array(greeks)), ("seconds", .number(seconds)),
          ("workers", .integer(workerCount)),
        ]
        + (resumed.map {
          [
            ("resumed_samples", .integer($0.sampleCount)),
            ("resumed_seconds", .number($0.elapsedTime.seconds)),
          ]
        } ?? [])
        + (note.map { [("note", .string($0))] } ?? [])
      try Console.write(JSONValue.object(members).text() + "\n")
    case .csv:
      var columns = [
        Column(name: "name", text: rows.map(\.label)),
        Column(name: "estimate", numbers: rows.map(\.mean)),
        Column(name: "standard_error", numbers: rows.map(\.error)),
      ]
      if exact != nil {
        columns.append(Column(name: "exact", numbers: rows.map { $0.exact ?? .nan }))
      }
      try Console.write(CSVWriter.text(DataTable(columns: columns)))
    }
  }

  private func table(_ rows: [Row]) -> String {
    var columns: [TextTable.Column] = [
      .init("Greek"), .init("Estimate", .decimal), .init("Standard error", .decimal),
    ]
    if exact != nil {
      columns += [.init("True value", .decimal), .init("Error in SE", .decimal)]
    }
    var table = TextTable(columns: columns)
    for row in rows {
      var cells: [TextTable.Cell] = [
        .text(row.label), .text(row.mean.rounded(significantDigits: 6)),
        .text(row.error.rounded(significantDigits: 2)),
      ]
      if let exact = row.exact {
        cells += [
          .text(exact.rounded(significantDigits: 6)),
          .text(
            row.error > 0 ? ((row.mean - exact) / row.error).rounded(significantDigits: 2) : ""),
        ]
      }
      table.rows.append(cells)
    }
    let title = MonteCarloReport<MonteCarloEstimate>.title(name, parameters)
    return Console.bold(title) + "\n" + table.text(width: Console.width)
      + "\(NumberText.grouped(found[0].sampleCount)) samples, seed \(seed), "
      + "\(NumberText.time(seconds: seconds)), \(NumberText.count(workerCount, "worker"))\n"
      + (resumed.map {
        "\(NumberText.grouped($0.sampleCount)) of them in the run that was saved, in "
          + "\(NumberText.time(seconds: $0.elapsedTime.seconds))\n"
      } ?? "")
      + (note.map { "\($0)\n" } ?? "")
  }
}
