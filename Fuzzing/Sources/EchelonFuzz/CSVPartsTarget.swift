import EchelonFiles
import Glibc

/// Delimited text read in every way there is, with the same outcome: bits of numbers, text, and the place
/// of the first fault.
///
/// The first byte chooses the dialect and the second how long parts are. What is read has a blank line
/// before and behind it, because the vector instructions leave the ends of a text to others, and small inputs are
/// all ends.
final class CSVPartsTarget: FuzzTarget {
  let seeds: [[UInt8]] = CSVTarget().seeds.map { [16, 2] + $0 } + CSVPartsTarget.own

  private static let own: [[UInt8]] = [
    "a,b,c\n1,\"x\n2,y\n\"\n3,\"\"\"\n\"\n4,z\n5,w\n",
    "n,m\n12345678901234567890,-0\n0.000000000000000000001234,1e-320\n+1,1e309\n",
    "n,m\r\n1234567.12345678901234567,9007199254740993\r\n9e15,-1.e5\r\r\n4 ,.5\n",
    "n\n1\r2\r\n3\n\r4\n\n5\r\r6\n-inf\n123456789012345678901234\n",
    "a,b\n1,2\n3\n4,5,6\nx,7\n8,9\n",
  ].flatMap { text in [0, 4, 9].map { [$0, 6] + Array(text.utf8) } }

  /// Of blanks, not of nothing: numbers are only kept of a text with more bytes than elements.
  private static let before = Array(repeating: UInt8(ascii: " "), count: 39) + [0x0A]
  private static let behind = [0x0A] + Array(repeating: UInt8(ascii: " "), count: 79)

  private let descriptor: Int32
  private let path: String

  init() {
    var name = Array("/tmp/echelon-fuzz-XXXXXX".utf8CString)
    descriptor = unsafe mkstemp(&name)
    unsafe unlink(name)
    precondition(descriptor >= 0, "no file in /tmp")
    path = "/proc/self/fd/\(descriptor)"
  }

  func run(_ bytes: [UInt8]) {
    guard bytes.count >= 2 else { return }
    var dialect = CSVTarget.dialect(bytes[0])
    // A plan is not made of a file that rows are left out of.
    if bytes[1] & 0x80 != 0, dialect.raggedRows == .skip { dialect.raggedRows = .refuse }
    // Every chunk arranges the spellings anew: with few of them more inputs are tried.
    if dialect.missingSpellings.count > 3 { dialect.missingSpellings = ["", "NA", "-"] }
    let text = Array(bytes.dropFirst(2))
    let padded = Self.before + text + Self.behind
    ftruncate(descriptor, 0)
    ftruncate(descriptor, off_t(padded.count))
    _ = unsafe padded.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress, $0.count, 0) }

    let whole = Outcome { () throws(FileError) in try CSVFile(path: path, dialect: dialect) }
    let again = Outcome { () throws(FileError) in
      try CSVFile(CSVFile(path: path, dialect: dialect).outline)
    }
    precondition(again == whole, "another table in the second pass")
    // With a number among the missing values every field is looked at by its spelling; this one no text has.
    var spelled = dialect
    spelled.missingSpellings.append(String(repeating: "7", count: 400))
    let slow = Outcome { () throws(FileError) in try CSVFile(path: path, dialect: spelled) }
    precondition(slow == whole, "another table without vectors")
    parts(dialect, byteCount: 1 + Int(bytes[1] & 0x7F), whole)

    // A mark of the byte order is none behind blank lines; binary formats are known by their first bytes.
    let bare = Outcome { () throws(FileError) in
      try CSVFile(name: path, bytes: text, dialect: dialect)
    }
    if text.starts(with: Array("\u{FEFF}".utf8)) { return }
    if case .failed(.notText(_, 0, _)) = bare { return }
    precondition(
      bare.moved(lines: 1, bytes: Self.before.count) == whole,
      "another table with blank lines around")
  }

  private func parts(_ dialect: CSVDialect, byteCount: Int, _ whole: Outcome) {
    guard let plan = DataFileReader.plan(path, dialect: dialect) else { return }
    do {
      if let read = try read(plan, byteCount: byteCount) {
        precondition(.table(read) == whole, "another table from parts of \(byteCount) bytes")
        return
      }
    } catch let error as FileError {
      // Text is looked at when it is read, not when numbers are.
      precondition(.failed(error) == whole, "parts refuse it otherwise: \(error)")
      return
    } catch {
      fatalError("\(error)")
    }
    let scanned = Outcome { () throws(FileError) in try plan.scanned(chunkByteCount: byteCount) }
    precondition(scanned == whole, "another table when the plan is given up")
  }

  /// What parts give, read from the last to the first: none may need another.
  private func read(_ plan: CSVPlan, byteCount: Int) throws -> Outcome.Table? {
    let parts = plan.parts(of: byteCount)
    guard let reader = parts.first, let chunks = try plan.chunks(parts.map { try $0.count() })
    else { return nil }
    let rowCount = chunks.last?.rows.upperBound ?? 0
    var storage = [Double](repeating: 7, count: plan.slotCount * rowCount)
    var span = storage.mutableSpan
    var kinds: [CSVPart.Kinds] = []
    for chunk in chunks.reversed() {
      guard let found = try reader.read(chunk, rowCount: rowCount, into: &span) else { return nil }
      kinds.append(found)
    }
    guard let outcome = try plan.outcome(chunks, kinds.reversed()) else { return nil }
    let numbers = outcome.slots.flatMap { storage[$0 * rowCount..<($0 + 1) * rowCount] }
    let table = try CSVFile(outcome.outline)
    let text = try Outcome.Table.text(of: table)
    for (values, index) in zip(text, table.textColumns) {
      precondition(values.count { $0 == nil } == outcome.missingCounts[index], "missing values")
    }
    return Outcome.Table(
      columns: outcome.outline.columns, rowCount: rowCount,
      raggedRows: Outcome.Table.raggedRows(outcome.outline.raggedRows),
      bits: Outcome.Table.bits(numbers), text: text)
  }
}

