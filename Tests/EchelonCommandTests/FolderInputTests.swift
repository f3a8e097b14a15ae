import Foundation
import Testing

/// Which files of a folder are data, by their names.
@Suite(.timeLimit(.minutes(2))) struct `A folder as input` {
  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  /// The files that statistics are of.
  private func files(_ run: CommandProcess) throws -> [String] {
    try run.decoded(as: [Fixtures.Summary].self).map {
      String($0.file.split(separator: "/").last ?? "")
    }
  }

  @Test func `has all data files, however large the letters of their names are`() throws {
    try withFolder { folder in
      let inputs = "\(folder)/in"
      try FileManager.default.createDirectory(
        atPath: "\(inputs)/sub.csv", withIntermediateDirectories: true)
      try write("x,y\n1,2\n3,4\n", "\(inputs)/DATA.CSV")
      try write("x\ty\n1\t2\n", "\(inputs)/b.TSV")
      try write("[{\"x\":1},{\"x\":2}]", "\(inputs)/j.json")
      try write("{\"x\":1}\n", "\(inputs)/l.JSONL")
      try write("no data", "\(inputs)/README.md")
      try write("no data", "\(inputs)/notes.txt")
      for output in ["a.Npy", "a.NPZ", "c.CSV.GZ"] {
        let made = try CommandProcess.run(
          "convert", "\(inputs)/DATA.CSV", "--output", "\(inputs)/\(output)")
        #expect(made.status == 0, "\(made.errors)")
      }
      // What is written is what its name says.
      #expect(try contents("\(inputs)/a.Npy").starts(with: Data([0x93, 0x4E])))
      #expect(try contents("\(inputs)/c.CSV.GZ").starts(with: Data([0x1F, 0x8B])))

      let run = try CommandProcess.run("stats", inputs, "--format", "json")
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        try files(run) == ["DATA.CSV", "a.NPZ", "a.Npy", "b.TSV", "c.CSV.GZ", "j.json", "l.JSONL"])
      #expect(
        run.errors
          == "echelon: \(inputs): 2 files left out because of their names, such as README.md\n")
      let columns = try run.decoded(as: [Fixtures.Summary].self)[3].columns.map(\.name)
      #expect(columns == ["x", "y"])  // of b.TSV, at tabs

      let batch = try CommandProcess.run(
        "batch", "--do", "abs", inputs, "--output", "\(folder)/out")
      #expect(batch.status == 0)
      #expect(batch.errors.contains("2 files left out"))
      // A name that says CSV already is kept, and what was compressed stays so.
      #expect(
        results(in: "\(folder)/out") == [
          "DATA.CSV", "a.NPZ.csv", "a.Npy.csv", "b.TSV.csv", "c.CSV.GZ", "j.json.csv",
          "l.JSONL.csv",
        ])
      #expect(try contents("\(folder)/out/c.CSV.GZ").starts(with: Data([0x1F, 0x8B])))
      let array = try CommandProcess.run("stats", "\(inputs)/a.NPZ:x", "--format", "json")
      #expect(try files(array) == ["a.NPZ:x"])
    }
  }

  @Test func `has plain numbers where those are asked for, and says so where not`() throws {
    try withFolder { folder in
      try Data(repeating: 0, count: 32).write(to: URL(filePath: "\(folder)/n.bin"))
      try Data(repeating: 0, count: 16).write(to: URL(filePath: "\(folder)/m.DAT"))
      let none = try CommandProcess.run("stats", folder)
      #expect(none.status == 1)
      #expect(none.errors.contains("holds no data files"))
      #expect(none.errors.contains("what m.DAT has is said by --raw"), "\(none.errors)")

      try write("x\n1\n", "\(folder)/x.csv")
      let numbers = try CommandProcess.run("stats", folder, "--raw", "f8le", "--format", "json")
      #expect(try numbers.decoded(as: [Fixtures.Summary].self).map(\.rows) == [2, 4])
      #expect(
        numbers.errors == "echelon: \(folder): 1 file left out because of its name: x.csv\n")
      let text = try CommandProcess.run("stats", folder, "--format", "json")
      #expect(try files(text) == ["x.csv"])
      #expect(text.errors.contains("such as m.DAT; what m.DAT has is said by --raw"))
      // Files that are named are read whatever their names.
      let named = try CommandProcess.run(
        "stats", "\(folder)/x.csv", "--raw", "u1", "--format", "json")
      #expect(try named.decoded(as: [Fixtures.Summary].self).map(\.rows) == [4])
      #expect(named.errors == "")
    }
  }
}
