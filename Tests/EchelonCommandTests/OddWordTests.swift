import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(3))) struct `A word in a column of numbers` {
  private func withFile(_ body: (_ folder: String, _ path: String) throws -> Void) throws {
    try withFolder { folder in
      let rows = (1...3_000).map { "\($0),\($0 == 1_233 ? "1O.5" : "\($0 % 7).25"),\($0 % 5)\n" }
      try Data(("id,price,n\n" + rows.joined()).utf8).write(to: URL(filePath: folder + "/p.csv"))
      try body(folder, folder + "/p.csv")
    }
  }

  @Test func `is told of by every command, once and in the same words`() throws {
    try withFile { folder, path in
      let note =
        "echelon: \(path):1234:6: 'price' is text because of the word '1O.5', among 2,999 numbers; "
      let pieces = ["--piece-bytes", "999"]
      let pool = ["--divide-from", "1", "--piece-bytes", "999"]
      for command in [
        ["stats", path], ["stats", path, "--all"],
        ["stats", path, "--workers", "1"], ["stats", path, "--workers", "3"],
        ["stats", path, "--workers", "1"] + pool, ["stats", path, "--workers", "3"] + pool,
        ["stats", path, "--workers", "2", "--divide-from", "1"],
        ["corr", path], ["map", "m = 2 * id", path], ["filter", "id > 2990", path] + pieces,
        ["sort", "n", path], ["quantiles", "0.5", path] + pieces,
        ["convert", path, "--output", folder + "/p.npy"],
        ["batch", "--output", folder + "/out", "--do", "abs", path],
      ] {
        let run = try CommandProcess.run(command)
        #expect(run.status == 0, "\(command): \(run.errors)")
        #expect(run.errors.components(separatedBy: note).count == 2, "\(command): \(run.errors)")
        #expect(run.errors.contains("--missing 'NA,1O.5'"), "\(command): \(run.errors)")
      }
    }
  }

  @Test func `is dealt with as the note says`() throws {
    try withFile { _, path in
      for options in [["--missing", "NA,1O.5"], ["--types", "price=text"]] {
        let run = try CommandProcess.run(["stats", path] + options)
        #expect(run.status == 0 && run.errors.isEmpty, "\(options): \(run.errors)")
      }
      let refused = try CommandProcess.run("stats", path, "--types", "price=number")
      #expect(
        refused.status != 0 && refused.errors.contains("\(path):1234:6: '1O.5' is not a number"))
    }
  }

  @Test func `in JSON lines is told of, too`() throws {
    try withFolder { folder in
      let path = folder + "/a.jsonl"
      let rows = (1...20).map { "{\"x\": \($0 == 3 ? "\"1O.5\"" : "\($0)"), \"y\": 1}\n" }
      try Data(rows.joined().utf8).write(to: URL(filePath: path))
      let note = "\(path):3:8: 'x' is text because of the word '1O.5', among 19 numbers; "
      for command in [["stats", path], ["corr", path], ["filter", "y > 0", path]] {
        let run = try CommandProcess.run(command)
        #expect(run.status == 0 && run.errors.contains(note), "\(command): \(run.errors)")
        #expect(run.errors.contains("or write null") && !run.errors.contains("--types"))
      }
    }
  }
}

@Suite(.timeLimit(.minutes(1))) struct `Numbers with marks` {
  @Test(arguments: [
    ["\"1,234\"", "\"2,345,678.50\"", "\"999\""], ["$5", "-$1.50", "$ 7"], ["5%", "6.5 %", "7"],
    ["€3", "€ 4", "€5"],
  ])
  func `are told of where they make text of a column`(_ words: [String]) throws {
    try withFolder { folder in
      let path = "\(folder)/x.csv"
      for count in [1, 40] {
        let rows = (0..<count).flatMap { _ in words.map { $0 + ",1,w\n" } }
        try Data(("a,b,c\n" + rows.joined()).utf8).write(to: URL(filePath: path))
        let first = words[0].replacing("\"", with: "")
        let note =
          "echelon: \(path):2:\(words[0].hasPrefix("\"") ? 2 : 1): 'a' is text because of marks at its "
          + "numbers, as in '\(first)'; write them without\n"
        for command in [
          ["stats", path], ["stats", path, "--divide-from", "1", "--workers", "2"],
          ["sort", "b", path],
        ] {
          let run = try CommandProcess.run(command)
          #expect(run.status == 0 && run.errors == note, "\(command): \(run.errors)")
        }
        let batch = try CommandProcess.run(
          "batch", "--do", "abs", path, "--output", "\(folder)/out")
        #expect(batch.errors.contains(note), "\(batch.errors)")
        #expect(try CommandProcess.run("stats", path, "--types", "a=text").errors == "")
      }
    }
  }

  @Test(arguments: [
    ["1,23", "4,56"], ["$", "%"], ["A1", "B2"], ["12,3456", "1,234"], ["1-2", "3-4"],
    ["5%x", "6%"],
    ["1.2.3", "1.2.4"], ["$5", "five"],
  ])
  func `are no others`(_ words: [String]) throws {
    try withFolder { folder in
      let path = "\(folder)/x.csv"
      let rows = words.map { "\"\($0)\",1\n" }
      try Data(("a,b\n" + rows.joined()).utf8).write(to: URL(filePath: path))
      #expect(try CommandProcess.run("stats", path).errors == "", "\(words)")
    }
  }
}
