import Foundation
import TestSupport
import Testing

@Suite struct `echelon montecarlo, of options` {
  /// Names and numbers that the report has beside those of every run.
  private static let priced: [[String]] = [
    ["asian", "--average", "geometric"], ["asian", "--put", "--average", "geometric"],
    ["barrier"], ["barrier", "--put", "--effect", "up-and-in", "--barrier", "120"],
    ["lookback"], ["lookback", "--put", "--strike", "95"],
    ["basket", "--spots", "100", "--weights", "1", "--volatilities", "0.3"],
    ["merton", "--jump-mean", "-0.2"], ["heston", "--steps", "16", "--put"],
    ["merton", "--put", "--sampling", "conditional"],
    ["heston", "--steps", "16", "--sampling", "conditional"],
  ]
  private static let others: [[String]] = [
    ["asian", "--dates", "3"], ["barrier", "--dates", "4"],
    ["lookback", "--dates", "4", "--strike", "110"],
    ["basket", "--weights", "1,-1", "--strike", "0", "--correlation", "-0.3"],
    ["american", "--put", "--dates", "5", "--regression-samples", "2000"],
  ]

  @Test(arguments: priced)
  func `agrees with the formula where there is one`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(
      ["montecarlo"] + arguments + ["--samples", "2e4", "--seed", "7", "--format", "json"])
    #expect(run.status == 0, "\(run.errors)")
    let result = try run.object()
    func number(_ key: String) throws -> Double { try #require(result[key] as? Double) }
    let error = try number("estimate") - number("exact")
    #expect(abs(error) < 4 * (try number("standard_error")) + 1e-9)
    #expect(result["run"] as? String == arguments[0])
    #expect(result["kind"] as? String == (arguments.contains("--put") ? "put" : "call"))
    #expect((result["note"] != nil) == (arguments[0] == "heston"))
  }

  @Test(arguments: [["merton"], ["heston", "--steps", "8"]])
  func `has smaller errors where samples are conditional`(_ arguments: [String]) throws {
    func error(_ sampling: String) throws -> Double {
      let result = try CommandProcess.run(
        ["montecarlo"] + arguments + [
          "--sampling", sampling, "--samples", "2e4", "--format", "json",
        ]
      ).object()
      #expect(result["sampling"] as? String == sampling)
      return try #require(result["standard_error"] as? Double)
    }
    #expect(try error("conditional") < 0.8 * error("path"))
  }

