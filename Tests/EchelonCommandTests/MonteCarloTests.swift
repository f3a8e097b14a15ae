import Foundation
import TestSupport
import Testing

@Suite struct `echelon montecarlo` {
  @Test(arguments: [["pi"], ["call"], ["call", "--strike", "90", "--volatility", "0.4"]])
  func `estimates within its own error`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(
      ["montecarlo"] + arguments + ["--samples", "2e5", "--seed", "7", "--format", "json"])
    #expect(run.status == 0)
    let result = try run.object()
    func number(_ key: String) throws -> Double { try #require(result[key] as? Double) }
    let error = try number("estimate") - number("exact")
    #expect(abs(error) < 4 * (try number("standard_error")))
    #expect(try number("standard_error") > 0)
    #expect(try number("interval_low") < number("estimate"))
    let half = try number("interval_high") - number("estimate")
    #expect(abs(half / (try number("standard_error")) - 1.959964) < 1e-5)
    #expect(result["samples"] as? Int == 200_000)
    #expect(result["seed"] as? Int == 7)
  }

  /// What is long is cut between two chunks, or two tasks.
  @Test(
    .timeLimit(.minutes(2)),
    arguments: [
      ["montecarlo", "pi", "--samples", "1e12"], ["montecarlo", "call", "--samples", "1e10"],
    ])
  func `finishes what runs at the first interrupt, and says that it was interrupted`(
    _ arguments: [String]
  ) throws {
    let run = try CommandProcess.run(arguments + ["--workers", "2"]) { process in
      try eventually("it is at work") {
        hears(SIGINT, process.processIdentifier)
          && Machine.children(of: process.processIdentifier).count == 2
      }
      process.interrupt()
    }
    #expect(run.status == 130)
    #expect(run.errors.contains("interrupted; finishing what runs"))
    #expect(run.output.isEmpty)
  }

  @Test func `knows the price of an option in closed form`() throws {
    // J. C. Hull, Options, Futures, and Other Derivatives: 42, 40, 10 %, 20 %, half a year: 4.76.
    let run = try CommandProcess.run(
      "montecarlo", "call", "--spot", "42", "--strike", "40", "--rate", "0.1", "--volatility",
      "0.2", "--years", "0.5", "--samples", "1000", "--format", "json")
    let exact = try #require(try run.object()["exact"] as? Double)
    #expect(abs(exact - 4.759422392871532) < 1e-12)
  }

  @Test(arguments: ["pi", "call"])
  func `depends on the seed and not on the workers`(_ name: String) throws {
    func estimate(seed: String, workers: String) throws -> [String] {
      let run = try CommandProcess.run(
        "montecarlo", name, "--samples", "1_100_000", "--seed", seed, "--workers", workers,
        "--format", "csv")
      #expect(run.status == 0)
      let lines = run.output.split(separator: "\n").map {
        $0.split(separator: ",").map(String.init)
      }
      let last = try #require(lines[0].firstIndex(of: "seconds"))
      return Array(lines[1][..<last])
    }
    let one = try estimate(seed: "1", workers: "1")
    #expect(try estimate(seed: "1", workers: "3") == one)
    #expect(try estimate(seed: "2", workers: "1") != one)
    // More bits than a Double has, as an Int and beyond.
    for seed in ["9007199254740993", "9223372036854775807", "18446744073709551615"] {
      #expect(try estimate(seed: seed, workers: "1").contains(seed))
    }
  }

