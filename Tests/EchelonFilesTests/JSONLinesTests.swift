import EchelonFiles
import Testing

private func lines(_ text: String) throws -> DataTable {
  try JSONLinesFile(name: "t.jsonl", bytes: Array(text.utf8)).table
}

@Suite struct `JSON lines` {
  @Test func `have a column for every key, in the order of appearance`() throws {
    let table = try lines(
      """
      {"b": 1, "a": "x", "ok": true}

        { "a" : null , "c" : -2.5e3 }\r
      {"ok": false, "a": "y\\u00e9\\n", "b": 0.1}
      {}

      """)
    #expect(table.columns.map(\.name) == ["b", "a", "ok", "c"])
    #expect(bits(table["b"]?.numbers ?? []) == bits([1, .nan, 0.1, .nan]))
    #expect(table["a"]?.text == ["x", nil, "yé\n", nil])
    #expect(bits(table["ok"]?.numbers ?? []) == bits([1, .nan, 0, .nan]))
    #expect(bits(table["c"]?.numbers ?? []) == bits([.nan, -2500, .nan, .nan]))
  }

  @Test func `of arrays have numbered columns`() throws {
    let table = try lines("\u{FEFF}[1, \"a\", null]\n[ 2,null , null]")
    #expect(table.columns.map(\.name) == ["col0", "col1", "col2"])
    #expect(table["col0"]?.numbers == [1, 2])
    #expect(table["col1"]?.text == ["a", nil])
    #expect(table["col2"]?.missingCount == 2)
  }

  @Test func `keep every value of a column of several kinds as it is spelled`() throws {
    let table = try lines(
      "{\"x\": 12345678901234567890}\n{\"x\": true}\n{\"x\": \"1.0\"}\n{\"x\": 1.50}\n{\"x\": null}\n"
    )
    #expect(table["x"]?.text == ["12345678901234567890", "true", "1.0", "1.50", nil])
    #expect(try lines("[1]\n[false]\n")["col0"]?.text == ["1", "false"])
  }

