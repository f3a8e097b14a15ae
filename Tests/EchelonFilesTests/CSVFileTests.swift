import EchelonFiles
import Foundation
import Testing

@Suite struct `A CSV file` {
  @Test func `gives numbers and words by column`() throws {
    let table = try table(
      "name,height,first ascent\nRainier,4392,1870-08-17\nBaker,3286,1868-08-17\n")
    #expect(table.columns.map(\.name) == ["name", "height", "first ascent"])
    #expect(table.columns.map(\.kind) == [.text, .number, .text])
    #expect(table["name"]?.text == ["Rainier", "Baker"])
    #expect(table["height"]?.numbers == [4392, 3286])
    #expect(table["first ascent"]?.text == ["1870-08-17", "1868-08-17"])
  }

  @Test func `may quote delimiters, line ends and quotes`() throws {
    let table = try table(
      "a,\"b, with \"\"quotes\"\"\"\n\"x,\r\ny\",\"1\"\n\"say \"\"hi\"\"\" , \"2\"\n5\" pipe,3\n")
    #expect(table.columns.map(\.name) == ["a", "b, with \"quotes\""])
    #expect(table["a"]?.text == ["x,\r\ny", "say \"hi\"", "5\" pipe"])
    #expect(table.columns[1].numbers == [1, 2, 3])
  }

  @Test(arguments: ["\n", "\r\n", "\r"])
  func `may end its lines in any way, or not end the last one`(_ end: String) throws {
    let expected = try table("a,b\n1,x\n2,y\n")
    for text in ["a,b|1,x|2,y|", "a,b|1,x|2,y", "|a,b||1,x|  |2,y|||"] {
      let table = try table(text.replacing("|", with: end))
      #expect(table == expected, "\(text)")
    }
  }

  @Test func `may begin with a byte order mark`() throws {
    #expect(try table("\u{FEFF}a,b\n1,2\n").columns.map(\.name) == ["a", "b"])
    #expect(try table("\u{FEFF}\"a\",b\n1,2\n").columns.map(\.name) == ["a", "b"])
  }

  @Test(arguments: CSVDialect.usualMissingSpellings)
  func `has missing values in the usual spellings`(_ spelling: String) throws {
    let table = try table("number,word\n1,x\n\(spelling),\(spelling)\n \(spelling) ,y\n3,z\n")
    let numbers = try #require(table["number"]?.numbers)
    #expect(bits(numbers) == bits([1, .nan, .nan, 3]))
    #expect(table["word"]?.text == ["x", nil, "y", "z"])
    #expect(table.columns.map(\.missingCount) == [2, 1])
    #expect(table.columns[0].isMissing(at: 1) && !table.columns[0].isMissing(at: 0))
  }

  @Test func `takes a quoted spelling as a word among words, as missing among numbers`() throws {
    let table = try table("word,number\nNA,1\n\"NA\",\"NA\"\nx,\"\"\n\"\",4\n")
    #expect(table["word"]?.text == [nil, "NA", "x", ""])
    #expect(table["number"].map { bits($0.numbers ?? []) } == bits([1, .nan, .nan, 4]))
  }

  @Test func `ignores blanks around numbers and names, and keeps those of words`() throws {
    let table = try table("a , b,\tc\n 1 ,  x y  ,\t2\n-3\t, \" z \" , 4 \n")
    #expect(table.columns.map(\.name) == ["a", "b", "c"])
    #expect(table["a"]?.numbers == [1, -3])
    #expect(table["b"]?.text == ["  x y  ", " z "])
    #expect(table["c"]?.numbers == [2, 4])
  }

