import EchelonFiles
import Foundation
import Testing

@Suite struct `Long JSON lines` {
  /// Rows with some of a few keys, or arrays: numbers of all sizes, words with what has to be escaped, gaps.
  private static func text(using generator: inout SeededGenerator) -> String {
    let isArrays = Bool.random(using: &generator)
    let count = Int.random(in: 1...60, using: &generator)
    let words = ["x", "é\\n", "\\ud83d\\ude00", "NA", "1.5", ""]
    let numbers = [
      "0", "-0", "1.50", "9007199254740993", "-9223372036854775808", "1e400", "5e-324",
    ]
    // By column, what there is in it: 0 numbers, 1 booleans, 2 words, 3 everything.
    let kinds = (0..<4).map { _ in Int.random(in: 0..<4, using: &generator) }
    func value(_ column: Int) -> String {
      if Int.random(in: 0..<6, using: &generator) == 0 { return "null" }
      let kind = kinds[column] == 3 ? Int.random(in: 0..<3, using: &generator) : kinds[column]
      return switch kind {
      case 0: numbers.randomElement(using: &generator)!
      case 1: Bool.random(using: &generator) ? "true" : "false"
      default: "\"\(words.randomElement(using: &generator)!)\""
      }
    }
    var text = Bool.random(using: &generator) ? "\u{FEFF}" : ""
    for _ in 0..<count {
      let blanks = ["", "", " ", "\n", "\r\n\t"].randomElement(using: &generator)!
      if isArrays {
        text += blanks + "[" + (0..<4).map(value).joined(separator: " , ") + "]\n"
      } else {
        let keys = (0..<4).filter { _ in Int.random(in: 0..<3, using: &generator) > 0 }.shuffled(
          using: &generator)
        text +=
          blanks + "{" + keys.map { "\"k\($0)é\": \(value($0))" }.joined(separator: ",") + "}\r\n"
      }
    }
    return text
  }

  private static func whole(_ text: [UInt8]) throws(FileError) -> JSONLinesFile {
    try JSONLinesFile(name: "t.jsonl", bytes: text)
  }

  /// What is wrong with a text, if anything is.
  private static func fault(_ body: () throws -> Void) -> String? {
    do { try body() } catch { return "\(error)" }
    return nil
  }

  @Test func `have in pieces the values that they have as a whole`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SeededGenerator(seed: seed)
    var found = 0
    for round in 0..<300 {
      let text = Array(Self.text(using: &generator).utf8)
      guard let whole = try? Self.whole(text) else { continue }  // no keys at all
      for size in [1, 7, 40] {
        guard
          let long = try LongJSONLines(name: "t.jsonl", bytes: text, chunkByteCount: size)
        else {
          #expect(text.count / 16 <= size)
          continue
        }
        found += 1
        let reader = DataFileReader(long)
        let place = "seed \(seed), round \(round), pieces of \(size)"
        #expect(reader.rowCount == whole.table.rowCount, "\(place)")
        #expect(reader.columns == DataFileReader(whole).columns, "\(place)")
        #expect(
          long.outline.missingCounts == whole.table.columns.map(\.missingCount), "\(place)")
        #expect(long.oddWords == whole.oddWords, "\(place)")
        #expect(long.lostNumbers.rounded == whole.lostNumbers.rounded, "\(place)")
        #expect(long.lostNumbers.tooLarge == whole.lostNumbers.tooLarge, "\(place)")
        #expect(long.lostNumbers.kept == whole.lostNumbers.kept, "\(place)")
        #expect(try long.table() == whole.table, "\(place)")
        let pieces = try reader.pieces().map { try reader.table(of: $0) }
        #expect(reader.pieces().last?.rows.upperBound == whole.table.rowCount, "\(place)")
        for (index, column) in whole.table.columns.enumerated() {
          #expect(
            bits(pieces.flatMap { $0.columns[index].numbers ?? [] }) == bits(column.numbers ?? []),
            "\(place), \(column.name)")
          #expect(
            pieces.flatMap { $0.columns[index].integers?.bits ?? [] }
              == column.integers?.bits ?? [], "\(place), \(column.name)")
          #expect(
            pieces.flatMap { $0.columns[index].text ?? [] } == column.text ?? [],
            "\(place), \(column.name)")
        }
        let count = reader.numberColumns.count * reader.rowCount
        var numbers = [Double](repeating: 0, count: count)
        var wanted = numbers
        var storage = numbers.mutableSpan
        try reader.readNumbers(into: &storage)
        storage = wanted.mutableSpan
        try DataFileReader(whole).readNumbers(into: &storage)
        #expect(bits(numbers) == bits(wanted), "\(place)")
      }
    }
    #expect(found > 400, "seed \(seed)")
  }

  @Test func `have the faults that they have as a whole`() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var generator = SeededGenerator(seed: seed)
    var faults = 0
    for round in 0..<600 {
      var text = Array(Self.text(using: &generator).utf8)
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<text.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: text[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: text.remove(at: place)
        default:
          text.insert(Array("{}[],:\"\\nt1".utf8).randomElement(using: &generator)!, at: place)
        }
      }
      guard text.count > 32 else { continue }
      let whole = Self.fault { _ = try Self.whole(text) }
      let pieces = Self.fault {
        _ = try LongJSONLines(name: "t.jsonl", bytes: text, chunkByteCount: 1)
      }
      #expect(pieces == whole, "seed \(seed), round \(round)")
      faults += whole == nil ? 0 : 1
    }
    #expect(faults > 100, "seed \(seed)")
  }

  @Test func `are read in pieces only where they are lines, and found again elsewhere`() throws {
    try withTemporaryFolder { folder in
      let rows = (0..<50).map { "{\"a\": \($0)}" }
      let lines = try write(rows.joined(separator: "\n"), to: folder + "/t.json")
      guard case .longJSONLines(let file) = try DataFileReader.open(lines, chunkByteCount: 8).format
      else {
        Issue.record("in memory as a whole")
        return
      }
      let outline = try JSONDecoder().decode(
        JSONLinesOutline.self, from: JSONEncoder().encode(file.outline))
      let again = try LongJSONLines(outline)
      #expect(try again.table(of: outline.chunks[3]) == file.table(of: outline.chunks[3]))
      // A short one, and one value over many lines.
      guard case .jsonLines = try DataFileReader.open(lines, chunkByteCount: 60).format else {
        Issue.record("short, and not in memory")
        return
      }
      let value = try write("[" + rows.joined(separator: ",\n") + "]", to: folder + "/v.json")
      guard case .jsonLines = try DataFileReader.open(value, chunkByteCount: 8).format else {
        Issue.record("lines of one value")
        return
      }
      // A file that is another one by now.
      _ = try write(rows.joined(separator: " \n"), to: folder + "/t.json")
      #expect(throws: FileError.changed(path: lines)) { _ = try LongJSONLines(outline) }
    }
  }
}
