import ArgumentParser
import Echelon
import EchelonFiles

/// How derivatives are sampled.
enum GreeksMethodChoice: String, CaseIterable, ExpressibleByArgument {
  case pathwise
  case likelihoodRatio = "likelihood-ratio"
  var method: GreeksMethod { self == .pathwise ? .pathwise : .likelihoodRatio }
}

/// Whether the Greeks are sampled, too.
struct GreeksOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Delta, gamma, vega, theta (per year) and rho with the price, by the derivative of the payoff "
        + "along the path, or by that of the logarithm of its density; --samples says how many.",
      valueName: "method"))
  var greeks: GreeksMethodChoice?

  /// Throws for Greeks that are to end by other than a number of samples.
  func check(_ options: PathOptions) throws {
    guard greeks == nil || options.hasSamplesAlone else {
      throw ValidationError(
        "--greeks ends at a number of --samples, and goes without --error, --relative-error, "
          + "--seconds, --quantiles, --save, --resume and --plot")
    }
  }
}

/// How the Greeks of a command are sampled.
struct GreeksSampler {
  /// By a formula.
  let exact: OptionGreeks?
  /// Throws for a method that does not go.
  let check: (GreeksMethod) throws -> Void
  /// One estimate, or one for each asset.
  let estimates:
    (ProcessPool, Interruption, GreeksMethod, _ samples: Int, _ seed: UInt64) async throws ->
      [GreeksEstimate]

  init(_ option: some OptionWithGreeks) {
    exact = option.exactGreeks
    check = { _ = try option.greeksSimulation(by: $0) }
    estimates = { pool, interruption, method, samples, seed in
      let future = try pool.startGreeks(of: option, method: method, samples: samples, seed: seed)
      interruption.watch([future])
      return [try await future.value]
    }
  }

  init(_ option: AmericanOption, regressionSamples: Int) {
    exact = nil
    check = { _ in }
    estimates = { pool, interruption, method, samples, seed in
      let future = try pool.startGreeks(
        of: option, method: method, regressionSamples: regressionSamples, samples: samples,
        seed: seed)
      interruption.watch([future])
      return [try await future.value]
    }
  }

  init(_ option: BasketOption) {
    exact = nil
    check = { _ in _ = try option.simulation }
    estimates = { pool, interruption, method, samples, seed in
      let future = try pool.startGreeks(of: option, method: method, samples: samples, seed: seed)
      interruption.watch([future])
      return try await future.value
    }
  }
}

extension PathOptions {
  /// Samples Greeks in a pool whose workers have started, and writes the report.
  /// - Parameter note: what the standard errors do not say.
  func runGreeks(
    _ name: String, parameters: [(name: String, value: JSONValue)], note: String? = nil,
    method: GreeksMethodChoice, sampler: GreeksSampler
  ) async throws {
    try await run.runGreeks(
      name, parameters: parameters, note: note, method: method,
      samples: samples?.count ?? Self.defaultCount, sampler: sampler)
  }
}

extension MonteCarloRunOptions {
  /// Samples so many Greeks; see `PathOptions.runGreeks`.
  func runGreeks(
    _ name: String, parameters: [(name: String, value: JSONValue)], note: String? = nil,
    method: GreeksMethodChoice, samples: Int, sampler: GreeksSampler
  ) async throws {
    try await inPool { pool, interruption in
      let (found, seconds) = try await timed {
        try await sampler.estimates(pool, interruption, method.method, samples, seed)
      }
      let report = GreeksReport(
        name: name, parameters: [("method", .string(method.rawValue))] + parameters,
        note: note, found: found, exact: sampler.exact, seed: seed, seconds: seconds,
        workerCount: workers.count)
      try report.write(output.format)
    }
  }
}
