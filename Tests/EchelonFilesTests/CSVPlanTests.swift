import EchelonFiles
import Foundation
import Testing

@Suite struct `A file read in parts` {
  typealias Reading = (outline: CSVOutline, numbers: [Double], missingCounts: [Int])

  private func read(
    _ path: String, _ dialect: CSVDialect, partByteCount: Int
  ) throws -> Reading? {
    guard let plan = DataFileReader.plan(path, dialect: dialect) else { return nil }
    return try Self.read(plan, partByteCount: partByteCount)
  }

  /// What reading by parts gives; nil where that is left to a reading from the beginning.
  static func read(_ plan: CSVPlan, partByteCount: Int) throws -> Reading? {
    let parts = plan.parts(of: partByteCount)
    guard let chunks = try plan.chunks(parts.map { try $0.count() }) else { return nil }
    let rowCount = chunks.last?.rows.upperBound ?? 0
    var storage = [Double](repeating: 7, count: plan.slotCount * rowCount)
    var span = storage.mutableSpan
    var kinds: [Int: CSVPart.Kinds] = [:]
    // Backwards: no chunk may need another.
    for (index, chunk) in chunks.enumerated().reversed() {
      guard let found = try parts[0].read(chunk, rowCount: rowCount, into: &span) else {
        return nil
      }
      kinds[index] = found
    }
    let ordered = chunks.indices.compactMap { kinds[$0] }
    guard let outcome = try plan.outcome(chunks, ordered) else { return nil }
    let numbers = outcome.slots.flatMap { storage[$0 * rowCount..<($0 + 1) * rowCount] }
    return (outcome.outline, numbers, outcome.missingCounts)
  }

  @Test func `is what reading it from the beginning gives, whatever is in it`() throws {
    let seed: UInt64 = 2_718
    var generator = SeededGenerator(seed: seed)
    let bases =
      `Any bytes at all`.bases + [
        "a,b\n1,\"x\n2,y\n\"\n3,\"\"\"\n\"\n4,z\n5,w\n",
        "t,n\n\"p, q\",1.5\n\"r\ns\",-2\nu,\nv,3e2\n\"w\",0.1\n",
      ]
    var (completed, refused) = (0, 0)
    try withTemporaryFolder { folder in
      for round in 0..<160 {
        var bytes = Array(bases[round % bases.count].utf8)
        if round >= 2 * bases.count { `Any bytes at all`.mutate(&bytes, &generator) }
        let dialect = CSVDialect.various[round / 7 % CSVDialect.various.count]
        let path = "\(folder)/m.csv"
        try Data(bytes).write(to: URL(filePath: path))
        let whole = try? CSVFile(path: path, dialect: dialect)
        for size in [3, 16, 1 << 20] {
          guard let parts = try read(path, dialect, partByteCount: size) else {
            refused += 1
            continue
          }
          let place: Comment = "seed \(seed), round \(round), parts of \(size): \(bytes)"
          let file = try #require(whole, place)
          #expect(parts.outline.columns == file.columns, place)
          #expect(parts.outline.rowCount == file.rowCount, place)
          #expect(parts.outline.raggedRows == file.raggedRows, place)
          #expect(bits(parts.numbers) == bits(try file.allNumbers()), place)
          // Words that are not UTF-8 are refused where they are asked for, which parts do not do.
          let columns = (try? file.table())?.columns ?? []
          for (column, count) in columns.map(\.missingCount).enumerated()
          where file.columns[column].kind == .text {
            #expect(parts.missingCounts[column] == count, place)
          }
          completed += 1
        }
      }
    }
    #expect(completed > 100 && refused > 50, "\(completed) completed, \(refused) refused")
  }

  @Test func `notices text that comes late, and keeps the numbers of other columns`() throws {
    let lines = (0..<20_000).map { row in
      row == 17_000 ? "\(row),late,\(row)e-3" : "\(row),\(row % 7 == 0 ? "" : "\(row).5"),\(row)e-3"
    }
    try withTemporaryFolder { folder in
      let path = try write("a,b,c\n" + lines.joined(separator: "\n"), to: "\(folder)/x.csv")
      let parts = try #require(try read(path, .commaSeparated, partByteCount: 10_000))
      let file = try CSVFile(path: path)
      #expect(parts.outline.columns == file.columns && file.columns[1].kind == .text)
      #expect(bits(parts.numbers) == bits(try file.allNumbers()))
      #expect(parts.missingCounts[1] == (0..<20_000).count { $0 % 7 == 0 && $0 != 17_000 })
    }
  }

