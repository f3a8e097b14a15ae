import EchelonFiles
import Testing

extension CSVDialect {
  /// The dialect with changes.
  func with(_ change: (inout CSVDialect) -> Void) -> CSVDialect {
    var copy = self
    change(&copy)
    return copy
  }

  static let european = CSVDialect(delimiter: UInt8(ascii: ";")).with { $0.hasDecimalComma = true }

  /// One for each thing that a dialect can say, and some of their combinations.
  static let various: [CSVDialect] = [
    .commaSeparated, .tabSeparated, .detecting, .european,
    commaSeparated.with { $0.comment = UInt8(ascii: "#") },
    commaSeparated.with { $0.hasHeader = false },
    commaSeparated.with { $0.raggedRows = .fill },
    commaSeparated.with { $0.raggedRows = .cut },
    commaSeparated.with { $0.raggedRows = .skip },
    commaSeparated.with { $0.missingSpellings = ["", "4", "-3e5"] },
    commaSeparated.with { $0.kinds = ["a": .text] },
    commaSeparated.with { $0.trimsWords = true },
    european.with { dialect in
      dialect.raggedRows = .skip
      dialect.comment = UInt8(ascii: "#")
      dialect.missingSpellings = ["", "-999"]
    },
    detecting.with { dialect in
      dialect.raggedRows = .cut
      dialect.comment = UInt8(ascii: "%")
      dialect.hasDecimalComma = true
      dialect.hasHeader = false
    },
  ]
}

@Suite struct `A dialect` {
  /// A column of numbers by name, as bits; NaN is missing.
  struct Oddity: CustomTestStringConvertible, Sendable {
    let text: String
    let dialect: CSVDialect
    let numbers: [String: [Double]]
    let words: [String: [String?]]
    var testDescription: String { text.debugDescription }

    init(
      _ text: String, _ dialect: CSVDialect = .commaSeparated, _ numbers: [String: [Double]] = [:],
      words: [String: [String?]] = [:]
    ) {
      self.text = text
      self.dialect = dialect
      self.numbers = numbers
      self.words = words
    }
  }

  static let comment = CSVDialect.commaSeparated.with { $0.comment = UInt8(ascii: "#") }
  static func ragged(_ policy: RaggedRowPolicy) -> CSVDialect {
    .commaSeparated.with { $0.raggedRows = policy }
  }
  static let skipEuropean = CSVDialect.european.with { $0.raggedRows = .skip }

