import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory

/// `echelon convert`: the same table in another format.
struct ConvertCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract:
      "Files in other formats: CSV, TSV, NPY, NPZ, Matrix Market, HDF5, plain numbers, JSON, JSON lines.",
    discussion: """
      --output names a file, whose ending says the format and whether it is compressed (.gz, .zst); or a folder, which gets \
      every file in the format of --to; without it, or with -, the result goes to standard output. What a file is read as is \
      found as 'echelon stats --help' says.

      NPY, NPZ, Matrix Market, HDF5 (.h5) and plain numbers (.bin) have numbers only. Columns of words are left out there, \
      which is said for a single file. A missing number is NaN in them. Numbers keep all digits. Integers of 64 bits in NPY, \
      NPZ, HDF5 and plain numbers do in CSV, TSV, JSON and Matrix Market, and with --type i8 or u8 in each other; without it, \
      those that are no Double are refused there. So do columns of delimited text, JSON and Matrix Market's integer files that \
      have nothing else but missing ones, which become i8 or u8 without --type; others are rounded, which is said. Complex ones become two columns, .real and .imag.

      --type writes numbers of NPY, NPZ, HDF5 and .bin in another type than f8: i1 to i8, u1 to u8, f2, f4, and c8, c16, \
      which take two columns each; HDF5 has none of the last three. A number that the type does not have is an error; for f2 \
      and f4 it is rounded. The table is in memory then. In .bin, \
      be behind it puts the most significant byte first: f4be.

      \(Guide.pieces) Files of other formats are in memory as a whole, when they are read and when they are written.

      EXAMPLES
        echelon convert data/iris.csv --output iris.jsonl.gz
        echelon convert data/digits.npy --output digits.mtx
        echelon convert data --to npz --output arrays
        zcat prices.csv.gz | echelon convert - --to json
        echelon convert data/diabetes.csv --output diabetes.h5 --type f4
        echelon convert samples.bin --raw f4le:2 --output samples.csv.zst
      """)

  /// What files can be written as.
  enum Format: String, CaseIterable, ExpressibleByArgument {
    case csv, tsv, npy, npz, mtx, h5, bin, json, jsonl

    var operation: BatchOperation {
      switch self {
      case .csv: .toCSV
      case .tsv: .toTSV
      case .npy: .toNPY
      case .npz: .toNPZ
      case .mtx: .toMatrixMarket
      case .h5: .toHDF5
      case .bin: .toNumbers
      case .json: .toJSON
      case .jsonl: .toJSONLines
      }
    }

    /// Whether it has no words.
    var hasNumbersOnly: Bool { [.npy, .npz, .mtx, .h5, .bin].contains(self) }
  }

  @Argument(
    help: ArgumentHelp(
      "Data files, also with .gz or .zst; folders; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String]
  @Option(
    help: ArgumentHelp(
      "The format for a folder or standard output. (default: csv)", valueName: "format"))
  var to: Format?
  @Option(
    help: ArgumentHelp(
      "The type of the numbers in NPY, NPZ, HDF5 and .bin. (default: f8)", valueName: "type"))
  var type: StoredType?
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A file, or a folder for several.", valueName: "path"),
    completion: .file())
  var output: String?
  /// About how long the pieces are in which files are read; for tests, which have none so large.
  @Option(name: .customLong("piece-bytes"), help: .hidden)
  var pieceByteCount = TextOptions.pieceByteCount
  /// How many numbers are kept at a time of what is written column after column; for tests.
  @Option(help: .hidden)
  var numbersKept = NPYOutput.mostKept
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  mutating func validate() { files = FoldedWords.unfolded(files) }

  func run() async throws {
    let paths = try InputFiles.expand(files, areNumbers: raw.rawFormat != nil)
    let target = try Target(output, "convert")
    switch target {
    case .folder(let folder):
      let plan = try BatchPlan(
        steps: [try step(to ?? .csv)], paths: paths, outputFolder: folder,
        dialect: text.dialect, raw: raw.rawFormat, command: "convert")
      try await plan.run(into: folder, workers: workers.count)
    case .file(let path, let suffix):
      try target.check(keeping: paths, command: "convert")
      if let to, to.rawValue != suffix {
        throw WrongUse("\(path) does not end in .\(to.rawValue), as --to says", command: "convert")
      }
      try convert(paths, as: Format(rawValue: suffix) ?? .csv, to: path)
    case .standardOutput:
      try target.check(keeping: paths, command: "convert")
      try convert(paths, as: to ?? .csv, to: nil)
    }
  }

  /// The step that writes a format, with the type that was asked for.
  private func step(_ format: Format) throws -> BatchStep {
    guard let type else { return .named(format.operation) }
    guard format.operation.hasElementType else {
      throw WrongUse(
        "--type is for NPY, NPZ, HDF5 and .bin; .\(format.rawValue) has no types",
        command: "convert")
    }
    guard type.fits(format.operation) else {
      throw WrongUse(
        type.isBigEndian
          ? "an order of bytes is for .bin; .\(format.rawValue) has its own: --type \(type.element.rawValue)"
          : "\(type) is not written as .\(format.rawValue); there, it is i1 to i8, u1 to u8, f4 or f8",
        command: "convert")
    }
    return .written(format.operation, type)
  }

  private func convert(_ paths: [String], as format: Format, to path: String?) throws {
    try InputFiles.requireOne(paths, "convert")
    _ = try step(format)
    if let steps = RowSteps([]), let textFormat = PieceOutput.format(format.rawValue) {
      return try text.pieces(
        at: paths[0], raw, byteCount: pieceByteCount, steps,
        to: PieceOutput(textFormat, to: path),
        keepsIntegers: DataTable.keepsIntegers(as: format.rawValue),
        command: "convert")
    }
    if format == .npy, type == nil, let path, let steps = RowSteps([]) {
      let output = NPYOutput(to: path, mostKept: numbersKept) { first in
        try Self.sayWhatIsLeftOut(of: first, path: paths[0], format)
      }
      return try text.pieces(
        at: paths[0], raw, byteCount: pieceByteCount, steps, to: output, copyingAs: "npy",
        keepsIntegers: true, command: "convert")
    }
    let (table, integers) = try text.table(
      at: paths[0], raw, copying: (format.rawValue, type), command: "convert"
    ) { ($0, $1) }
    try Self.sayWhatIsLeftOut(of: table, path: paths[0], format)
    if let path {
      try table.write(to: path, suffix: format.rawValue, as: type, integers: integers)
    } else {
      let result: AnonymousFile
      do { result = try AnonymousFile() } catch { throw FileError(error, path: "-") }
      do {
        try table.write(to: result.path, suffix: format.rawValue, as: type, integers: integers)
      } catch let error as FileError {
        throw error.naming("standard output")
      }
      try Console.write(result)
    }
    if format == .bin { table.sayHowToReadNumbers(paths[0], as: type) }
  }

  /// Words, where the format has numbers only.
  private static func sayWhatIsLeftOut(
    of table: DataTable, path: String, _ format: Format
  ) throws {
    let words = table.columns.filter { $0.kind == .text }
    guard format.hasNumbersOnly, !words.isEmpty else { return }
    guard words.count < table.columns.count else {
      throw CommandError(
        "\(path): has no column of numbers, and .\(format.rawValue) has nothing else")
    }
    let names = words.prefix(8).map { "'\($0.name)'" }.joined(separator: ", ")
    Console.writeError(
      "echelon: \(path): \(NumberText.count(words.count, "column")) of words left out: \(names)"
        + (words.count > 8 ? ", …" : ""))
  }
}
