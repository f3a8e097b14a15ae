import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import EchelonTables

/// Where tables come from and go to, of the commands that change tables.
struct TableOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file ending in .csv, .tsv, .npy, .npz, .mtx, .h5, .bin, .json or .jsonl, also with .gz or .zst, or a folder for the results of several; without it, one "
        + "result goes to standard output.", valueName: "path"), completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "What standard output gets: csv, json, or a table to look at; by default csv, and on a terminal a table that fits it.",
      valueName: "format"))
  var format: OutputFormat?

  /// Operations on single rows read files in pieces of about this size; for tests, which have none so large.
  @Option(name: .customLong("piece-bytes"), help: .hidden)
  var pieceByteCount = TextOptions.pieceByteCount

  /// How many numbers are kept at a time of what is written column after column; for tests.
  @Option(help: .hidden)
  var numbersKept = NPYOutput.mostKept

  @OptionGroup var color: ColorOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  mutating func validate() { files = FoldedWords.unfolded(files) }

  /// Applies an operation to all files.
  /// - Parameters:
  ///   - command: whose help says more when something is wrong, and which operation is meant.
  ///   - argument: what it works on.
  func run(_ command: String, _ argument: String) async throws {
    if files.isEmpty,
      let hint = ColumnHint.text(
        argument,
        example: { columns in
          let name = ColumnHint.inExpression(columns.number)
          let what = [
            "filter": "\(name) > 0", "map": "new = 2 * \(name)",
            "group": "count() by \(ColumnHint.inExpression(columns.word))",
          ]
          return ["echelon", command, what[command] ?? name]
        })
    {
      throw WrongUse(hint, command: command)
    }
    try checkOrder(command, argument)
    let operation: TableOperation
    do { operation = try TableOperation(command, argument) } catch {
      throw WrongUse("\(command): \(error)", command: command)
    }
    guard !files.isEmpty else { throw WrongUse("no files are named", command: command) }
    let paths = try InputFiles.expand(files, areNumbers: raw.rawFormat != nil)
    let target = try Target(output, command)
    if case .folder(let folder) = target {
      let plan = try BatchPlan(
        steps: [.table(operation), .named(.toCSV)], paths: paths, outputFolder: folder,
        dialect: text.dialect, raw: raw.rawFormat, command: command)
      return try await plan.run(into: folder, workers: workers.count)
    }
    try InputFiles.requireOne(paths, command)
    try target.check(keeping: paths + [operation.otherFile].compactMap(\.self), command: command)
    if let steps = RowSteps([.table(operation)]),
      let output = target.rowOutput(as: format, numbersKept: numbersKept)
    {
      return try text.pieces(
        at: paths[0], raw, byteCount: pieceByteCount, steps, to: output,
        keepsIntegers: target.keepsIntegers(as: format), command: command)
    }
    if operation.takesPasses {
      let result = try text.passes(
        at: paths[0], raw, byteCount: pieceByteCount, command: command
      ) { try operation.apply(in: $0) }
      return try target.write(result, as: format)
    }
    let result = try text.table(
      at: paths[0], raw, keepingFor: target.keepsIntegers(as: format) ? operation : nil,
      command: command
    ) { table, _ in try operation.apply(to: table) }
    try target.write(result, as: format)
  }

  /// Refuses a file that is named where what is wanted of it belongs, with that behind it.
  /// - Parameter first: what was named before the files.
  func checkOrder(_ command: String, _ first: String) throws {
    guard files.count == 1 else { return }
    if let hint = ColumnHint.swapped([first] + files, command: ["echelon", command]) {
      throw WrongUse(hint, command: command)
    }
  }

  /// Makes one table of those of all files.
  /// - Parameters:
  ///   - command: whose help says more when something is wrong.
  ///   - names: what a column of a file may be called in the result.
  ///   - join: gives that of the files so far and another one, whose path is given, too.
  func combine(
    _ command: String, names: (String) -> [String] = { [$0] },
    _ join: (DataTable, DataTable, _ path: String) throws -> DataTable
  ) throws {
    let paths = try InputFiles.expand(files, areNumbers: raw.rawFormat != nil)
    guard paths.count > 1 else {
      throw WrongUse("\(command) takes two files or more", command: command)
    }
    guard paths.count(where: { $0 == InputFile.standardStream }) < 2 else {
      throw WrongUse("- is standard input, which can be read only once", command: command)
    }
    let target = try Target(output, command)
    if case .folder(let folder) = target {
      throw WrongUse(
        "\(folder) does not say a format; name a file such as result.csv", command: command)
    }
    try target.check(keeping: paths, command: command)
    var result: DataTable?
    var rounded: [RoundedColumns] = []
    for path in paths {
      result = try text.table(at: path, raw, telling: { rounded.append($0) }, command: command) {
        (table, _) in
        guard let result else { return table }
        return try join(result, table, path)
      }
    }
    guard let result else { return }
    let keepsIntegers = target.keepsIntegers(as: format)
    for columns in rounded {
      var columns = columns
      // Where the result has them with all digits, nothing was rounded.
      if keepsIntegers {
        columns.keep(
          allBut: Set(
            columns.names.filter { name in
              names(name).compactMap { result[$0] }.allSatisfy { $0.integers == nil }
            }))
      }
      for note in columns.notes { Console.writeError("echelon: \(note)") }
    }
    try target.write(result, as: format)
  }
}

