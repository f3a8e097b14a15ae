import EchelonFiles
import EchelonMemory
import Foundation
import Testing

private let folder = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "Resources/hdf5").path

/// The files are h5py's, from `Resources/make_hdf5.py`.
@Suite(.enabled(if: HDF5Library.isAvailable, "the system has no HDF5 library"))
struct `HDF5 files` {
  private func table(_ group: String) throws -> DataTable {
    try DataFileReader.open("\(folder)/mixed.h5:\(group)").table()
  }

  @Test func `are read by dataset and by group`() throws {
    let matrix = try table("/matrix")
    #expect(matrix.columns.map(\.name) == ["col0", "col1", "col2"])
    #expect(matrix.columns[1].numbers == [-4, -1, 2, 5])
    let day = try table("day")
    #expect(day["n"]?.numbers == [1, 2, 9_007_199_254_740_992])
    #expect(day["x"]?.numbers?[0] == 0.1 && day["x"]?.numbers?[2] == -.infinity)
    #expect(day["x"]?.isMissing(at: 1) == true)
    #expect(try table("/day/x") == DataTable(columns: [day["x"]!.renamed("day/x")]))
    #expect(try table("packed").columns[1].numbers?[49] == 1)
    #expect(try table("one").columns[0].numbers == [4.5])
    #expect(try DataFileReader.open("\(folder)/single.h5").table().columns[1].numbers == [2.5])
  }

  /// More numbers than are handed over at a time, so that what comes begins in the midst of a row.
  @Test func `have every number in its column`() throws {
    func file(_ name: String) throws -> HDF5File {
      try HDF5File(path: "\(folder)/long.h5", group: name)
    }
    let (doubles, integers) = (try file("doubles").table, try file("integers").table)
    #expect(doubles.columns.count == 5 && doubles.rowCount == 10_000)
    for (column, values) in doubles.columns.enumerated() {
      #expect(values.numbers == (0..<10_000).map { Double(5 * $0 + column) / 2 }, "\(column)")
      // Digits are kept beside the numbers where there are large ones.
      let isLarge = [1, 4].contains(column)
      let exact = (0..<10_000).map { 5 * $0 + column + (isLarge ? 1 << 53 + 1 : 0) }
      let found = integers.columns[column]
      #expect(found.numbers == exact.map { Double($0) }, "\(column)")
      #expect(found.integers?.texts == (isLarge ? exact.map { String($0) } : nil), "\(column)")
    }
    let vector = try file("vector").table.columns[0]
    #expect(vector.integers == integers.columns[4].integers && vector.integers != nil)
  }

  @Test func `are read without what is no number, which is said`() throws {
    func file(_ group: String) throws -> HDF5File {
      try HDF5File(path: "\(folder)/words.h5", group: group)
    }
    let group = try file("group")
    #expect(group.table.columns.map(\.name) == ["n"] && group.leftOut == ["'group/word'"])
    #expect(group.table["n"]?.numbers == [7, 8, 9])
    let x = try file("x")
    #expect(x.table.columns[0].numbers == [1.5, 2.5] && x.leftOut.isEmpty)
    // What is asked for by its name is no other's to leave out.
    for name in ["words", "pairs", "group/word"] {
      #expect("\(name)") { _ = try file(name) } throws: { "\($0)".contains("no plain numbers") }
    }
    #expect { _ = try file("") } throws: {
      "\($0)".contains("x [2], group/n [3]") || "\($0)".contains("group/n [3], x [2]")
    }
  }

  /// `cubes.h5`: vectors `x` and `y`, a `cube` of three axes, and `nothing`, which has the type of numbers and no shape.
  @Test func `are read without what has too many axes, which is said`() throws {
    func file(_ group: String?) throws -> HDF5File {
      try HDF5File(path: "\(folder)/cubes.h5", group: group)
    }
    let whole = try file(nil)
    #expect(Set(whole.table.columns.map(\.name)) == ["x", "y"])
    #expect(whole.table["x"]?.numbers == [1.5, 2.5] && whole.table["y"]?.numbers == [3, 4])
    #expect(whole.leftOut.sorted() == ["'cube', 3 axes", "'deep/cube', 3 axes", "'nothing'"])
    #expect(try file("x").leftOut.isEmpty)
    for (name, words) in [
      ("cube", "3 axes"), ("deep", "3 axes"), ("deep/cube", "3 axes"), ("nothing", "no plain"),
    ] {
      #expect("\(name)") { _ = try file(name) } throws: { "\($0)".contains(words) }
    }
  }

  @Test func `say what cannot be read`() throws {
    for (group, words) in [
      ("/words", "no plain numbers"), ("/cube", "3 axes"), ("/none", "none"), ("/huge", "memory"),
      ("", "rows"),
    ] {
      #expect("\(group)") { _ = try table(group) } throws: { "\($0)".contains(words) }
    }
    let whole = try Data(contentsOf: URL(filePath: "\(folder)/mixed.h5"))
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".h5")
    defer { try? FileManager.default.removeItem(at: path) }
    for count in [0, 7, 100, whole.count / 2, whole.count - 1] {
      try whole.prefix(count).write(to: path)
      #expect(throws: FileError.self, "\(count) bytes") {
        _ = try DataFileReader.open(path.path + ":/matrix")
      }
    }
  }
}

