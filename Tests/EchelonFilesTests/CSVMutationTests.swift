import EchelonFiles
import Testing

@Suite struct `Any bytes at all` {
  /// Base texts with everything that the tokenizer treats specially.
  static let bases = [
    "a,b,c\n1,2.5,x\n-3e5,NA,\"y,\n\"\"z\"\"\"\n,inf,\r\n4, 5 ,6",
    "\u{FEFF}\"x\"\t\"y\"\r\n1\t\"2\"\r\n\t\r\n12345678901234567890.5e-300\tnull",
    "n\n1.7976931348623157e308\n0.000000000000000000000000000001\n\"\"\n-\n?\n",
    "a;b\r1;\"\"\r\"q\"\"\";2",
    "# c\na;b\n1,5;-999\n#\n2\n,5;2;3\n7;8",
  ]

  static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
    let special = Array("#,;\t\"\r\n \0e.+-0123456789nNaAiI\u{FEFF}".utf8) + [0xFF, 0x80, 0xC3]
    for _ in 0..<Int.random(in: 1...6, using: &generator) {
      let place = Int.random(in: 0...bytes.count, using: &generator)
      switch Int.random(in: 0..<5, using: &generator) {
      case 0 where place < bytes.count: bytes.remove(at: place)
      case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      case 2: bytes.insert(special.randomElement(using: &generator)!, at: place)
      case 3: bytes.removeSubrange(place...)
      default:
        let end = Int.random(in: place...bytes.count, using: &generator)
        bytes.insert(contentsOf: Array(bytes[place..<end]), at: place)
      }
    }
  }

  @Test func `are read as a table or refused with a message, and never trap`() throws {
    let seed: UInt64 = 4_711
    var generator = SeededGenerator(seed: seed)
    var accepted = 0
    var refused = 0
    for round in 0..<15_000 {
      var bytes = Array(Self.bases[round % Self.bases.count].utf8)
      Self.mutate(&bytes, &generator)
      let dialect = CSVDialect.various[round / 7 % CSVDialect.various.count]
      do {
        let file = try CSVFile(name: "m.csv", bytes: bytes, dialect: dialect, chunkByteCount: 16)
        let table = try file.table()  // the scan accepted it: only words may still be refused
        #expect(table.columns.allSatisfy { $0.count == file.rowCount }, "seed \(seed), \(round)")
        accepted += 1
      } catch {
        #expect(error != .changed(path: "m.csv"), "seed \(seed), round \(round): \(bytes)")
        #expect(error.description.hasPrefix("m.csv"))
        refused += 1
      }
    }
    #expect(accepted > 1_500 && refused > 1_500, "\(accepted) accepted, \(refused) refused")
  }

  @Test func `are read the same whole and cut into chunks`() throws {
    let seed: UInt64 = 99
    var generator = SeededGenerator(seed: seed)
    var readable = 0
    for round in 0..<4_000 {
      let dialect = CSVDialect.various[round / 7 % CSVDialect.various.count]
      var bytes = Array(Self.bases[round % Self.bases.count].utf8)
      Self.mutate(&bytes, &generator)
      guard let whole = try? CSVFile(name: "m.csv", bytes: bytes, dialect: dialect) else {
        continue
      }
      let cut = try CSVFile(name: "m.csv", bytes: bytes, dialect: dialect, chunkByteCount: 1)
      #expect(whole.raggedRows == cut.raggedRows, "seed \(seed), round \(round): \(bytes)")
      // Both refuse words that are not UTF-8.
      let tables = [whole, cut].map { file in try? file.table() }
      #expect(tables[0] == tables[1], "seed \(seed), round \(round): \(bytes)")
      readable += tables[0] == nil ? 0 : 1
    }
    #expect(readable > 300, "\(readable)")
  }
}