/// How files are read and where the one result goes.
struct ResultOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file ending in .csv, .tsv, .npy, .npz, .mtx, .h5, .bin, .json or .jsonl, also with .gz or .zst; without it, the result goes to "
        + "standard output.", valueName: "path"), completion: .file())
  var output: String?

  @Option(
    help: ArgumentHelp(
      "What standard output gets: csv, json, or a table to look at; by default csv, and on a terminal a table that fits it.",
      valueName: "format"))
  var format: OutputFormat?

  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  /// Applies an operation to a file.
  /// - Parameters:
  ///   - command: whose help says more when something is wrong, and which operation is meant.
  ///   - argument: what follows its name.
  func run(_ command: String, _ argument: String, on path: String) throws {
    let operation: TableOperation
    do { operation = try TableOperation(command, argument) } catch {
      throw WrongUse("\(command): \(error)", command: command)
    }
    let target = try Target(output, command)
    if case .folder(let folder) = target {
      throw WrongUse(
        "\(folder) does not say a format; name a file such as result.csv", command: command)
    }
    try target.check(keeping: [path] + [operation.otherFile].compactMap(\.self), command: command)
    operation.otherFile.map(DataFileReader.tellOfReading(besides:))
    let result = try text.table(at: path, raw, command: command) { try operation.apply(to: $0) }
    try target.write(result, as: format)
  }
}

/// Where a result goes.
enum Target {
  case standardOutput
  case file(String, suffix: String)
  case folder(String)

  /// The formats that a file's name asks for.
  private static let suffixes = ["csv", "tsv", "npy", "npz", "mtx", "h5", "bin", "json", "jsonl"]

  /// Formats that are not written, so that no folder gets such a name.
  private static let otherSuffixes = [
    "arrow", "bz2", "dat", "feather", "html", "mat", "ndjson", "ods", "parquet",
    "pdf",
    "pkl", "png", "svg", "tab", "txt", "xls", "xlsx", "xml", "xz", "yaml", "zip",
  ]

  init(_ output: String?, _ command: String) throws {
    guard let output, output != InputFile.standardStream, output != "/dev/stdout" else {
      self = .standardOutput
      return
    }
    // Without that of a compressed file, which is written as one.
    let name =
      CompressionFormat(path: output).map { String(output.dropLast($0.suffix.count)) } ?? output
    if let suffix = Self.suffixes.first(where: { name.hasEnding(".\($0)") }) {
      try OutputPlace.check(output, command: command)
      self = .file(output, suffix: suffix)
    } else if name.hasEnding(".hdf5") {
      try OutputPlace.check(output, command: command)
      self = .file(output, suffix: "h5")
    } else if let other = Self.otherSuffixes.first(where: { name.hasEnding(".\($0)") }),
      Folder.entry(at: output) != .folder
    {
      throw WrongUse(
        "\(output): .\(other) is no format that is written here; there are "
          + Self.suffixes.map { ".\($0)" }.joined(separator: ", "), command: command)
    } else if case .file = Folder.entry(at: output) {
      throw WrongUse(
        "\(output) is a file, and does not say its format; name one such as result.csv, or another folder",
        command: command)
    } else if name == output {
      self = .folder(output)
    } else {
      throw WrongUse(
        "\(output) does not say its format; name a file such as result.csv.gz", command: command)
    }
  }

  /// Whether what is written has all digits of integers of 64 bits.
  func keepsIntegers(as format: OutputFormat?) -> Bool {
    switch self {
    case .standardOutput: format.map { $0 != .table } ?? (Console.width == nil)
    case .file(_, let suffix): DataTable.keepsIntegers(as: suffix)
    case .folder: false
    }
  }

