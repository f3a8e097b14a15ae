import ArgumentParser
import Echelon
import EchelonFiles
import EchelonTables

/// Where tables come from and go to, of the commands that change tables.
struct TableOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("CSV, TSV or NPY files, or folders.", valueName: "file"))
  var files: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file ending in .csv, .tsv, .npy or .json, or a folder for the results of several; without it, one "
        + "result goes to standard output.", valueName: "path"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "What standard output gets: csv, json, or a table to look at.", valueName: "format"))
  var format: OutputFormat = .csv

  @OptionGroup var workers: WorkerOptions

  /// The formats that a file's name asks for.
  private static let suffixes = ["csv", "tsv", "npy", "json"]

  /// Applies an operation to all files.
  /// - Parameters:
  ///   - command: whose help says more when something is wrong, and which operation is meant.
  ///   - argument: what it works on.
  func run(_ command: String, _ argument: String) async throws {
    let operation: TableOperation
    do { operation = try TableOperation(command, argument) } catch {
      throw WrongUse("\(command): \(error)", command: command)
    }
    guard !files.isEmpty else { throw WrongUse("no files are named", command: command) }
    let paths = try InputFiles.expand(files)
    let suffix = output.flatMap { path in Self.suffixes.first { path.hasSuffix(".\($0)") } }
    if let output, suffix == nil {
      let plan = try BatchPlan(
        steps: [.table(operation), .named(.toCSV)], paths: paths, outputFolder: output,
        command: command)
      return try await plan.run(into: output, workers: workers.count)
    }
    guard paths.count == 1 else {
      throw WrongUse(
        "\(paths.count) files have \(paths.count) results; name a folder for them by --output",
        command: command)
    }
    let result = try Self.result(of: operation, path: paths[0])
    if let output, let suffix {
      try result.write(to: output, suffix: suffix)
    } else {
      try result.show(as: format)
    }
  }

  private static func result(of operation: TableOperation, path: String) throws -> DataTable {
    do {
      return try operation.apply(to: DataFileReader.open(path).table())
    } catch {
      Console.report(InputFailure(error, path: path))
      throw Exit.someInputFailed
    }
  }
}

extension DataTable {
  /// Writes the table to standard output.
  fileprivate func show(as format: OutputFormat) throws {
    switch format {
    case .csv: try Console.write(CSVWriter.text(self))
    case .json: try Console.write(JSONValue(self).text() + "\n")
    case .table:
      var table = TextTable(
        columns: columns.map { .init($0.name, $0.kind == .number ? .right : .left) })
      for row in 0..<rowCount {
        table.rows.append(
          columns.map { column in
            switch column.values {
            case .numbers(let values): values[row].isNaN ? .text("") : .number(values[row])
            case .text(let values): .text(values[row] ?? "")
            }
          })
      }
      try Console.write(table.text(width: Console.width))
    }
  }
}
