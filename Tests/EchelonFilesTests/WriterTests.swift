import EchelonFiles
import EchelonMemory
import Foundation
import Testing

@Suite struct `A written table` {
  /// A table with any doubles and the most awkward words.
  private func randomTable(_ generator: inout SeededGenerator) -> DataTable {
    let rows = Int.random(in: 0...12, using: &generator)
    let parts = [
      "a", "\"", ",", "\n", "\r", "\r\n", " ", "\t", ";", "\"\"", "é", "\u{301}", "數", "NA", "-",
      "1",
      "\u{FEFF}",
    ]
    let columns = (0..<Int.random(in: 1...4, using: &generator)).map { index in
      if Bool.random(using: &generator) {
        return Column(
          name: "n\(index)",
          numbers: (0..<rows).map { _ in
            let value = Double(bitPattern: generator.next())
            return Int.random(in: 0..<5, using: &generator) == 0 ? .nan : value
          })
      }
      var words: [String?] = (0..<rows).map { _ in
        guard Int.random(in: 0..<6, using: &generator) > 0 else { return nil }
        let length = Int.random(in: 0...4, using: &generator)
        return (0..<length).map { _ in parts.randomElement(using: &generator)! }.joined()
      }
      words.append("word")  // or a column of "1" and "NA" would rightly come back as numbers
      return Column(name: "t \"\(index)\",", text: Array(words.suffix(rows)))
    }
    return DataTable(columns: columns)
  }

  @Test func `is read back to the same bits`() throws {
    let seed: UInt64 = 2_718
    var generator = SeededGenerator(seed: seed)
    for delimiter in [",", "\t", ";"] {
      let dialect = CSVDialect(delimiter: delimiter.utf8.first!)
      for round in 0..<700 {
        let table = randomTable(&generator)
        let text = CSVWriter.text(table, dialect: dialect)
        let found = try CSVFile(text, dialect: dialect).table()
        // A table without rows has only names, and all its columns count as numbers.
        if table.rowCount == 0 {
          #expect(found.columns.map(\.name) == table.columns.map(\.name))
        } else {
          #expect(found == table, "seed \(seed), round \(round): \(text)")
        }
      }
    }
  }

  @Test func `is plain where it can be`() {
    let table = DataTable(columns: [
      Column(name: "x", numbers: [1, -0.0, 0.1, 1e300, .nan, -.infinity, 123456789]),
      Column(name: "y, z", text: ["a", "b c", "d,e", "f\"g", nil, "NA", ""]),
    ])
    #expect(
      CSVWriter.text(table) == """
        x,"y, z"
        1,a
        -0,b c
        0.1,"d,e"
        1e+300,"f""g"
        ,
        -inf,"NA"
        123456789,""

        """)
    let single = DataTable(columns: [Column(name: "x", numbers: [1, .nan])])
    #expect(CSVWriter.text(single) == "x\n1\nNA\n")
  }

  @Test func `is valid JSON`() throws {
    let control = String((0..<0x20).map { Character(Unicode.Scalar($0)) })
    let value = JSONValue.object([
      ("text \"\\/\n", .string("é 數 \u{1F600} \(control)\u{7F}\u{2028}")),
      (
        "numbers",
        .array([.number(0.1), .number(1e300), .number(.nan), .number(5)])
      ),
      ("whole", .integer(.max)), ("nested", .array([.object([]), .array([]), .bool(true), .null])),
    ])
    for isIndented in [true, false] {
      let text = value.text(isIndented: isIndented)
      let parsed = try JSONSerialization.jsonObject(with: Data(text.utf8))
      let object = try #require(parsed as? [String: Any])
      #expect(object["text \"\\/\n"] as? String == "é 數 \u{1F600} \(control)\u{7F}\u{2028}")
      let numbers = try #require(object["numbers"] as? [Any])
      #expect(numbers[0] as? Double == 0.1 && numbers[1] as? Double == 1e300)
      #expect(numbers[2] is NSNull && numbers[3] as? Int == 5)
      #expect(object["whole"] as? Int == .max)
      #expect((object["nested"] as? [Any])?.count == 4)
      #expect(text.contains("\n") == isIndented)
    }
    let table = DataTable(columns: [
      Column(name: "x", numbers: [1, .nan]), Column(name: "s", text: [nil, "a\"b"]),
    ])
    #expect(
      JSONValue(table).text() == "{\n  \"x\": [1, null],\n  \"s\": [null, \"a\\\"b\"]\n}")
    let infinities = JSONValue.array([.number(.infinity), .number(-.infinity)])
    #expect(infinities.text() == "[1e999, -1e999]")
  }
}

@Suite struct `A written NPY array` {
  @Test func `is byte for byte what numpy writes`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.npy"
      func expectSame<Element: NPYElement>(
        _ name: String, _ values: [Element], _ shape: [Int]?, isFortranOrder: Bool = false
      ) throws {
        try NPYWriter.write(values.span, shape: shape, isFortranOrder: isFortranOrder, to: path)
        #expect(try bytes(of: path) == bytes(of: Fixtures.npy(name)), "\(name)")
      }
      try expectSame("f8-little-C", [1, 2, 3, 4, 5, 6] as [Double], [2, 3])
      try expectSame("f8-little-F", [1, 4, 2, 5, 3, 6] as [Double], [2, 3], isFortranOrder: true)
      try expectSame("f4-little-C", [1, 2, 3, 4, 5, 6] as [Float], [2, 3])
      try expectSame("i1-little-C", [1, 2, 3, 4, 5, 6] as [Int8], [2, 3])
      try expectSame("i2-little-C", [1, 2, 3, 4, 5, 6] as [Int16], [2, 3])
      try expectSame("i4-little-C", [1, 2, 3, 4, 5, 6] as [Int32], [2, 3])
      try expectSame("i8-little-C", [1, 2, 3, 4, 5, 6] as [Int64], [2, 3])
      try expectSame("u1-little-C", [1, 2, 3, 4, 5, 6] as [UInt8], [2, 3])
      try expectSame("u4-little-F", [1, 4, 2, 5, 3, 6] as [UInt32], [2, 3], isFortranOrder: true)
      try expectSame("zero-axes", [2.5] as [Double], [])
      try expectSame("empty", [] as [Double], nil)
      try expectSame("empty-rows", [] as [Double], [0, 4])
      try expectSame("three-axes", (0..<24).map(Double.init), [2, 3, 4])
    }
  }

  @Test func `is read back to the same bits`() throws {
    let seed: UInt64 = 8
    var generator = SeededGenerator(seed: seed)
    try withTemporaryFolder { folder in
      for count in [0, 1, 7, 1000] {
        let values = (0..<count).map { _ in Double(bitPattern: generator.next()) }
        try NPYWriter.write(values.span, to: "\(folder)/x.npy")
        let found = try MappedNPY(path: "\(folder)/x.npy").withElements(of: Double.self) { span in
          span.indices.map { span[$0].bitPattern }
        }
        #expect(found == values.map(\.bitPattern), "seed \(seed)")
      }
    }
  }
}
