import EchelonFiles
import Foundation
import Testing

@Suite struct `An outline of a scanned file` {
  @Test(arguments: ["airports.csv", "co2.tsv", "cars.csv"])
  func `lets another reader fill its part of the numbers`(_ name: String) throws {
    let path = "\(Fixtures.data)/\(name)"
    let file = try CSVFile(path: path, chunkByteCount: 2000)
    #expect(file.chunks.count > 3)
    let count = file.numberColumns.count * file.rowCount
    var whole = [Double](repeating: 0, count: count)
    var span = whole.mutableSpan
    try file.readNumbers(into: &span)

    // Through JSON and back, as it travels to a worker.
    let data = try JSONEncoder().encode(file.outline)
    let outline = try JSONDecoder().decode(CSVOutline.self, from: data)
    #expect(outline == file.outline)
    var parts = [Double](repeating: -1, count: count)
    var missing = [Int](repeating: 0, count: file.columns.count)
    for index in outline.chunks.indices.reversed() {
      let part = try CSVFile(outline.selecting(index..<index + 1))
      #expect(part.chunks == [file.chunks[index]])
      var span = parts.mutableSpan
      try part.readNumbers(of: part.chunks[0], into: &span)
      for (column, count) in try part.missingCounts(of: part.chunks[0]).enumerated() {
        missing[column] += count
      }
    }
    #expect(bits(parts) == bits(whole))
    #expect(missing == (try file.table().columns.map(\.missingCount)))
  }

  @Test func `is refused when the file has changed`() throws {
    try withTemporaryFolder { folder in
      let path = "\(folder)/x.csv"
      try Data("a,b\n1,2\n".utf8).write(to: URL(filePath: path))
      let outline = try CSVFile(path: path).outline
      try Data("a,b\n1,2\n3,4\n".utf8).write(to: URL(filePath: path))
      #expect(fileError { _ = try CSVFile(outline) } == .changed(path: path))
    }
  }
}

@Suite struct `A column of an array` {
  @Test(arguments: [
    "f8-little-C", "f8-little-F", "i2-big-C", "u1-little-F", "one-axis", "b1-little-C",
  ])
  func `is the one that the whole table has`(_ name: String) throws {
    let array = try MappedNPY(path: Fixtures.npy(name))
    let table = try DataFileReader(array).table()
    for (index, column) in table.columns.enumerated() {
      var values = [Double](repeating: -1, count: table.rowCount)
      var span = values.mutableSpan
      try array.readColumn(index, into: &span)
      #expect(bits(values) == bits(column.numbers ?? []))
    }
  }
}