  static let oddities: [Oddity] = [
    // Comments: before the header, between rows, after blanks, at the end without a line end.
    Oddity("# x,y,z\na,b\n1,2\n  # \"open\n3,4\n#", comment, ["a": [1, 3], "b": [2, 4]]),
    Oddity("#\r\n#\r\na\r\n1\r\n#,,\r\n\r\n2", comment, ["a": [1, 2]]),
    Oddity("#c\ra\r1\r#c\r#d\r2\r", comment, ["a": [1, 2]]),
    Oddity("\u{FEFF}#c\na\n-0\n", comment, ["a": [-0.0]]),
    Oddity(
      "a,b\n\"#1\",2\nx #y,3\n\"l\n#m\",4\n", comment, ["b": [2, 3, 4]],
      words: ["a": ["#1", "x #y", "l\n#m"]]),
    Oddity("a\n#1\n", .commaSeparated, words: ["a": ["#1"]]),
    // Decimal commas: signs, exponents, no digits on one side, more digits than 64 bits hold.
    Oddity(
      "a;b\n3,14;-0,5e3\n,5;1,\n-,25;+7\n", .european,
      ["a": [3.14, 0.5, -0.25], "b": [-500, 1, 7]]),
    Oddity(
      "a\n0,1000000000000000055511151231257827\n1234567890123456789012,5\n9007199254740993,0\n",
      .european, ["a": [0.1, 1_234_567_890_123_456_789_012.5, 9_007_199_254_740_992]]),
    // Between two doubles so closely that only all of the digits decide.
    Oddity(
      "a\n9007199254740993,00000000000000000000000000000000001\n", .european,
      ["a": [9_007_199_254_740_994]]),
    Oddity(" a ;b\n \"1,5\" ; 2,5 \n", .european, ["a": [1.5], "b": [2.5]]),
    // Neither thousands nor points are numbers there.
    Oddity(
      "a;b;c\n1.234,5;1.5;1 000,5\n", .european,
      words: ["a": ["1.234,5"], "b": ["1.5"], "c": ["1 000,5"]]),
    Oddity("a,b\n1,\"1,5\"\n", .commaSeparated, ["a": [1]], words: ["b": ["1,5"]]),
    Oddity("a;b\n1,5;2\n", .detecting.with { $0.hasDecimalComma = true }, ["a": [1.5], "b": [2]]),
    Oddity("a\n1,5\n", .detecting.with { $0.hasDecimalComma = true }, ["a": [1.5]]),
    Oddity("a;b\n1,5;2\n", .detecting, ["b": [2]], words: ["a": ["1,5"]]),
    // What a comment says about delimiters does not count.
    Oddity("# a, b\na;b\n1;2\n", .detecting.with { $0.comment = 0x23 }, ["a": [1], "b": [2]]),
    // Ragged rows.
    Oddity(
      "a,b,c\n1\n2,3,4\n5,6\n\n7,x,8", ragged(.fill),
      ["a": [1, 2, 5, 7], "c": [.nan, 4, .nan, 8]], words: ["b": [nil, "3", "6", "x"]]),
    Oddity(
      "a,b\n1,2,3,\"x\n\"\n4\n5,6,\n", ragged(.cut), ["a": [1, 4, 5], "b": [2, .nan, 6]]),
    // A word in a row that is left out does not make its column text.
    Oddity(
      "a,b\nx\n1,2\ny,z,w\nv,\"q\n\",\n3,4\n5\nx,y,z", ragged(.skip), ["a": [1, 3], "b": [2, 4]]),
    Oddity("a,b\n1\n2\n", ragged(.skip), ["a": [], "b": []]),
    Oddity("a;b\n1;2;3\n1,5;,5\n9\n", skipEuropean, ["a": [1.5], "b": [0.5]]),
    // No header, and other names.
    Oddity("1;x\n2;y\n", .detecting.with { $0.hasHeader = false }, ["col0": [1, 2]]),
    Oddity(
      "a,b\n1,2\n", .commaSeparated.with { $0.columnNames = ["u", "v"] }, ["u": [1], "v": [2]]),
    Oddity(
      "1,2\n",
      .commaSeparated.with { dialect in
        dialect.columnNames = ["u", "u"]
        dialect.hasHeader = false
      }, ["u": [1], "u.2": [2]]),
    // Missing values that look like numbers, to the letter.
    Oddity(
      "a,b\n-999,x\n-999.0,-999\n\"-999\",y\n1,\n",
      .commaSeparated.with { $0.missingSpellings = ["", "-999"] }, ["a": [.nan, -999, .nan, 1]],
      words: ["b": ["x", nil, "y", nil]]),
    Oddity(
      "a,b\nNA,1\n,2\n", .commaSeparated.with { $0.missingSpellings = [""] }, ["b": [1, 2]],
      words: ["a": ["NA", nil]]),
    // Kinds.
    Oddity(
      "zip,n\n00217,1\n,NA\n", .commaSeparated.with { $0.kinds = ["zip": .text, "n": .number] },
      ["n": [1, .nan]], words: ["zip": ["00217", nil]]),
    // Blanks and trailing delimiters.
    Oddity("a,b,\n 1 ,\t2\t,\n", .commaSeparated, ["a": [1], "b": [2], "col2": [.nan]]),
    Oddity("a|b\n1|2,5\n", CSVDialect(delimiter: UInt8(ascii: "|")), ["a": [1]]),
  ]

  @Test(arguments: oddities)
  func `gives the values that its words say, in chunks of any size`(_ oddity: Oddity) throws {
    for size in [1, 2, 5, 1 << 20] {
      let file = try CSVFile(oddity.text, dialect: oddity.dialect, chunkByteCount: size)
      let table = try file.table()
      for (name, expected) in oddity.numbers {
        let numbers = try #require(table[name]?.numbers, "\(name) in chunks of \(size)")
        #expect(bits(numbers) == bits(expected), "\(name) in chunks of \(size)")
      }
      for (name, expected) in oddity.words {
        #expect(table[name]?.text == expected, "\(name) in chunks of \(size)")
      }
      var missing = table.columns.map { _ in 0 }
      for chunk in file.chunks {
        for (column, count) in try file.missingCounts(of: chunk).enumerated() {
          missing[column] += count
        }
      }
      #expect(missing == table.columns.map(\.missingCount))
    }
  }

