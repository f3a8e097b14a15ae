import Foundation
import TestSupport
import Testing

@Suite struct `echelon montecarlo integral` {
  @Test(arguments: [
    "oscillatory", "product-peak", "corner-peak", "gaussian", "continuous", "discontinuous",
  ])
  func `agrees with the formula`(_ family: String) throws {
    let result = try CommandProcess.run(
      "montecarlo", "integral", family, "--dimensions", "3", "--samples", "2e4", "--seed", "7",
      "--format", "json"
    ).object()
    func number(_ key: String) throws -> Double { try #require(result[key] as? Double) }
    let distance = abs(try number("estimate") - number("exact"))
    #expect(try distance < 4.5 * number("standard_error"))
    #expect(try number("standard_error") > 0)
    #expect(result["integrand"] as? String == family && result["dimensions"] as? Int == 3)
  }

  @Test func `has smaller errors by VEGAS where there is a peak`() throws {
    func errors(_ method: String, _ workers: String) throws -> [Double] {
      let result = try CommandProcess.run(
        [
          "montecarlo", "integral", "gaussian", "--dimensions", "4", "--difficulty", "60",
          "--method", method, "--samples", "3e4", "--workers", workers, "--format", "json",
        ] + (method == "vegas" ? ["--learning-samples", "3000"] : [])
      ).object()
      return try ["standard_error", "error"].map { try #require(result[$0] as? Double) }
    }
    let (plain, vegas) = (try errors("plain", "1"), try errors("vegas", "1"))
    #expect(vegas[0] < plain[0] / 4)
    #expect(abs(vegas[1]) < 5 * vegas[0])
    #expect(try errors("vegas", "3") == vegas)
  }

  /// Of 16 replicates a standard error is itself uncertain by a fifth.
  @Test(arguments: ["--sampling", "--method"])
  func `has far smaller errors of quasi-random points`(_ option: String) throws {
    func figures(_ method: String, _ workers: String) throws -> [String: Any] {
      try CommandProcess.run(
        "montecarlo", "integral", "product-peak", "--dimensions", "3", option, method, "--samples",
        "70_000", "--workers", workers, "--format", "json"
      ).object()
    }
    func number(_ result: [String: Any], _ key: String) throws -> Double {
      try #require(result[key] as? Double)
    }
    let (plain, quasi) = (try figures("plain", "1"), try figures("quasi", "1"))
    #expect(try number(quasi, "standard_error") < number(plain, "standard_error") / 20)
    // Student's distribution with 15 degrees of freedom.
    #expect(try abs(number(quasi, "error")) < 8 * number(quasi, "standard_error"))
    // As many as a power of 2 in each of 16 replicates allows.
    #expect(quasi["samples"] as? Int == 65_536 && quasi["replicates"] as? Int == 16)
    #expect(plain["replicates"] == nil)
    for key in ["estimate", "standard_error", "interval_low"] {
      #expect(try number(figures("quasi", "3"), key) == number(quasi, key))
    }
  }

  /// ∫₀¹ ∫₀² exp(-xy) dy dx = γ + log 2 + E₁(2).
  @Test(arguments: ["plain", "vegas", "quasi"])
  func `integrates what a user writes, over a box`(_ method: String) throws {
    func figures(_ workers: String) throws -> [Double] {
      let result = try CommandProcess.run(
        [
          "montecarlo", "integral", "exp(-x * y)", "--over", "x=0:1", "--over", "y=0:4/2",
          "--method", method, "--samples", "2e4", "--workers", workers, "--format", "json",
        ] + (method == "vegas" ? ["--learning-samples", "500"] : [])
      ).object()
      #expect(result["exact"] is NSNull && result["over"] as? [String] == ["x=0:1", "y=0:4/2"])
      return try ["estimate", "standard_error"].map { try #require(result[$0] as? Double) }
    }
    let one = try figures("1")
    #expect(abs(one[0] - 1.3192633561695392) < 6 * one[1])
    #expect(one[1] > 0 && one[1] < 0.01)
    #expect(try figures("3") == one)
  }

  @Test(arguments: [
    (["sin(z)", "--over", "x=0:1"], "no variable 'z'; there is x\n  sin(z)\n      ^"),
    (["sin(x", "--over", "x=0:1"], "character 6"), (["row()", "--over", "x=0:1"], "no row()"),
    (["x", "--over", "x=1:0"], "--over x=1:0: the first bound must lie below"),
    (["x", "--over", "x=0:inf"], "both be finite"), (["x", "--over", "x=0:q"], "no variable 'q'"),
    (["x", "--over", "x"], "as in x=0:1"), (["x", "--over", "1=0:1"], "cannot be the name"),
    (["x", "--over", "x=0:1", "--over", "x=0:2"], "has a range already"), (["x"], "--over x=0:1"),
  ])
  func `says what is wrong with an integrand`(_ arguments: [String], _ words: String) throws {
    let run = try CommandProcess.run(["montecarlo", "integral"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.hasPrefix("echelon: ") && run.errors.contains(words), "\(run.errors)")
  }

  @Test(arguments: [
    ["integral", "gaussian", "--sampling", "quasi", "--replicates", "1"],
    ["integral", "gaussian", "--sampling", "quasi", "--samples", "15"],
    ["integral"], ["integral", "wave"], ["integral", "gaussian", "--dimensions", "0"],
    ["integral", "gaussian", "--dimensions", "1001"],
    ["integral", "gaussian", "--difficulty", "0"], ["integral", "gaussian", "--method", "simpson"],
    ["ising", "--size", "1"], ["ising", "--temperature", "0"], ["ising", "--sweeps", "15"],
    ["ising", "--burn-in=-1"], ["ising", "--chains", "0"], ["multilevel", "--error", "0"],
    ["multilevel", "--levels", "2"], ["multilevel", "barrier"], ["multilevel", "--spot", "0"],
  ])
  func `ends with 2 when it is used wrongly, as ising and multilevel do`(_ arguments: [String])
    throws
  {
    let run = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errors.hasPrefix("echelon: "), "\(run.errors)")
  }
}

@Suite struct `echelon montecarlo ising` {
  /// Of 2 × 2 spins, whose 16 states can be counted: each pair of neighbours is one twice over the edges.
  @Test(arguments: [1.5, 4, 20])
  func `agrees with all states of a small lattice`(_ temperature: Double) throws {
    let result = try CommandProcess.run(
      "montecarlo", "ising", "--size", "2", "--temperature", "\(temperature)", "--sweeps", "5000",
      "--burn-in", "50", "--chains", "4", "--seed", "3", "--format", "json"
    ).object()
    // Two states of energy -8, twelve of 0, of which eight have one spin turned, and two of 8.
    let (low, high) = (exp(8 / temperature), exp(-8 / temperature))
    let sum = 2 * low + 12 + 2 * high
    let expected = [
      "energy": 8 * (2 * high - 2 * low) / sum / 4, "magnetization": (2 * low + 8 * 0.5) / sum,
    ]
    for (name, exact) in expected {
      let found = try #require(result[name] as? Double)
      let error = try #require(result[name + "_error"] as? Double)
      #expect(abs(found - exact) < 5 * error, "\(name): \(found), not \(exact)")
      #expect(error > 0 && error < 0.05, "\(name)")
    }
    #expect(result["infinite_magnetization"] as? Double == 0 || temperature < 2.27)
  }

  @Test func `depends on the seed and not on the workers`() throws {
    func figures(_ workers: String, _ seed: String) throws -> NSDictionary {
      var result = try CommandProcess.run(
        "montecarlo", "ising", "--size", "8", "--sweeps", "64", "--burn-in", "10", "--workers",
        workers, "--seed", seed, "--format", "json"
      ).object()
      for name in ["seconds", "workers"] { result[name] = nil }
      return NSDictionary(dictionary: result)
    }
    let one = try figures("1", "5")
    #expect(try figures("3", "5") == one)
    #expect(try figures("1", "6") != one)
  }

  private func figures(_ arguments: [String]) throws -> NSDictionary {
    var result = try CommandProcess.run(
      ["montecarlo", "ising"] + arguments + ["--format", "json"]
    ).object()
    for name in ["seconds", "workers", "resumed_sweeps", "resumed_seconds"] { result[name] = nil }
    return NSDictionary(dictionary: result)
  }

  @Test func `goes on from what was saved as if it had never stopped`() throws {
    try withFolder { folder in
      let (file, chains) = (
        folder + "/run.json", ["--size", "7", "--burn-in", "9", "--chains", "3"]
      )
      let whole = try figures(chains + ["--seed", "5", "--sweeps", "300"])
      _ = try figures(
        chains + ["--seed", "5", "--sweeps", "100", "--save", file, "--workers", "1"])
      let next = ["--resume", file, "--save", file, "--sweeps", "200", "--workers", "3"]
      #expect(try figures(chains + next)["sweeps"] as? Int == 200)
      let last = ["--resume", file, "--sweeps", "300"]
      #expect(try figures(chains + last) == whole)
      let report = try CommandProcess.run(["montecarlo", "ising"] + chains + last)
      #expect(report.output.contains("200 of the sweeps in the run that was saved, in "))
      // As many as there are, where that is more than it would be otherwise.
      #expect(try figures(chains + ["--resume", file])["sweeps"] as? Int == 10_000)
      let refused: [(arguments: [String], words: String)] = [
        (["--size", "8"], "was begun with size 7, not with size 8"),
        (chains + ["--temperature", "3"], "with temperature 2, not with temperature 3"),
        (chains + ["--seed", "6"], "was begun with seed 5, not 6"),
        (chains + ["--sweeps", "199"], "has 200 sweeps already; --sweeps counts all, take more"),
      ]
      for (arguments, words) in refused {
        let run = try CommandProcess.run(
          ["montecarlo", "ising"] + arguments + ["--resume", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words),
          "\(run.errors)")
      }
      let text = String(decoding: try contents(file), as: UTF8.self)
      try text.replacing(#/"allSweeps" ?: ?209/#, with: "\"allSweeps\": 210")
        .write(toFile: file, atomically: true, encoding: .utf8)
      let run = try CommandProcess.run(["montecarlo", "ising"] + chains + ["--resume", file])
      #expect(run.status == 1 && run.output.isEmpty)
      #expect(
        run.errors.hasPrefix("echelon: \(file): is damaged: 201 sweeps of 3 chains are"),
        "\(run.errors)")
    }
  }

  @Test(.timeLimit(.minutes(2)))
  func `saves what it has when it is interrupted, also of the burn-in`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      func interrupt(_ arguments: [String]) throws -> String {
        let run = try CommandProcess.run(
          ["montecarlo", "ising"] + arguments + ["--save", file, "--workers", "2"]
        ) { process in
          try eventually("it is at work") {
            hears(SIGINT, process.processIdentifier)
              && Machine.children(of: process.processIdentifier).count == 2
          }
          process.interrupt()
        }
        #expect(run.status == 130 && run.output.isEmpty)
        return run.errors
      }
      let chains = ["--size", "32", "--chains", "2", "--burn-in", "0"]
      _ = try figures(chains + ["--sweeps", "100", "--save", file])
      let words = try interrupt(chains + ["--resume", file, "--sweeps", "1e9"])
      // Whether it had come further or not, the file is one to go on from.
      let text = String(decoding: try contents(file), as: UTF8.self)
      let saved = try #require(text.firstMatch(of: #/"allSweeps" ?: ?([0-9]+)/#)?.1)
      let count = try #require(Int(saved))
      let told = count == 100 ? "saved nothing in \(file)" : "saved \(count) sweeps in \(file)"
      #expect(words.replacing(",", with: "").contains(told), "\(words)")
      let more = ["--sweeps", "\(count + 1000)"]
      #expect(try figures(chains + more + ["--resume", file]) == figures(chains + more))

      let never = ["--size", "512", "--chains", "2", "--burn-in", "1000000000"]
      let early = try interrupt(never)
      // It may have been too soon for anything.
      #expect(
        early.contains("saved the burn-in so far in \(file)")
          || early.contains("saved nothing in \(file)"), "\(early)")
    }
  }

