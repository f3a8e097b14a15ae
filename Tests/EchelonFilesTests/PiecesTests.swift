import EchelonFiles
import Foundation
import Testing

@Suite struct `A file read in pieces` {
  /// The pieces of tables below one another.
  private func joined(_ pieces: [DataTable]) throws -> DataTable {
    let first = try #require(pieces.first)
    return DataTable(
      columns: first.columns.indices.map { index in
        let columns = pieces.map { $0.columns[index] }
        let name = first.columns[index].name
        return first.columns[index].kind == .number
          ? Column(name: name, numbers: columns.flatMap { $0.numbers ?? [] })
          : Column(name: name, text: columns.flatMap { $0.text ?? [] })
      })
  }

  @Test func `has the rows of the whole, whatever is in it`() throws {
    let seed: UInt64 = 31_415
    var generator = SeededGenerator(seed: seed)
    let bases =
      `Any bytes at all`.bases + [
        "t,n\n\"p, q\",1.5\r\n\"r\r\ns\",-2\r\nu,\r\nv,3e2\r\n\"w\n\n\",0.1\r\n",
        "a,b,c\n1,2,3\n4,5,6\n7,8,\n", "a,b\n1,2\n3,4\n5,six\n", "a,b\n", "a,b\n1,2",
      ]
    var (readable, pieceCount) = (0, 0)
    for round in 0..<1_500 {
      var bytes = Array(bases[round % bases.count].utf8)
      if round >= bases.count { `Any bytes at all`.mutate(&bytes, &generator) }
      let dialect = CSVDialect.various[round / 7 % CSVDialect.various.count]
      guard let whole = try? CSVFile(name: "m.csv", bytes: bytes, dialect: dialect) else {
        continue
      }
      let size = [1, 5, 16][round % 3]
      let file = try CSVFile(name: "m.csv", bytes: bytes, dialect: dialect, chunkByteCount: size)
      let reader = DataFileReader(file)
      let place: Comment = "seed \(seed), round \(round), \(bytes)"
      guard let table = try? whole.table() else {
        // A word that is not UTF-8.
        #expect(throws: FileError.self, place) {
          for piece in reader.pieces() { _ = try reader.table(of: piece) }
        }
        continue
      }
      let pieces = reader.pieces()
      #expect(try joined(pieces.map { try reader.table(of: $0) }) == table, place)
      #expect(pieces.reduce(0) { $0 + $1.rows.count } == table.rowCount, place)
      // What is read again of a file whose numbers were not kept.
      for chunk in file.chunks {
        let numbers = table.columns.compactMap(\.numbers).flatMap { $0[chunk.rows] }
        #expect(bits(try file.readNumbers(of: chunk)) == bits(numbers), place)
      }
      readable += 1
      pieceCount += pieces.count
    }
    #expect(readable > 200 && pieceCount > readable + 300, "\(pieceCount) pieces of \(readable)")
  }

  @Test(arguments: ["f8-little-C", "i2-big-F", "c8-big-F"])
  func `has the rows of an array`(_ name: String) throws {
    let reader = try DataFileReader.open(Fixtures.npy(name))
    let table = try reader.table()
    #expect(table.rowCount > 1)
    for size in [1, 40, 1 << 20] {
      let pieces = reader.pieces(byteCount: size)
      #expect((pieces.count > 1) == (size < 1 << 20))
      #expect(try joined(pieces.map { try reader.table(of: $0) }) == table)
    }
  }

  @Test func `is written as the whole is`() throws {
    let table = DataTable(columns: [
      Column(name: "n,1", numbers: [1, .nan, 0.1, -.infinity, 1e300]),
      Column(name: "w", text: ["a\n\"b\"", nil, "", "NA", " x"]),
    ])
    let pieces = [[0, 1], [], [2], [3, 4]].map { table.picking($0) }
    try withTemporaryFolder { folder in
      for dialect in [CSVDialect.commaSeparated, .tabSeparated] {
        var text = TableText(.delimited(dialect), path: "t")
        let written = try pieces.map { piece throws(FileError) in try text.next(piece) }.joined()
        #expect(written == CSVWriter.text(table, dialect: dialect))
      }
      let path = folder + "/t.jsonl"
      try JSONLinesWriter.write(table, to: path)
      var text = TableText(.jsonLines, path: "t")
      let written = try pieces.map { piece throws(FileError) in try text.next(piece) }.joined()
      #expect(Array(written.utf8) == (try bytes(of: path)))
    }
  }
}

extension DataTable {
  fileprivate func picking(_ rows: [Int]) -> DataTable {
    DataTable(
      columns: columns.map { column in
        switch column.values {
        case .numbers(let values): Column(name: column.name, numbers: rows.map { values[$0] })
        case .text(let values): Column(name: column.name, text: rows.map { values[$0] })
        }
      })
  }
}