  @Test func `shows estimate, error, interval, truth and time`() throws {
    let run = try CommandProcess.run("montecarlo", "pi", "--samples", "100000")
    for label in [
      "Estimate", "Standard error", "95 % interval", "True value      3.14159", "Samples", "Time",
    ] { #expect(run.output.contains(label), "\(label)") }
  }

  @Test(arguments: [
    ["pi"], ["call"], ["asian", "--dates", "2"], ["american", "--put", "--dates", "2"],
    ["integral", "x*y", "--over", "x=0:1", "--over", "y=0:2"],
    ["integral", "gaussian", "--method", "vegas", "--learning-samples", "500"],
  ])
  func `says how samples are spread, as table, JSON and CSV`(_ arguments: [String]) throws {
    let options = ["montecarlo"] + arguments + ["--samples", "70_000", "--seed", "3"]
    let found = try CommandProcess.run(options + ["--format", "json"]).object()
    func number(_ key: String) throws -> Double { try #require(found[key] as? Double, "\(key)") }
    let (variance, error) = (try number("variance"), try number("standard_error"))
    #expect(abs(variance / (70_000 * error * error) - 1) < 1e-12)
    #expect(try number("minimum") < number("estimate"))
    #expect(try number("maximum") > number("estimate"))
    #expect(found["error_known"] as? Bool == true)
    if arguments == ["pi"] {
      // Of 4 with the probability p, and 0 else.
      let p = try number("estimate") / 4
      #expect(abs(variance - 16 * p * (1 - p)) < 1e-3)
      #expect(try number("minimum") == 0 && number("maximum") == 4)
      #expect(try abs(number("skewness") - (1 - 2 * p) / (p * (1 - p)).squareRoot()) < 1e-3)
      let kurtosis = 1 / (p * (1 - p)) - 6
      #expect(try abs(number("kurtosis") - kurtosis) < 1e-3)
    }
    let table = try CommandProcess.run(options)
    #expect(table.output.contains("A sample") && table.output.contains(", variance "))
    #expect(table.output.contains(", skewness "), "\(table.output)")
    let rows = try CommandProcess.run(options + ["--format", "csv"]).output
    #expect(rows.contains(",variance,skewness,kurtosis,minimum,maximum,"), "\(rows)")
  }

  @Test func `has no spread of quasi-random points, whose replicates alone are known`() throws {
    let run = try CommandProcess.run(
      "montecarlo", "integral", "continuous", "--sampling", "quasi", "--format", "json")
    let found = try run.object()
    #expect(found["variance"] == nil && found["standard_error"] != nil)
  }

  @Test func `finds quantiles on request, in all formats`() throws {
    let options = [
      "montecarlo", "call", "--strike", "1e-9", "--rate", "0", "--samples", "400_000",
      "--quantiles", "0.025,0.5,1",
    ]
    let found = try CommandProcess.run(options + ["--format", "json"]).object()
    func number(_ key: String) throws -> Double { try #require(found[key] as? Double, "\(key)") }
    // The payoff is the price, which is log-normal; a quantile's error is √(p·q/n) over the density.
    for (name, normal, error) in [("0.025", -1.959964, 0.0043), ("0.5", 0, 0.002)] {
      let exact = 100 * exp(-0.02 + 0.2 * normal)
      #expect(abs(try number("quantile_" + name) / exact - 1) < 0.2 * 5 * error)
    }
    #expect(try number("quantile_1.0") == number("maximum"))
    #expect(found["quantile_samples"] as? Int == 400_000)
    let rows = try CommandProcess.run(options + ["--format", "csv"]).output
    #expect(rows.contains("quantile_0.025,quantile_0.5,quantile_1.0,quantile_samples"))
    let table = try CommandProcess.run(options).output
    #expect(table.contains("Quantiles") && table.contains("2.5 %: 6") && table.contains("50 %: 9"))
    // Of an integral: x over 0 to 1, times the volume of 2.
    let integral = try CommandProcess.run(
      "montecarlo", "integral", "x", "--over", "x=0:1", "--over", "y=0:2", "--samples", "100_000",
      "--quantiles", "0.25", "--format", "json"
    ).object()
    #expect(abs(try #require(integral["quantile_0.25"] as? Double) - 0.5) < 0.02)
  }

  @Test(arguments: [
    (["pi", "--quantiles", "0.5"], "--quantiles goes with options"),
    (["american", "--put", "--quantiles", "0.5"], "--quantiles goes with options"),
    (["call", "--quantiles", "0.5,2"], "--quantiles must be numbers from 0 to 1, not 2.0"),
    (["asian", "--greeks", "pathwise", "--quantiles", "0.5"], "--greeks goes without"),
  ])
  func `refuses quantiles where there are none`(_ arguments: [String], _ words: String) throws {
    let run = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test func `offers quantiles where there are some`() throws {
    for (name, offers) in [("pi", false), ("american", false), ("call", true), ("asian", true)] {
      let help = try CommandProcess.run("montecarlo", name, "--help").output
      #expect(help.contains("--quantiles") == offers, "\(name)")
      #expect(help.contains("--samples"), "\(name)")
    }
  }

  @Test(arguments: [
    (["call", "--put"], "'montecarlo call' prices a call; 'montecarlo put' prices a put"),
    (
      ["integral", "x", "--over", "x=0:1", "--dimensions", "3"],
      "--dimensions is of Genz's integrands"
    ),
    (
      ["integral", "x", "--over", "x=0:1", "--difficulty", "3"],
      "--difficulty is of Genz's integrands"
    ),
    (
      ["integral", "x", "--over", "x=0:1", "--integrand-seed", "3"],
      "--integrand-seed is of Genz's integrands"
    ),
    (
      ["integral", "gaussian", "--learning-samples", "500"],
      "--learning-samples goes with --method vegas alone, not with plain"
    ),
    (
      ["integral", "gaussian", "--sampling", "quasi", "--learning-samples", "500"],
      "--learning-samples goes with --method vegas alone, not with quasi"
    ),
    (
      ["integral", "gaussian", "--method", "vegas", "--replicates", "16"],
      "--replicates goes with --method quasi alone, not with vegas"
    ),
  ])
  func `refuses what contradicts itself, and says what goes`(
    _ arguments: [String], _ words: String
  ) throws {
    let run = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.contains(words), "\(run.errors)")
  }

  @Test(arguments: [["put"], ["put", "--put"]])
  func `prices a put, which is a call less a forward`(_ arguments: [String]) throws {
    let options = ["--samples", "1e5", "--format", "json"]
    let put = try CommandProcess.run(["montecarlo"] + arguments + options).object()
    let call = try CommandProcess.run(["montecarlo", "call"] + options).object()
    func number(_ run: [String: Any], _ key: String) throws -> Double {
      try #require(run[key] as? Double)
    }
    let forward = 100 - 105 * exp(-0.05)
    #expect(abs(try number(call, "exact") - number(put, "exact") - forward) < 1e-12)
    let error = try number(put, "estimate") - number(put, "exact")
    #expect(try abs(error) < 5 * number(put, "standard_error"))
  }

  @Test func `says where samples are all equal, and tells no error then`() throws {
    // Nothing is far enough from 1 in 70,000 samples.
    let options = [
      "montecarlo", "call", "--spot", "1", "--strike", "100", "--samples", "70_000",
    ]
    let found = try CommandProcess.run(options + ["--format", "json"]).object()
    #expect(found["error_known"] as? Bool == false && found["estimate"] as? Double == 0)
    #expect(found["interval_low"] is NSNull && found["error_in_standard_errors"] is NSNull)
    let table = try CommandProcess.run(options).output
    #expect(table.contains("not known: all samples were equal"), "\(table)")
    #expect(!table.contains("95 % interval"))
    // No goal of an error is met by them at first, and no other is in their way.
    let goal = try CommandProcess.run(
      "montecarlo", "call", "--spot", "1", "--strike", "100", "--error", "1", "--format", "json"
    ).object()
    #expect(try #require(goal["samples"] as? Int) > 1 << 20)
    let levels = try CommandProcess.run(
      "montecarlo", "multilevel", "--spot", "1", "--strike", "100", "--error", "0.01", "--format",
      "json")
    #expect(try levels.object()["error_known"] as? Bool == false)
    #expect(levels.output.contains("all samples of level 0, 1, 2 were equal"), "\(levels.output)")
  }
}
