import EchelonFiles
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Columns that are read in pieces` {
  /// The JSON of a file that is read whole, and in pieces of so many rows by so many workers.
  private func expectSame(
    _ path: String, pieceRows: [Int] = [], pieceBytes: [Int] = [], _ place: Comment,
    _ options: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let arguments = ["stats", path, "--format", "json"] + options
    let whole = try CommandProcess.run(arguments + ["--divide-from", "1000000000"])
    #expect(whole.status == 0, "\(whole.errors)", sourceLocation: sourceLocation)
    let sizes =
      pieceRows.map { ["--piece-rows", "\($0)"] } + pieceBytes.map { ["--piece-bytes", "\($0)"] }
    for (index, size) in sizes.enumerated() {
      let pieces = try CommandProcess.run(
        arguments + ["--divide-from", "0", "--workers", "\(1 + index % 3)"] + size)
      #expect(pieces.status == 0, "\(pieces.errors)", sourceLocation: sourceLocation)
      #expect(
        pieces.output == whole.output, "\(size): \(place)", sourceLocation: sourceLocation)
    }
  }

  @Test func `have statistics with the same bits in any pieces, with missing values or none`()
    throws
  {
    let seed = testSeed()
    var generator = TestRandom(seed: seed)
    let count = 150_000
    /// Sums of these depend on their order.
    func value() -> Double {
      Double.random(in: -1...1, using: &generator)
        * Double(sign: .plus, exponent: Int.random(in: -30...30, using: &generator), significand: 1)
    }
    var columns = [(0..<count).map { _ in value() }]
    columns.append(columns[0])
    for _ in 0..<40 { columns[1][Int.random(in: 0..<count, using: &generator)] = .nan }
    columns.append(columns[0].map { $0 < 0 ? .nan : $0 })
    columns.append((0..<count).map { $0 == count - 1 ? .nan : Double($0 % 7) })
    columns.append((0..<count).map { _ in Bool.random(using: &generator) ? 0.0 : -0.0 })
    columns.append((0..<count).map { _ in 0.1 })
    columns.append((0..<count).map { 1 + Double($0) * 0x1p-52 })
    try withFolder { folder in
      let path = folder + "/a.npy"
      let all = Array(columns.joined())
      try NPYWriter.write(
        all.span, shape: [count, columns.count], isFortranOrder: true, to: path)
      try expectSame(path, pieceRows: [65_536, 10_007], "seed \(seed)")
      let gaps = columns[1]
      try NPYWriter.write(gaps.span, to: path)
      try expectSame(path, pieceRows: [1_000, 149_999], "seed \(seed)")
    }
  }

  @Test func `are so in any order of bytes and axes, and of any type`() throws {
    try withFolder { folder in
      let numbers = (0..<3_000).map { Int32(truncatingIfNeeded: $0 &* 2_654_435_761) }
      let path = folder + "/a.npy"
      for isFortranOrder in [false, true] {
        try NPYWriter.write(
          numbers.span, shape: [1_000, 3], isFortranOrder: isFortranOrder, to: path)
        try expectSame(path, pieceRows: [1, 99, 500], "Fortran's order: \(isFortranOrder)")
      }
      let halves = numbers.map { Float($0) / 3 }
      try NPYWriter.write(halves.span, to: path)
      try expectSame(path, pieceRows: [64], "Float")
      let swapped = numbers.flatMap { number in
        (0..<8).map { UInt8(truncatingIfNeeded: Double(number).bitPattern >> (56 - 8 * $0)) }
      }
      let raw = folder + "/a.bin"
      try Data([1, 2, 3] + swapped).write(to: URL(filePath: raw))
      try expectSame(raw, pieceRows: [17], "the other byte order", ["--raw", "f8be:3@3"])
    }
  }

  @Test func `are so of text, with quotes over lines, gaps and late words`() throws {
    let seed = testSeed()
    var generator = TestRandom(seed: seed)
    try withFolder { folder in
      let path = folder + "/a.csv"
      let lines = (0..<70_000).map { row in
        let x = Double.random(in: -1...1, using: &generator)
        let word = row % 50 == 3 ? "\"line\nbreak, \(row % 7)\"" : row % 11 == 0 ? "" : "w"
        return
          "\(row % 9 == 0 ? "" : "\(x * x * x)"),\(word),\(row == 69_999 ? "late" : "\(row % 5)"),\(x)\r\n"
      }
      try Data(("x,word,late,y\r\n" + lines.joined()).utf8).write(to: URL(filePath: path))
      try expectSame(path, pieceBytes: [30_000], "seed \(seed)")
      let timed = try CommandProcess.run(
        "stats", path, "--workers", "1", "--divide-from", "0", "--piece-bytes", "500000", "--times")
      let stages = timed.errors.split(separator: "\n").filter { $0.contains(" took ") }
      #expect(stages.count == 2 && stages[0].contains("reading"), "\(timed.errors)")
      for (name, text) in [
        ("none", "a,b\n"), ("one", "a,b\n1,x"), ("ragged", "a,b\n1,x\n2\n3,y,z\n4,w\n"),
        ("words", "a,b\nx,y\n"), ("quotes", "a,b\n1,\"\n\n2,3\n\"\n4,5\n"),
      ] {
        try Data(text.utf8).write(to: URL(filePath: path))
        for policy in ["cut", "skip"] where name == "ragged" || policy == "cut" {
          try expectSame(path, pieceBytes: [1], "\(name), \(policy)", ["--ragged", policy])
        }
      }
    }
  }

  @Test func `are so of very few values, or none`() throws {
    try withFolder { folder in
      let path = folder + "/a.npy"
      for values in [
        [1, .nan], [.nan, .nan], [.nan, 2.5, .nan], [1, 2], [3, 1, 2], [-0.0, 0, 0, 1],
        [.infinity, -.infinity, 1], [.infinity, .infinity], [5e-324, 0, -5e-324],
      ] {
        try NPYWriter.write(values.span, to: path)
        try expectSame(path, pieceRows: [1], "\(values)")
      }
    }
  }
}
