import EchelonFiles
import EchelonMemory
import Foundation
import Testing

@Suite struct `Integers that no Double is` {
  /// 2^53 + 1 in the second row of the second column.
  private static let numbers: [Int64] = [1, 1 << 53, 2, 1 << 53 + 1, 3, 5]

  private static func bytes(_ numbers: [Int64]) -> [UInt8] {
    numbers.flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
  }

  private func expect(_ reader: DataFileReader, _ name: String) throws {
    #expect(try !reader.hasRoundedIntegers(column: 0, rows: 0..<3), "\(name)")
    #expect(try reader.hasRoundedIntegers(column: 1, rows: 0..<3), "\(name)")
    let texts = try reader.integerTexts(column: 1, rows: 1..<3)
    #expect(texts == ["9007199254740993", "5"], "\(name)")
  }

  @Test func `are found by row and column, however the file has them`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.bin"
      try Data(Self.bytes(Self.numbers)).write(to: URL(filePath: path))
      let rows = try DataFileReader.open(path, raw: RawFormat(.int64, columnCount: 2))
      try expect(rows, "raw")
      for (range, isRounded) in [(0..<1, false), (1..<2, true), (2..<3, false), (2..<2, false)] {
        #expect(try rows.hasRoundedIntegers(column: 1, rows: range) == isRounded, "\(range)")
      }
      // The same by columns.
      let header = "{'descr': '<i8', 'fortran_order': True, 'shape': (3, 2), }"
      let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
      let columns =
        stride(from: 0, to: 6, by: 2).map { Self.numbers[$0] }
        + stride(from: 1, to: 6, by: 2).map { Self.numbers[$0] }
      let array =
        [0x93] + Array("NUMPY".utf8) + [1, 0, 118, 0] + Array(padded.utf8)
        + Self.bytes(columns)
      try expect(DataFileReader(MappedNPY(name: "x.npy", bytes: array)), "by columns")
      // Floats of the same bits are what they are.
      let floats = try DataFileReader.open(path, raw: RawFormat(.float64, columnCount: 2))
      #expect(try !floats.hasRoundedIntegers(column: 1, rows: 0..<3))
      #expect(try floats.integerTexts(column: 1, rows: 0..<3) == nil)
    }
  }

  @Test(.enabled(if: HDF5Library.isAvailable, "the system has no HDF5 library"))
  func `are found in HDF5`() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/x.h5"
      let file = try HDF5Library.Output()
      try file.add("a", Self.bytes([1, 2, 3]).span, count: 3, of: .int64)
      try file.add("b", Self.bytes([1 << 53, 1 << 53 + 1, 5]).span, count: 3, of: .int64)
      try file.add("c", Self.bytes([-1, -2, 0]).span, count: 3, of: .uint64)
      // A power of two, whose shortest digits as a Double are another integer's.
      try file.add("d", Self.bytes([1 << 60, 4, 1 << 54]).span, count: 3, of: .int64)
      try Data(file.bytes()).write(to: URL(filePath: path))
      let reader = try DataFileReader.open(path)
      try expect(reader, "HDF5")
      let exact = try reader.integerTexts(column: 3, rows: 0..<3)
      #expect(exact == ["1152921504606846976", "4", "18014398509481984"])
      #expect(try !reader.hasRoundedIntegers(column: 3, rows: 0..<3))
      let texts = try reader.integerTexts(column: 2, rows: 0..<3)
      #expect(texts == ["18446744073709551615", "18446744073709551614", "0"])
    }
  }
}
