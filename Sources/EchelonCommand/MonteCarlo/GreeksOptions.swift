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
          + "--at-least, --seconds, --quantiles and --plot")
    }
  }
}

/// The Greeks of all assets of an option; of one they are those of the option.
struct AssetGreeks: RunEstimate {
  let assets: [GreeksEstimate]

  /// The price is the same in all.
  var mean: Double { assets[0].means.price }
  var standardError: Double { assets[0].standardErrors.price }
  var sampleCount: Int { assets[0].sampleCount }
  var isErrorKnown: Bool { standardError > 0 && standardError.isFinite }
  var spread: SampleSpread? { nil }
  var state: AssetGreeksState? {
    let states = assets.compactMap(\.state)
    return states.count == assets.count ? AssetGreeksState(assets: states) : nil
  }

  func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    assets[0].confidenceInterval(of: \.price, level)
  }
}

/// How far the runs of all assets have come, each as far as the others.
struct AssetGreeksState: RunState {
  private(set) var assets: [GreeksState]

  var seed: UInt64 { assets[0].seed }
  var sampleCount: Int { assets[0].nextSample }
  /// Of all runs together.
  var elapsedTime: Duration {
    get { assets.reduce(.zero) { $0 + $1.elapsedTime } }
    set {
      for index in assets.indices { assets[index].elapsedTime = index == 0 ? newValue : .zero }
    }
  }

  init(assets: [GreeksState]) { self.assets = assets }

  private enum CodingKeys: String, CodingKey { case assets }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    assets = try values.decode([GreeksState].self, forKey: .assets)
    guard let first = assets.first,
      assets.allSatisfy({ $0.seed == first.seed && $0.nextSample == first.nextSample })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .assets, in: values,
        debugDescription: "\(assets.count) assets, whose samples are not the same")
    }
  }
}

/// How the Greeks of a command are sampled.
struct GreeksSampler {
  /// By a formula.
  let exact: OptionGreeks?
  /// Throws for a method that does not go.
  let check: (GreeksMethod) throws -> Void
  let sampler: (GreeksMethod) -> Sampler<AssetGreeks>

  init(_ option: some OptionWithGreeks) {
    exact = option.exactGreeks
    check = { _ = try option.greeksSimulation(by: $0) }
    sampler = { method in
      Sampler {
        try $0.greeksEstimates(
          of: option, method: method, samples: $1.sampleCount, seed: $1.seed,
          resuming: $1.state?.assets[0])
      } found: {
        let future = try $0.startGreeks(
          of: option, method: method, samples: $1.sampleCount, seed: $1.seed,
          resuming: $1.state?.assets[0])
        $2.watch([future])
        return try await future.value
      } make: {
        AssetGreeks(assets: [$0])
      }
    }
  }

  init(_ option: AmericanOption, regressionSamples: Int) {
    exact = nil
    check = { _ in }
    sampler = { method in
      Sampler {
        try $0.greeksEstimates(
          of: option, method: method, regressionSamples: regressionSamples,
          samples: $1.sampleCount, seed: $1.seed, resuming: $1.state?.assets[0])
      } found: {
        let future = try $0.startGreeks(
          of: option, method: method, regressionSamples: regressionSamples,
          samples: $1.sampleCount, seed: $1.seed, resuming: $1.state?.assets[0])
        $2.watch([future])
        return try await future.value
      } make: {
        AssetGreeks(assets: [$0])
      }
    }
  }

  init(_ option: BasketOption) {
    exact = nil
    check = { _ in _ = try option.simulation }
    sampler = { method in
      Sampler {
        try $0.greeksEstimates(
          of: option, method: method, samples: $1.sampleCount, seed: $1.seed,
          resuming: $1.state?.assets)
      } found: {
        let future = try $0.startGreeks(
          of: option, method: method, samples: $1.sampleCount, seed: $1.seed,
          resuming: $1.state?.assets)
        $2.watch([future])
        return try await future.value
      } make: {
        AssetGreeks(assets: $0)
      }
    }
  }
}

extension Course<AssetGreeksState> {
  /// Greeks end at a number alone.
  fileprivate var sampleCount: Int { goal.sampleLimit ?? 0 }
}

extension SavedRunOptions {
  /// Samples Greeks in a pool whose workers have started, and writes the report.
  /// - Parameters:
  ///   - runName: what a saved run is called: that of the command, and the options that make Greeks of it.
  ///   - note: what the standard errors do not say.
  func runGreeks(
    _ name: String, savedAs runName: String, parameters: [(name: String, value: JSONValue)],
    note: String? = nil, method: GreeksMethodChoice, sampler: GreeksSampler
  ) async throws {
    let parameters = [("method", .string(method.rawValue))] + parameters
    try await sample(
      runName, parameters: parameters, isWatched: Terminal.isTerminal(.error),
      sampler: sampler.sampler(method.method)
    ) { outcome, _, _ in
      let report = GreeksReport(
        name: name, parameters: parameters, note: note, found: outcome.estimate.assets,
        exact: sampler.exact, resumed: outcome.course.state, seed: outcome.course.seed,
        seconds: outcome.seconds, workerCount: run.workers.count)
      try report.write(run.output.format)
    }
  }
}
