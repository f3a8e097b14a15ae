import EchelonFiles
import Testing

private func matrix(_ text: String, limit: Int = 1000) throws -> MatrixMarketFile {
  try MatrixMarketFile(name: "m.mtx", bytes: Array(text.utf8), limit: limit)
}

private func columns(_ text: String) throws -> [[Double]] {
  try matrix(text).table.columns.map { $0.numbers ?? [] }
}

@Suite struct `A Matrix Market file` {
  @Test func `is read dense and sparse, of every type of values`() throws {
    #expect(
      try columns(
        "%%MatrixMarket matrix array real general\n% by columns\n\n2 3\n1\n2\n3\n4\n5\n6\n")
        == [[1, 2], [3, 4], [5, 6]])
    #expect(
      try columns(
        "%%MatrixMarket MATRIX Coordinate Integer General\r\n2 2 2\r\n2 1 -7\r\n1 2 +3\r\n")
        == [[0, -7], [3, 0]])
    #expect(
      try columns("%%MatrixMarket matrix coordinate pattern general\n%\n 2\t2 1 \n\n  2 2  \n")
        == [[0, 0], [0, 1]])
    let complex = try matrix(
      "%%MatrixMarket matrix coordinate complex general\n2 2 2\n1 1 1 2\n2 2 -3 -4.5e1")
    #expect(
      complex.table.columns.map(\.name) == ["col0.real", "col0.imag", "col1.real", "col1.imag"])
    #expect(complex.table.columns.map(\.numbers) == [[1, 0], [2, 0], [0, -3], [0, -45]])
    #expect(complex.entryCount == 2 && complex.layout == .coordinate && complex.field == .complex)
    #expect(try columns("%%MatrixMarket matrix array double general\n1 1\n.5") == [[0.5]])
  }

  @Test func `is filled in where its symmetry leaves elements out`() throws {
    func head(_ layout: String, _ field: String, _ symmetry: String) -> String {
      "%%MatrixMarket matrix \(layout) \(field) \(symmetry)\n"
    }
    #expect(
      try columns(head("coordinate", "real", "symmetric") + "2 2 2\n1 1 5\n2 1 7\n")
        == [[5, 7], [7, 0]])
    #expect(
      try columns(head("coordinate", "pattern", "symmetric") + "2 2 1\n2 1\n") == [
        [0, 1], [1, 0],
      ])
    #expect(
      try columns(head("array", "real", "symmetric") + "3 3\n1\n2\n3\n4\n5\n6\n")
        == [[1, 2, 3], [2, 4, 5], [3, 5, 6]])
    #expect(
      try columns(head("array", "integer", "skew-symmetric") + "3 3\n1\n2\n3\n")
        == [[0, 1, 2], [-1, 0, 3], [-2, -3, 0]])
    #expect(
      try columns(head("coordinate", "complex", "hermitian") + "2 2 2\n1 1 3 0\n2 1 1 2\n")
        == [[3, 1], [0, 2], [1, 0], [-2, 0]])
    #expect(
      try columns(head("array", "complex", "skew-symmetric") + "2 2\n1 2\n")
        == [[0, 1], [0, 2], [-1, 0], [-2, 0]])
    #expect(
      try columns(head("array", "complex", "symmetric") + "2 2\n0 0\n1 2\n3 4\n")
        == [[0, 1], [0, 2], [1, 3], [2, 4]])
    #expect(try columns(head("array", "real", "skew-symmetric") + "0 0\n") == [])
    #expect(try columns(head("array", "real", "skew-symmetric") + "1 1\n") == [[0]])
    #expect(try columns(head("coordinate", "real", "general") + "0 2 0\n") == [[], []])
  }

  @Test func `has the numbers that strtod gives`() throws {
    let found = try columns(
      "%%MatrixMarket matrix array real general\n7 1\n9007199254740993\n2.2250738585072011e-308\n"
        + "0.1000000000000000055511151231257827021181583404541015625\n-inf\nnan\n-0\n1e400\n")
    #expect(
      bits(found[0])
        == bits([
          9_007_199_254_740_992, 2.225073858507201e-308, 0.1, -.infinity, .nan, -0.0, .infinity,
        ]))
  }

  @Test(arguments: [
    ("", 0, 0, "holds no data"), ("%%MatrixMarkt matrix", 1, 1, "%%MatrixMarket"),
    ("%%MatrixMarketing matrix array real general\n", 1, 15, "a blank"),
    ("%%MatrixMarket vector array real general\n", 1, 16, "expected matrix, found 'vector'"),
    ("%%MatrixMarket matrix sparse real general\n", 1, 23, "coordinate, array"),
    ("%%MatrixMarket matrix array quaternion general\n", 1, 29, "found 'quaternion'"),
    ("%%MatrixMarket matrix array real\n1 1\n1\n", 1, 33, "symmetric"),
    ("%%MatrixMarket matrix array real general more\n", 1, 42, "end of the line"),
    ("%%MatrixMarket matrix array  pattern general\n1 1\n", 1, 30, "pattern"),
    ("%%MatrixMarket matrix array real hermitian\n1 1\n1\n", 1, 34, "complex"),
    ("%%MatrixMarket matrix coordinate pattern skew-symmetric\n", 1, 42, "signs"),
    ("%%MatrixMarket matrix array real general\n%\n", 3, 1, "sizes"),
    ("%%MatrixMarket matrix array real general\n2\n1\n", 2, 2, "number of columns"),
    ("%%MatrixMarket matrix array real general\n2 1 1\n1\n", 2, 5, "end of the line"),
    ("%%MatrixMarket matrix array real general\n-2 1\n", 2, 1, "found '-2'"),
    ("%%MatrixMarket matrix array real general\n2 9223372036854775808\n", 2, 3, "below 2^63"),
    ("%%MatrixMarket matrix array real general\n9223372036854775807 9\n", 2, 1, "dense table"),
    ("%%MatrixMarket matrix array real general\n1 9223372036854775807\n", 2, 1, "transpose"),
    ("%%MatrixMarket matrix coordinate real general\n1000000 2 1\n1 1 1\n", 2, 1, "dense table"),
    ("%%MatrixMarket matrix array real symmetric\n2 3\n", 2, 1, "square"),
    (
      "%%MatrixMarket matrix coordinate real general\n2 2 9223372036854775807\n1 1 1\n", 4, 1,
      "fewer"
    ),
    ("%%MatrixMarket matrix array real general\n2 2\n1\n2\n3\n", 6, 1, "after 3 of 4"),
    ("%%MatrixMarket matrix array real general\n30 30\n1\n2\n3\n", 6, 1, "fewer"),
    ("%%MatrixMarket matrix array real general\n1 1\n1\n\n2\n", 5, 1, "more than the 1"),
    ("%%MatrixMarket matrix array real general\n2 1\n1 2\n", 3, 3, "end of the line"),
    ("%%MatrixMarket matrix array real general\n2 1\n1\n  1,5\n", 4, 3, "found '1,5'"),
    ("%%MatrixMarket matrix array real general\n1 1\n0x10\n", 3, 1, "expected a number"),
    ("%%MatrixMarket matrix array integer general\n1 1\n1.5\n", 3, 1, "whole number"),
    ("%%MatrixMarket matrix array integer general\n1 1\n-\n", 3, 1, "expected a number"),
    ("%%MatrixMarket matrix array complex general\n1 1\n1\n", 3, 2, "end of the line"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 1\n", 3, 4, "end of the line"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1\n0 1 1\n", 3, 1, "from 1"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 1\n1 3 1\n", 3, 3, "column 3"),
    ("%%MatrixMarket matrix coordinate real general\n0 0 1\n1 1 1\n", 3, 1, "row 1"),
    ("%%MatrixMarket matrix coordinate real general\n2 2 2\n1 1 1\n1 1 1\n", 4, 1, "twice"),
    ("%%MatrixMarket matrix coordinate real symmetric\n2 2 1\n1 2 1\n", 3, 1, "above the diagonal"),
    ("%%MatrixMarket matrix coordinate real skew-symmetric\n2 2 1\n2 2 1\n", 3, 1, "diagonal"),
    ("%%MatrixMarket matrix array complex hermitian\n1 1\n1 2\n", 3, 3, "imaginary"),
    ("%%MatrixMarket matrix coordinate pattern general\n1 1 1\n1 1 1\n", 3, 5, "end of the line"),
  ])
  func `that is wrong is refused at its place`(
    _ text: String, line: Int, column: Int, what: String
  ) {
    let error = fileError { _ = try matrix(text) }
    let place = line == 0 ? "m.mtx: " : "m.mtx:\(line):\(column): "
    #expect(error?.description.hasPrefix(place) == true, "\(text): \(error as Any)")
    #expect(error?.description.contains(what) == true, "\(text): \(error as Any)")
  }

  @Test func `that is too large says where a table ends, and needs no memory`() {
    let head = "%%MatrixMarket matrix coordinate real general\n"
    let path = "m.mtx"
    let error = fileError {
      _ = try MatrixMarketFile(name: path, bytes: Array("\(head)1000000 1000 1\n1 1 1\n".utf8))
    }
    #expect(error?.description.contains("\(MatrixMarketFile.maximumNumberCount)") == true)
  }

  @Test func `is known by its first bytes or its name`() throws {
    try withTemporaryFolder { folder in
      let text = "%%MatrixMarket matrix array real general\n1 2\n3\n4\n"
      for name in ["a.mtx", "a.txt"] {
        let path = try write(text, to: "\(folder)/\(name)")
        let file = try DataFileReader.open(path)
        #expect(file.rowCount == 1 && file.columns.map(\.name) == ["col0", "col1"])
        var numbers = [0.0, 0]
        var storage = numbers.mutableSpan
        try file.readNumbers(into: &storage)
        #expect(numbers == [3, 4])
      }
      let path = try write("a,b\n1,2\n", to: "\(folder)/b.mtx")
      #expect(
        fileError { _ = try DataFileReader.open(path) }?.description.contains("b.mtx:1:1") == true)
    }
  }

  @Test func `that was written is read back to the same bits`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = SeededGenerator(seed: seed)
    try withTemporaryFolder { folder in
      for round in 0..<200 {
        let rows = Int.random(in: 0...6, using: &generator)
        let isComplex = Bool.random(using: &generator)
        let table = DataTable(
          columns: (0..<(isComplex ? 4 : 3)).map { index in
            Column(
              name: isComplex
                ? "col\(index / 2).\(index % 2 == 0 ? "real" : "imag")" : "col\(index)",
              numbers: (0..<rows).map { _ in
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: 0
                case 1: -0.0
                case 2: .nan
                default: Double(bitPattern: generator.next())
                }
              })
          })
        for layout in MatrixMarketFile.Layout.allCases {
          let path = "\(folder)/m.mtx"
          try MatrixMarketWriter.write(table, layout: layout, isComplex: isComplex, to: path)
          #expect(try DataFileReader.open(path).table() == table, "seed \(seed), round \(round)")
        }
      }
      let words = DataTable(columns: [Column(name: "a", text: ["x"])])
      let pair = DataTable(columns: [Column(name: "a", numbers: [1])])
      #expect(throws: FileError.self) { try MatrixMarketWriter.write(words, to: "\(folder)/w.mtx") }
      #expect(throws: FileError.self) {
        try MatrixMarketWriter.write(pair, isComplex: true, to: "\(folder)/w.mtx")
      }
      #expect(try names(in: folder) == ["m.mtx"])
    }
  }

  @Test func `changed anywhere is read or refused, and never traps`() throws {
    try expectNoTrap(
      of: [
        "%%MatrixMarket matrix coordinate complex hermitian\n% c\n3 3 3\n1 1 1 0\n3 1 -2.5 1e3\n2 2 0 0\n",
        "%%MatrixMarket matrix array real skew-symmetric\n3 3\n1\n2\n3\n",
        "%%MatrixMarket matrix coordinate pattern general\n4 2 2\n1 1\n4 2\n",
      ].map { Array($0.utf8) }, alphabet: "0123456789 -+.e\n%\tmatrixl", named: "m.mtx"
    ) { bytes in _ = try MatrixMarketFile(name: "m.mtx", bytes: bytes, limit: 10_000) }
  }

  @Test func `makes no memory for rows of no columns`() throws {
    let text = "%%MatrixMarket matrix coordinate real general\n\(Int.max) 0 0\n"
    #expect(try matrix(text).table.columns.isEmpty)
  }
}
