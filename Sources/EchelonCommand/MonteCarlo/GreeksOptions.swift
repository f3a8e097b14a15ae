import ArgumentParser
import Echelon
import EchelonFiles

/// How derivatives are sampled.
enum GreeksMethodChoice: String, CaseIterable, ExpressibleByArgument {
  case pathwise
  case likelihoodRatio = "likelihood-ratio"
  var method: GreeksMethod { self == .pathwise ? .pathwise : .likelihoodRatio }
}

/// The Greeks whose error is asked of.
struct GreekList: ExpressibleByArgument {
  let greeks: [OptionGreek]

  init?(argument: String) {
    let words = argument.split(separator: ",", omittingEmptySubsequences: false)
    greeks = words.compactMap { OptionGreek(rawValue: String($0)) }
    guard greeks.count == words.count else { return nil }
  }
}

/// Of which Greeks an error counts.
struct ErrorOfOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Whose error --error and --relative-error are: price, delta, gamma, vega, theta or rho, or several, as "
        + "delta,vega, which all are to reach it. (default: price)", valueName: "greek"))
  var errorOf: GreekList?

  var greeks: [OptionGreek] { errorOf?.greeks ?? [.price] }

  /// Throws where no error is asked for.
  func check(_ ends: EndOptions) throws {
    guard errorOf != nil, ends.error == nil, ends.relativeError == nil else { return }
    throw ValidationError(
      "--error-of says whose error --error or --relative-error is; give one of them, too")
  }
}

/// Whether the Greeks are sampled, too.
struct GreeksOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Delta, gamma, vega, theta (per year) and rho with the price, by the derivative of the payoff "
        + "along the path, or by that of the logarithm of its density.",
      valueName: "method"))
  var greeks: GreeksMethodChoice?
  @OptionGroup var errorOf: ErrorOfOptions

  /// Throws for what Greeks do not go with, and they alone.
  func check(_ options: some SamplingOptions) throws {
    guard greeks != nil else {
      guard errorOf.errorOf == nil else {
        throw ValidationError(
          "--error-of goes with --greeks; without it --error is that of the price")
      }
      return
    }
    try errorOf.check(options.ends)
    guard options.quantiles.probabilities.isEmpty, options.picture.plot == nil else {
      throw ValidationError("--greeks goes without --quantiles and --plot")
    }
  }
}

/// The Greeks of all assets of an option; of one they are those of the option.
struct AssetGreeks: RunEstimate {
  let assets: [GreeksEstimate]
  /// Whose errors count, one or more.
  let watched: [OptionGreek]

  /// The price is the same in all; of others that with the largest error is looked at.
  private var worst: GreeksEstimate {
    let path = watched[0].path
    return assets.max { $0.standardErrors[keyPath: path] < $1.standardErrors[keyPath: path] }!
  }
  var mean: Double { worst.means[keyPath: watched[0].path] }
  var standardError: Double { worst.standardErrors[keyPath: watched[0].path] }
  var counted: [(name: String, mean: Double, error: Double)] {
    watched.flatMap { greek in
      assets.map {
        ("\(greek)", $0.means[keyPath: greek.path], $0.standardErrors[keyPath: greek.path])
      }
    }
  }
  var sampleCount: Int { assets[0].sampleCount }
  var isErrorKnown: Bool { standardError > 0 && standardError.isFinite }
  var spread: SampleSpread? { nil }
  var state: AssetGreeksState? {
    let states = assets.compactMap(\.state)
    return states.count == assets.count ? AssetGreeksState(assets: states) : nil
  }

