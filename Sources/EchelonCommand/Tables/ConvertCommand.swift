import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// `echelon convert`: the same table in another format.
struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Files in other formats: CSV, TSV, NPY, NPZ, Matrix Market, JSON, JSON lines.",
    discussion: """
      --output names a file, whose ending says the format and whether it is compressed (.gz, .zst); or a folder, which gets \
      every file in the format of --to; without it, or with -, the result goes to standard output. What a file is read as is \
      found as 'echelon stats --help' says.

      NPY, NPZ and Matrix Market have numbers only. Columns of words are left out there, which is said for a single file. A \
      missing number is NaN in them. Numbers keep all digits; complex ones become two columns, .real and .imag.

      EXAMPLES
        echelon convert data/iris.csv --output iris.jsonl.gz
        echelon convert data/digits.npy --output digits.mtx
        echelon convert data --to npz --output arrays
        zcat prices.csv.gz | echelon convert - --to json
        echelon convert samples.bin --raw f4le:2 --output samples.csv.zst
      """)

  /// What files can be written as.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, tsv, npy, npz, mtx, json, jsonl

    var operation: BatchOperation {
      switch self {
      case .csv: .toCSV
      case .tsv: .toTSV
      case .npy: .toNPY
      case .npz: .toNPZ
      case .mtx: .toMatrixMarket
      case .json: .toJSON
      case .jsonl: .toJSONLines
      }
    }

    /// Whether it has no words.
    var hasNumbersOnly: Bool { [.npy, .npz, .mtx].contains(self) }
  }

  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"))
  var files: [String]
  @Option(
    help: ArgumentHelp(
      "The format for a folder or standard output. (default: csv)", valueName: "format"))
  var to: Format?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A file, or a folder for several.", valueName: "path"))
  var output: String?
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  func run() async throws {
    let paths = try InputFiles.expand(files)
    let target = try Target(output, "convert")
    switch target {
    case .folder(let folder):
      let plan = try BatchPlan(
        steps: [.named((to ?? .csv).operation)], paths: paths, outputFolder: folder,
        dialect: text.dialect, raw: raw.rawFormat, command: "convert")
      try await plan.run(into: folder, workers: workers.count)
    case .file(let path, let suffix):
      if let to, to.rawValue != suffix {
        throw WrongUse("\(path) does not end in .\(to.rawValue), as --to says", command: "convert")
      }
      try convert(paths, as: Format(rawValue: suffix) ?? .csv, to: path)
    case .standardOutput:
      let result: AnonymousFile
      do { result = try AnonymousFile() } catch { throw FileError(error, path: "-") }
      try convert(paths, as: to ?? .csv, to: result.path)
      try Console.write(result)
    }
  }

  private func convert(_ paths: [String], as format: Format, to path: String) throws {
    try InputFiles.requireOne(paths, "convert")
    let table = try text.table(at: paths[0], raw, command: "convert") { $0 }
    let words = table.columns.filter { $0.kind == .text }
    if format.hasNumbersOnly, !words.isEmpty {
      guard words.count < table.columns.count else {
        throw CommandError(
          "\(paths[0]): has no column of numbers, and .\(format.rawValue) has nothing else")
      }
      let names = words.prefix(8).map { "'\($0.name)'" }.joined(separator: ", ")
      Console.writeError(
        "echelon: \(paths[0]): \(NumberText.count(words.count, "column")) of words left out: \(names)"
          + (words.count > 8 ? ", …" : ""))
    }
    try table.write(to: path, suffix: format.rawValue)
  }
}