  /// What writes a single result row after row; nil where it is written as a whole.
  /// - Parameter numbersKept: how many numbers of a column after column format are kept at a time.
  func rowOutput(as format: OutputFormat?, numbersKept: Int) -> (any RowOutput)? {
    switch self {
    case .standardOutput:
      switch format {
      case nil where Console.width != nil: TerminalOutput()
      case nil, .csv: PieceOutput(.delimited(.commaSeparated), to: nil)
      case .json, .table: nil
      }
    case .file(let path, let suffix):
      suffix == "npy"
        ? NPYOutput(to: path, mostKept: numbersKept)
        : PieceOutput.format(suffix).map { PieceOutput($0, to: path) }
    case .folder: nil
    }
  }

  /// Writes a single result.
  /// - Parameter format: of standard output; nil is a table on a terminal and CSV elsewhere.
  func write(_ table: DataTable, as format: OutputFormat?) throws {
    if case .file(let path, let suffix) = self {
      try table.write(to: path, suffix: suffix)
      if suffix == "bin" { table.sayHowToReadNumbers(path) }
    } else if format == nil, Console.width != nil {
      let output = TerminalOutput()
      try output.append(table)
      try output.finish()
    } else {
      try table.show(as: format ?? .csv)
    }
  }
}

extension TextOptions {
  /// What is made of the table of a file; what goes wrong is reported.
  /// - Parameter path: `-` is standard input.
  func table<Result>(
    at path: String, _ raw: RawOptions, command: String, _ body: (DataTable) throws -> Result
  ) throws -> Result {
    try table(at: path, raw, command: command) { table, _ in try body(table) }
  }

  /// The same for who may write the numbers without having computed any.
  /// - Parameters:
  ///   - copying: what they are written as then; integers of 64 bits are refused where they would be rounded unasked.
  ///   - operation: is what is done with the table, if what it leaves as it is, is written with all digits.
  ///   - tell: is given what numbers were rounded, if that is to be said later.
  ///   - body: is given all digits of columns with integers, if they are written as such, by the index of the column.
  func table<Result>(
    at path: String, _ raw: RawOptions, copying: (suffix: String, type: StoredType?)? = nil,
    keepingFor operation: TableOperation? = nil, telling tell: ((RoundedColumns) -> Void)? = nil,
    command: String,
    _ body: (DataTable, _ integers: [Int: [String]]) throws -> Result
  ) throws -> Result {
    var inputs = [InputFile(path: path, dialect: try dialect, raw: raw.rawFormat)]
    let standardInput = try StandardInput(for: &inputs, command: command)
    defer { withExtendedLifetime(standardInput) {} }
    do {
      let reader = try inputs[0].open()
      try reader.tellOfReading()
      let table = try reader.keepingIntegers(in: reader.table())
      var rounded = RoundedColumns(in: reader)
      try rounded.look(at: table)
      if let copying { try rounded.refuse(as: copying.suffix, copying.type) }
      let integers = copying?.type?.hasIntegers == true ? try reader.integers(in: table) : [:]
      rounded.keep(integers.keys)
      if let operation { rounded.keep(allBut: operation.columnsTaken(of: reader.columns)) }
      if let copying, copying.type?.hasIntegers ?? DataTable.keepsIntegers(as: copying.suffix) {
        rounded.keep(allBut: [])
      }
      if let tell {
        tell(rounded)
      } else {
        for note in rounded.notes { Console.writeError("echelon: \(note)") }
      }
      return try body(table, integers)
    } catch {
      Console.report(InputFailure(error, path: path))
      throw Exit.someInputFailed
    }
  }
}

extension DataTable {
  /// Says how the table is read that was written as plain numbers, since the file does not.
  /// - Parameters:
  ///   - path: the file that the message is about.
  ///   - type: of the numbers; nil is what `write` chooses.
  func sayHowToReadNumbers(_ path: String, as type: StoredType? = nil) {
    let element = type?.element ?? (try? integerType(path: path)) ?? .float64
    let form = RawFormat(
      element, isBigEndian: type?.isBigEndian ?? false,
      columnCount: max(1, columns.count { $0.kind == .number } / element.partCount))
    Console.writeError("echelon: \(path): written as plain numbers; read them with --raw \(form)")
  }

  /// Writes the table to standard output.
  func show(as format: OutputFormat) throws {
    switch format {
    case .csv: try Console.write(CSVWriter.text(self))
    case .json: try Console.write(JSONValue(self).text() + "\n")
    case .table:
      // Those at the right are hidden first where the window is narrow; not one by one where nobody has so wide a window.
      let candidates = (Console.width ?? 0) / 3
      var table = TextTable(
        columns: columns.enumerated().map { index, column in
          .init(
            column.name, column.kind == .number ? .right : .left, isElastic: column.kind == .text,
            hidingRank: index == 0 ? nil : max(0, candidates - index))
        })
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
