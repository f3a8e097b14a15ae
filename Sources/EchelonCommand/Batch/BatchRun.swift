import Echelon
import EchelonFiles
import EchelonMemory

/// A batch that has been run: what became of each file.
struct BatchRun {
  /// The end of one file.
  enum Outcome {
    case done(BatchResult)
    case failed(InputFailure)
    /// Not begun when Ctrl-C was pressed or the run was ended early, or stopped then.
    case notBegun
  }

  let tasks: [BatchTask]
  private(set) var outcomes: [Outcome]
  /// When a worker was at each file, if it said so.
  private(set) var spans: [WorkSpan?]
  /// Files of which earlier results still stand; done, too.
  private(set) var unchangedCount = 0
  let wasInterrupted: Bool
  /// Whether the policy of the run ended it.
  let wasHalted: Bool

  /// A run that others have carried out.
  init(tasks: [BatchTask], outcomes: [Outcome]) {
    (self.tasks, self.outcomes) = (tasks, outcomes)
    spans = tasks.map { _ in nil }
    (wasInterrupted, wasHalted) = (false, false)
  }

  /// Runs the plan and reports every file that fails as it does.
  init(
    _ plan: BatchPlan, in pool: ProcessPool, workers: Int, _ settings: JobSettings,
    progress style: ProgressLine.Style, records: inout RunRecords
  ) async throws {
    tasks = plan.tasks
    outcomes = tasks.map { _ in .notBegun }
    spans = tasks.map { _ in nil }
    let interruption = Interruption()
    var dispatch = JobDispatch(tasks, in: pool, workers: workers, settings)
    let progress = ProgressLine(style, total: tasks.count, workerCount: workers)
    defer { progress.finish() }
    var outcomes = outcomes
    var spans = spans
    var unchangedCount = 0
    let tasks = tasks
    try await dispatch.run(interruption) { index, ending in
      let task = tasks[index]
      if try records.note(ending, of: task) {
        unchangedCount += 1
      }
      let failure: InputFailure
      switch ending {
      case .stopped: return
      case .failed(let error, _): failure = InputFailure(error, path: task.path)
      case .report(let report):
        spans[index] = report.span
        switch report.ending {
        case .failed(let reported): failure = reported
        case .done(let result), .unchanged(let result):
          outcomes[index] = .done(result)
          for note in result.notes(path: task.path) {
            progress.aside { Console.writeError("echelon: \(note)") }
          }
          return progress.advance(hasFailed: false)
        }
      }
      outcomes[index] = .failed(failure)
      progress.aside {
        Console.report(failure)
        if !task.isForStandardOutput,
          let old = task.outputs.first(where: { Folder.entry(at: $0) != .unknown })
        {
          Console.writeError("echelon: \(old): is of an earlier run, and stays as it was")
        }
      }
      progress.advance(hasFailed: true)
    }
    self.outcomes = outcomes
    self.spans = spans
    self.unchangedCount = unchangedCount
    wasInterrupted = interruption.hasHappened
    wasHalted = dispatch.hasHalted
  }

  var failureCount: Int { count { if case .failed = $0 { true } else { false } } }
  private var doneCount: Int { count { if case .done = $0 { true } else { false } } }
  private func count(_ isWanted: (Outcome) -> Bool) -> Int { outcomes.count(where: isWanted) }

  /// `20 files done, 1 failed, 20 results in out/`.
  func summary(folder: String) -> String {
    let written = zip(tasks, outcomes).reduce(0) { sum, pair in
      if case .done = pair.1 { sum + pair.0.outputs.count } else { sum }
    }
    let left = tasks.count - doneCount - failureCount
    return "\(NumberText.count(doneCount, "file")) done"
      + (unchangedCount > 0 ? " (\(NumberText.grouped(unchangedCount)) of them before)" : "")
      + (failureCount > 0 ? ", \(NumberText.grouped(failureCount)) failed" : "")
      + (left > 0 ? ", \(NumberText.grouped(left)) not begun" : "")
      + ": \(NumberText.count(written, "result")) in \(folder)"
  }

  // MARK: Results

  /// Writes what became of each file to standard output, in the order of the command line.
  func writeResults(_ format: OutputFormat) throws {
    switch format {
    case .table: try Console.write(table.text(width: Console.width))
    case .json: try Console.write(JSONValue.array(rows.map(\.json)).text() + "\n")
    case .csv:
      try Console.write(
        CSVWriter.text(
          DataTable(columns: [
            Column(name: "file", text: rows.map(\.file)),
            Column(name: "state", text: rows.map(\.state)),
            Column(
              name: "rows", numbers: rows.map { $0.result.map { Double($0.rowCount) } ?? .nan }),
            Column(
              name: "columns",
              numbers: rows.map { $0.result.map { Double($0.columnCount) } ?? .nan }),
            Column(
              name: "undefined",
              numbers: rows.map { $0.result.map { Double($0.undefinedCount) } ?? .nan }),
            Column(
              name: "results", text: rows.map { $0.outputs.joined(separator: ";") }),
            Column(name: "error", text: rows.map(\.error)),
          ])))
    }
  }

  private struct Row {
    let file: String
    let state: String
    let result: BatchResult?
    let outputs: [String]
    let error: String?

    var json: JSONValue {
      .object(
        [("file", .string(file)), ("state", .string(state))]
          + (result.map {
            [
              ("rows", .integer($0.rowCount)), ("columns", .integer($0.columnCount)),
              ("undefined", .integer($0.undefinedCount)),
            ] + $0.raggedRows.json
          } ?? [])
          + [("results", .array(outputs.map { .string($0) }))]
          + (error.map { [("error", .string($0))] } ?? []))
    }
  }

  private var rows: [Row] {
    zip(tasks, outcomes).map { task, outcome in
      switch outcome {
      case .done(let result):
        Row(file: task.path, state: "done", result: result, outputs: task.outputs, error: nil)
      case .failed(let failure):
        Row(
          file: task.path, state: "failed", result: nil, outputs: [], error: failure.description)
      case .notBegun:
        Row(file: task.path, state: "not begun", result: nil, outputs: [], error: nil)
      }
    }
  }

  private var table: TextTable {
    // Seldom anything but 0, and then worth a column.
    let hasUndefined = rows.contains { ($0.result?.undefinedCount ?? 0) > 0 }
    var table = TextTable(
      columns: [.init("File", isElastic: true), .init("Rows", .right), .init("Columns", .right)]
        + (hasUndefined ? [.init("Undefined", .right)] : [])
        + [.init("Result", isElastic: true)])
    for row in rows {
      let counts =
        [row.result?.rowCount, row.result?.columnCount]
        + (hasUndefined ? [row.result?.undefinedCount] : [])
      let result = row.outputs.isEmpty ? row.state : row.outputs.joined(separator: " ")
      table.rows.append(
        [.text(row.file)] + counts.map { $0.map { .integer($0) } ?? .text("") } + [.text(result)])
    }
    return table
  }
}
