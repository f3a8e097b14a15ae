import EchelonMemory

/// A table in JSON lines (`.jsonl`, `.ndjson`): a JSON object, or an array, on every line.
///
///     {"name": "Ann", "age": 31}
///     {"name": "Bob", "age": null, "member": true}
///
/// In files of other names, as `.json`, one JSON value is read as well: an array of such rows, and an object with an
/// array for every column, as `JSONValue` writes tables.
///
/// Objects have a column for every key, in the order in which the keys first appear; arrays, all of one
/// length, have `col0`, `col1`, …. A key that a line leaves out is a missing value, as `null` is. Lines
/// that are blank do not count.
///
/// - Numbers are the bits that `strtod` gives: integers beyond 2^53 are rounded to the nearest `Double`,
///   as in every other format, and what is beyond all of them is infinite; commands tell of both, and keep all digits of
///   columns of integers of 64 bits where they write them anew. Infinities are 1e999. Booleans are 1 and 0 in a column of
///   nothing else. A column in which numbers, booleans and strings meet is text, with each as it is spelled.
/// - Limits: `DataFileReader.maximumColumnCount` columns; a table with as many values as the file has
///   bytes, or 2^24, where keys differ from line to line.
/// - Errors: `FileError.malformedText`, with line and column, for what is not strict JSON in UTF-8, for a
///   key that an object has twice, and for arrays and objects inside of a row.
/// - Source: RFC 8259; jsonlines.org.
public struct JSONLinesFile: Sendable {
  /// The path as it was given.
  public let path: String

  /// The columns with their values.
  public let table: DataTable

  /// Columns of text of which nearly all values are numbers: a tenth is something else at most, or one value among several.
  public let oddWords: [OddWords]

  /// What became of numbers that no `Double` is.
  package let lostNumbers: LostNumbers

  /// The most values that are made up for keys that are left out, in a file of fewer bytes.
  static let freeValueCount = 1 << 24

  /// Reads the file at `path`.
  public init(path: String) throws(FileError) {
    let source = try ByteSource(path: path)
    try self.init(path: path, source: source)
  }

  /// Reads text that is already in memory; `name` stands for the path in errors.
  public init(name: String, bytes: [UInt8]) throws(FileError) {
    try self.init(path: name, source: .memory(bytes))
  }

  /// Whether the name says that rows are lines.
  static func isOfLines(_ path: String) -> Bool {
    let name = CompressionFormat(path: path).map { path.dropLast($0.suffix.count) } ?? path[...]
    return name.hasEnding(".jsonl") || name.hasEnding(".ndjson")
  }

  init(path: String, source: ByteSource) throws(FileError) {
    self.path = path
    (table, oddWords, lostNumbers) = try source.withBytes(path: path) { (bytes) throws(FileError) in
      var parser = JSONLinesParser()
      parser.takesDocuments = !Self.isOfLines(path)
      do throws(TextFault) {
        try parser.parse(bytes)
        let table = DataTable(columns: try parser.makeColumns(bytes))
        return (table, parser.oddWords(path: path, bytes), parser.lostNumbers)
      } catch {
        throw FileError(error, path: path, in: bytes)
      }
    }
    guard !table.columns.isEmpty else { throw .empty(path: path) }
  }
}
