import Foundation
import TestSupport
import Testing

/// Risks of portfolios that go on from one another, and what tells damage of any saved run.
@Suite struct `echelon montecarlo var, saved and gone on from` {
  private static let prices = ["var", "data/stocks.csv", "--horizon", "3"]

  @Test func `goes on as if it had never stopped, on any number of workers`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let whole = try estimateFigures(Self.prices + ["--seed", "5", "--samples", "30_000"])
      _ = try estimateFigures(
        Self.prices + ["--seed", "5", "--samples", "9000", "--save", file, "--workers", "1"])
      let half = try estimateFigures(
        Self.prices + ["--resume", file, "--save", file, "--samples", "20_000", "--workers", "3"])
      #expect(half["samples"] == "20000" && half != whole)
      let last = Self.prices + ["--resume", file, "--samples", "30_000"]
      #expect(try estimateFigures(last) == whole)
      #expect(try estimateFigures(last + ["--workers", "3"]) == whole)
      let told = try CommandProcess.run(["montecarlo"] + last)
      #expect(told.output.contains("20,000 of the courses in the run that was saved, in "))
      // Another level is a question to the same losses.
      let other = try estimateFigures(last + ["--level", "0.99"])
      #expect(
        try estimateFigures(
          Self.prices + ["--seed", "5", "--samples", "30_000", "--level", "0.99"]) == other)
      let refused: [(arguments: [String], words: String)] = [
        (["--horizon", "4"], "was begun with horizon 3, not with horizon 4"),
        (["--horizon", "3", "--model", "normal"], "with model \"historical\", not with model"),
        (["--horizon", "3", "--weights", "IBM=1"], "was begun with weights "),
        (["--horizon", "3", "--seed", "7"], "was begun with seed 5, not 7"),
        (
          ["--horizon", "3", "--samples", "19_999"],
          "has 20,000 samples already; --samples counts all, take more"
        ),
      ]
      for (arguments, words) in refused {
        let run = try CommandProcess.run(
          ["montecarlo", "var", "data/stocks.csv"] + arguments + ["--resume", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words),
          "\(run.errors)")
      }
      let place = try CommandProcess.run(
        ["montecarlo"] + Self.prices + ["--save", "data/stocks.csv"])
      #expect(place.status == 2 && place.errors.contains("would be replaced"), "\(place.errors)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `saves what it has when it is interrupted`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(Self.prices + ["--samples", "5000", "--save", file])
      let run = try CommandProcess.run(
        ["montecarlo"] + Self.prices
          + ["--samples", "1e9", "--resume", file, "--save", file, "--workers", "2"]
      ) { process in
        try eventually("it is at work") {
          hears(SIGINT, process.processIdentifier)
            && Machine.children(of: process.processIdentifier).count == 2
        }
        process.interrupt()
      }
      #expect(run.status == 130 && run.output.isEmpty)
      #expect(run.errors.contains("in \(file)"), "\(run.errors)")
      // Whether it had come further or not, the file is one to go on from.
      let found = try estimateFigures(Self.prices + ["--resume", file])
      let count = try #require(found["samples"])
      #expect(try estimateFigures(Self.prices + ["--samples", count]) == found)
    }
  }

  /// Numbers that a run could have left, and has not.
  @Test(arguments: [
    (["pi", "--samples", "200_000"], #""seed" ?: ?42"#, "\"seed\" : 43"),
    (["call", "--samples", "200_000"], #""maximum" ?: ?[0-9.]+"#, "\"maximum\" : 999"),
    (
      ["ising", "--size", "8", "--sweeps", "100"], #""series" ?: ?".{8}"#,
      "\"series\" : \"nP///5z/"
    ),
    (prices + ["--samples", "2000"], #""losses" ?: ?".{8}"#, "\"losses\" : \"AAAAAAAA"),
  ])
  func `a saved number that is another one is damage`(
    _ arguments: [String], _ pattern: String, _ other: String
  ) throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(arguments + ["--save", file])
      let text = String(decoding: try contents(file), as: UTF8.self)
      let damaged = text.replacing(try Regex(pattern), with: other, maxReplacements: 1)
      #expect(damaged != text)
      try damaged.write(toFile: file, atomically: true, encoding: .utf8)
      let run = try CommandProcess.run(["montecarlo"] + arguments + ["--resume", file])
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(
        run.errors.hasPrefix("echelon: \(file): is damaged: its numbers are not those that were"),
        "\(run.errors)")
      // A file of before has no hash.
      let lines = text.split(separator: "\n").filter { !$0.contains("\"hash\"") }
      try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
      #expect(
        try estimateFigures(arguments + ["--resume", file]) == estimateFigures(arguments))
    }
  }
}