  @Test(arguments: others)
  func `has no true value where there is no formula`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(
      ["montecarlo"] + arguments + ["--samples", "2e4", "--seed", "7", "--format", "json"])
    #expect(run.status == 0, "\(run.errors)")
    let result = try run.object()
    for name in ["exact", "error", "error_in_standard_errors"] {
      #expect(result[name] is NSNull, "\(name)")
    }
    #expect(try #require(result["estimate"] as? Double) > 0)
    let table = try CommandProcess.run(["montecarlo"] + arguments + ["--samples", "2e4"])
    #expect(table.output.contains("Standard error") && !table.output.contains("True value"))
  }

  @Test(arguments: priced + others)
  func `depends on the seed and not on the workers`(_ arguments: [String]) throws {
    func estimate(seed: String, workers: String) throws -> [String] {
      let run = try CommandProcess.run(
        ["montecarlo"] + arguments + [
          "--samples", "70_000", "--seed", seed, "--workers", workers, "--format", "json",
        ])
      #expect(run.status == 0)
      let result = try run.object()
      return ["estimate", "standard_error", "samples"].map { "\(result[$0] ?? "none")" }
    }
    let one = try estimate(seed: "1", workers: "1")
    #expect(try estimate(seed: "1", workers: "3") == one)
    // Of one asset the control variate says everything.
    if arguments[0] != "basket" { #expect(try estimate(seed: "2", workers: "1") != one) }
  }

  @Test(arguments: [
    ["asian", "--dates", "0"], ["asian", "--average", "harmonic"], ["asian", "--spot", "0"],
    ["barrier", "--barrier", "120"], ["barrier", "--effect", "sideways"],
    ["lookback", "--strike", "0"], ["lookback", "--dates", "0"], ["basket", "--spots", "1,x"],
    ["basket", "--weights", "1"], ["basket", "--correlation", "2"],
    ["basket", "--correlation", "1"], ["american", "--volatility", "0"],
    ["american", "--regression-samples", "99"], ["heston", "--steps", "0"],
    ["heston", "--correlation", "-1.5"], ["greeks", "--volatility", "0"],
    ["greeks", "--years", "0"],
    ["greeks", "--strike", "nan"], ["barrier", "--dates", "4", "--greeks", "pathwise"],
    ["asian", "--greeks", "sideways"], ["asian", "--greeks", "pathwise", "--error", "-0.1"],
    ["lookback", "--greeks", "pathwise", "--volatility", "0"],
    ["basket", "--greeks", "pathwise", "--plot", "never.svg"],
    ["basket", "--greeks", "pathwise", "--error-of", "delta"],
    ["basket", "--error", "0.1", "--error-of", "delta"],
    ["greeks", "--error", "0.1", "--error-of", "delta,omega"],
    ["greeks", "--error", "0.1", "--error-of", "delta,"], ["greeks", "--error-of", "delta"],
    ["heston", "--sampling", "some"],
    ["american", "--greeks", "pathwise", "--seconds", "0"],
    ["merton", "--jump-deviation", "nan"],
  ])
  func `ends with 2 when it is used wrongly`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("echelon: "), "\(run.errors)")
  }

  @Test(arguments: [
    (
      ["--dates", "4", "--greeks", "pathwise"],
      "take --greeks likelihood-ratio, or leave out --dates"
    ),
    (
      ["--effect", "up-and-in"],
      "--barrier 90.0 and --spot 100.0: that of --effect up-and-in lies above the spot"
    ),
    (
      ["--barrier", "100"],
      "--barrier 100.0 and --spot 100.0: that of --effect down-and-out lies below the spot"
    ),
  ])
  func `says by its own names what does not go with a barrier`(
    _ arguments: [String], _ words: String
  ) throws {
    let run = try CommandProcess.run(["montecarlo", "barrier"] + arguments)
    #expect(run.status == 2 && run.errors.contains(words), "\(run.errors)")
  }

  /// Values below 0 are values, also as a word of their own.
  @Test(arguments: [
    (["call", "--strike", "-5"], ["--strike", "-5.0"]),
    (["call", "--volatility", "-1"], ["--volatility", "-1.0"]),
    (["pi", "--samples", "-5"], ["--samples", "-5"]), (["pi", "--seed", "-1"], ["--seed", "-1"]),
    (["pi", "--error", "-1"], ["--error", "-1.0"]),
    (["pi", "--relative-error", "-0.1"], ["--relative-error", "-0.1"]),
    (["pi", "--seconds", "-2"], ["--seconds", "-2.0"]),
    (["pi", "--workers", "-2"], ["--workers", "-2"]),
    (["asian", "--spot", "-5"], ["spot of -5.0"]), (["asian", "--dates", "-3"], ["-3 dates"]),
    (["barrier", "--barrier", "-90"], ["barrier of -90.0"]),
    (["lookback", "--strike", "-5"], ["strike of -5.0"]),
    (["basket", "--spots", "-90,100"], ["spot of -90.0"]),
    (["heston", "--variance", "-0.1"], ["variance of -0.1"]),
    (["heston", "--steps", "-4"], ["-4 steps"]),
    (["merton", "--jumps-per-year", "-1"], ["-1.0"]),
    (["american", "--regression-samples", "-7"], ["--regression-samples", "-7"]),
    (["greeks", "--years", "-1"], ["-1.0 years"]),
    (["multilevel", "asian", "--error", "-1"], ["--error", "-1.0"]),
    (["multilevel", "asian", "--strike", "-1"], ["--strike", "-1.0"]),
    (["integral", "gaussian", "--difficulty", "-1"], ["--difficulty", "-1.0"]),
    (["integral", "gaussian", "--dimensions", "-1"], ["--dimensions", "-1"]),
    (["integral", "gaussian", "--integrand-seed", "-1"], ["--integrand-seed", "-1"]),
    (["ising", "--temperature", "-1"], ["--temperature", "-1.0"]),
    (["ising", "--burn-in", "-1"], ["--burn-in", "-1"]),
    (["bootstrap", "data/longley.csv", "--level", "-1"], ["--level", "-1.0"]),
    (
      ["permutation", "data/longley.csv", "--columns", "GNP,POP", "--permutations", "-1"],
      ["--permutations", "-1"]
    ),
    (["var", "data/stocks.csv", "--horizon", "-1"], ["--horizon", "-1"]),
  ])
  func `names an option and its value that is below 0`(
    _ arguments: [String], _ words: [String]
  ) throws {
    let run = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty, "\(run.errors)")
    #expect(!run.errors.contains("Missing value"), "\(run.errors)")
    for word in words { #expect(run.errors.contains(word), "\(run.errors)") }
  }

  @Test(arguments: ["call", "asian", "american", "merton", "basket", "greeks"])
  func `takes rates below 0`(_ name: String) throws {
    func estimate(_ rate: [String]) throws -> [String: Any] {
      let run = try CommandProcess.run(
        ["montecarlo", name, "--samples", "2000", "--format", "json"] + rate)
      #expect(run.status == 0, "\(run.errors)")
      var found = try run.object()
      for key in ["seconds", "samples_per_second"] { found[key] = nil }
      return found
    }
    let found = try estimate(["--rate", "-0.01"])
    #expect(found["rate"] as? Double == -0.01)
    #expect(
      NSDictionary(dictionary: found) == NSDictionary(dictionary: try estimate(["--rate=-0.01"])))
  }

  @Test(arguments: [
    "asian", "barrier", "lookback", "basket", "american", "heston", "merton", "greeks",
  ])
  func `explains each option, with examples that run`(_ name: String) throws {
    let help = try CommandProcess.run("montecarlo", name, "--help")
    #expect(help.status == 0)
    let examples = help.examples.filter { $0.starts(with: ["echelon", "montecarlo", name]) }
    #expect(examples.count >= 2)
    for example in examples where !example.contains("--samples") {
      let run = try CommandProcess.run(Array(example.dropFirst()) + ["--samples", "2000"])
      #expect(run.status == 0, "\(example): \(run.errors)")
    }
  }

  @Test(arguments: ["pathwise", "likelihood-ratio"])
  func `knows the Greeks within their own errors`(_ method: String) throws {
    let arguments = ["montecarlo", "greeks", "--put", "--method", method, "--samples", "3e4"]
    let result = try CommandProcess.run(arguments + ["--seed", "7", "--format", "json"]).object()
    let greeks = try #require(result["greeks"] as? [[String: Any]])
    #expect(
      greeks.map { $0["name"] as? String } == ["price", "delta", "gamma", "vega", "theta", "rho"])
    for greek in greeks {
      func number(_ key: String) throws -> Double { try #require(greek[key] as? Double) }
      let error = try number("estimate") - number("exact")
      #expect(abs(error) < 4.5 * (try number("standard_error")), "\(greek)")
    }
    func text(workers: String) throws -> String {
      try CommandProcess.run(arguments + ["--format", "csv", "--workers", workers]).output
    }
    #expect(try text(workers: "1") == text(workers: "3"))
    #expect(try CommandProcess.run(arguments).output.contains("True value"))
  }

  @Test(arguments: [
    ["asian", "--average", "geometric", "--greeks", "pathwise"],
    ["merton", "--put", "--greeks", "likelihood-ratio"],
    ["barrier", "--dates", "4", "--greeks", "likelihood-ratio"],
    ["lookback", "--greeks", "pathwise"], ["heston", "--steps", "4", "--greeks", "pathwise"],
    ["heston", "--steps", "2", "--put", "--greeks", "likelihood-ratio"],
    ["heston", "--steps", "2", "--sampling", "conditional", "--greeks", "pathwise"],
    ["basket", "--greeks", "pathwise"],
    ["american", "--put", "--dates", "3", "--greeks", "likelihood-ratio"],
  ])
  func `samples the Greeks with the price`(_ arguments: [String]) throws {
    let arguments = ["montecarlo"] + arguments + ["--samples", "3e4", "--seed", "7"]
    let run = try CommandProcess.run(arguments + ["--format", "json"])
    #expect(run.status == 0, "\(run.errors)")
    let result = try run.object()
    #expect(result["run"] as? String == arguments[1])
    #expect(result["method"] as? String == arguments[arguments.firstIndex(of: "--greeks")! + 1])
    let greeks = try #require(result["greeks"] as? [[String: Any]])
    let names: [String] =
      switch arguments[1] {
      case "basket":
        ["price", "theta", "rho", "delta", "gamma", "vega", "delta", "gamma", "vega"]
      default: ["price", "delta", "gamma", "vega", "theta", "rho"]
      }
    #expect(greeks.compactMap { $0["name"] as? String } == names)
    if arguments[1] == "basket" {
      #expect(greeks.compactMap { $0["asset"] as? Int } == [1, 1, 1, 2, 2, 2])
    }
    let isKnown = ["asian", "merton", "heston"].contains(arguments[1])
    // Few steps are off.
    let isExact = isKnown && arguments[1] != "heston"
    for greek in greeks {
      #expect((greek["exact"] is NSNull) == !isKnown)
      // A number that is none would be null.
      #expect(greek["estimate"] is Double && greek["standard_error"] is Double, "\(greek)")
      guard isExact else { continue }
      func number(_ key: String) throws -> Double { try #require(greek[key] as? Double) }
      let error = try number("estimate") - number("exact")
      #expect(abs(error) < 4.5 * (try number("standard_error")), "\(greek)")
    }
    func text(workers: String) throws -> String {
      try CommandProcess.run(arguments + ["--format", "csv", "--workers", workers]).output
    }
    #expect(try text(workers: "1") == text(workers: "3"))
    let table = try CommandProcess.run(arguments).output
    #expect(table.contains("True value") == isKnown && table.contains("delta"), "\(table)")
  }

  @Test func `writes lists as arrays, and as words in a table`() throws {
    let arguments = ["montecarlo", "basket", "--spots", "100,90.5", "--samples", "1000"]
    let result = try CommandProcess.run(arguments + ["--format", "json"]).object()
    #expect(result["spots"] as? [Double] == [100, 90.5])
    #expect(try CommandProcess.run(arguments).output.contains("spots 100,90.5"))
    let csv = try CommandProcess.run(arguments + ["--format", "csv"]).output
    #expect(csv.contains("\"100,90.5\""), "\(csv)")
  }

  /// Prices that help says, each rounded to its last digit.
  @Test(arguments: [
    ("barrier", 4, 7.71), ("barrier", 12, 7.47), ("barrier", 52, 7.18), ("lookback", 4, 13.11),
    ("lookback", 12, 14.65), ("lookback", 52, 15.91),
  ])
  func `says how far dates are from every moment`(
    _ name: String, _ dates: Int, _ price: Double
  ) throws {
    let found = try CommandProcess.run(
      "montecarlo", name, "--dates", "\(dates)", "--samples", "5e4", "--seed", "7", "--format",
      "json"
    ).object()
    let mean = try #require(found["estimate"] as? Double)
    let error = try #require(found["standard_error"] as? Double)
    // 0.02 is the error of what help says.
    #expect(abs(mean - price) < 5 * (error * error + 0.0004).squareRoot() + 0.005, "\(mean)")
    let help = try CommandProcess.run("montecarlo", name, "--help").output
    #expect(help.contains(String(format: "%.2f", price)))
  }

  /// Beside a binomial tree's delta of -0.5271: what is said of both methods with 10 dates.
  @Test(arguments: [("pathwise", -0.527, -0.519), ("likelihood-ratio", -0.528, -0.526)], 7...9)
  func `says how far the Greeks of a policy are off`(
    _ said: (method: String, low: Double, high: Double), _ seed: Int
  ) throws {
    let rows = try CommandProcess.run(
      "montecarlo", "american", "--put", "--dates", "10", "--greeks", said.method, "--samples",
      "1e5", "--seed", "\(seed)", "--format", "csv"
    ).output.split(separator: "\n").map { $0.split(separator: ",") }
    let row = try #require(rows.first { $0.first == "delta" })
    let (mean, error) = (try #require(Double(row[1])), try #require(Double(row[2])))
    // Other regressions are another policy.
    let margin = 5 * error + 0.001
    #expect((said.low - margin...said.high + margin).contains(mean), "\(mean) ± \(error)")
    let help = try CommandProcess.run("montecarlo", "american", "--help").output
    #expect(help.contains("\(said.low)") && help.contains("\(said.high)"))
  }
}