  func confidenceInterval(_ level: Double) -> ClosedRange<Double> {
    worst.confidenceInterval(of: watched[0].path, level)
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
  /// Until these have the errors that are asked for.
  let sampler: (GreeksMethod, [OptionGreek]) -> Sampler<AssetGreeks>

  /// What a run is made of.
  private typealias Arguments = (
    method: GreeksMethod, greeks: Set<OptionGreek>, course: Course<AssetGreeksState>
  )

  /// Of one asset.
  private init(
    exact: OptionGreeks?, preparation: RunPreparation? = nil,
    check: @escaping (GreeksMethod) throws -> Void,
    estimates:
      @escaping (ProcessPool, Arguments, GreeksState?) throws -> AsyncThrowingStream<
        GreeksEstimate, any Error
      >,
    start: @escaping (ProcessPool, Arguments, GreeksState?) throws -> Future<GreeksEstimate>
  ) {
    self.exact = exact
    self.check = check
    sampler = { method, greeks in
      var sampler = Sampler {
        try estimates($0, (method, Set(greeks), $1), $1.state?.assets[0])
      } found: {
        let future = try start($0, (method, Set(greeks), $1), $1.state?.assets[0])
        $2.watch([future])
        return try await future.value
      } make: {
        AssetGreeks(assets: [$0], watched: greeks)
      }
      sampler.preparation = preparation
      return sampler
    }
  }

  init(_ option: some OptionWithGreeks) {
    self.init(exact: option.exactGreeks) {
      _ = try option.greeksSimulation(by: $0)
    } estimates: {
      try $0.greeksEstimates(
        of: option, method: $1.method, seed: $1.course.seed, until: $1.course.goal,
        errorOf: $1.greeks, resuming: $2)
    } start: {
      try $0.startGreeks(
        of: option, method: $1.method, seed: $1.course.seed, until: $1.course.goal,
        errorOf: $1.greeks, resuming: $2)
    }
  }

  init(_ option: AmericanOption, regressionSamples paths: Int) {
    self.init(
      exact: nil, preparation: .regressions(option.regressionChunks(paths: paths))
    ) { _ in
    } estimates: {
      try $0.greeksEstimates(
        of: option, method: $1.method, regressionSamples: paths, seed: $1.course.seed,
        until: $1.course.goal, errorOf: $1.greeks, resuming: $2)
    } start: {
      try $0.startGreeks(
        of: option, method: $1.method, regressionSamples: paths, seed: $1.course.seed,
        until: $1.course.goal, errorOf: $1.greeks, resuming: $2)
    }
  }

  init(_ option: ModelAmericanOption, regressionSamples paths: Int) {
    self.init(
      exact: option.exactGreeks,
      preparation: option.regressionChunks(paths: paths).map { .regressions($0) }
    ) { _ in
      try option.checkGreeks()
    } estimates: {
      try $0.greeksEstimates(
        of: option, method: $1.method, regressionSamples: paths, seed: $1.course.seed,
        until: $1.course.goal, errorOf: $1.greeks, resuming: $2)
    } start: {
      try $0.startGreeks(
        of: option, method: $1.method, regressionSamples: paths, seed: $1.course.seed,
        until: $1.course.goal, errorOf: $1.greeks, resuming: $2)
    }
  }

  init(_ option: some BasketWithGreeks) {
    exact = nil
    check = { _ = try option.greeksSimulations(by: $0) }
    sampler = { method, greeks in
      Sampler {
        try $0.greeksEstimates(
          of: option, method: method, seed: $1.seed, until: $1.goal, errorOf: Set(greeks),
          resuming: $1.state?.assets)
      } found: {
        let future = try $0.startGreeks(
          of: option, method: method, seed: $1.seed, until: $1.goal, errorOf: Set(greeks),
          resuming: $1.state?.assets)
        $2.watch([future])
        return try await future.value
      } make: {
        AssetGreeks(assets: $0, watched: greeks)
      }
    }
  }
}

extension SavedRunOptions {
  /// Samples Greeks in a pool whose workers have started, and writes the report.
  /// - Parameters:
  ///   - runName: what a saved run is called: that of the command, and the options that make Greeks of it.
  ///   - note: what the standard errors do not say.
  func runGreeks(
    _ name: String, savedAs runName: String, parameters: [(name: String, value: JSONValue)],
    note: String? = nil, method: GreeksMethodChoice, errorOf greeks: [OptionGreek],
    sampler: GreeksSampler
  ) async throws {
    let parameters = [("method", .string(method.rawValue))] + parameters
    try await sample(
      runName, parameters: parameters, isWatched: Terminal.isTerminal(.error),
      sampler: sampler.sampler(method.method, greeks)
    ) { outcome, _, _ in
      let report = GreeksReport(
        name: name, parameters: parameters, note: note, found: outcome.estimate.assets,
        exact: sampler.exact, resumed: outcome.course.state, seed: outcome.course.seed,
        seconds: outcome.seconds, workerCount: run.workers.count)
      try report.write(run.output.format)
    }
  }
}