extension `HDF5 files` {
  /// The lengths of the axes are overwritten, as in a file that is damaged or made to do harm. The largest are
  /// refused by the library or here.
  @Test(
    arguments: [
      ([0, 1 << 61], "columns"), ([1, 1 << 60], "columns"), ([4, 1 << 62], "columns"),
      ([1 << 62, 4], "memory"), ([1 << 61, 3], "memory"), ([.max, .max], ".h5"),
      ([1 << 63, 1 << 63], ".h5"), ([1 << 63, 2], ".h5"), ([1 << 31, 3], "memory"),
    ] as [([UInt64], String)])
  func `are refused with lengths that no table has`(_ lengths: [UInt64], _ word: String) throws {
    func bytes(_ lengths: [UInt64]) -> Data {
      // As they are now, and at most.
      Data((lengths + lengths).flatMap { value in (0..<8).map { UInt8(value >> (8 * $0) & 0xFF) } })
    }
    var file = try Data(contentsOf: URL(filePath: "\(folder)/mixed.h5"))
    file.replaceSubrange(try #require(file.range(of: bytes([4, 3]))), with: bytes(lengths))
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".h5")
    defer { try? FileManager.default.removeItem(at: path) }
    try file.write(to: path)
    #expect {
      _ = try DataFileReader.open(path.path + ":/matrix")
    } throws: {
      $0 is FileError && "\($0)".contains(word)
    }
  }
}

extension `HDF5 files` {
  /// One of the two vectors of a group gets a version that no library knows, as newer ones have versions that older ones do not
  /// know. It was left out without a word.
  @Test func `are refused with a dataset that the library cannot open`() throws {
    var file = try Data(contentsOf: URL(filePath: "\(folder)/mixed.h5"))
    // Version 3, contiguous, an address, and 24 bytes of three numbers.
    let layout = try #require(
      file.indices.dropLast(18).last {
        file[$0] == 3 && file[$0 + 1] == 1
          && Array(file[$0 + 10..<$0 + 18]) == [24, 0, 0, 0, 0, 0, 0, 0]
      })
    file[layout] = 99
    let path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString + ".h5")
    defer { try? FileManager.default.removeItem(at: path) }
    try file.write(to: path)
    #expect {
      _ = try DataFileReader.open(path.path + ":/day")
    } throws: {
      "\($0)".contains("damaged")
    }
  }
}

extension `HDF5 files` {
  /// The library opens files by their names, and would take these for damaged.
  @Test func `are read from files without names, as standard input is, and compressed`() throws {
    for name in ["mixed", "single"] {
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/\(name).h5")))
      let group = name == "mixed" ? "packed" : nil
      let expected = try HDF5File(path: "\(folder)/\(name).h5", group: group).table
      let file = try AnonymousFile()
      try file.write(bytes.span)
      #expect(try HDF5File(path: file.path, group: group).table == expected)
      if group == nil {
        #expect(try DataFileReader.open("-", contentsAt: file.path).table() == expected)
      }
      let path = FileManager.default.temporaryDirectory.appending(
        path: UUID().uuidString + ".h5.gz"
      ).path
      defer { try? FileManager.default.removeItem(atPath: path) }
      var writer = try AtomicFileWriter(path: path)
      try writer.write(elements: bytes.span)
      try writer.commit()
      #expect(try bytes.count > Data(contentsOf: URL(filePath: path)).count, "not compressed")
      let place = group.map { "\(path):/\($0)" } ?? path
      #expect(try DataFileReader.open(place).table() == expected)
    }
    let file = try AnonymousFile()
    try file.write([UInt8](try Data(contentsOf: URL(filePath: "\(folder)/mixed.h5"))).span)
    #expect {
      _ = try DataFileReader.open("-", contentsAt: file.path)
    } throws: {
      "\($0)".contains("save it as FILE.h5, and pick one by FILE.h5:/day/n")
    }
  }

  @Test func `are refused when those are damaged`() throws {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/single.h5")))
    for count in [8, 100, bytes.count / 2, bytes.count - 1] {
      let file = try AnonymousFile()
      try file.write(bytes.span.extracting(0..<count))
      #expect(throws: FileError.self, "\(count) bytes") { _ = try HDF5File(path: file.path) }
    }
  }
}

