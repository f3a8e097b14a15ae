import EchelonFiles
import EchelonMemory
import Foundation
import Testing

@Suite struct `A file written atomically` {
  @Test func `appears whole at the commit, in place of the old one`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.txt"
      try Data("old".utf8).write(to: URL(filePath: path))
      let large = String(repeating: "0123456789", count: 20_000)  // more than the buffer holds
      var writer = try AtomicFileWriter(path: path)
      try writer.write(large)
      try writer.write("end")
      #expect(try bytes(of: path) == Array("old".utf8))
      try writer.commit()
      #expect(try bytes(of: path) == Array((large + "end").utf8))
      #expect(try names(in: folder) == ["x.txt"])
    }
  }

  @Test func `leaves nothing behind when it is abandoned`() throws {
    try withTemporaryFolder { folder in
      do {
        var writer = try AtomicFileWriter(path: "\(folder)/x.txt")
        try writer.write("half")
      }
      #expect(try names(in: folder) == [])
    }
  }

  @Test(arguments: [true, false])
  func `is the same with and without an unnamed file`(unnamed: Bool) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.bin"
      do {
        let abandoned = try StagedFile(replacing: path, unnamed: unnamed)
        try abandoned.write(([1, 2, 3] as [UInt8]).span)
        let count = try names(in: folder).count
        // Where the file system has no unnamed files, both ways are the same.
        #expect(unnamed || count == 1)
      }
      #expect(try names(in: folder) == [])
      for contents: [UInt8] in [[1, 2, 3], [], [4]] {
        let file = try StagedFile(replacing: path, unnamed: unnamed)
        try file.write(contents.span)
        try file.publish()
        #expect(try bytes(of: path) == contents)
      }
      #expect(try names(in: folder) == ["x.bin"])
    }
  }

  @Test func `a new one has no other name before its own`() throws {
    try withTemporaryFolder { folder in
      let watch = inotify_init1(Int32(IN_NONBLOCK))
      defer { close(watch) }
      let events = UInt32(IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO)
      try #require(watch >= 0 && inotify_add_watch(watch, folder, events) >= 0)
      let file = try StagedFile(replacing: "\(folder)/x.bin")
      // Only a file system without unnamed files leaves something to see here.
      guard try names(in: folder).isEmpty else { return }
      try file.publish()
      var event = [UInt8](repeating: 0, count: 4096)
      let count = read(watch, &event, event.count)
      // One event: a header of 16 bytes, whose last field is the length of the name after it.
      try #require(count > 16)
      let length = Int(event[12]) | Int(event[13]) << 8
      #expect(count == 16 + length)
      #expect(Array(event[16..<16 + length].prefix { $0 != 0 }) == Array("x.bin".utf8))
    }
  }

  @Test(arguments: [true, false])
  func `leaves nothing behind when it cannot be put in place`(unnamed: Bool) throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: "\(folder)/taken/inner", withIntermediateDirectories: true)
      #expect(throws: FileSystemError.self) {
        let file = try StagedFile(replacing: "\(folder)/taken", unnamed: unnamed)
        try file.publish()
      }
      #expect(try names(in: folder) == ["taken"])
    }
  }

  @Test func `is refused with its path when it cannot be begun or ended`() throws {
    try withTemporaryFolder { (folder: String) throws in
      let missing = "\(folder)/no/x.csv"
      let table = DataTable(columns: [Column(name: "x", numbers: [1])])
      #expect(fileError { try CSVWriter.write(table, to: missing) } == .notFound(path: missing))
      #expect(fileError { try JSONValue.null.write(to: missing) } == .notFound(path: missing))
      #expect(
        fileError { try NPYWriter.write([1.0].span, to: missing) } == .notFound(path: missing))
      #expect(fileError { try CSVWriter.write(table, to: folder) } == .isDirectory(path: folder))
      #expect(try names(in: folder) == [])
    }
  }

  @Test func `has the permissions of any new file`() throws {
    try withTemporaryFolder { folder in
      func mode(_ name: String) throws -> Int? {
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")
        return attributes[.posixPermissions] as? Int
      }
      try JSONValue.array([.integer(1)]).write(to: "\(folder)/x.json")
      try Data().write(to: URL(filePath: "\(folder)/plain"))
      let (found, plain) = (try mode("x.json"), try mode("plain"))
      #expect(found != nil && found == plain)
    }
  }
}
