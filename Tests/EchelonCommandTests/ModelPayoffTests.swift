import Echelon
import Foundation
import TestSupport
import Testing

/// Options on paths in Heston's and Merton's models.
@Suite(.timeLimit(.minutes(3))) struct `echelon montecarlo heston and merton, with --payoff` {
  /// Numbers of both models that are not the command's own, and the models that have them.
  private static let hestonWords = [
    "heston", "--spot", "98", "--rate", "0.03", "--years", "0.75", "--variance", "0.05",
    "--long-run-variance", "0.06", "--mean-reversion", "1.5", "--volatility-of-variance", "0.3",
    "--correlation", "-0.4", "--steps", "7",
  ]
  private static let mertonWords = [
    "merton", "--spot", "98", "--rate", "0.03", "--years", "0.75", "--volatility", "0.25",
    "--jumps-per-year", "2", "--jump-mean", "-0.05", "--jump-deviation", "0.1",
  ]

  private static func heston(_ kind: EuropeanOption.Kind, strike: Double) -> ModelPathOption.Model {
    .heston(
      HestonOption(
        kind, spot: 98, strike: strike, rate: 0.03, variance: 0.05, longRunVariance: 0.06,
        meanReversion: 1.5, volatilityOfVariance: 0.3, correlation: -0.4, years: 0.75, steps: 7))
  }

  private static func merton(_ kind: EuropeanOption.Kind, strike: Double) -> ModelPathOption.Model {
    .merton(
      MertonOption(
        kind, spot: 98, strike: strike, rate: 0.03, volatility: 0.25, jumpsPerYear: 2,
        jumpMean: -0.05, jumpDeviation: 0.1, years: 0.75))
  }

  private static let priced: [(words: [String], option: ModelPathOption)] = [
    (
      hestonWords + ["--payoff", "asian", "--dates", "4", "--strike", "100"],
      ModelPathOption(.average(.arithmetic), dates: 4, in: heston(.call, strike: 100))
    ),
    (
      mertonWords + ["--payoff", "asian", "--average", "geometric", "--put"],
      ModelPathOption(.average(.geometric), dates: 12, in: merton(.put, strike: 105))
    ),
    (
      hestonWords + ["--payoff", "barrier"],
      ModelPathOption(.barrier(.downAndOut, at: 90), dates: 12, in: heston(.call, strike: 105))
    ),
    (
      mertonWords + [
        "--payoff", "barrier", "--effect", "up-and-in", "--barrier", "110", "--dates", "3",
      ],
      ModelPathOption(.barrier(.upAndIn, at: 110), dates: 3, in: merton(.call, strike: 105))
    ),
    (
      hestonWords + ["--payoff", "lookback", "--put", "--dates", "5", "--strike", "95"],
      ModelPathOption(.lookback(.fixed(95)), dates: 5, in: heston(.put, strike: 95))
    ),
    (
      mertonWords + ["--payoff", "lookback"],
      ModelPathOption(.lookback(.floating), dates: 12, in: merton(.call, strike: 105))
    ),
    (
      mertonWords + ["--payoff", "asian", "--dates", "1"],
      ModelPathOption(.average(.arithmetic), dates: 1, in: merton(.call, strike: 105))
    ),
  ]

  @Test(arguments: priced.indices)
  func `has the digits of the call in Swift`(_ index: Int) throws {
    let (words, option) = Self.priced[index]
    let seed = testSeed() >> 12
    let arguments = words + ["--samples", "9000", "--seed", "\(seed)"]
    let run = try CommandProcess.run(["montecarlo"] + arguments + ["--format", "json"])
    let found = try run.object()
    let swift = try TestedExecutor.inProcess.shared.price(
      of: option, seed: seed, until: .samples(9000))
    // Foundation's reader of JSON rounds the last digit otherwise.
    func number(_ key: String) throws -> Double? {
      let member = try Regex("\"\(key)\": ([-+.0-9e]+)", as: (Substring, Substring).self)
      return run.output.firstMatch(of: member).flatMap { Double($0.1) }
    }
    #expect(try number("estimate") == swift.mean && swift.mean > 0.01, "seed \(seed)")
    #expect(try number("standard_error") == swift.standardError, "seed \(seed)")
    #expect(try number("maximum") == swift.maximum, "seed \(seed)")
    #expect(try number("exact") == option.exactPrice)
    let payoff = words[try #require(words.firstIndex(of: "--payoff")) + 1]
    #expect(found["run"] as? String == words[0] && found["payoff"] as? String == payoff)
    #expect(found["dates"] as? Int == option.dates && found["sampling"] == nil)
    // Steps and dates have their say, each where there are some.
    let note = found["note"] as? String ?? ""
    let steps = (7 + option.dates - 1) / option.dates
    #expect(
      note.contains("paths in \(steps * option.dates) steps, \(steps) from date to date")
        == (words[0] == "heston"), "\(note)")
    #expect(note.contains("at \(option.dates) dates") == (payoff != "asian"), "\(note)")
    let table = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(table.output.hasPrefix("Monte Carlo: \(words[0]), \(payoff), "), "\(table.output)")
  }

  @Test(arguments: ["heston", "merton"])
  func `has the digits of the call in Swift, of American options`(_ name: String) throws {
    let model = name == "heston" ? Self.heston(.put, strike: 99) : Self.merton(.put, strike: 99)
    let words = name == "heston" ? Self.hestonWords : Self.mertonWords
    let run = try CommandProcess.run(
      ["montecarlo"] + words + [
        "--payoff", "american", "--put", "--strike", "99", "--dates", "5", "--regression-samples",
        "3000", "--samples", "9000", "--seed", "11", "--format", "json",
      ])
    let swift = try TestedExecutor.inProcess.shared.price(
      of: ModelAmericanOption(dates: 5, in: model), regressionSamples: 3000, seed: 11,
      until: .samples(9000))
    #expect(run.output.contains("\"estimate\": \(swift.mean),"), "\(run.output), \(swift)")
    #expect(run.output.contains("\"standard_error\": \(swift.standardError),"))
    #expect(swift.standardError > 0)
    let found = try run.object()
    #expect(found["payoff"] as? String == "american" && found["dates"] as? Int == 5)
    #expect(found["regression_samples"] as? Int == 3000 && found["exact"] is NSNull)
    let note = found["note"] as? String ?? ""
    #expect(note.hasPrefix("too low, ") && !note.contains("at every moment"), "\(note)")
    #expect(note.contains("paths in 10 steps, 2 from date to date") == (name == "heston"))
    // A call is never exercised early, so its price is known, and nothing is off.
    let call = try estimateFigures(words + ["--payoff", "american", "--samples", "1000"])
    #expect(call["note"] == nil && call["error"] == "0", "\(call)")
    #expect(call["exact"] == call["estimate"] && call["exact"] != nil, "\(call)")
  }

  @Test(arguments: ["heston", "merton"], GreeksMethod.allCases)
  func `has the Greeks of the call in Swift, of American options`(
    _ name: String, _ method: GreeksMethod
  ) throws {
    let model = name == "heston" ? Self.heston(.put, strike: 99) : Self.merton(.put, strike: 99)
    let words =
      (name == "heston" ? Self.hestonWords : Self.mertonWords) + [
        "--payoff", "american", "--greeks",
        method == .pathwise ? "pathwise" : "likelihood-ratio", "--strike", "99", "--samples",
        "5000", "--seed", "11", "--regression-samples", "3000", "--format", "json",
      ]
    let put = try CommandProcess.run(["montecarlo"] + words + ["--put", "--dates", "5"])
    let swift = try TestedExecutor.inProcess.shared.greeks(
      of: ModelAmericanOption(dates: 5, in: model), method: method, regressionSamples: 3000,
      samples: 5000, seed: 11)
    for greek in OptionGreek.allCases {
      let (mean, error) = (
        swift.means[keyPath: greek.path], swift.standardErrors[keyPath: greek.path]
      )
      #expect(put.output.contains("\"estimate\": \(mean),"), "\(greek): \(put.output)")
      #expect(put.output.contains("\"standard_error\": \(error),") && error > 0, "\(greek)")
    }
    let found = try put.object()
    #expect(found["payoff"] as? String == "american" && found["dates"] as? Int == 5)
    #expect(
      (found["note"] as? String)?.hasPrefix("of a policy that is worse than the best") == true)
    // A call is never exercised early: its Greeks are known, and nothing is off.
    let call = try CommandProcess.run(["montecarlo"] + words).object()
    let greeks = try #require(call["greeks"] as? [[String: Any]])
    for greek in greeks {
      let (mean, exact) = (greek["estimate"] as? Double, greek["exact"] as? Double)
      #expect(abs(try #require(mean) - #require(exact)) < 1e-9, "\(greek)")
    }
    #expect(call["note"] == nil && greeks.count == 6)
  }

  @Test(arguments: priced.indices)
  func `has the Greeks of the call in Swift`(_ index: Int) throws {
    let (words, option) = Self.priced[index]
    let payoff = words[try #require(words.firstIndex(of: "--payoff")) + 1]
    let method = payoff == "barrier" || index % 2 == 0 ? "likelihood-ratio" : "pathwise"
    let seed = testSeed() >> 12
    let run = try CommandProcess.run(
      ["montecarlo"] + words + [
        "--greeks", method, "--samples", "5000", "--seed", "\(seed)", "--format", "json",
      ])
    let found = try run.object()
    let swift = try TestedExecutor.inProcess.shared.greeks(
      of: option, method: method == "pathwise" ? .pathwise : .likelihoodRatio, samples: 5000,
      seed: seed)
    for (name, path) in [
      ("price", \OptionGreeks.price), ("delta", \.delta), ("gamma", \.gamma), ("vega", \.vega),
      ("theta", \.theta), ("rho", \.rho),
    ] {
      let (mean, error) = (swift.means[keyPath: path], swift.standardErrors[keyPath: path])
      // Where every path pays gamma is 0.
      let written = error == 0 ? ["0", "0"] : ["\(mean)", "\(error)"]
      #expect(run.output.contains("\"estimate\": \(written[0]),"), "\(name), seed \(seed)")
      #expect(run.output.contains("\"standard_error\": \(written[1]),"), "\(name), seed \(seed)")
      #expect(error > 0 || name == "gamma", "\(name), seed \(seed)")
    }
    #expect(found["run"] as? String == words[0] && found["payoff"] as? String == payoff)
    #expect(found["method"] as? String == method && found["dates"] as? Int == option.dates)
    let greeks = try #require(found["greeks"] as? [[String: Any]])
    #expect((greeks[1]["exact"] is NSNull) == (option.exactGreeks == nil))
  }

  @Test(arguments: [("up-and-out", "less"), ("down-and-in", "more")])
  func `says what looking at every moment would change`(_ effect: String, _ worth: String) throws {
    let barrier = effect.hasPrefix("up") ? "120" : "90"
    let found = try estimateFigures([
      "merton", "--payoff", "barrier", "--effect", effect, "--barrier", barrier, "--samples",
      "1000",
    ])
    #expect(found["note"]?.hasSuffix("an option is worth \(worth)") == true, "\(found)")
  }

  /// As they were before there were others.
  @Test func `leaves European runs as they were, also those that were saved`() throws {
    let found = try estimateFigures(["merton", "--samples", "1e5"])
    #expect(found["estimate"]?.hasPrefix("10.33272572459") == true, "\(found)")
    #expect(found["payoff"] == nil && found["dates"] == nil && found["sampling"] == "path")
    #expect(found["note"] == nil)
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(["heston", "--samples", "10_000", "--save", file])
      let text = String(decoding: try contents(file), as: UTF8.self)
      #expect(text.contains(#/"run" ?: ?"heston"/#) && !text.contains("payoff"), "\(text)")
      let names = text.matches(of: #/"name" ?: ?"([a-z_]+)"/#).map { String($0.1) }
      #expect(
        names == [
          "kind", "rate", "years", "spot", "strike", "variance", "long_run_variance",
          "mean_reversion", "volatility_of_variance", "correlation", "steps", "sampling",
        ])
    }
  }

  @Test(arguments: [
    ["heston", "--steps", "4", "--payoff", "asian", "--dates", "3"],
    ["merton", "--payoff", "barrier", "--dates", "3"],
    ["merton", "--payoff", "lookback", "--strike", "90"],
    ["heston", "--steps", "4", "--payoff", "american", "--put", "--dates", "4"],
    ["merton", "--payoff", "american", "--put", "--dates", "4", "--regression-samples", "500"],
  ])
  func `goes on from what was saved as if it had never stopped`(_ arguments: [String]) throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let whole = try estimateFigures(arguments + ["--seed", "9", "--samples", "60_000"])
      _ = try estimateFigures(
        arguments + ["--seed", "9", "--samples", "25_000", "--save", file, "--workers", "1"])
      let on = ["--resume", file, "--save", file, "--workers", "3"]
      let half = try estimateFigures(arguments + on + ["--samples", "40_000"])
      #expect(half["samples"] == "40000" && half != whole)
      #expect(try estimateFigures(arguments + on + ["--samples", "60_000"]) == whole)
    }
  }

  @Test func `refuses to go on with another payoff, or other dates`() throws {
    try withFolder { folder in
      let (asian, european) = (folder + "/asian.json", folder + "/european.json")
      let merton = ["merton", "--samples", "9000"]
      _ = try estimateFigures(merton + ["--payoff", "asian", "--save", asian])
      _ = try estimateFigures(merton + ["--save", european])
      let refused: [(arguments: [String], file: String, words: String)] = [
        (
          [], asian,
          "is a run of 'merton --payoff asian', not of 'merton'; go on with 'montecarlo merton --payoff asian'"
        ),
        (
          ["--payoff", "barrier"], asian,
          "is a run of 'merton --payoff asian', not of 'merton --payoff barrier'"
        ),
        (["--payoff", "asian"], european, "is a run of 'merton', not of 'merton --payoff asian'"),
        (["--payoff", "asian", "--dates", "6"], asian, "with dates 12, not with dates 6"),
        (
          ["--payoff", "asian", "--average", "geometric"], asian,
          "with average \"arithmetic\", not with average \"geometric\""
        ),
      ]
      for (arguments, file, words) in refused {
        let run = try CommandProcess.run(["montecarlo"] + merton + arguments + ["--resume", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words), "\(run.errors)")
      }
    }
  }

  @Test func `has quantiles of what is paid`() throws {
    let found = try estimateFigures([
      "merton", "--payoff", "lookback", "--samples", "9000", "--quantiles", "0,1",
    ])
    #expect(found["quantile_0.0"] == found["minimum"] && found["quantile_0.0"] != nil)
    #expect(found["quantile_1.0"] == found["maximum"])
  }

  @Test(
    arguments: ["heston", "merton"],
    [
      (
        ["--dates", "3"],
        "--dates goes with --payoff asian, barrier, lookback or american, not with european"
      ),
      (["--average", "geometric"], "--average goes with --payoff asian, not with european"),
      (
        ["--payoff", "barrier", "--average", "arithmetic"],
        "--average goes with --payoff asian, not with barrier"
      ),
      (
        ["--payoff", "asian", "--effect", "up-and-in"],
        "--effect goes with --payoff barrier, not with asian"
      ),
      (
        ["--payoff", "lookback", "--barrier", "90"],
        "--barrier goes with --payoff barrier, not with lookback"
      ),
      (
        ["--payoff", "barrier", "--greeks", "pathwise"],
        "--greeks pathwise does not go with --payoff barrier, whose payoff jumps at its dates; take --greeks likelihood-ratio"
      ),
      (
        ["--payoff", "lookback", "--sampling", "conditional"],
        "--sampling conditional goes with --payoff european, not with lookback"
      ),
      (
        ["--payoff", "asian", "--regression-samples", "1000"],
        "--regression-samples goes with --payoff american, not with asian"
      ),
      (
        ["--payoff", "american", "--regression-samples", "99"],
        "--regression-samples must be 100 to 1e9, not 99"
      ),
      (["--payoff", "american", "--dates", "10001"], "10001 dates; take 1 to 10,000"),
      (["--payoff", "american", "--quantiles", "0.5"], "but none that are american"),
      (
        ["--payoff", "barrier", "--barrier", "120"],
        "--barrier 120.0 and --spot 100.0: that of --effect down-and-out lies below the spot"
      ),
      (
        ["--sampling", "conditional", "--greeks", "likelihood-ratio"],
        "whose samples are smooth; take --greeks pathwise"
      ),
      (["--payoff", "asian", "--dates", "-3"], "-3 dates; take 1 to 100,000"),
      (["--payoff", "lookback", "--strike", "-5"], "a strike of -5.0"),
      (["--payoff", "digital"], "'barrier', 'lookback' or 'american'"),
    ] as [([String], String)])
  func `refuses options of another payoff, by name`(
    _ model: String, _ refused: (arguments: [String], words: String)
  ) throws {
    let run = try CommandProcess.run(["montecarlo", model] + refused.arguments)
    #expect(run.status == 2 && run.output.isEmpty, "\(run.errors)")
    #expect(
      run.errors.hasPrefix("echelon: ") && run.errors.contains(refused.words), "\(run.errors)")
  }
}