extension Column {
  fileprivate func renamed(_ name: String) -> Column { Column(name: name, numbers: numbers ?? []) }
}

extension `HDF5 files` {
  /// Whatever bytes are changed: an error, or a table.
  @Test func `that are damaged do not end the process`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("damaged HDF5 files: seed \(seed)")
    var random = SeededGenerator(seed: seed)
    let whole = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/mixed.h5")))
    var (tables, errors) = (0, 0)
    for _ in 0..<100 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      let file = try AnonymousFile()
      try file.write(bytes.span)
      for group in ["matrix", "day", "packed", "cube"] {
        do {
          _ = try HDF5File(path: file.path, group: group, limit: 1 << 20)
          tables += 1
        } catch is FileError {
          errors += 1
        }
      }
    }
    #expect(tables > 0 && errors > 0, "seed \(seed)")
  }
}

extension `HDF5 files` {
  /// The bytes of `mixed.h5`, changed.
  private func damaged(_ change: (inout [UInt8]) -> Void) throws -> AnonymousFile {
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/mixed.h5")))
    change(&bytes)
    let file = try AnonymousFile()
    try file.write(bytes.span)
    return file
  }

  /// Version 1.10.8 of the library copies from beyond its memory there: it ends, or has numbers of anything.
  @Test func `whose packed chunks are larger than the dataset are refused`() throws {
    // Chunks of `packed` say that they are 131,074 columns wide in place of 2, and 3, over which nothing ends.
    for (place, byte) in [(5985, 2), (5983, 3)] as [(Int, UInt8)] {
      let file = try damaged { $0[place] = byte }
      #expect {
        _ = try HDF5File(path: file.path, group: "packed")
      } throws: {
        $0 is FileError && "\($0)".contains("damaged")
      }
      #expect(try HDF5File(path: file.path, group: "matrix").table.columns.count == 3)
    }
  }

  /// Version 1.10.8 of the library copies from beyond its memory, which ends it or not: found by the fuzzer.
  @Test func `whose elements say that they are larger than they are end nothing here`() throws {
    let file = try damaged {
      // Numbers of `packed` say that they have 64,772 bytes in place of 4.
      #expect($0[5860] == 4 && $0[5861] == 0)
      $0[5861] = 0xFD
    }
    do {
      #expect(try HDF5File(path: file.path, group: "packed").table.rowCount == 50)
    } catch { #expect("\(error)".contains("damaged")) }
    #expect(try HDF5File(path: file.path, group: "matrix").table.columns.count == 3)
  }

  /// Numbers are handed over 64 MiB at a time.
  @Test func `that are large are read block by block`() throws {
    try withTemporaryFolder { folder in
      let count = (64 << 20) / 8 + 5
      let file = try HDF5Library.Output()
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 >> 16 + $0) }
      try file.add("x", bytes.span, count: count, of: .uint8)
      try Data(file.bytes()).write(to: URL(filePath: folder + "/large.h5"))
      let numbers = try HDF5File(path: folder + "/large.h5").table.columns[0].numbers
      #expect(numbers == bytes.map(Double.init))
    }
  }

  /// Version 1.10.8 of the library goes down until its stack ends.
  @Test func `over which the library ends its process are refused`() throws {
    // The tree of the root's names is not its own lowest level any more, and the node below it is itself.
    let file = try damaged {
      let root = 136
      #expect($0[root..<root + 4].elementsEqual("TREE".utf8) && $0[root + 5] == 0)
      $0[root + 5] = 1
      for i in 0..<8 { $0[root + 32 + i] = UInt8(truncatingIfNeeded: root >> (8 * i)) }
    }
    #expect {
      _ = try HDF5File(path: file.path)
    } throws: {
      $0 is FileError && "\($0)".contains("damaged")
    }
    #expect(try HDF5File(path: "\(folder)/mixed.h5", group: "matrix").table.columns.count == 3)
  }
}
