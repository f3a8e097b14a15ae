import Echelon
import EchelonFiles
import EchelonMemory

/// A file to be read, here or in a worker.
struct InputFile: Codable, Sendable {
  /// The path as it was given, which reports and errors show.
  let path: String

  /// Where the bytes are, if not there: those of standard input.
  var location: String?

  /// How it is written if it is delimited text.
  var dialect = CSVDialect.detecting

  /// How the numbers lie if it has no format of its own.
  var raw: RawFormat?

  init(path: String, dialect: CSVDialect = .detecting, raw: RawFormat? = nil) {
    self.path = path
    self.dialect = dialect
    self.raw = raw
  }

  /// What stands for standard input among files, and for standard output.
  static let standardStream = "-"

  /// Whether the bytes can be read once only: those of standard input, and of a pipe.
  var comesOnce: Bool {
    location == nil && (path == Self.standardStream || Folder.isPipe(path))
  }

  /// The size in bytes, 0 for what is no file.
  var byteCount: Int { InputFiles.byteCount(location ?? path) }

  /// Finds out what the file is, and scans it.
  func open(chunkByteCount: Int = 1 << 20) throws(FileError) -> DataFileReader {
    try DataFileReader.open(
      path, contentsAt: location, dialect: dialect, chunkByteCount: chunkByteCount, raw: raw)
  }
}

extension DataFileReader {
  /// The rows of text that had more or fewer fields than the header.
  var raggedRows: RaggedRowCounts {
    if case .csv(let file) = format { file.raggedRows } else { RaggedRowCounts() }
  }

  /// What is said of arrays that are not read, while others of the file are; nil where there are none.
  var leftOutNote: String? {
    let names =
      switch format {
      case .npz(let file): file.leftOut
      case .hdf5(let file): file.leftOut
      case .csv, .npy, .matrixMarket, .jsonLines, .longJSONLines: [String]()
      }
    guard !names.isEmpty else { return nil }
    return "\(path): left out, since only numbers of up to two axes are read of such files: "
      + names.prefix(4).joined(separator: "; ")
      + (names.count > 4 ? "; and \(names.count - 4) more" : "")
  }

  /// Says on standard error what opening the file showed that its user may not know.
  /// - Parameter hasTextOptions: whether the command has those that say how text is read.
  func tellOfReading(hasTextOptions: Bool = true) throws(FileError) {
    let commas = try DecimalCommaHint.columns(of: self)
    let oddWords = OddWords.notes(try oddWords(but: commas), hasOptions: hasTextOptions)
    let notes = [
      raggedRows.note(path: path), DecimalCommaHint.note(commas, path: path), leftOutNote,
    ].compactMap(\.self)
    for note in notes + oddWords {
      Console.writeError("echelon: \(note)")
    }
  }

  /// Says the same of a file that an operation reads beside others, and which of its numbers are rounded. What is wrong with it
  /// is reported by who uses it.
  static func tellOfReading(besides path: String) {
    // A pipe could be read only once.
    guard case .file = Folder.entry(at: container(of: path) ?? path), !Folder.isPipe(path) else {
      return
    }
    do throws(FileError) {
      let reader = try open(path)
      try reader.tellOfReading(hasTextOptions: false)
      var rounded = RoundedColumns(in: reader)
      try rounded.look(at: reader.table())
      for note in rounded.notes { Console.writeError("echelon: \(note)") }
    } catch {}
  }

  /// All values, for a command without options of how text is read; what its user may not know is said.
  func toldTable() throws(FileError) -> DataTable {
    try tellOfReading(hasTextOptions: false)
    return try table()
  }
}

/// All of standard input, and of pipes as a shell's `<(…)` makes them, in memory where workers find it for as long as this lives.
struct StandardInput {
  private var files: [AnonymousFile] = []

  /// Reads those of the inputs to their ends that are no files, and tells them where the bytes are; nil if there are none.
  init?(for inputs: inout [InputFile], command: String) throws {
    let isStream = { (input: InputFile) in input.path == InputFile.standardStream }
    guard inputs.count(where: isStream) < 2 else {
      throw WrongUse("- is standard input, which can be read only once", command: command)
    }
    for index in inputs.indices where inputs[index].comesOnce {
      let path = inputs[index].path
      let file: AnonymousFile
      do throws(AnonymousFileError) {
        do throws(FileSystemError) { file = try AnonymousFile() } catch { throw .system(error) }
        if isStream(inputs[index]) {
          try file.copy(from: 0)
        } else {
          try file.copy(fromPipeAt: path)
        }
      } catch {
        throw FileError(error, path: path)
      }
      inputs[index].location = file.path
      files.append(file)
    }
    if files.isEmpty { return nil }
  }
}
