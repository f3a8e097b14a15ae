import Echelon
import Foundation
import TestSupport
import Testing

/// Baskets in Heston's and Merton's models.
@Suite(.timeLimit(.minutes(3))) struct `echelon montecarlo basket, with --model` {
  private static let heston = [
    "basket", "--model", "heston", "--spots", "98,105", "--weights", "0.7,-0.2", "--strike", "45",
    "--rate", "0.03", "--years", "0.75", "--variances", "0.05,0.09", "--long-run-variances",
    "0.06,0.07", "--mean-reversions", "1.5", "--volatilities-of-variance", "0.3,0.4",
    "--own-correlations", "-0.4,0.2", "--correlation", "-0.3", "--steps", "5",
  ]
  private static let merton = [
    "basket", "--model", "merton", "--put", "--spots", "98,105", "--volatilities", "0.25,0.3",
    "--jumps-per-year", "2", "--jump-means", "-0.05,0.1", "--jump-deviations", "0.1,0.2",
  ]
  private static let priced: [(words: [String], option: ModelBasketOption)] = [
    (
      heston,
      ModelBasketOption(
        .call,
        on: [
          .heston(
            HestonAsset(
              spot: 98, variance: 0.05, longRunVariance: 0.06, meanReversion: 1.5,
              volatilityOfVariance: 0.3, correlation: -0.4)),
          .heston(
            HestonAsset(
              spot: 105, variance: 0.09, longRunVariance: 0.07, meanReversion: 1.5,
              volatilityOfVariance: 0.4, correlation: 0.2)),
        ], weights: [0.7, -0.2], strike: 45, rate: 0.03, correlation: -0.3, years: 0.75, steps: 5)
    ),
    (
      merton,
      ModelBasketOption(
        .put,
        on: [
          .merton(
            MertonAsset(
              spot: 98, volatility: 0.25, jumpsPerYear: 2, jumpMean: -0.05, jumpDeviation: 0.1)),
          .merton(
            MertonAsset(
              spot: 105, volatility: 0.3, jumpsPerYear: 2, jumpMean: 0.1, jumpDeviation: 0.2)),
        ], weights: [0.5, 0.5], strike: 105, rate: 0.05, correlation: 0.5, years: 1)
    ),
    // The numbers of the models alone, of three assets.
    (
      [
        "basket", "--model", "heston", "--spots", "100,90,80", "--weights", "0.4,0.3,0.3",
        "--steps", "3",
      ],
      ModelBasketOption(
        .call,
        on: [100, 90, 80].map {
          .heston(
            HestonAsset(
              spot: $0, variance: 0.04, longRunVariance: 0.04, meanReversion: 2,
              volatilityOfVariance: 0.5, correlation: -0.7))
        }, weights: [0.4, 0.3, 0.3], strike: 105, rate: 0.05, correlation: 0.5, years: 1, steps: 3)
    ),
    (
      [
        "basket", "--model", "merton", "--spots", "50", "--weights", "2", "--volatilities", "0.2",
        "--strike", "104",
      ],
      ModelBasketOption(
        .call,
        on: [
          .merton(
            MertonAsset(
              spot: 50, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1, jumpDeviation: 0.15))
        ], weights: [2], strike: 104, rate: 0.05, correlation: 0.5, years: 1)
    ),
  ]

  @Test(arguments: priced.indices)
  func `has the digits of the call in Swift`(_ index: Int) throws {
    let (words, option) = Self.priced[index]
    let seed = testSeed() >> 12
    let arguments = words + ["--samples", "9000", "--seed", "\(seed)"]
    let run = try CommandProcess.run(["montecarlo"] + arguments + ["--format", "json"])
    #expect(run.status == 0, "\(run.errors)")
    let found = try run.object()
    let swift = try TestedExecutor.inProcess.shared.price(
      of: option, seed: seed, until: .samples(9000))
    #expect(run.output.contains("\"estimate\": \(swift.mean),"), "\(run.output), \(swift)")
    #expect(run.output.contains("\"standard_error\": \(swift.standardError),"))
    #expect(swift.mean > 0.1)
    let exact = try option.exactPrice.map { "\"exact\": \($0)," } ?? "\"exact\": null,"
    #expect(run.output.contains(exact), "\(run.output)")
    #expect(found["run"] as? String == "basket" && found["model"] as? String == words[2])
    #expect((found["spots"] as? [Double])?.count == option.assets.count)
    let isHeston = words[2] == "heston"
    #expect((found["variances"] as? [Double])?.count == (isHeston ? option.assets.count : nil))
    #expect((found["jump_means"] as? [Double])?.count == (isHeston ? nil : option.assets.count))
    #expect((found["volatilities"] == nil) == isHeston)
    #expect(found["steps"] as? Int == (isHeston ? option.steps : nil))
    // Steps have their say, where there are some.
    let note = found["note"] as? String
    #expect(note?.hasPrefix("paths in \(option.steps) steps: the mean is off") ?? !isHeston)
    #expect((note != nil) == isHeston)
    let table = try CommandProcess.run(["montecarlo"] + arguments)
    #expect(table.output.hasPrefix("Monte Carlo: basket, \(words[2]), "), "\(table.output)")
  }

  @Test(arguments: priced.indices, ["pathwise", "likelihood-ratio"])
  func `has the Greeks of the call in Swift`(_ index: Int, _ method: String) throws {
    let (words, option) = Self.priced[index]
    let seed = testSeed() >> 12
    let run = try CommandProcess.run(
      ["montecarlo"] + words + [
        "--greeks", method, "--samples", "3000", "--seed", "\(seed)", "--format", "json",
      ])
    let swift = try TestedExecutor.inProcess.shared.greeks(
      of: option, method: method == "pathwise" ? .pathwise : .likelihoodRatio, samples: 3000,
      seed: seed)
    for found in swift {
      for path in [\OptionGreeks.price, \.delta, \.gamma, \.vega, \.theta, \.rho] {
        let (mean, error) = (found.means[keyPath: path], found.standardErrors[keyPath: path])
        #expect(run.output.contains("\"estimate\": \(mean),"), "\(run.output), seed \(seed)")
        #expect(run.output.contains("\"standard_error\": \(error),") && error > 0, "seed \(seed)")
      }
    }
    let greeks = try #require(try run.object()["greeks"] as? [[String: Any]])
    let count = option.assets.count
    #expect(greeks.count == (count == 1 ? 6 : 3 + 3 * count))
    #expect(greeks.allSatisfy { $0["exact"] is NSNull })
  }

  /// As they were before there were others.
  @Test func `leaves baskets of Brownian motions as they were, also those that were saved`() throws
  {
    let found = try estimateFigures(["basket", "--samples", "1e5"])
    #expect(found["model"] == nil && found["note"] == nil && found["estimate"] != nil)
    #expect(try estimateFigures(["basket", "--model", "brownian", "--samples", "1e5"]) == found)
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(["basket", "--samples", "10_000", "--save", file])
      let text = String(decoding: try contents(file), as: UTF8.self)
      #expect(text.contains(#/"run" ?: ?"basket"/#), "\(text)")
      let names = text.matches(of: #/"name" ?: ?"([a-z_]+)"/#).map { String($0.1) }
      #expect(
        names == [
          "kind", "rate", "years", "spots", "weights", "volatilities", "correlation", "strike",
        ])
    }
  }

  @Test(arguments: [
    heston, merton, merton + ["--greeks", "pathwise"],
    heston + ["--greeks", "likelihood-ratio"],
  ])
  func `goes on from what was saved as if it had never stopped`(_ arguments: [String]) throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      let whole = try estimateFigures(arguments + ["--seed", "9", "--samples", "30_000"])
      _ = try estimateFigures(
        arguments + ["--seed", "9", "--samples", "9_000", "--save", file, "--workers", "1"])
      let on = ["--resume", file, "--save", file, "--workers", "3"]
      let half = try estimateFigures(arguments + on + ["--samples", "20_000"])
      #expect(half["samples"] == "20000" && half != whole)
      #expect(try estimateFigures(arguments + on + ["--samples", "30_000"]) == whole)
    }
  }

  @Test func `refuses to go on with another model, or other numbers`() throws {
    try withFolder { folder in
      let file = folder + "/run.json"
      _ = try estimateFigures(Self.merton + ["--samples", "9000", "--save", file])
      let refused: [(arguments: [String], words: String)] = [
        (
          ["basket"],
          "is a run of 'basket --model merton', not of 'basket'; go on with 'montecarlo basket --model merton'"
        ),
        (Self.heston, "is a run of 'basket --model merton', not of 'basket --model heston'"),
        (Self.merton + ["--jump-means", "-0.05,0.2"], "with jump_means"),
      ]
      for (arguments, words) in refused {
        let run = try CommandProcess.run(["montecarlo"] + arguments + ["--resume", file])
        #expect(run.status == 2 && run.output.isEmpty, "\(arguments)")
        #expect(
          run.errors.hasPrefix("echelon: \(file): ") && run.errors.contains(words), "\(run.errors)")
      }
    }
  }

  @Test(
    arguments: [
      (["--variances", "0.04"], "--variances goes with --model heston, not with brownian"),
      (["--steps", "8"], "--steps goes with --model heston, not with brownian"),
      (
        ["--model", "heston", "--jump-means", "0"],
        "--jump-means goes with --model merton, not with heston"
      ),
      (
        ["--model", "heston", "--volatilities", "0.2,0.3"],
        "--volatilities goes with --model brownian or merton, not with heston"
      ),
      (
        ["--model", "merton", "--own-correlations", "0.1"],
        "--own-correlations goes with --model heston, not with merton"
      ),
      (
        ["--model", "heston", "--long-run-variances", "0.04,0.05,0.06"],
        "2 assets and 3 long run variances; give as many, or one for all"
      ),
      (
        ["--model", "merton", "--spots", "100,90,80", "--weights", "1,1,1"],
        "3 assets and 2 volatilities; give as many"
      ),
      (["--model", "merton", "--weights", "1"], "2 assets and 1 weights; give as many"),
      (
        ["--model", "merton", "--jump-deviations", "0.1,-0.1"],
        "an option with an asset 1 with a deviation of jumps of -0.1"
      ),
      (["--model", "heston", "--variances", "-1"], "an asset 0 with a variance of -1.0"),
      (["--model", "heston", "--steps", "0"], "0 steps; take 1 to 100,000"),
      (["--model", "heston", "--correlation", "1"], "not positive definite"),
      (
        ["--model", "heston", "--variances", "0", "--greeks", "pathwise"],
        "a variance of 0.0; it is above 0"
      ),
      (["--model", "bates"], "'brownian', 'heston' or 'merton'"),
      (["--model", "heston", "--variances", "0.04;0.05"], "--variances"),
    ] as [([String], String)])
  func `refuses options of another model, by name, and numbers that cannot be`(
    _ arguments: [String], _ words: String
  ) throws {
    let run = try CommandProcess.run(["montecarlo", "basket"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty, "\(run.errors)")
    #expect(run.errors.hasPrefix("echelon: ") && run.errors.contains(words), "\(run.errors)")
  }
}