  @Test func `counts the rows that it changed, and says where the first is`() throws {
    let text = "a,b\n1,2\n\n\"x\ny\"\n1,2,3\n4\n5,6,\n"
    for (policy, filled, cut, skipped) in [
      (RaggedRowPolicy.cut, 2, 2, 0), (.skip, 0, 0, 4),
    ] {
      let counts = try CSVFile(text, dialect: Self.ragged(policy)).raggedRows
      #expect(counts.filled == filled && counts.cut == cut && counts.skipped == skipped)
      #expect(counts.total == 4)
      #expect(counts.firstLine == 5)  // where the quoted field of two lines ends
    }
    #expect(try CSVFile("a\n1\n").raggedRows == RaggedRowCounts())
  }

  @Test(arguments: [
    ("a,b\n1,2\n3,4,5\n", ragged(.fill), "x.csv:3:4: the header has 2 fields, this row has 3"),
    (
      "a,b\n1,2\n1.5, 1e,\n", comment.with { $0.kinds = ["b": .number] },
      "x.csv:3:8: the header has 2 fields"
    ),
    (
      "# c\na,b\n1.5,  1e\n", comment.with { $0.kinds = ["b": .number] },
      "x.csv:3:7: '1e' is not a number, as column 'b' should have"
    ),
    (
      "a\n\n1.234,5\n", CSVDialect.european.with { $0.kinds = ["a": .number] },
      "x.csv:3:1: '1.234,5' is not a number"
    ),
    (
      "a,b\nx\n\"y\n\",2\n", ragged(.skip).with { $0.kinds = ["a": .number] },
      "x.csv:3:2: 'y\n' is not a number"
    ),
    (
      "a,b\n1,2\n", CSVDialect.commaSeparated.with { $0.kinds = ["c": .text] },
      "x.csv: there is no column 'c' to give a type; the columns are a, b"
    ),
    (
      "a,b\n1,2\n", CSVDialect.commaSeparated.with { $0.columnNames = ["c"] },
      "x.csv: 1 names are given for 2 columns"
    ),
    (
      "a,b\n", CSVDialect.commaSeparated.with { $0.hasDecimalComma = true },
      "x.csv: a comma cannot both separate fields and come before fractions"
    ),
    (
      "a;b\n1;2\n",
      CSVDialect.european.with { $0.comment = UInt8(ascii: ",") },
      "x.csv: a comma cannot both begin comments and come before fractions"
    ),
    (
      "a,b\n", CSVDialect.commaSeparated.with { $0.comment = UInt8(ascii: ",") },
      "x.csv: ',' cannot both separate fields and begin comments"
    ),
    (
      "a,b\n", CSVDialect.commaSeparated.with { $0.comment = UInt8(ascii: "x") },
      "x.csv: byte 120 cannot begin comments"
    ),
    (
      "a,b\n", CSVDialect.commaSeparated.with { $0.delimiter = UInt8(ascii: "1") },
      "x.csv: byte 49 cannot separate fields"
    ),
    ("#\n # x", comment, "x.csv: holds no data"),
    ("a,b\n1,\"2\n", ragged(.skip), "x.csv:2:3: the quote that opens here is never closed"),
  ])
  func `refuses what it does not allow, with the place`(
    _ text: String, _ dialect: CSVDialect, _ message: String
  ) {
    let error = fileError {
      _ = try CSVFile(name: "x.csv", bytes: Array(text.utf8), dialect: dialect)
    }
    #expect(error?.description.hasPrefix(message) == true, "\(error?.description ?? "")")
  }

  @Test(arguments: [
    CSVDialect.european, comment, .tabSeparated.with { $0.missingSpellings = ["NULL"] },
  ])
  func `is written so that it reads back`(_ dialect: CSVDialect) throws {
    for columns in [1, 2] {
      let numbers = [1.5, -0.0, .infinity, 1e-300, .nan, 123_456.789]
      let words = ["#no comment", "a,b", "1,5", nil, "x;y", "NULL"]
      let table = DataTable(
        columns: Array(
          [Column(name: "#n", numbers: numbers), Column(name: "w", text: words)].suffix(columns)))
      let text = CSVWriter.text(table, dialect: dialect)
      let back = try CSVFile(text, dialect: dialect).table()
      #expect(back.columns.map(\.name) == table.columns.map(\.name), "\(text)")
      #expect(back["w"]?.text == words, "\(text)")
      if columns == 2 { #expect(bits(back["#n"]?.numbers ?? []) == bits(numbers), "\(text)") }
    }
  }
}
