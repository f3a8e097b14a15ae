import Foundation
import TestSupport
import Testing

@Suite struct `echelon montecarlo bootstrap and permutation` {
  private static let bootstrap = [
    "montecarlo", "bootstrap", "data/longley.csv", "--resamples", "2000", "--seed", "9",
  ]
  private static let permutation = [
    "montecarlo", "permutation", "data/longley.csv", "--columns", "UNEMP,ARMED",
    "--permutations", "2000", "--seed", "9",
  ]

  /// The error of a mean is known without drawing: that of a sample's own distribution, √((n - 1)/n)·s/√n.
  @Test(arguments: ["bca", "percentile"])
  func `knows the error of a mean`(_ interval: String) throws {
    let result = try CommandProcess.run(
      Self.bootstrap + ["--column", "UNEMP", "--interval", interval, "--format", "json"]
    ).object()
    func number(_ key: String) throws -> Double { try #require(result[key] as? Double) }
    let column = try #require(
      Fixtures.expected("data/longley.csv").columns.first { $0.name == "UNEMP" })
    let (mean, deviation) = (try #require(column.mean), try #require(column.sd))
    let n = Double(column.count)
    let error = deviation * ((n - 1) / n / n).squareRoot()
    #expect(abs(try number("estimate") - mean) < 1e-9 * mean)
    // A standard deviation of 2000 numbers is off by 1.6 % or so.
    #expect(abs(try number("standard_error") / error - 1) < 0.08)
    #expect(abs(try number("bias")) < 5 * error / 2000.0.squareRoot())
    #expect(abs(try number("interval_high") - mean - 1.96 * error) < 0.35 * error)
    #expect(abs(mean - (try number("interval_low")) - 1.96 * error) < 0.35 * error)
    #expect(result["interval"] as? String == interval && result["count"] as? Int == column.count)
  }

  @Test(arguments: ["mean", "median", "standard-deviation", "variance", "minimum", "maximum"])
  func `has the statistics that stats has`(_ statistic: String) throws {
    let result = try CommandProcess.run(
      Self.bootstrap + ["--column", "ARMED", "--statistic", statistic, "--format", "json"]
    ).object()
    let column = try #require(
      Fixtures.expected("data/longley.csv").columns.first { $0.name == "ARMED" })
    let deviation = try #require(column.sd)
    let expected = [
      "mean": column.mean, "median": column.median, "standard-deviation": deviation,
      "variance": deviation * deviation, "minimum": column.min, "maximum": column.max,
    ]
    let value = try #require(expected[statistic] ?? nil)
    let found = try #require(result["estimate"] as? Double)
    #expect(abs(found / value - 1) < 1e-9)
  }

  /// Of 2 and 2 numbers there are 6 divisions, of which one is as extreme at one end: p = 1/6, and twice that.
  @Test func `knows a p value that can be counted`() throws {
    try withFolder { folder in
      let file = folder + "/few.csv"
      try "a,b\n10,1\n,3\n11,\n".write(toFile: file, atomically: true, encoding: .utf8)
      let expected = [("greater", 1.0 / 6), ("two-sided", 2.0 / 6), ("less", 1)]
      for (alternative, value) in expected {
        let result = try CommandProcess.run(
          "montecarlo", "permutation", file, "--columns", "a,b", "--alternative", alternative,
          "--permutations", "4000", "--format", "json"
        ).object()
        let found = try #require(result["p_value"] as? Double)
        let error = try #require(result["p_value_error"] as? Double)
        #expect(abs(found - value) < 9 * error + 1e-9, "\(alternative): \(found)")
        #expect(result["difference"] as? Double == 8.5)
        #expect(result["counts"] as? [Int] == [2, 2] && result["missing"] as? [Int] == [1, 1])
      }
    }
  }

  @Test(arguments: [bootstrap + ["--column", "GNP"], permutation])
  func `depends on the seed and not on the workers`(_ arguments: [String]) throws {
    func row(_ more: [String]) throws -> [Substring] {
      let run = try CommandProcess.run(arguments + more + ["--format", "csv"])
      #expect(run.status == 0, "\(run.errors)")
      // Seconds and workers come last.
      return run.output.split(separator: "\n")[1].split(separator: ",").dropLast(2)
    }
    let one = try row(["--workers", "1"])
    #expect(try row(["--workers", "3"]) == one)
    let other = try CommandProcess.run(
      arguments.map { $0 == "9" ? "10" : $0 } + ["--format", "csv"])
    #expect(!other.output.contains(one.joined(separator: ",")))
  }

  @Test func `says what is wrong with a file or a column`() throws {
    let failures: [([String], String)] = [
      (["bootstrap", "data/none.csv"], "data/none.csv"),
      (
        ["bootstrap", "data/longley.csv"], "has several columns of numbers; name one with --column"
      ),
      (["bootstrap", "data/longley.csv", "--column", "x"], "--column takes one of Obs, TOTEMP"),
      (["bootstrap", "data/cars.csv", "--column", "Origin"], "'Origin' is a column of words"),
      (["bootstrap", "data/bad/ragged.csv", "--column", "x"], "data/bad/ragged.csv:17:33: "),
      (["permutation", "data/longley.csv", "--columns", "GNP,x"], "--columns takes one of Obs"),
    ]
    for (arguments, words) in failures {
      let run = try CommandProcess.run(["montecarlo"] + arguments)
      #expect(run.status == 1 && run.output.isEmpty, "\(arguments)")
      #expect(run.errors.hasPrefix("echelon: ") && run.errors.contains(words), "\(run.errors)")
    }
    let misuses = [
      ["bootstrap", "data/longley.csv", "--level", "1"],
      ["bootstrap", "data/longley.csv", "--resamples", "99"],
      ["bootstrap", "data/longley.csv", "--statistic", "mode"],
      ["bootstrap", "data/longley.csv", "--interval", "t"],
      ["permutation", "data/longley.csv"], ["permutation", "data/longley.csv", "--columns", "GNP"],
      ["permutation", "data/longley.csv", "--columns", "GNP,"],
      ["permutation", "data/longley.csv", "--columns", "GNP,POP", "--permutations", "1e9"],
    ]
    for arguments in misuses {
      let run = try CommandProcess.run(["montecarlo"] + arguments)
      #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
      #expect(run.errors.hasPrefix("echelon: "), "\(run.errors)")
    }
  }

  @Test(arguments: ["bootstrap", "permutation", "integral", "ising", "multilevel"])
  func `explains each simulation, with examples that run`(_ name: String) throws {
    let help = try CommandProcess.run("montecarlo", name, "--help")
    #expect(help.status == 0)
    // The examples are run, each with little to do.
    let little = [
      "bootstrap": ["--resamples", "200"], "permutation": ["--permutations", "200"],
      "integral": ["--samples", "2000"],
      "ising": ["--sweeps", "32", "--burn-in", "0"], "multilevel": ["--error", "0.2"],
    ]
    let examples = help.examples.filter {
      $0.starts(with: ["echelon", "montecarlo", name]) && !$0.contains("--sweeps")
        && !$0.contains("--save") && !$0.contains("--resume")
    }
    #expect(!examples.isEmpty)
    for example in examples {
      let run = try CommandProcess.run(Array(example.dropFirst()) + little[name]!)
      #expect(run.status == 0, "\(example): \(run.errors)")
    }
  }
}
