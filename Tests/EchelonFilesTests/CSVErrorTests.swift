import EchelonFiles
import EchelonMemory
import Foundation
import Glibc
import Testing

@Suite struct `A CSV file that is wrong` {
  @Test(arguments: [
    ("a,b\n1,2\n3\n4,5\n", 3, 2, 1), ("a,b\n1,2,3\n", 2, 4, 3),
    ("a,b\r\n1,2\r\n\r\n3,4,\r\n", 4, 4, 3),
    ("a,b\n\"x\ny\",1\n2\n", 4, 2, 1), ("\u{FEFF}a,b\r1", 2, 2, 1), ("a,b\nmüß,1,2\n", 2, 6, 3),
    ("a\n1\n2,3\n", 3, 2, 2),
  ])
  func `is refused at the place where a row breaks`(
    _ text: String, line: Int, column: Int, found: Int
  ) {
    let error = fileError { _ = try CSVFile(text) }
    let place = FilePlace(path: "test.csv", line: line, column: column)
    guard case .raggedRow(let foundPlace, let expected, let foundCount)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(foundPlace == place)
    #expect(foundCount == found && expected == (text.hasPrefix("a\n") ? 1 : 2))
    #expect(error?.description.hasPrefix("test.csv:\(line):\(column): ") == true)
  }

  @Test func `is refused when a quote is not closed or goes on`() {
    let open = fileError { _ = try CSVFile("a,b\n1,\"x\n2,y\n") }
    #expect(open?.description.hasPrefix("test.csv:2:3: the quote that opens here") == true)
    let after = fileError { _ = try CSVFile("a,b\n1,\"x\"y\n") }
    #expect(after?.description.hasPrefix("test.csv:2:6: expected the delimiter") == true)
  }

  @Test func `is refused when it is not text`() throws {
    let cases: [([UInt8], Int, String)] = [
      ([0x1F, 0x8B, 8, 0], 0, "a gzip stream"),
      ([0xFF, 0xFE, 0x61, 0], 0, "UTF-16 text"), (Array("PK\u{3}\u{4}..".utf8), 0, "a zip archive"),
      (Array("PAR1".utf8), 0, "a Parquet file"), ([0x93] + Array("NUMPY".utf8), 0, "an NPY array"),
    ]
    for (bytes, offset, what) in cases {
      let error = fileError { _ = try CSVFile(name: "x.csv", bytes: bytes) }
      #expect(error == .notText(path: "x.csv", offset: offset, what: what))
    }
  }

