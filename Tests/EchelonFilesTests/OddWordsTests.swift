import EchelonFiles
import Testing

@Suite struct `Columns of numbers with a few words` {
  /// 20 rows of a number, and a word in those that `words` says.
  private func text(_ words: [Int: String], rows: Int = 20) -> String {
    "id,x,name\n" + (0..<rows).map { "\($0),\(words[$0] ?? "\($0).5"),n\($0)\n" }.joined()
  }

  @Test func `are told with the place of the first word`() throws {
    let odd = try CSVFile(text([7: "1O.5", 9: "oops"])).oddWords()
    let found = try #require(odd.first)
    #expect(odd.count == 1 && found.column == "x" && found.first == "1O.5")
    #expect(found.place.line == 9 && found.place.column == 3)
    #expect(found.count == 2 && found.numberCount == 18)
  }

  @Test func `are the same for any length of chunks`() throws {
    let text = text(
      [500: "1O.5", 777: "\"a long word, \(String(repeating: "w", count: 60))\""], rows: 1_000)
    let whole = try CSVFile(text).oddWords()
    #expect(whole.count == 1)
    for length in [1, 100, 5_000] {
      let file = try CSVFile(name: "test.csv", bytes: Array(text.utf8), chunkByteCount: length)
      #expect(try file.oddWords() == whole.map { $0 }, "chunks of \(length) bytes")
    }
  }

  @Test func `are none where words are more than a tenth, or are asked for`() throws {
    #expect(try CSVFile(text([1: "a", 2: "b", 3: "c"])).oddWords().isEmpty)
    #expect(try CSVFile(text([:])).oddWords().isEmpty)
    var dialect = CSVDialect.commaSeparated
    dialect.kinds = ["x": .text]
    #expect(try CSVFile(text([7: "1O.5"]), dialect: dialect).oddWords().isEmpty)
    // Missing values are neither.
    let sparse = text(Dictionary(uniqueKeysWithValues: (0..<15).map { ($0, "NA") }))
    #expect(try CSVFile(sparse + "20,oops,z\n").oddWords().map(\.numberCount) == [5])
    #expect(try CSVFile(sparse + "20,oops,z\n21,no,z\n").oddWords().isEmpty)
    // One of three values is no slip.
    #expect(try CSVFile("a,b\n1,1\n2,x\n3,2\n").oddWords().isEmpty)
    #expect(try CSVFile("a,b\n1,1\n2,x\n3,2\n4,3\n").oddWords().map(\.column) == ["b"])
  }

  @Test func `are found behind a run of words, but not where they begin with many`() throws {
    let run = Dictionary(uniqueKeysWithValues: (200..<300).map { ($0, "OFF") })
    #expect(try CSVFile(text(run, rows: 2_000)).oddWords().map(\.count) == [100])
    let begin = Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, "OFF") })
    #expect(try CSVFile(text(begin, rows: 2_000)).oddWords().isEmpty)
  }

  @Test func `are none where the first ten thousand rows have no numbers`() throws {
    func text(_ numbersFrom: Int) -> String {
      "a,b\n"
        + (0..<12_000).map { "\($0 == 5 ? "note" : $0 >= numbersFrom ? "7" : ""),1\n" }.joined()
    }
    #expect(try CSVFile(text(9_000)).oddWords().map(\.numberCount) == [3_000])
    #expect(try CSVFile(text(10_000)).oddWords().isEmpty)
  }

  @Test func `are looked for in the rows that are read`() throws {
    var dialect = CSVDialect.commaSeparated
    dialect.raggedRows = .skip
    let broken = text([7: "1O.5"]) + "word,word,word,word\n"
    #expect(try CSVFile(broken, dialect: dialect).oddWords().map(\.count) == [1])
  }

  @Test func `are told of JSON lines, too`() throws {
    let rows = (0..<20).map { "{\"x\": \($0 == 7 ? "\"1O.5\"" : "\($0)"), \"y\": \"\($0)\"}\n" }
    func odd(_ text: String) throws -> [OddWords] {
      try JSONLinesFile(name: "a.jsonl", bytes: Array(text.utf8)).oddWords
    }
    let found = try odd(rows.joined())
    #expect(found.map(\.column) == ["x"] && found[0].first == "1O.5" && !found[0].hasOptions)
    #expect(found[0].place == FilePlace(path: "a.jsonl", line: 8, column: 8))
    #expect(found[0].count == 1 && found[0].numberCount == 19)
    #expect(try odd("{\"a\": 1}\n{\"a\": \"x\"}\n{\"a\": true}\n{\"a\": 3}\n").isEmpty)
    #expect(try odd("{\"a\": 1}\n{\"a\": 2}\n{\"a\": null}\n{\"a\": 3}\n{}\n").isEmpty)
  }
}
