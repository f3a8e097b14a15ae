import EchelonFiles
import EchelonMemory
import Foundation
import Testing

@Suite struct `Numbers written in another type` {
  private let table = DataTable(columns: [
    Column(name: "a", numbers: [1, -2, 3, 0]), Column(name: "b", numbers: [100, 7, -128, 127]),
  ])

  private func withPath(_ suffix: String, _ body: (String) throws -> Void) throws {
    let path = FileManager.default.temporaryDirectory
      .appending(path: "\(UUID().uuidString).\(suffix)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test(arguments: NPYElementType.allCases.filter { $0 != .bool && !$0.rawValue.hasPrefix("u") })
  func `are read again as they were`(_ type: NPYElementType) throws {
    try withPath("npy") { path in
      try NPYWriter.write(table, as: type, to: path)
      let size = try Data(contentsOf: URL(filePath: path)).count
      #expect(size == 128 + 4 * type.byteCount * (2 / type.partCount))
      #expect(
        try DataFileReader.open(path).table().columns.map(\.numbers)
          == table.columns.map(\.numbers))
    }
    for isBigEndian in [false, true] {
      try withPath("bin") { path in
        let format = try RawWriter.write(table, as: type, isBigEndian: isBigEndian, to: path)
        let read = try DataFileReader.open(path, raw: format).table()
        #expect(read.columns.map(\.numbers) == table.columns.map(\.numbers), "\(format)")
      }
    }
    try withPath("npz") { path in
      try NPZWriter.write(table, as: type, to: path)
      let read = try DataFileReader.open(path).table()
      #expect(read.columns.map(\.numbers) == table.columns.map(\.numbers))
      #expect(type.partCount == 2 || read == table)
    }
  }

  @Test func `are rounded to the nearest, missing ones too`() throws {
    let numbers = [0.1, .nan, -.infinity, 16_777_217, 1e-46]
    let table = DataTable(columns: [Column(name: "x", numbers: numbers)])
    try withPath("bin") { path in
      try RawWriter.write(table, as: .float32, to: path)
      let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      let found = stride(from: 0, to: bytes.count, by: 4).map { place in
        (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[place + $1]) << UInt32(8 * $1) }
      }
      #expect(found == numbers.map { Float($0).bitPattern })
    }
  }

  @Test(
    arguments: [
      (.int8, [1, 128], "row 2 of 'x' is 128.0"), (.uint16, [-1], "row 1"),
      (.int32, [0.5], "is 0.5"), (.int64, [1, 2, .nan], "row 3 of 'x' is missing"),
      (.uint64, [0x1p64], "wider"), (.float32, [1e39], "row 1"), (.float16, [65520], "row 1"),
      (.bool, [1], "u1"), (.complex64, [1], "pairs"),
    ] as [(NPYElementType, [Double], String)])
  func `are refused where the type has none, and nothing is written`(
    _ type: NPYElementType, _ numbers: [Double], _ words: String
  ) throws {
    let table = DataTable(columns: [Column(name: "x", numbers: numbers)])
    try withPath("npy") { path in
      #expect {
        try NPYWriter.write(table, as: type, to: path)
      } throws: {
        "\($0)".contains(words)
      }
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test(.enabled(if: HDF5Library.isAvailable, "the system has no HDF5 library"))
  func `are datasets of HDF5, in the order of the columns`() throws {
    let table = DataTable(columns: [
      Column(name: "z", numbers: [1, 2, 3]), Column(name: "day/x µ", numbers: [4, 5, 6]),
      Column(name: "a", numbers: [-1, 0, 127]),
    ])
    for type in [NPYElementType.float64, .float32, .int8, .int64] {
      try withPath("h5") { path in
        try HDF5Writer.write(table, as: type, to: path)
        #expect(try DataFileReader.open(path).table().columns.count == 3)
        #expect(try DataFileReader.open(path + ":/day").table()["x µ"]?.numbers == [4, 5, 6])
        #expect(try DataFileReader.open(path + ":/z").table()["z"]?.numbers == [1, 2, 3])
      }
    }
    let flat = DataTable(columns: [table.columns[0], table.columns[2]])
    for (columns, suffix) in [
      (flat, "h5"), (flat, "h5.gz"),
      (DataTable(columns: [Column(name: "none", numbers: [])]), "h5"),
    ] {
      try withPath(suffix) { path in
        try HDF5Writer.write(columns, to: path)
        if suffix == "h5" { #expect(try DataFileReader.open(path).table() == columns) }
        let first = try Data(contentsOf: URL(filePath: path))
        try HDF5Writer.write(columns, to: path)
        #expect(try Data(contentsOf: URL(filePath: path)) == first)
      }
    }
    for names in [["a", "a"], [""], ["."], ["x//y"], ["a", "a/b"], ["b\0"]] {
      let wrong = DataTable(columns: names.map { Column(name: $0, numbers: [1]) })
      try withPath("h5") { path in
        #expect(throws: FileError.self, "\(names)") { try HDF5Writer.write(wrong, to: path) }
        #expect(!FileManager.default.fileExists(atPath: path))
      }
    }
  }
}
