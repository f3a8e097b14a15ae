import EchelonFiles
import EchelonMemory
import Foundation
import Testing

@Suite struct `A compressed file` {
  /// A table with enough digits to fill several buffers, and what it is as text.
  private static let table = DataTable(columns: [
    Column(name: "n", numbers: (0..<40_000).map { Double($0) / 7 }),
    Column(name: "w", text: (0..<40_000).map { $0 % 5 == 0 ? nil : "w\($0 % 97)" }),
  ])

  /// Runs gzip(1) or zstd(1), whose files are not ours.
  private static func run(_ tool: String, _ arguments: [String], _ input: [UInt8]) throws -> [UInt8]
  {
    try withTemporaryFolder { folder in
      let (source, target) = ("\(folder)/in", "\(folder)/out")
      try Data(input).write(to: URL(filePath: source))
      try Data().write(to: URL(filePath: target))
      let process = Process()
      process.executableURL = URL(filePath: "/usr/bin/env")
      process.arguments = [tool] + arguments
      process.standardInput = FileHandle(forReadingAtPath: source)
      process.standardOutput = FileHandle(forWritingAtPath: target)
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      try #require(process.terminationStatus == 0)
      return try bytes(of: target)
    }
  }

  private static let hasZstd = (try? run("zstd", ["-c"], [1])) != nil

