import EchelonFiles
import Foundation
import Testing

/// What reading a file came to, the same for every way of reading it.
private struct Table: Equatable {
  let columns: [ColumnDescription]
  let rowCount: Int
  let raggedRows: RaggedRowCounts
  let numbers: [UInt64]

  init(_ outline: CSVOutline, _ numbers: [Double]) {
    columns = outline.columns
    rowCount = outline.rowCount
    raggedRows = outline.raggedRows
    self.numbers = bits(numbers)
  }

  static func read(
    _ open: () throws(FileError) -> CSVFile
  ) -> Result<Table, FileError> {
    Result { () throws(FileError) in
      let file = try open()
      return Table(file.outline, try file.allNumbers())
    }
  }
}

@Suite struct `A changed data file` {
  /// Some lines of a file, its header in front, with a few bytes that are others.
  private static func excerpt(
    _ file: [UInt8], _ generator: inout SeededGenerator
  ) -> [UInt8] {
    let headerEnd = file.firstIndex(of: 0x0A).map { $0 + 1 } ?? file.count
    let from = Int.random(in: headerEnd...file.count, using: &generator)
    let start = file[from...].firstIndex(of: 0x0A).map { $0 + 1 } ?? headerEnd
    let rows = file[start..<min(start + 600, file.count)]
    var bytes = Array(file[..<headerEnd] + rows)
    for _ in 0..<Int.random(in: 0...4, using: &generator) {
      replaceField(of: &bytes, from: headerEnd, &generator)
    }
    `Any bytes at all`.mutate(&bytes, &generator)
    // The vector instructions leave the ends of a text to others.
    return Bool.random(using: &generator) ? bytes : Self.blankLine + bytes + Self.blankLine
  }

  /// Writes another number, or what is nearly one, in place of what lies between two delimiters.
  private static func replaceField(
    of bytes: inout [UInt8], from start: Int, _ generator: inout SeededGenerator
  ) {
    func isEnd(_ byte: UInt8) -> Bool { Array(",;\t\r\n".utf8).contains(byte) }
    let place = Int.random(in: start...bytes.count, using: &generator)
    let from = (bytes[..<place].lastIndex(where: isEnd) ?? -1) + 1
    let end = bytes[from...].firstIndex(where: isEnd) ?? bytes.count
    let field = fields.randomElement(using: &generator)!
    bytes.replaceSubrange(from..<end, with: Array(field.utf8))
  }

  private static let fields = [
    "", "-0", "+1", " 2", "3 ", "4 5", "6\t7", ".5", "5.", "-.5e1", "1e", "1e+", "1e5", "1E-0007",
    "1.2.3", "0x10", "inf", "-Infinity", "nan", "-", "NA", "\"8\"", "\"9", "1\"", "\"a\"\"b\"",
    "1,5",
    "1e308", "1e309", "5e-324", "2e-324", "2.2250738585072011e-308", "9007199254740993",
    "18446744073709551616", "12345678901234567890123456789012345", "0.000000000000000000012345",
    "123456789.5", "12345678.1234567890123456", "12345678.12345678901234567",
    "0000000000000000000001",
  ]

  private static let blankLine = Array("\n".utf8) + Array(repeating: 0x20, count: 79) + [0x0A]

  @Test func `is the same table or has the same fault in every way of reading it`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let files = try Fixtures.dataFiles().filter { !$0.hasSuffix(".npy") }
      .map { try bytes(of: "\(Fixtures.data)/\($0)") }
    var (tables, faults, inParts) = (0, 0, 0)
    try withTemporaryFolder { folder in
      let path = "\(folder)/m.csv"
      for round in 0..<250 {
        let file = try #require(files.randomElement(using: &generator))
        let bytes = Self.excerpt(file, &generator)
        try Data(bytes).write(to: URL(filePath: path))
        let dialect = try #require(CSVDialect.various.randomElement(using: &generator))
        let place: Comment = "seed \(seed), round \(round)"

        let whole = Table.read { () throws(FileError) in
          try CSVFile(path: path, dialect: dialect)
        }
        let again = Table.read { () throws(FileError) in
          try CSVFile(CSVFile(path: path, dialect: dialect).outline)
        }
        #expect(again == whole, place)
        // With a number among the missing values, each field is looked at by its spelling, and without
        // vector instructions; no text has this one.
        var spelled = dialect
        spelled.missingSpellings.append(String(repeating: "7", count: 400))
        let slow = Table.read { () throws(FileError) in try CSVFile(path: path, dialect: spelled) }
        #expect(slow == whole, place)

        switch whole {
        case .success:
          tables += 1
          try expectReferenceBits(CSVFile(path: path, dialect: dialect), place)
        case .failure: faults += 1
        }
        guard let plan = DataFileReader.plan(path, dialect: dialect) else { continue }
        for byteCount in [Int.random(in: 1...9, using: &generator), 100] {
          if let parts = try `A file read in parts`.read(plan, partByteCount: byteCount) {
            #expect(.success(Table(parts.outline, parts.numbers)) == whole, place)
            inParts += 1
          } else {
            #expect(
              Table.read { () throws(FileError) in try plan.scanned(chunkByteCount: byteCount) }
                == whole, place)
          }
        }
      }
    }
    #expect(
      tables > 30 && faults > 30 && inParts > 30,
      "seed \(seed): \(tables) tables, \(faults) faults, \(inParts) read in parts")
  }

  /// Numbers are what `strtod` makes of their text.
  private func expectReferenceBits(_ file: CSVFile, _ place: Comment) throws {
    let numbers = try file.allNumbers()
    for (slot, column) in file.numberColumns.enumerated() {
      for (row, text) in try file.readText(column: column).enumerated() {
        let value = numbers[slot * file.rowCount + row]
        guard let text else {
          #expect(value.isNaN, place)
          continue
        }
        let spelled = file.dialect.hasDecimalComma ? text.replacing(",", with: ".") : text
        // SAFETY: `strtod` reads the terminated copy that is passed, and stores nothing.
        let expected = unsafe strtod(spelled, nil)
        // A missing value in quotes is a text, but no number.
        let isSame = value.bitPattern == expected.bitPattern
        #expect(isSame || value.isNaN && Double(spelled) == nil, "'\(text)': \(value); \(place)")
      }
    }
  }
}
