import Foundation
import TestSupport
import Testing

/// Bootstraps and permutation tests that go on from one another.
@Suite struct `echelon montecarlo bootstrap and permutation, saved and gone on from` {
  private static let bootstrap = ["bootstrap", "data/longley.csv", "--column", "GNP"]
  private static let permutation = [
    "permutation", "data/longley.csv", "--columns", "UNEMP,ARMED",
  ]
  /// Each with what it has ever more of.
  static let runs = [(bootstrap, "resamples"), (permutation, "permutations")]

  @Test(arguments: runs)
  func `goes on as if it had never stopped, on any number of workers`(
    _ arguments: [String], _ unit: String
  ) throws {
    try withFolder { folder in
      let (file, seed) = (folder + "/run.json", ["--seed", "18446744073709551615"])
      let (count, from) = ("--" + unit, ["--resume", file])
      let statistic = ["--statistic", "standard-deviation"]
      let arguments = arguments + statistic
      let whole = try estimateFigures(arguments + seed + [count, "2000", "--workers", "2"])
      let begun = arguments + [count, "500", "--save", file, "--workers", "1"]
      _ = try estimateFigures(begun + seed)
      // On the way it is written anew; the seed is in the file.
      let half = try estimateFigures(
        arguments + from + [count, "1000", "--save", file, "--workers", "3"])
      #expect(half[unit] == "1000" && half != whole)
      let saved = try contents(file)
      for workers in ["1", "2", "3"] {
        #expect(
          try estimateFigures(arguments + from + [count, "2000", "--workers", workers]) == whole)
      }
      // In a file of another name, with the looks of a run that is saved, and its words.
      let copy = folder + "/copy.csv"
      try FileManager.default.copyItem(
        at: CommandProcess.repository.appending(path: "data/longley.csv"),
        to: URL(filePath: copy))
      let moved = arguments.map { $0.hasPrefix("data/") ? copy : $0 }
      var last = try estimateFigures(moved + from + [count, "2000", "--save", file])
      last["file"] = whole["file"]
      #expect(last == whole && names(in: folder) == ["copy.csv", "run.json"])
      try saved.write(to: URL(filePath: file))
      let told = try CommandProcess.run(["montecarlo"] + arguments + from + [count, "2000"])
      #expect(
        told.output.contains("1,000 of the \(unit) in the run that was saved, in "),
        "\(told.output)")
      let object = try CommandProcess.run(
        ["montecarlo"] + arguments + from + ["--format", "json"]
      ).object()
      #expect(object["resumed_" + unit] as? Int == 1000)
      #expect(try #require(object["resumed_seconds"] as? Double) > 0)
      // Where no number is given it is the one of a run that begins, or what there is.
      #expect(object[unit] as? Int == 9_999)
      _ = try estimateFigures(arguments + from + [count, "12_000", "--save", file])
      #expect(try estimateFigures(arguments + from)[unit] == "12000")
      let nothing = try CommandProcess.run(["montecarlo"] + arguments + from)
      #expect(nothing.output.contains(", 0 \(unit)/s, "), "\(nothing.output)")
      let fewer = try CommandProcess.run(["montecarlo"] + arguments + from + [count, "11_999"])
      #expect(fewer.status == 2 && fewer.output.isEmpty)
      #expect(
        fewer.errors.hasPrefix(
          "echelon: \(file): has 12,000 \(unit) already; \(count) counts all, take more\n"),
        "\(fewer.errors)")
    }
  }

  @Test(arguments: runs)
  func `has examples in its help that go on from one another`(
    _ arguments: [String], _ unit: String
  ) throws {
    let help = try CommandProcess.run("montecarlo", arguments[0], "--help")
    let examples = help.examples.filter { $0.contains("--save") || $0.contains("--resume") }
      .filter { $0.first == "echelon" }
    #expect(examples.count == 2, "\(help.output)")
    try withFolder { folder in
      for example in examples {
        let words = example.dropFirst().map { $0.hasSuffix(".json") ? folder + "/" + $0 : $0 }
        let run = try CommandProcess.run(words + ["--\(unit)", "10_000"])
        #expect(run.status == 0, "\(example): \(run.errors)")
        #expect(run.output.contains("in the run that was saved") == example.contains("--resume"))
      }
    }
  }

  @Test func `answers other questions to what there is`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let many = ["--resamples", "300"]
      _ = try estimateFigures(Self.bootstrap + many + ["--save", file])
      let other = Self.bootstrap + many + ["--level", "0.5", "--interval", "percentile"]
      #expect(try estimateFigures(other + ["--resume", file]) == estimateFigures(other))
      let divisions = ["--permutations", "300"]
      _ = try estimateFigures(Self.permutation + divisions + ["--save", file])
      let greater = Self.permutation + divisions + ["--alternative", "greater"]
      #expect(try estimateFigures(greater + ["--resume", file]) == estimateFigures(greater))
    }
  }

  @Test func `refuses to go on with something else, and says with what`() throws {
    try withFolder { folder in
      let (file, other) = (folder + "/run.json", folder + "/other.csv")
      _ = try estimateFigures(Self.bootstrap + ["--resamples", "300", "--save", file])
      let saved = try contents(file)
      // One number in the place of another.
      let text = String(
        decoding: try contents(
          CommandProcess.repository.appending(path: "data/longley.csv").path), as: UTF8.self)
      let changed = text.replacing("234289", with: "234290")
      #expect(changed != text)
      try changed.write(toFile: other, atomically: true, encoding: .utf8)
      let refused: [(arguments: [String], words: String)] = [
        (
          ["bootstrap", "data/longley.csv", "--column", "POP"],
          "was begun with column \"GNP\", not with column \"POP\"; give the same, or begin anew"
        ),
        (
          Self.bootstrap + ["--statistic", "median"],
          "was begun with statistic \"mean\", not with statistic \"median\""
        ),
        (["bootstrap", other, "--column", "GNP"], "was begun with numbers \"16 of hash "),
        (Self.bootstrap + ["--seed", "7"], "was begun with seed 42, not 7; leave --seed out"),
        (Self.permutation, "is a run of 'bootstrap', not of 'permutation'"),
      ]
      for (arguments, words) in refused {
        let run = try CommandProcess.run(
          ["montecarlo"] + arguments + ["--resume", file, "--save", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words),
          "\(run.errors)")
      }
      #expect(try contents(file) == saved)
      // A run is not saved in the place of what it is of.
      let link = folder + "/link.csv"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: other)
      for place in [other, link] {
        let replacing = try CommandProcess.run(
          "montecarlo", "bootstrap", other, "--column", "GNP", "--save", place)
        #expect(replacing.status == 2 && replacing.output.isEmpty)
        #expect(replacing.errors.contains("name another file for the run by --save"))
        let test = try CommandProcess.run(
          "montecarlo", "permutation", other, "--columns", "GNP,POP", "--save", place)
        #expect(test.status == 2 && test.errors.contains("name another file for the run by --save"))
      }
      #expect(try contents(other) == Data(changed.utf8))
    }
  }

  @Test func `refuses a file that is damaged`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(Self.bootstrap + ["--resamples", "300", "--save", file])
      let text = String(decoding: try contents(file), as: UTF8.self)
      let drawn = try #require(text.firstMatch(of: /"bytes" ?: ?"([^"]*)"/)?.output.1)
      #expect(drawn.count == 300 * 8 / 3 * 4)
      let first = drawn.first == "A" ? "B" : "A"
      let told: [(damaged: String, words: String)] = [
        (
          text.replacing(drawn, with: first + drawn.dropFirst()),
          "the numbers are not those that were saved"
        ),
        (text.replacing(drawn, with: "*" + drawn.dropFirst()), "the numbers are not in base64"),
        (text.replacing(drawn, with: drawn.dropLast(32)), "300 numbers have 2376 bytes"),
        (text.replacing(/"count" ?: ?300/, with: "\"count\": 301"), "301 numbers have 2400 bytes"),
        (
          text.replacing(/"count" ?: ?300/, with: "\"count\": -1"), "-1 numbers have 2400 bytes"
        ),
        (
          text.replacing(/"count" ?: ?300/, with: "\"count\": 9000000000000000000"),
          "9000000000000000000 numbers have 2400 bytes"
        ),
      ]
      for (damaged, words) in told {
        #expect(damaged != text)
        try damaged.write(toFile: file, atomically: true, encoding: .utf8)
        let run = try CommandProcess.run(["montecarlo"] + Self.bootstrap + ["--resume", file])
        #expect(run.status == 1 && run.output.isEmpty)
        #expect(
          run.errors.hasPrefix("echelon: \(file): is damaged: \(words); begin anew"),
          "\(run.errors)")
      }
      // What has no statistics, and a number that is another.
      let none = text.replacing("\"drawn\"", with: "\"drown\"")
      try none.write(toFile: file, atomically: true, encoding: .utf8)
      let run = try CommandProcess.run(["montecarlo"] + Self.bootstrap + ["--resume", file])
      #expect(run.status == 1 && run.errors.contains("holds no saved run"), "\(run.errors)")
      let off = text.replacing(/"statistic" : [0-9.]+/, with: "\"statistic\" : 1")
      #expect(off != text)
      try off.write(toFile: file, atomically: true, encoding: .utf8)
      let another = try CommandProcess.run(["montecarlo"] + Self.bootstrap + ["--resume", file])
      #expect(another.status != 0 && another.output.isEmpty)
      #expect(
        another.errors.contains("its numbers are not those that were saved"), "\(another.errors)")
    }
  }

  @Test(.timeLimit(.minutes(2)), arguments: runs, [SIGINT, SIGTERM])
  func `saves what it has when it is interrupted`(
    _ run: (arguments: [String], unit: String), _ signal: Int32
  ) throws {
    try withFolder { folder in
      let (file, arguments) = (folder + "/run.json", run.arguments + ["--statistic", "median"])
      _ = try estimateFigures(arguments + ["--\(run.unit)", "300", "--save", file])
      let stopped = try CommandProcess.run(
        ["montecarlo"] + arguments
          + ["--resume", file, "--save", file, "--workers", "2", "--\(run.unit)", "1e8"]
      ) { process in
        try eventually("it is at work") {
          hears(signal, process.processIdentifier)
            && Machine.children(of: process.processIdentifier).count == 2
        }
        kill(process.processIdentifier, signal)
      }
      #expect(stopped.status == 128 + signal && stopped.output.isEmpty)
      // Said in either case, also if the first look had not come.
      #expect(stopped.errors.contains("in \(file)"), "\(stopped.errors)")
      #expect(names(in: folder) == ["run.json"])
      // Whether it had come further or not, the file is one to go on from.
      let saved = try #require(
        String(decoding: try contents(file), as: UTF8.self).firstMatch(of: /"count" ?: ?([0-9]+)/))
      let count = "\(try #require(Int(saved.output.1)) + 100)"
      #expect(
        try estimateFigures(arguments + ["--resume", file, "--\(run.unit)", count])
          == estimateFigures(arguments + ["--\(run.unit)", count]))
    }
  }
}