extension CSVFile {
  fileprivate var textColumns: [Int] { columns.indices.filter { columns[$0].kind == .text } }
}

/// What reading came to.
private enum Outcome: Equatable {
  case table(Table)
  case failed(FileError)

  struct Table: Equatable {
    let columns: [ColumnDescription]
    let rowCount: Int
    /// How many of them were filled, cut and skipped, and the line of the first; 0 for none.
    var raggedRows: [Int]
    let bits: [UInt64]
    let text: [[String?]]

    static func bits(_ numbers: [Double]) -> [UInt64] {
      numbers.map { $0.isNaN ? 0x7FF8 << 48 : $0.bitPattern }
    }

    static func raggedRows(_ counts: RaggedRowCounts) -> [Int] {
      [counts.filled, counts.cut, counts.skipped, counts.firstLine ?? 0]
    }

    static func text(of file: CSVFile) throws(FileError) -> [[String?]] {
      var text: [[String?]] = []
      for index in file.textColumns { text.append(try file.readText(column: index)) }
      return text
    }
  }

  init(_ open: () throws(FileError) -> CSVFile) {
    do throws(FileError) {
      let file = try open()
      self = .table(
        Table(
          columns: file.columns, rowCount: file.rowCount,
          raggedRows: Table.raggedRows(file.raggedRows), bits: Table.bits(try file.allNumbers()),
          text: try Table.text(of: file)))
    } catch {
      if case .changed = error { fatalError("accepted by the scan, refused by the reader") }
      self = .failed(error)
    }
  }

  /// The same further down.
  func moved(lines: Int, bytes: Int) -> Outcome {
    func moved(_ place: FilePlace) -> FilePlace {
      FilePlace(path: place.path, line: place.line + lines, column: place.column)
    }
    switch self {
    case .failed(.raggedRow(let place, let expected, let found)):
      return .failed(.raggedRow(place: moved(place), expected: expected, found: found))
    case .failed(.notANumber(let place, let column, let found)):
      return .failed(.notANumber(place: moved(place), column: column, found: found))
    case .failed(.malformedQuote(let place, let what)):
      return .failed(.malformedQuote(place: moved(place), what: what))
    case .failed(.malformedText(let place, let what)):
      return .failed(.malformedText(place: moved(place), what: what))
    case .failed(.notText(let path, let offset, let what)):
      return .failed(.notText(path: path, offset: offset + bytes, what: what))
    case .failed: return self
    case .table(var table):
      if table.raggedRows[3] > 0 { table.raggedRows[3] += lines }
      return .table(table)
    }
  }
}