  private struct Runs: Decodable {
    struct Run: Decodable { let start, end: Int }
    let runs: [Run]
  }

  /// Text in which each part could take what comes next for a record that goes on to the end.
  struct LongText: CustomTestStringConvertible, Sendable {
    let before: String, unit: String, behind: String
    var testDescription: String { "\(before)\(unit.prefix(8))…\(behind)".debugDescription }
    var text: String {
      before + String(repeating: unit, count: 1_500_000 / unit.utf8.count) + behind
    }

    private static let filler = String(repeating: "y", count: 9_000)
    static let all = [
      LongText(before: "", unit: "1", behind: ""), LongText(before: "", unit: "\n", behind: ""),
      LongText(before: "\"", unit: "x", behind: "\""),
      LongText(before: "", unit: "x\",\"" + filler + "\n", behind: "\""),
      LongText(before: "\"", unit: "z\",\"" + filler, behind: "\""),
    ]
  }

  @Test(arguments: LongText.all)
  func `is looked through in parts that do not each read on to the end`(_ long: LongText) throws {
    try withTemporaryFolder { folder in
      let path = try write("a\n2\n\(long.text)\n3\n", to: "\(folder)/long.csv")
      let plan = try #require(DataFileReader.plan(path, dialect: Self.wide))
      let byteCount = 200_000
      let counts = try plan.parts(of: byteCount).map { try $0.count() }
      for (index, count) in counts.enumerated() {
        let found = try JSONDecoder().decode(Runs.self, from: JSONEncoder().encode(count))
        let farthest = (index + 1) * byteCount + (1 << 20) + 100
        #expect(found.runs.allSatisfy { $0.start <= farthest && $0.end <= farthest })
      }
      guard let file = try? CSVFile(path: path, dialect: Self.wide) else { return }
      let parts = try #require(try Self.read(plan, partByteCount: byteCount))
      #expect(parts.outline.rowCount == file.rowCount && parts.outline.columns == file.columns)
      #expect(bits(parts.numbers) == bits(try file.allNumbers()))
    }
  }

  private static let wide = CSVDialect.commaSeparated.with { $0.raggedRows = .cut }
}

@Suite struct `Rows of numbers` {
  /// A decimal of any form, often with more digits than a mantissa has, or none behind the point.
  private func literal(_ generator: inout SeededGenerator) -> String {
    func digits(_ count: ClosedRange<Int>) -> String {
      String(
        (0..<Int.random(in: count, using: &generator)).map { _ in
          "0123456789".randomElement(using: &generator)!
        })
    }
    let sign = ["", "-", "", "+"].randomElement(using: &generator)!
    let whole = ["0", "", digits(1...3), digits(1...9), digits(1...26)]
      .randomElement(using: &generator)!
    let zeros = String(repeating: "0", count: Int.random(in: 0...6, using: &generator))
    let fraction = ["", ".", "." + digits(1...17), "." + zeros + digits(12...19)]
      .randomElement(using: &generator)!
    let power = [
      "", "", "", "e\(Int.random(in: -330...310, using: &generator))", "E+02", "e-07",
      "e\(Int.random(in: -30...30, using: &generator))",
    ].randomElement(using: &generator)!
    let number = whole + fraction
    return number.contains(where: \.isNumber) ? sign + number + power : "0"
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `have the bits that strtod gives`(_ lineEnd: String) throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let rows = (0..<2_000).map { _ in (0..<3).map { _ in literal(&generator) } }
    let text = "a,b,c\n" + rows.map { $0.joined(separator: ",") }.joined(separator: lineEnd)
    let columns = try table(text).columns
    for (index, column) in columns.enumerated() {
      let numbers = try #require(column.numbers, "seed \(seed)")
      for (row, value) in numbers.enumerated() {
        let literal = rows[row][index]
        let expected = unsafe strtod(literal, nil)
        #expect(value.bitPattern == expected.bitPattern, "\(literal), seed \(seed)")
      }
    }
  }

  @Test func `are not taken for numbers when they are only nearly so`() throws {
    let filler = String(repeating: "1,2\n", count: 40)
    for word in ["1.2.3", "1e", "1-", "--1", "1e5e", "0x10", "1 2", "１", "1.5Ê", "1\u{A0}", "é1"] {
      let columns = try table("a,b\n\(filler)\(word),4\n\(filler)").columns
      #expect(columns[0].text?[40] == word)
      #expect(columns[1].numbers?[40] == 4)
    }
  }
}
