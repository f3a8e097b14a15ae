import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import EchelonTables

/// Where tables come from and go to, of the commands that change tables.
struct TableOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"))
  var files: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file ending in .csv, .tsv, .npy, .npz, .mtx, .json or .jsonl, also with .gz or .zst, or a folder for the results of several; without it, one "
        + "result goes to standard output.", valueName: "path"))
  var output: String?

  @Option(
    help: ArgumentHelp(
      "What standard output gets: csv, json, or a table to look at.", valueName: "format"))
  var format: OutputFormat = .csv

  @OptionGroup var workers: WorkerOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  /// The formats that a file's name asks for.
  private static let suffixes = ["csv", "tsv", "npy", "npz", "mtx", "json", "jsonl"]

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
    // Without that of a compressed file, which is written as one.
    let name = output.map { path in
      CompressionFormat(path: path).map { String(path.dropLast($0.suffix.count)) } ?? path
    }
    let suffix = name.flatMap { name in Self.suffixes.first { name.hasSuffix(".\($0)") } }
    guard name == output || suffix != nil else {
      throw WrongUse(
        "\(output ?? "") does not say its format; name a file such as result.csv.gz",
        command: command)
    }
    if let output, suffix == nil, output != InputFile.standardStream {
      let plan = try BatchPlan(
        steps: [.table(operation), .named(.toCSV)], paths: paths, outputFolder: output,
        dialect: text.dialect, raw: raw.rawFormat, command: command)
      return try await plan.run(into: output, workers: workers.count)
    }
    guard paths.count == 1 else {
      throw WrongUse(
        "\(paths.count) files have \(paths.count) results; name a folder for them by --output",
        command: command)
    }
    let result = try text.table(at: paths[0], raw, command: command) { try operation.apply(to: $0) }
    if let output, let suffix {
      try result.write(to: output, suffix: suffix)
    } else {
      try result.show(as: format)
    }
  }
}

extension TextOptions {
  /// What is made of the table of a file; what goes wrong is reported.
  /// - Parameter path: `-` is standard input.
  func table<Result>(
    at path: String, _ raw: RawOptions, command: String, _ body: (DataTable) throws -> Result
  ) throws -> Result {
    var inputs = [InputFile(path: path, dialect: try dialect, raw: raw.rawFormat)]
    let standardInput = try StandardInput(for: &inputs, command: command)
    defer { withExtendedLifetime(standardInput) {} }
    do {
      let reader = try inputs[0].open()
      if let note = reader.raggedRows.note(path: path) { Console.writeError("echelon: \(note)") }
      return try body(reader.table())
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
