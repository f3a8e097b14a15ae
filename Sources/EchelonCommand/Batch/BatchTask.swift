import Echelon
import EchelonFiles
import EchelonMemory

/// One file of a batch, as it goes to a worker.
struct BatchTask: Codable, Sendable {
  var input: InputFile
  let steps: [BatchStep]
  /// Where each writing operation writes, in their order.
  var outputs: [String]
  /// The place among all files of the run, from 0.
  var index = 0
  /// What is to be said for the journal; nil when there is none.
  var order: JournalOrder?
  /// Whether the worker sends the result, which goes to standard output with others.
  var givesText = false
  /// Whether the only result is written to memory, for standard output.
  private(set) var isForStandardOutput = false

  var path: String { input.path }

  /// Has the only result, which is for standard output, written to a file in memory.
  mutating func redirectResult(to file: AnonymousFile) {
    outputs = [file.path]
    isForStandardOutput = true
  }

  /// Has errors of what writes name what the user gave.
  fileprivate func namingOutput<Result>(_ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as FileError where isForStandardOutput {
      throw error.naming("standard output")
    }
  }
}

extension BatchResult {
  /// What the user is told about a file that is done.
  func notes(path: String) -> [String] {
    [
      raggedRows.note(path: path), leftOutNote,
      DecimalCommaHint.note(decimalCommaColumns ?? [], path: path),
      RoundedColumns.note(roundedColumns ?? [], .words, path: path),
      RoundedColumns.note(roundedIntegers ?? [], .integers, path: path),
      RoundedColumns.note(roundedLiterals ?? [], .literals, path: path),
      RoundedColumns.infiniteNote(infiniteColumns ?? [], path: path),
    ].compactMap(\.self) + OddWords.notes(oddWords ?? [])
  }

  fileprivate init(
    _ reader: DataFileReader, undefinedCount: Int, _ rounded: RoundedColumns
  ) throws(FileError) {
    let (names, infiniteNames) = (rounded.names, rounded.infiniteNames)
    func columns(of source: RoundedColumns.Source) -> [String]? {
      source == rounded.source && !names.isEmpty ? names : nil
    }
    let commas = try DecimalCommaHint.columns(of: reader)
    let oddWords = try reader.oddWords(but: commas)
    self.init(
      rowCount: reader.rowCount, columnCount: reader.columns.count, undefinedCount: undefinedCount,
      raggedRows: reader.raggedRows, roundedColumns: columns(of: .words),
      roundedIntegers: columns(of: .integers), roundedLiterals: columns(of: .literals),
      infiniteColumns: infiniteNames.isEmpty ? nil : infiniteNames,
      oddWords: oddWords.isEmpty ? nil : oddWords, leftOutNote: reader.leftOutNote)
    if !commas.isEmpty { decimalCommaColumns = commas }
  }
}

/// Reads a file, applies the operations, and writes the outputs; runs in a worker.
///
/// Outputs appear complete or not at all, so that a repetition after a crash does no harm. Where rows have nothing to do with
/// each other, the file is read and written in pieces.
@Sendable func runBatchTask(_ task: BatchTask) throws -> BatchResult {
  do {
    let reader = try task.input.open()
    if let steps = RowSteps(task.steps) { return try task.run(steps, reader) }
    // Also where they are rounded in the end: rows have the same order and groups, whatever is written.
    let input = try reader.keepingIntegers(in: reader.table())
    var rounded = RoundedColumns(in: reader)
    try rounded.look(at: input)
    let keepsIntegers = task.keepsIntegers
    var table = input
    var undefinedCount = 0
    var outputs = task.outputs.makeIterator()
    // A file that is only written anew has to be the same; results are computed as Doubles.
    let isCopy = task.steps.allSatisfy { $0.outputExtension != nil }
    let hasIntegers = isCopy && task.steps.allSatisfy { $0.storedType?.hasIntegers == true }
    let integers = hasIntegers ? try reader.integers(in: input) : [:]
    rounded.keep(integers.keys)
    for step in task.steps {
      if let suffix = step.outputExtension, let output = outputs.next() {
        if case .plot(let picture) = step {
          try task.namingOutput { try picture.write(table, to: output) }
          continue
        }
        if isCopy { try rounded.refuse(as: suffix, step.storedType) }
        try task.namingOutput {
          try table.write(to: output, suffix: suffix, as: step.storedType, integers: integers)
        }
        continue
      }
      let before = table.undefinedCount
      table = try step.apply(to: table, file: task.path)
      if step.canMakeUndefined { undefinedCount += table.undefinedCount - before }
    }
    if keepsIntegers {
      rounded.keep(allBut: BatchStep.columnsTaken(by: task.steps, of: reader.columns))
    }
    return try BatchResult(reader, undefinedCount: undefinedCount, rounded)
  } catch {
    throw InputFailure(error, path: task.path)
  }
}

