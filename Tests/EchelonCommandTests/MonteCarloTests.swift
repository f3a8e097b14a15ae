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
        hearsInterrupts(process.processIdentifier)
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
}
