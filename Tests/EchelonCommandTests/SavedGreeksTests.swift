import Foundation
import TestSupport
import Testing

/// Runs of several values that go on from one another.
@Suite struct `echelon montecarlo, of Greeks and levels until they are good enough` {
  @Test(arguments: [
    ["greeks", "--put"], ["asian", "--dates", "2", "--greeks", "pathwise"],
    ["basket", "--greeks", "likelihood-ratio"],
    ["american", "--put", "--dates", "2", "--regression-samples", "200", "--greeks", "pathwise"],
    ["merton", "--payoff", "asian", "--dates", "2", "--greeks", "pathwise"],
    [
      "heston", "--payoff", "barrier", "--dates", "2", "--steps", "2", "--greeks",
      "likelihood-ratio",
    ],
  ])
  func `goes on with Greeks as if they had never stopped`(_ arguments: [String]) throws {
    try withFolder { folder in
      let (file, seed) = (folder + "/run.json", ["--seed", "18446744073709551615"])
      let whole = try estimateFigures(arguments + seed + ["--samples", "90_000"])
      _ = try estimateFigures(
        arguments + seed + ["--samples", "30_000", "--save", file, "--workers", "1"])
      let half = try estimateFigures(
        arguments + ["--resume", file, "--save", file, "--samples", "60_000", "--workers", "3"])
      #expect(half["samples"] == "60000" && half != whole)
      let last = try CommandProcess.run(
        ["montecarlo"] + arguments + ["--resume", file, "--samples", "90_000"])
      #expect(
        last.output.contains("59,904 of them in the run that was saved, in "), "\(last.output)")
      #expect(try estimateFigures(arguments + ["--resume", file, "--samples", "90_000"]) == whole)
      #expect(names(in: folder) == ["run.json"])
    }
  }

  @Test(arguments: [
    (["greeks", "--put"], ["--error-of", "delta", "--error"], ["0.02", "0.004"], "delta"),
    (["asian", "--dates", "2", "--greeks", "pathwise"], ["--error"], ["0.01", "0.001"], "price"),
    (
      ["basket", "--greeks", "pathwise"], ["--error-of", "theta,price", "--relative-error"],
      ["0.05", "0.01"], "theta"
    ),
  ])
  func `ends at the error that was asked for, and goes on to a smaller one`(
    _ arguments: [String], _ option: [String], _ errors: [String], _ greek: String
  ) throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let whole = try CommandProcess.run(
        ["montecarlo"] + arguments + option + [errors[1], "--seed", "9", "--format", "json"]
      ).object()
      let count = try #require(whole["samples"] as? Int)
      #expect(count > 4096 && count < 1_000_000)
      let greeks = try #require(whole["greeks"] as? [[String: Any]])
      let row = try #require(greeks.first { $0["name"] as? String == greek })
      let (mean, error) = (row["estimate"] as? Double, row["standard_error"] as? Double)
      let unit = option.contains("--relative-error") ? abs(try #require(mean)) : 1
      #expect(try #require(error) <= Double(errors[1])! * unit)
      let first = try estimateFigures(
        arguments + option + [errors[0], "--seed", "9", "--save", file, "--workers", "1"])
      #expect(first["samples"] != "\(count)")
      let resumed = try estimateFigures(
        arguments + option + [errors[1], "--resume", file, "--workers", "3"])
      #expect(
        try resumed == estimateFigures(arguments + ["--samples", "\(count)", "--seed", "9"]))
    }
  }

  @Test func `says what --error-of goes with`() throws {
    for (arguments, words) in [
      (["asian", "--error", "1", "--error-of", "vega"], "--error-of goes with --greeks"),
      (
        ["greeks", "--error-of", "vega"], "--error-of says whose error --error or --relative-error"
      ),
      (["greeks", "--error", "1", "--error-of", "omega"], "'omega'"),
    ] {
      let run = try CommandProcess.run(["montecarlo"] + arguments)
      #expect(run.status == 2 && run.output.isEmpty)
      #expect(run.errors.contains(words), "\(run.errors)")
    }
  }

  @Test func `refuses to go on with Greeks of something else, and says with what`() throws {
    try withFolder { folder in
      let (file, other) = (folder + "/run.json", folder + "/other.json")
      let asian = ["asian", "--dates", "2", "--greeks", "pathwise"]
      _ = try estimateFigures(asian + ["--samples", "30_000", "--save", file])
      _ = try estimateFigures(["asian", "--dates", "2", "--samples", "30_000", "--save", other])
      let refused: [(arguments: [String], file: String, words: String)] = [
        (
          ["asian", "--dates", "2"], file,
          "is a run of 'asian --greeks pathwise', not of 'asian'; go on with 'montecarlo asian --greeks pathwise'"
        ),
        (asian, other, "is a run of 'asian', not of 'asian --greeks pathwise'"),
        (
          ["asian", "--dates", "2", "--greeks", "likelihood-ratio"], file,
          "not of 'asian --greeks likelihood-ratio'"
        ),
        (
          ["asian", "--dates", "3", "--greeks", "pathwise"], file, "with dates 2, not with dates 3"
        ),
        (
          ["merton", "--payoff", "asian", "--dates", "2", "--greeks", "pathwise"], file,
          "is a run of 'asian --greeks pathwise', not of 'merton --payoff asian --greeks pathwise'"
        ),
        (asian + ["--seed", "7"], file, "was begun with seed 42, not 7"),
        (asian + ["--samples", "1000"], file, "has 29,696 samples already"),
      ]
      for (arguments, file, words) in refused {
        let run = try CommandProcess.run(["montecarlo"] + arguments + ["--resume", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words), "\(run.errors)")
      }
      // What no run has left.
      let text = String(decoding: try contents(file), as: UTF8.self)
      let told = [
        (text.replacing(#/"count" ?: ?[0-9]+/#, with: "\"count\": -512"), "is damaged: "),
        (
          text.replacing(#/"assets" ?: ?\[/#, with: "\"assets\": [], \"more\": ["),
          "is damaged: 0 assets"
        ),
      ]
      for (damaged, words) in told {
        #expect(damaged != text)
        try damaged.write(toFile: other, atomically: true, encoding: .utf8)
        let run = try CommandProcess.run(["montecarlo"] + asian + ["--resume", other])
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(run.errors.hasPrefix("echelon: \(other): \(words)"), "\(run.errors)")
      }
    }
  }

  /// Goes on with a saved run, and interrupts it at work.
  private func interrupt(_ arguments: [String], goingOnFrom file: String) throws {
    let run = try CommandProcess.run(
      ["montecarlo"] + arguments + ["--resume", file, "--save", file, "--workers", "2"]
    ) { process in
      try eventually("it is at work") {
        hears(SIGINT, process.processIdentifier)
          && Machine.children(of: process.processIdentifier).count == 2
      }
      process.interrupt()
    }
    #expect(run.status == 130 && run.output.isEmpty)
    #expect(run.errors.contains("in \(file)"), "\(run.errors)")
  }

  @Test(.timeLimit(.minutes(2)))
  func `saves what it has of Greeks when it is interrupted`() throws {
    try withFolder { folder in
      let (file, basket) = (folder + "/run.json", ["basket", "--greeks", "pathwise"])
      _ = try estimateFigures(basket + ["--samples", "5000", "--save", file])
      try interrupt(basket + ["--samples", "1e12"], goingOnFrom: file)
      // Whether it had come further or not, the file is one to go on from.
      let text = String(decoding: try contents(file), as: UTF8.self)
      let saved = try #require(text.firstMatch(of: #/"count" ?: ?([0-9]+)/#)?.1)
      let count = "\(try #require(Int(saved)) + 1_000_000)"
      #expect(
        try estimateFigures(basket + ["--resume", file, "--samples", count])
          == estimateFigures(basket + ["--samples", count]))
    }
  }

  /// A run that may have three levels stops where the other begins its fourth.
  @Test func `goes on with levels as if they had never stopped`() throws {
    try withFolder { folder in
      let (file, levels) = (folder + "/run.json", ["multilevel", "asian", "--error", "0.02"])
      let whole = try estimateFigures(levels + ["--seed", "5"])
      _ = try estimateFigures(
        levels + ["--seed", "5", "--levels", "3", "--save", file, "--workers", "1"])
      let saved = try contents(file)
      let resumed = try CommandProcess.run(["montecarlo"] + levels + ["--resume", file])
      #expect(resumed.output.contains(" of the samples in the run that was saved, in "))
      #expect(
        try estimateFigures(levels + ["--resume", file, "--save", file, "--workers", "3"]) == whole)
      // Where nothing is left to do, and to a smaller error.
      #expect(try estimateFigures(levels + ["--resume", file, "--workers", "2"]) == whole)
      let fine = ["multilevel", "asian", "--error", "0.01", "--resume", file, "--workers"]
      let finer = try estimateFigures(fine + ["1"])
      #expect(try estimateFigures(fine + ["3"]) == finer && finer != whole)
      try saved.write(to: URL(fileURLWithPath: file))
      let refused: [(arguments: [String], words: String)] = [
        (
          ["multilevel", "european"],
          "was begun with payoff \"asian\", not with payoff \"european\""
        ),
        (["multilevel", "asian", "--strike", "90"], "with strike 105, not with strike 90"),
        (["multilevel", "asian", "--seed", "7"], "was begun with seed 5, not 7"),
        (["asian"], "is a run of 'multilevel', not of 'asian'"),
      ]
      for (arguments, words) in refused {
        let run = try CommandProcess.run(["montecarlo"] + arguments + ["--resume", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words),
          "\(run.errors)")
      }
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `saves what it has of levels when it is interrupted`() throws {
    try withFolder { folder in
      let (file, levels) = (folder + "/run.json", ["multilevel", "asian"])
      _ = try estimateFigures(levels + ["--error", "1", "--save", file])
      try interrupt(levels + ["--error", "1e-6"], goingOnFrom: file)
      // Whether it had come further or not, the file is one to go on from.
      #expect(try estimateFigures(levels + ["--resume", file, "--error", "0.5"])["samples"] != nil)
    }
  }
}