  @Test func `says when sweeps are too few, and how infinite lattices are`() throws {
    let run = try CommandProcess.run(
      "montecarlo", "ising", "--size", "64", "--temperature", "2.27", "--sweeps", "16", "--chains",
      "1", "--burn-in", "0")
    #expect(run.output.contains("too few sweeps") && run.output.contains("magnetization 0\n"))
    #expect(run.output.contains("statistical inefficiency") && run.output.contains("per spin"))
  }
}

@Suite struct `echelon montecarlo multilevel` {
  /// Of the mean price of a path, continuously looked at, there is no formula: a path in many steps stands for it.
  @Test func `has the error that is asked for, on any number of workers`() throws {
    func figures(_ payoff: String, _ workers: String) throws -> [String: Any] {
      try CommandProcess.run(
        "montecarlo", "multilevel", payoff, "--strike", "100", "--error", "0.1", "--workers",
        workers, "--format", "json"
      ).object()
    }
    func number(_ result: [String: Any], _ key: String) throws -> Double {
      try #require(result[key] as? Double)
    }
    let european = try figures("european", "1")
    #expect(try number(european, "root_mean_square_error") <= 0.105)
    #expect(try abs(number(european, "estimate") - number(european, "exact")) < 0.4)
    let levels = try #require(european["levels"] as? [[String: Any]])
    #expect(levels.map { $0["steps"] as? Int } == levels.indices.map { 1 << $0 })
    #expect(try number(figures("european", "3"), "estimate") == number(european, "estimate"))
    let asian = try figures("asian", "2")
    let steps = try CommandProcess.run(
      "montecarlo", "asian", "--strike", "100", "--dates", "256", "--samples", "2e4", "--format",
      "json"
    ).object()
    #expect(try abs(number(asian, "estimate") - number(steps, "estimate")) < 0.5)
    #expect(asian["exact"] is NSNull)
  }

  @Test func `says when the levels were not enough`() throws {
    let run = try CommandProcess.run(
      "montecarlo", "multilevel", "--error", "0.05", "--levels", "3", "--volatility", "0.6")
    #expect(run.status == 0 && run.output.contains("take more --levels"), "\(run.output)")
  }
}