  @Test func `cuts blanks off words where that is asked for`() throws {
    let dialect = CSVDialect.commaSeparated.with { $0.trimsWords = true }
    let text = "a , b\n  x y  ,1\n\tx y,2\n NA ,3\n  ,4\n \" z \" , 5\n"
    for size in [1, 8, 1 << 20] {
      let file = try CSVFile(
        name: "test.csv", bytes: Array(text.utf8), dialect: dialect, chunkByteCount: size)
      let table = try file.table()
      #expect(table["a"]?.text == ["x y", "x y", nil, nil, " z "])
      #expect(table["b"]?.numbers == [1, 2, 3, 4, 5])
      let counts = try file.chunks.map { try file.missingCounts(of: $0)[0] }
      #expect(counts.reduce(0, +) == 2, "chunks of \(size) bytes")
    }
    // Tabs that separate are no blanks.
    let tabs = CSVDialect.tabSeparated.with { $0.trimsWords = true }
    #expect(try CSVFile("a\tb\n x \t y\n", dialect: tabs).table()["b"]?.text == ["y"])
    // A journal of before has no word of it.
    #expect(
      !String(decoding: try JSONEncoder().encode(CSVDialect.detecting), as: UTF8.self)
        .lowercased().contains("trim"))
    let copy = try JSONDecoder().decode(CSVDialect.self, from: JSONEncoder().encode(dialect))
    #expect(copy == dialect && copy.trimsWords)
  }

  @Test func `takes a missing value with blanks for a word among words, as missing among numbers`()
    throws
  {
    let text = "word,number\n NA ,  NA\nNA,1\n  , 2 \n, \nx,3\n"
    for size in [1, 8, 1 << 20] {
      let file = try CSVFile(name: "test.csv", bytes: Array(text.utf8), chunkByteCount: size)
      let table = try file.table()
      #expect(table["word"]?.text == [" NA ", nil, "  ", nil, "x"])
      #expect(table["number"].map { bits($0.numbers ?? []) } == bits([.nan, 1, 2, .nan, 3]))
      let counts = try file.chunks.map { try file.missingCounts(of: $0)[0] }
      #expect(counts.reduce(0, +) == 2, "chunks of \(size) bytes")
    }
    // Words that come later make words of blanks before them.
    let late = try EchelonFilesTests.table("a,b\n ,1\n NA,2\nx,3\n,4\n")
    #expect(late["a"]?.text == [" ", " NA", "x", nil])
  }

  @Test func `takes no notice of blanks around a spelling of missing values`() throws {
    let dialect = CSVDialect.commaSeparated.with { $0.missingSpellings = ["", " ?", "-9 ", "  "] }
    let text = "a,b\n?,-9\n ?, -9\nx,1\n -9,2\n-9,3\n  ,4\n"
    for size in [1, 8, 1 << 20] {
      let file = try CSVFile(
        name: "test.csv", bytes: Array(text.utf8), dialect: dialect, chunkByteCount: size)
      let table = try file.table()
      #expect(table["a"]?.text == [nil, " ?", "x", " -9", nil, "  "])
      #expect(table["b"].map { bits($0.numbers ?? []) } == bits([.nan, .nan, 1, 2, 3, 4]))
      let counts = try file.chunks.map { try file.missingCounts(of: $0)[0] }
      #expect(counts.reduce(0, +) == 2, "chunks of \(size) bytes")
      let written = CSVWriter.text(table, dialect: dialect)
      #expect(try CSVFile(written, dialect: dialect).table() == table, "\(written)")
    }
  }

  @Test func `keeps words to the byte in tab separated text and back`() throws {
    let text = "a\tb\n x \t1\n\"\ty\"\t 2\nz  \t3\n"
    let dialect = CSVDialect.tabSeparated
    let table = try CSVFile(text, dialect: dialect).table()
    #expect(table["a"]?.text == [" x ", "\ty", "z  "])
    for other in [dialect, .commaSeparated] {
      let written = CSVWriter.text(table, dialect: other)
      #expect(try CSVFile(written, dialect: other).table() == table)
    }
  }

  @Test func `with a header only has columns without rows`() throws {
    for text in ["a,b", "a,b\n", "a,b\r\n\r\n"] {
      let file = try CSVFile(text)
      #expect(file.columns.map(\.name) == ["a", "b"])
      #expect(file.rowCount == 0 && file.chunks.isEmpty)
      #expect(try file.table().columns.map(\.count) == [0, 0])
    }
  }

  @Test func `gets a name for every column`() throws {
    #expect(
      try CSVFile("a,,a,a,a.2\n1,2,3,4,5").columns.map(\.name) == [
        "a", "col1", "a.2", "a.3", "a.2.2",
      ])
    var dialect = CSVDialect.commaSeparated
    dialect.hasHeader = false
    let file = try CSVFile("1,x\n2,y\n", dialect: dialect)
    #expect(file.columns.map(\.name) == ["col0", "col1"])
    #expect(try file.table()["col0"]?.numbers == [1, 2])
  }

  @Test func `is taken apart at tabs or semicolons when its name or first line says so`() throws {
    #expect(try table("a;b\n1,5;2\n").columns.map(\.kind) == [.text, .number])
    #expect(
      try table("a\tb\n1\t\n").columns.map { bits($0.numbers ?? []) } == [bits([1]), bits([.nan])])
    let tsv = try CSVFile(name: "x.tsv", bytes: Array("a,1\tb\n1\t2\n\t\n".utf8))
    #expect(tsv.columns.map(\.name) == ["a,1", "b"])
    #expect(tsv.rowCount == 2)
  }

  @Test func `reads the same in chunks of any size, in any order`() throws {
    var text = "id,word,value\n"
    for row in 0..<500 { text += "\(row),\"w\n\(row)\",\(Double(row) / 7)\r\n\n" }
    let whole = try CSVFile(text)
    var expected = [Double](repeating: -1, count: 1000)
    var storage = expected.mutableSpan
    try whole.readNumbers(into: &storage)
    let sevenths = (0..<500).map { Double($0) / 7 }
    #expect(expected == (0..<500).map { Double($0) } + sevenths)

    for size in [1, 17, 1000, 4096] {
      let file = try CSVFile(text, chunkByteCount: size)
      #expect(file.chunks.map(\.rows.count).reduce(0, +) == 500)
      #expect(size > 17 || file.chunks.count > 300)
      for (first, second) in zip(file.chunks, file.chunks.dropFirst()) {
        #expect(first.byteRange.upperBound == second.byteRange.lowerBound)
        #expect(first.rows.upperBound == second.rows.lowerBound)
      }
      var found = [Double](repeating: -1, count: 1000)
      var storage = found.mutableSpan
      for chunk in file.chunks.reversed() { try file.readNumbers(of: chunk, into: &storage) }
      #expect(found == expected, "chunks of \(size)")
    }
  }

  @Test func `keeps words as they are, and refuses what is not UTF-8`() throws {
    #expect(try table("a\nnaïve 数\n")["a"]?.text == ["naïve 数"])
    let word = Array("na".utf8) + [0xEF] + Array("ve".utf8)
    let file = try CSVFile(
      name: "latin1.csv", bytes: Array("a,b\n1,x\n2,".utf8) + word + Array("\n".utf8))
    #expect(try file.allNumbers() == [1, 2])
    let refused = fileError { _ = try file.table() }
    #expect(refused?.description.hasPrefix("latin1.csv:3:5: bytes that are not UTF-8") == true)
    let header = fileError {
      _ = try CSVFile(name: "h.csv", bytes: Array("a,\"".utf8) + word + Array("\"\n1,2\n".utf8))
    }
    #expect(header?.description.hasPrefix("h.csv:1:6: bytes that are not UTF-8") == true)
  }

  @Test func `gives the words of a column of numbers too`() throws {
    #expect(try CSVFile("a,b\n1.50,x\n,y\n").readText(column: 0) == ["1.50", nil])
  }
}