  @Test(arguments: [".gz", ".zst"])
  func `is written by its name, and read by its first bytes`(_ suffix: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/t.csv\(suffix)"
      try CSVWriter.write(Self.table, to: path)
      let compressed = try bytes(of: path)
      let plain = Array(CSVWriter.text(Self.table).utf8)
      #expect(compressed.count < plain.count / 2)
      #expect(try DataFileReader.open(path).table() == Self.table)
      // Whatever it is called.
      try FileManager.default.moveItem(atPath: path, toPath: "\(folder)/x")
      #expect(try CSVFile(path: "\(folder)/x", chunkByteCount: 1000).table() == Self.table)
      // Another program agrees.
      if suffix == ".gz" || Self.hasZstd {
        let tool = suffix == ".gz" ? "gzip" : "zstd"
        #expect(try Self.run(tool, ["-dc"], compressed) == plain)
      }
    }
  }

  @Test(arguments: ["gzip", "zstd"])
  func `may have several members, and is read as they follow`(_ tool: String) throws {
    guard tool == "gzip" || Self.hasZstd else { return }
    try withTemporaryFolder { folder in
      let parts = try ["a,b\n1,", "2\n3", "", ",4\n"].map {
        try Self.run(tool, ["-c"], Array($0.utf8))
      }
      let path = "\(folder)/x.csv"
      try Data(parts.joined()).write(to: URL(filePath: path))
      #expect(try DataFileReader.open(path).table()["b"]?.numbers == [2, 4])
      // gzip files from tapes end with zeros.
      guard tool == "gzip" else { return }
      try Data(parts.joined() + [0, 0, 0]).write(to: URL(filePath: path))
      #expect(try DataFileReader.open(path).table()["b"]?.numbers == [2, 4])
    }
  }

  @Test func `is an array, too, and its tabs are known by the name before`() throws {
    try withTemporaryFolder { folder in
      let numbers = (0..<10_000).map { Double($0).squareRoot() }
      try NPYWriter.write(numbers.span, to: "\(folder)/x.npy.gz")
      let reader = try DataFileReader.open("\(folder)/x.npy.gz")
      guard case .npy = reader.format else {
        Issue.record("\(reader.format)")
        return
      }
      #expect(try reader.table().columns[0].numbers == numbers)
      let path = "\(folder)/x.tsv.gz"
      try CSVWriter.write(
        DataTable(columns: [Column(name: "a,b", numbers: [1]), Column(name: "c", numbers: [2])]),
        to: path, dialect: .tabSeparated)
      #expect(try CSVFile(path: path).columns.map(\.name) == ["a,b", "c"])
    }
  }

  @Test(arguments: [".gz", ".zst"])
  func `is refused wherever it is cut, and when bits are changed`(_ suffix: String) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/t.csv\(suffix)"
      let small = DataTable(columns: [Column(name: "n", numbers: (0..<50).map { Double($0) / 7 })])
      try CSVWriter.write(small, to: path)
      let whole = try bytes(of: path)
      for count in 4..<whole.count {
        try Data(whole[..<count]).write(to: URL(filePath: path))
        let error = fileError { _ = try DataFileReader.open(path) }
        guard case .damagedCompression(path, _, let offset, _)? = error else {
          Issue.record("cut to \(count): \(String(describing: error))")
          continue
        }
        #expect(offset <= count)
      }
      try Data(whole + [7, 7, 7, 7]).write(to: URL(filePath: path))
      let error = fileError { _ = try DataFileReader.open(path) }
      #expect(error?.description.contains("byte \(whole.count): something else follows") == true)
      // A changed bit is found by the check sum, or is one of the header that says nothing (a time).
      let seed: UInt64 = 31
      var generator = SeededGenerator(seed: seed)
      for round in 0..<500 {
        var changed = whole
        let index = Int.random(in: 4..<whole.count, using: &generator)
        changed[index] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        try Data(changed).write(to: URL(filePath: path))
        guard let table = try? DataFileReader.open(path).table() else { continue }
        #expect(table == small, "seed \(seed), round \(round), byte \(index)")
      }
    }
  }

  @Test func `that grows beyond its limit is refused before it takes the memory`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/zeros.npy.gz"
      let zeros = [Double](repeating: 0, count: 1 << 18)
      try NPYWriter.write(zeros.span, to: path)
      let compressed = try bytes(of: path)
      #expect(compressed.count < 1 << 14)
      var room = TemporaryRoom()
      room.byteLimit = 1 << 20
      #expect(throws: AnonymousFileError.self) {
        _ = try AnonymousFile.decompressing(compressed.span, .gzip, room: room)
      }
      room.byteLimit = 1 << 22
      _ = try AnonymousFile.decompressing(compressed.span, .gzip, room: room)
      let message = FileError(.tooLarge(byteCount: 3 << 20), path: "x.gz").description
      #expect(message.hasPrefix("x.gz: takes more memory than is left, at 3 MiB; decompress it"))
      let missing = FileError(.noLibrary(.zstd), path: "x.zst").description
      #expect(
        missing
          == "x.zst: needs libzstd.so.1, which is not installed; install the package libzstd1 "
          + "(Debian, Ubuntu) or libzstd (others)")
    }
  }

  @Test(arguments: [0, 1 << 20, 5 << 20, nil], [true, false])
  func `moves to a disk where it takes much of the memory`(
    _ memoryByteLimit: Int?, _ isMoving: Bool
  ) throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.bin.gz"
      let count = 700_000
      let numbers = (0..<count).map { Double($0).squareRoot() }
      try NPYWriter.write(numbers.span, to: path)
      let compressed = try bytes(of: path)
      try NPYWriter.write(numbers.span, to: folder + "/x.npy")
      let plain = try bytes(of: folder + "/x.npy")
      var room = TemporaryRoom()
      room.memoryByteLimit = memoryByteLimit
      // The test's own folder may be in memory, where nothing is moved to, as this one always is.
      room.folder = isMoving ? "/var/tmp" : "/dev/shm"
      let decompressed = try AnonymousFile.decompressing(compressed.span, .gzip, room: room)
      let copied = try AnonymousFile()
      let source = try FileHandle(forReadingFrom: URL(filePath: folder + "/x.npy"))
      try copied.copy(from: source.fileDescriptor, room: room)
      for file in [decompressed, copied] {
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: file.path)
        let isMoved = target.hasPrefix(room.folder)
        #expect(isMoved == (isMoving && memoryByteLimit != nil), "\(target)")
        #expect(target.hasSuffix("(deleted)"), "nothing is left behind: \(target)")
        #expect(try bytes(of: file.path) == plain)
        // What comes behind is appended.
        try file.write([1, 2, 3].span)
        #expect(try bytes(of: file.path) == plain + [1, 2, 3])
      }
      // Nowhere to move to: as before.
      room.folder = folder + "/none"
      let kept = try AnonymousFile.decompressing(compressed.span, .gzip, room: room)
      #expect(try bytes(of: kept.path) == plain)
    }
  }

  @Test func `is decompressed once: another reader takes the bytes from the first`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/t.csv.gz"
      try CSVWriter.write(Self.table, to: path)
      let file = try CSVFile(path: path, chunkByteCount: 50_000)
      try FileManager.default.removeItem(atPath: path)
      let outline = try JSONDecoder().decode(
        CSVOutline.self, from: try JSONEncoder().encode(file.outline))
      let other = try CSVFile(outline)
      #expect(other.chunks.count > 5)
      #expect(try other.table() == Self.table)
      #expect(try file.table() == Self.table)
    }
  }
}