extension BatchTask {
  /// Whether all that is written has all digits of integers of 64 bits, or refuses them.
  fileprivate var keepsIntegers: Bool {
    steps.allSatisfy { step in
      guard let suffix = step.outputExtension else { return true }
      return step.storedType.map(\.hasIntegers) ?? DataTable.keepsIntegers(as: suffix)
    }
  }

  /// The same for steps that can take rows in pieces.
  fileprivate func run(_ steps: RowSteps, _ reader: DataFileReader) throws -> BatchResult {
    var steps = steps
    let writing = self.steps.compactMap(\.outputExtension).compactMap(PieceOutput.format)
    let outputs = zip(writing, outputs).map { PieceOutput($0, to: $1) }
    var undefinedCount = 0
    var rounded = RoundedColumns(in: reader)
    let keepsIntegers = keepsIntegers
    let taken = keepsIntegers ? steps.columnsTaken(of: reader.columns) : nil
    for piece in reader.pieces() {
      var table = try reader.table(of: piece)
      if keepsIntegers { table = try reader.keepingIntegers(of: piece, in: table) }
      try rounded.look(at: table, of: piece)
      var next = outputs.makeIterator()
      _ = try steps.apply(to: table, file: path) { step, before, after in
        if step.outputExtension != nil {
          try namingOutput { try next.next()?.append(after) }
        } else if step.canMakeUndefined {
          undefinedCount += after.undefinedCount - before.undefinedCount
        }
      }
    }
    rounded.keep(allBut: taken)
    try namingOutput { for output in outputs { try output.finish() } }
    return try BatchResult(reader, undefinedCount: undefinedCount, rounded)
  }
}

extension DataTable {
  fileprivate var numbersOnly: DataTable {
    DataTable(columns: columns.filter { $0.numbers != nil })
  }

  fileprivate var withoutIntegers: DataTable {
    DataTable(columns: columns.map { Column(name: $0.name, numbers: $0.numbers ?? []) })
  }

  fileprivate var undefinedCount: Int {
    columns.reduce(0) { $0 + ($1.numbers == nil ? 0 : $1.missingCount) }
  }
}

extension DataTable {
  /// Whether a format has all digits of integers of 64 bits where no type is asked for.
  static func keepsIntegers(as suffix: String) -> Bool {
    ["csv", "tsv", "json", "jsonl", "mtx", "npy", "npz", "h5", "bin"].contains(suffix)
  }

  /// Whether all columns have one type, where each has its own in NPZ and HDF5.
  private static func hasOneType(_ suffix: String) -> Bool { ["npy", "bin"].contains(suffix) }

  /// Writes the table in the format that an extension stands for.
  /// - Parameters:
  ///   - type: of the numbers, in formats that name one; nil is `f8`, or where that has not all digits of `Column.integers`
  ///     `i8` or `u8`.
  ///   - integers: all digits of columns with whole numbers that the table has not, by the index of the column.
  func write(
    to path: String, suffix: String, as type: StoredType? = nil, integers: [Int: [String]] = [:]
  ) throws {
    let element =
      try type?.element ?? (Self.hasOneType(suffix) ? integerType(path: path) : nil) ?? .float64
    // As columns of words are left out.
    let places = columns.indices.filter { columns[$0].numbers != nil }.enumerated()
    let integers = Dictionary(
      uniqueKeysWithValues: places.compactMap { place, index in
        integers[index].map { (place, $0) }
      })
    // What is asked for is what it becomes, in every column.
    let numbers = type?.hasIntegers == false ? numbersOnly.withoutIntegers : numbersOnly
    switch suffix {
    case "npy": try NPYWriter.write(numbers, as: element, integers: integers, to: path)
    case "npz": try NPZWriter.write(numbers, as: element, integers: integers, to: path)
    case "h5": try HDF5Writer.write(numbers, as: element, integers: integers, to: path)
    case "bin":
      try RawWriter.write(
        numbers, as: element, isBigEndian: type?.isBigEndian ?? false,
        integers: integers, to: path)
    case "mtx": try MatrixMarketWriter.write(numbers, to: path)
    case "json": try JSONValue(self).write(to: path)
    case "jsonl": try JSONLinesWriter.write(self, to: path)
    case "tsv": try CSVWriter.write(self, to: path, dialect: .tabSeparated)
    default: try CSVWriter.write(self, to: path)
    }
  }
}
