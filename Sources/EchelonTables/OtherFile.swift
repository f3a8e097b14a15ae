import EchelonFiles

/// A file that an operation names.
enum OtherFile {
  /// Without quotes around it.
  static func path(_ text: Substring) -> String {
    let text = String(text).trimmed
    guard text.count > 1, let first = text.first, first == "\"" || first == "'", text.last == first
    else { return text }
    return String(text.dropFirst().dropLast())
  }

  /// The whole argument as a path.
  static func requiredPath(_ argument: String) throws(ExpressionFault) -> String {
    let path = path(argument[...])
    guard !path.isEmpty else {
      throw ExpressionFault("expected a file", at: 0..<argument.count, of: argument)
    }
    return path
  }

  /// Its contents; of delimited text in what dialect its name and first line suggest.
  static func table(_ path: String) throws(FileError) -> DataTable {
    let reader = try DataFileReader.open(path)
    return try reader.keepingIntegers(in: reader.table())
  }
}