  @Test func `have the numbers that strtod gives`() throws {
    let table = try lines(
      "[9007199254740993]\n[-0]\n[-0.0e5]\n[1e400]\n[5E-324]\n[123456789012345678901234567890]\n[0.30000000000000004]\n"
    )
    #expect(
      bits(table.columns[0].numbers ?? [])
        == bits([
          9_007_199_254_740_992, -0.0, -0.0, .infinity, 5e-324,
          123_456_789_012_345_678_901_234_567_890,
          0.30000000000000004,
        ]))
  }

  @Test func `tell keys apart by their characters, however they are escaped`() throws {
    let table = try lines(
      "{\"\u{e9}\": 1, \"e\u{301}\": 2}\n{\"\\u00e9\": 3, \"\\ud83d\\ude00\\/\\\"\": 4}\n")
    #expect(
      table.columns.map { Array($0.name.unicodeScalars) }
        == ["\u{e9}", "e\u{301}", "😀/\""].map { Array($0.unicodeScalars) })
    #expect(table.columns[0].numbers == [1, 3])
  }

  @Test(arguments: [
    ("", 0, 0, "holds no data"), ("\n \n", 0, 0, "holds no data"),
    ("{}\n{}\n", 0, 0, "holds no data"),
    ("1\n", 1, 1, "an object or an array"), ("{\"a\":1}\n[1]\n", 2, 1, "an object, as in"),
    ("[1]\n{\"a\":1}\n", 2, 1, "an array, as in"), ("[1]\n[1,2]\n", 2, 4, "more values"),
    ("[1,2]\n [1]\n", 2, 2, "has 2 values, this one 1"), ("[1]\n[]\n", 2, 1, "this one 0"),
    ("{\"a\":1} {\"a\":2}\n", 1, 9, "one value on each line"),
    ("{\"a\":1", 1, 7, "the end of the line"),
    ("{\"a\":1,}\n", 1, 8, "a key in double quotes"), ("{a:1}\n", 1, 2, "a key in double quotes"),
    ("{\"a\" 1}\n", 1, 6, "':'"), ("{\"a\":}\n", 1, 6, "a value"),
    ("{\"a\":1 2}\n", 1, 8, "',' or '}'"),
    ("{\"a\":1,\n\"b\":2}\n", 1, 8, "the end of the line"),
    ("{\"é\":1,\"é\":2}\n", 1, 8, "'é' appears twice"),
    ("{\"a\":1,\"\\u0061\":2}\n", 1, 8, "twice"),
    ("{\"a\":1,\"b\":2,\"a\":null}\n", 1, 14, "twice"),
    ("{\"a\":{\"b\":1}}\n", 1, 6, "inside of a row"), ("[1,[2]]\n", 1, 4, "inside of a row"),
    ("[01]\n", 1, 2, "begin with 0"), ("[-]\n", 1, 3, "a digit"), ("[1.]\n", 1, 4, "a digit"),
    ("[.5]\n", 1, 2, "a value"), ("[+1]\n", 1, 2, "a value"), ("[1e]\n", 1, 4, "a digit"),
    ("[0x10]\n", 1, 3, "',' or ']'"), ("[NaN]\n", 1, 2, "write null"),
    ("[-Infinity]\n", 1, 3, "a digit"),
    ("[nul]\n", 1, 2, "found 'nul'"), ("[True]\n", 1, 2, "a value"), ("['a']\n", 1, 2, "a value"),
    ("[\"a\n\"]\n", 1, 2, "not closed"), ("[\"a\tb\"]\n", 1, 4, "control character"),
    ("[\"\\x\"]\n", 1, 3, "escape"), ("[\"\\u12g4\"]\n", 1, 3, "escape"),
    ("[\"\\", 1, 2, "not closed"),
    ("[\"\\ud800\"]\n", 1, 3, "surrogate"), ("[\"\\udc00\\ud800\"]\n", 1, 3, "surrogate"),
    ("[\"\\ud800\\u0041\"]\n", 1, 3, "surrogate"), ("[1,]\n", 1, 4, "a value"),
    ("[1\n", 1, 3, "',' or ']'"),
  ])
  func `that are wrong are refused at their place`(
    _ text: String, line: Int, column: Int, what: String
  ) {
    let error = fileError { _ = try lines(text) }
    let place = line == 0 ? "t.jsonl: " : "t.jsonl:\(line):\(column): "
    #expect(error?.description.hasPrefix(place) == true, "\(text): \(error as Any)")
    #expect(error?.description.contains(what) == true, "\(text): \(error as Any)")
  }

  @Test func `that are not UTF-8 are refused`() {
    for bytes: [UInt8] in [
      [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF5, 0x80, 0x80, 0x80],
    ] {
      let error = fileError {
        _ = try JSONLinesFile(
          name: "t.jsonl", bytes: Array("[1]\n[\"ab".utf8) + bytes + Array("\"]\n".utf8))
      }
      #expect(error?.description.hasPrefix("t.jsonl:2:") == true, "\(bytes): \(error as Any)")
    }
  }

  @Test func `with other keys on every line make no table that the memory cannot hold`() {
    let text = (0..<6000).map { "{\"k\($0)\":1}\n" }.joined()
    #expect(fileError { _ = try lines(text) }?.description.contains("6000 different keys") == true)
    let wide = "[" + [String](repeating: "1", count: 70_000).joined(separator: ",") + "]"
    #expect(fileError { _ = try lines(wide) }?.description.contains("65536 columns") == true)
  }

  @Test func `are known by their name, and read back to the same bits`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    let parts = [
      "a", "\"", "\\", "\n", "\u{1}", "é", "e\u{301}", "數", "😀", "null", "1", "\u{2028}",
    ]
    try withTemporaryFolder { folder in
      for round in 0..<300 {
        let rows = Int.random(in: 1...8, using: &generator)
        let table = DataTable(
          columns: (0..<Int.random(in: 1...4, using: &generator)).map { index in
            if Bool.random(using: &generator) {
              return Column(
                name: "n \"\(index)\\",
                numbers: (0..<rows).map { _ in
                  Int.random(in: 0..<4, using: &generator) == 0
                    ? .nan : Double(bitPattern: generator.next())
                })
            }
            var words: [String?] = (0..<rows).map { _ in
              guard Int.random(in: 0..<5, using: &generator) > 0 else { return nil }
              return (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                parts.randomElement(using: &generator)!
              }.joined()
            }
            words[0] = words[0] ?? ""  // a column of nothing but null is one of numbers
            return Column(name: "t\(index)", text: words)
          })
        let path = "\(folder)/t.\(round % 2 == 0 ? "jsonl" : "ndjson")"
        try JSONLinesWriter.write(table, to: path)
        #expect(try DataFileReader.open(path).table() == table, "seed \(seed), round \(round)")
      }
      let infinite = DataTable(columns: [Column(name: "x", numbers: [.infinity, -.infinity, -0.0])])
      try JSONLinesWriter.write(infinite, to: "\(folder)/i.jsonl")
      #expect(
        try String(decoding: bytes(of: "\(folder)/i.jsonl"), as: UTF8.self)
          == "{\"x\": 1e999}\n{\"x\": -1e999}\n{\"x\": -0}\n")
      #expect(try DataFileReader.open("\(folder)/i.jsonl").table() == infinite)
      try JSONValue(infinite).write(to: "\(folder)/i.json")
      #expect(try DataFileReader.open("\(folder)/i.json").table() == infinite)
      try JSONValue(infinite).write(to: "\(folder)/lines.jsonl")
      let document = fileError { _ = try DataFileReader.open("\(folder)/lines.jsonl") }
      #expect(document?.description.hasPrefix("\(folder)/lines.jsonl:1:2: ") == true)
      let twice = DataTable(columns: [
        Column(name: "x", numbers: [1]), Column(name: "x", numbers: [1]),
      ])
      #expect(throws: FileError.self) { try JSONLinesWriter.write(twice, to: "\(folder)/d.jsonl") }
    }
  }

  @Test func `changed anywhere are read or refused, and never trap`() throws {
    try expectNoTrap(
      of: [
        "{\"a\": 1.5e3, \"b\\u00e9\": \"x\\n\", \"c\": true}\n{\"a\": null, \"d\": \"\\ud83d\\ude00\"}\n",
        "[1, -2, \"é\"]\n[null, 0.5, \"\"]\n",
      ].map { Array($0.utf8) }, alphabet: "0123456789{}[]\":,\\u.e-+ntf\n ", named: "t.jsonl"
    ) { bytes in _ = try JSONLinesFile(name: "t.jsonl", bytes: bytes) }
  }
}