  @Test(arguments: [
    ("a,b\n1,x\0y\n", "2:4"), ("\0\0\0", "1:1"), ("a\n\"\0\"", "2:2"), ("ä,\0\n", "1:3"),
  ])
  func `is refused with the place of a NUL character`(_ text: String, _ place: String) {
    let error = fileError { _ = try CSVFile(text) }
    #expect(
      error?.description.hasPrefix("test.csv:\(place): a NUL character") == true,
      "\(String(describing: error))")
  }

  @Test(arguments: ["x", "\"x\"\"y", "\"a\"\" \"\" ä"])
  func `is refused with the place of the first byte that is not UTF-8`(_ start: String) {
    let isQuoted = start.hasPrefix("\"")
    let bytes = Array("a,b\n1,\(start)".utf8) + [0xFC] + Array((isQuoted ? "z\"\n" : "z\n").utf8)
    let error = fileError { _ = try CSVFile(name: "test.csv", bytes: bytes).table() }
    let place = "test.csv:2:\(3 + start.unicodeScalars.count): bytes that are not UTF-8"
    #expect(error?.description.hasPrefix(place) == true, "\(String(describing: error))")
  }

  @Test func `is refused when it is empty`() {
    for text in ["", "\n", " \r\n\t\n", "\u{FEFF}", "\u{FEFF}\n"] {
      #expect(fileError { _ = try CSVFile(text) } == .empty(path: "test.csv"))
    }
  }

  /// Fails by taking minutes.
  @Test(.timeLimit(.minutes(1)))
  func `may have as many columns of one name as it likes`() throws {
    let count = 30_000
    let text = Array(repeating: "a", count: count).joined(separator: ",") + ",a.3,b\n"
    let names = try CSVFile(text).columns.map(\.name)
    #expect(names[..<3] == ["a", "a.2", "a.3"] && names[count - 1] == "a.\(count)")
    #expect(names[count...] == ["a.3.2", "b"] && Set(names).count == count + 2)
  }

  @Test func `is refused when it has more columns than its dialect allows`() throws {
    var dialect = CSVDialect.commaSeparated
    dialect.maximumColumnCount = 3
    #expect(try CSVFile("a,b,c\n", dialect: dialect).columns.count == 3)
    let error = fileError { _ = try CSVFile("a,b,c,d\n", dialect: dialect) }
    #expect(error == .tooManyColumns(path: "test.csv", limit: 3))
  }

  @Test func `is refused with its path when it cannot be opened`() throws {
    try withTemporaryFolder { folder in
      #expect(
        fileError { _ = try CSVFile(path: "\(folder)/no") } == .notFound(path: "\(folder)/no"))
      #expect(fileError { _ = try CSVFile(path: folder) } == .isDirectory(path: folder))
      #expect(
        fileError { _ = try CSVFile(path: "/dev/null") } == .notRegularFile(path: "/dev/null"))
      let path = "\(folder)/x.csv"
      try Data().write(to: URL(filePath: path))
      #expect(fileError { _ = try DataFileReader.open(path) } == .empty(path: path))
      try FileManager.default.setAttributes([.posixPermissions: 0], ofItemAtPath: path)
      if geteuid() != 0 {  // nothing is forbidden to root
        #expect(fileError { _ = try CSVFile(path: path) } == .permissionDenied(path: path))
      }
    }
  }

  @Test func `is noticed when it is shortened or rewritten after the scan`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.csv"
      try Data("a,b\n1,2\n3,4\n".utf8).write(to: URL(filePath: path))
      let file = try CSVFile(path: path)
      var numbers = [Double](repeating: 0, count: 4)
      var storage = numbers.mutableSpan

      let handle = try #require(FileHandle(forUpdatingAtPath: path))
      try handle.write(contentsOf: Data("a,b\n1;2\n".utf8))
      let chunk = file.chunks[0]
      #expect(
        fileError { try file.readNumbers(of: chunk, into: &storage) } == .changed(path: path))
      try handle.truncate(atOffset: 3)
      #expect(
        fileError { try file.readNumbers(of: chunk, into: &storage) } == .changed(path: path))
      #expect(fileError { _ = try file.readText(column: 0) } == .changed(path: path))
    }
  }

  @Test func `stays readable when another file takes its name`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.csv"
      try Data("a\n1\n2\n".utf8).write(to: URL(filePath: path))
      let file = try CSVFile(path: path)
      try CSVWriter.write(DataTable(columns: [Column(name: "b", numbers: [])]), to: path)
      #expect(try file.table()["a"]?.numbers == [1, 2])
      try FileManager.default.removeItem(atPath: path)
      #expect(try file.table()["a"]?.numbers == [1, 2])
    }
  }

  @Test func `says of a pattern in quotes that it is none`() {
    #expect("\(FileError.notFound(path: "data/*.csv"))".contains("outside of quotes"))
    #expect(!"\(FileError.notFound(path: "data/x.csv"))".contains("quotes"))
  }

  @Test func `is described with its path whatever the system says`() {
    let codes: [(Int32, FileError)] = [
      (ENOENT, .notFound(path: "p")), (ENOTDIR, .notFound(path: "p")),
      (EACCES, .permissionDenied(path: "p")), (EPERM, .permissionDenied(path: "p")),
      (
        EROFS,
        .system(
          path: "p", operation: "write",
          reason: "the file system is mounted read-only; write elsewhere")
      ),
      (ENOSPC, .noSpace(path: "p")), (EDQUOT, .noSpace(path: "p")),
      (EISDIR, .isDirectory(path: "p")),
      (EIO, .system(path: "p", operation: "write", reason: "Input/output error")),
    ]
    for (code, expected) in codes {
      let error = FileError(FileSystemError(.write, code: code), path: "p")
      #expect(error == expected)
      #expect(error.description.hasPrefix("p: "))
    }
  }
}
