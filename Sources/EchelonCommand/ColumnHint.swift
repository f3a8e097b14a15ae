import EchelonFiles
import EchelonMemory

/// What to say to someone who named a file where what is wanted of it belongs.
enum ColumnHint {
  /// Columns for an example: two of numbers and one of words, or others where there are none.
  struct Columns {
    let number, other, word: String

    /// Of no file.
    static let none = Columns([])

    fileprivate init(_ columns: [ColumnDescription]) {
      let numbers = columns.filter { $0.kind == .number }.map(\.name)
      let words = columns.filter { $0.kind == .text }.map(\.name)
      number = numbers.first ?? words.first ?? "COLUMN"
      other = numbers.dropFirst().first ?? number
      word = words.last ?? number
    }
  }

  /// - Parameters:
  ///   - argument: what was given.
  ///   - example: the whole command with columns of the file in it.
  /// - Returns: nil if that is no file.
  static func text(_ argument: String, example: (Columns) -> [String]) -> String? {
    guard case .file = Folder.entry(at: argument) else { return nil }
    let columns = (try? InputFile(path: argument).open().columns) ?? []
    let line = (example(Columns(columns)) + [argument]).shellLine
    let listed = columns.prefix(8).map(\.name).joined(separator: ", ")
    return "'\(argument)' is a file; what is wanted of it comes before it: \(line)"
      + (columns.isEmpty
        ? "" : "\n  Its columns are \(listed)" + (columns.count > 8 ? " and others" : ""))
  }

  /// The same for someone who named the file first, and behind it what is wanted of it.
  /// - Parameters:
  ///   - words: all that were given, in their order.
  ///   - command: what stands before them.
  /// - Returns: nil unless the first is a file, and the last is none and has no name of one.
  static func swapped(_ words: [String], command: [String]) -> String? {
    guard let first = words.first, let last = words.last, words.count > 1,
      case .file = Folder.entry(at: first), Folder.entry(at: last) == .unknown,
      last != InputFile.standardStream, !InputFiles.isNamedAsData(last)
    else { return nil }
    let line = (command + words.dropFirst() + [first]).shellLine
    return "'\(first)' is a file; what is wanted of it comes before it: \(line)"
  }

  /// A name as it stands in an expression.
  static func inExpression(_ name: String) -> String {
    let isWord = name.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
    return isWord && name.first?.isNumber != true ? name : "`\(name)`"
  }
}
