import EchelonFiles
import Foundation
import Testing

@Suite struct `Whole numbers of text with more than 53 bits` {
  /// A column of `Int64` or `UInt64`, of which at least one is no `Double`.
  private static func column(
    _ name: String, isSigned: Bool, count: Int, _ generator: inout SeededGenerator
  ) -> EchelonFiles.Column {
    var bits = (0..<count).map { _ in
      generator.next() >> UInt64.random(in: 0...63, using: &generator)
    }
    bits[Int.random(in: 0..<count, using: &generator)] = isSigned ? 1 << 63 + 1 : .max - 1
    let integers = StoredIntegers(isSigned: isSigned, bits: bits)
    let numbers = bits.map { isSigned ? Double(Int64(bitPattern: $0)) : Double($0) }
    return Column(name: name, numbers: numbers, integers: integers)
  }

  @Test func `come back from JSON and Matrix Market with all digits`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    try withTemporaryFolder { folder in
      for round in 0..<20 {
        let count = Int.random(in: 1...50, using: &generator)
        let isSigned = Bool.random(using: &generator)
        // By the names that matrices have.
        let columns = (0..<3).map {
          Self.column("col\($0)", isSigned: isSigned, count: count, &generator)
        }
        let table = DataTable(columns: columns)
        let place: Comment = "seed \(seed), round \(round)"
        try JSONLinesWriter.write(table, to: folder + "/x.jsonl")
        let lines = try JSONLinesFile(path: folder + "/x.jsonl").table
        #expect(lines == table, place)
        try JSONValue(table).write(to: folder + "/x.json")
        let document = try JSONLinesFile(path: folder + "/x.json").table
        #expect(document == table, place)
        for layout in MatrixMarketFile.Layout.allCases {
          try MatrixMarketWriter.write(table, layout: layout, to: folder + "/x.mtx")
          let file = try MatrixMarketFile(path: folder + "/x.mtx")
          #expect(file.table == table && file.field == .integer, place)
          #expect(file.lostNumbers.kept == [0, 1, 2], place)
        }
      }
    }
  }

  private func json(_ values: String) throws -> JSONLinesFile {
    try JSONLinesFile(name: "x.json", bytes: Array("{\"a\": [\(values)], \"b\": [1, 2]}".utf8))
  }

  @Test func `are kept where a column has nothing else`() throws {
    for (values, texts) in [
      ("9007199254740993, 1", ["9007199254740993", "1"]),
      ("-9007199254740993, 1e3", ["-9007199254740993", "1000"]),
      ("null, 9007199254740993", ["", "9007199254740993"]),
      (
        "9223372036854775807, -9223372036854775808",
        ["9223372036854775807", "-9223372036854775808"]
      ),
      (
        "18446744073709551615, 9223372036854775808",
        ["18446744073709551615", "9223372036854775808"]
      ),
    ] {
      let file = try json(values)
      #expect(file.table.columns[0].integers?.texts == texts, "\(values)")
      #expect(file.table.columns[1].integers == nil, "\(values)")
      #expect(file.lostNumbers.rounded == [0] && file.lostNumbers.kept == [0], "\(values)")
    }
  }

  @Test func `are rounded beside numbers that are no such integers`() throws {
    for other in ["0.5", "-0", "18446744073709551616", "-9223372036854775809", "1e400"] {
      let file = try json("9007199254740993, \(other)")
      #expect(file.table.columns[0].integers == nil, "\(other)")
      #expect(file.lostNumbers.rounded == [0] && file.lostNumbers.kept.isEmpty, "\(other)")
    }
    // No type of 64 bits has both.
    let both = try json("18446744073709551615, -1")
    #expect(both.table.columns[0].integers == nil && both.lostNumbers.rounded == [0])
    // Nor are there any where all of them are Doubles.
    let doubles = try json("9007199254740994, 1")
    #expect(doubles.table.columns[0].integers == nil && doubles.lostNumbers.rounded.isEmpty)
  }

  private func matrix(_ head: String, _ entries: String) throws -> MatrixMarketFile {
    try MatrixMarketFile(
      name: "x.mtx", bytes: Array("%%MatrixMarket matrix \(head)\n\(entries)".utf8))
  }

  @Test func `have their mirror images in matrices`() throws {
    let symmetric = try matrix(
      "coordinate integer symmetric", "2 2 2\n2 1 9007199254740993\n2 2 5\n")
    #expect(
      symmetric.table.columns.map { $0.integers?.texts } == [
        ["0", "9007199254740993"], ["9007199254740993", "5"],
      ])
    let skew = try matrix("array integer skew-symmetric", "2 2\n-9223372036854775807\n")
    #expect(
      skew.table.columns.map { $0.integers?.texts } == [
        ["0", "-9223372036854775807"], ["9223372036854775807", "0"],
      ])
    // The smallest number has none.
    let smallest = try matrix("array integer skew-symmetric", "2 2\n-9223372036854775808\n")
    #expect(smallest.lostNumbers.rounded.isEmpty)
    let real = try matrix("array real general", "1 2\n9007199254740993\n1\n")
    #expect(real.table.columns[0].integers == nil && real.lostNumbers.rounded == [0])
  }

  @Test func `are written as what SciPy reads`() throws {
    try withTemporaryFolder { folder in
      func text(_ columns: [EchelonFiles.Column]) throws -> String {
        try MatrixMarketWriter.write(DataTable(columns: columns), to: folder + "/x.mtx")
        return try String(contentsOfFile: folder + "/x.mtx", encoding: .utf8)
      }
      func column(_ isSigned: Bool, _ bits: UInt64) -> EchelonFiles.Column {
        let number = isSigned ? Double(Int64(bitPattern: bits)) : Double(bits)
        return Column(
          name: "a", numbers: [number], integers: StoredIntegers(isSigned: isSigned, bits: [bits]))
      }
      let long = column(true, 1 << 53 + 1)
      func other(_ number: Double) -> EchelonFiles.Column { Column(name: "b", numbers: [number]) }
      let head = "%%MatrixMarket matrix array "
      let signed = try text([long, other(1e18)])
      #expect(
        signed == head + "integer general\n1 2\n9007199254740993\n1000000000000000000\n")
      let unsigned = try text([column(false, .max), long])
      #expect(
        unsigned
          == head + "unsigned-integer general\n1 2\n18446744073709551615\n9007199254740993\n")
      for (number, written) in [(0.5, "0.5"), (-0.0, "-0"), (.nan, "nan"), (1e20, "1e+20")] {
        let real = try text([long, other(number)])
        #expect(real == head + "real general\n1 2\n9007199254740993\n\(written)\n")
      }
      // A file without any is what it was.
      let plain = try text([other(5)])
      #expect(plain == head + "real general\n1 1\n5\n")
    }
  }
}
