import ArgumentParser
import Echelon
import EchelonFiles
import Foundation

/// `echelon montecarlo multilevel`: an option on paths in steps, of which a run finds out how many are enough.
struct MultilevelCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "multilevel",
    abstract: "An option on paths in ever finer steps, to an error that has the bias in it.",
    discussion: """
      Paths of a geometric Brownian motion in 2^l steps are level l. Most samples are of the coarsest \
      level, few of the differences between fine ones, and there are as many levels as the bias asks \
      for. --error is the root of the mean square error: half of its square is for chance, half for \
      what steps leave out. What --save wrote, --resume goes on from, also to a smaller error, whose \
      digits are then not those of one run; --levels may be another number.

        european  what the last price is above the strike
        asian     what the mean price of the path is above the strike

      EXAMPLES
        echelon montecarlo multilevel european --error 0.01
        echelon montecarlo multilevel asian --strike 100 --error 0.005 --format json
        echelon montecarlo multilevel asian --error 0.001 --save asian.json
      """)

  @Argument(help: ArgumentHelp("What is paid.", valueName: "payoff"))
  var payoff = Named(PathPayoff.Kind.european)
  @OptionGroup var asset: AssetOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var volatility: VolatilityOptions
  @OptionGroup var options: MultilevelOptions

  func validate() throws {
    for (name, value) in [
      ("spot", asset.spot), ("strike", strike.strike), ("volatility", volatility.volatility),
      ("years", asset.contract.years),
    ] where !(value > 0 && value.isFinite) {
      throw ValidationError("--\(name) must be a number above 0, not \(value)")
    }
    guard asset.contract.rate.isFinite else {
      throw ValidationError("--rate must be a number, not \(asset.contract.rate)")
    }
  }

  func run() async throws {
    let path = PathPayoff(
      kind: payoff.value, option: asset.contract.kind, spot: asset.spot, strike: strike.strike,
      rate: asset.contract.rate, volatility: volatility.volatility, years: asset.contract.years)
    let parameters =
      [("payoff", .string(payoff.value.rawValue))] + asset.parameters + [
        ("strike", .number(strike.strike)), ("volatility", .number(volatility.volatility)),
      ]
    let (error, levels, run) = (options.error, options.levels, options.run)
    let sampler = Sampler<MultilevelEstimate> {
      try $0.multilevelMonteCarloEstimates(
        error: error, levels: levels, seed: $1.seed, resuming: $1.state
      ) { level, rng in path.difference(level, &rng) }
    } found: {
      let future = try $0.startMultilevelMonteCarlo(
        error: error, levels: levels, seed: $1.seed, resuming: $1.state
      ) { level, rng in path.difference(level, &rng) }
      return try await $2.value(of: future, "multilevel", in: $0)
    } make: {
      $0
    }
    // A terminal shows how its chunks get on, unless there are estimates to be saved.
    try await options.sample(
      "multilevel", parameters: parameters, isWatched: false, sampler: sampler
    ) { outcome, _, _ in
      try MultilevelReport(
        parameters: parameters, found: outcome.estimate, target: error, exact: path.exact,
        resumed: outcome.course.state, seed: outcome.course.seed, seconds: outcome.seconds,
        workerCount: run.workers.count
      ).write(run.output.format)
    }
  }
}

/// When a multilevel run ends, and what is kept of it.
struct MultilevelOptions: SavedRunOptions {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The root of the mean square error, in the unit of the price.", valueName: "e"))
  var error = 0.01
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many levels there may be, 3 to 30.", valueName: "n"))
  var levels = 12
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions

  /// Their number follows from the error.
  var samples: SampleCount? { nil }

  func validate() throws {
    guard error >= 1e-150, error.isFinite else {
      throw ValidationError("--error must be a number above 0, 1e-150 or more, not \(error)")
    }
    guard 3...30 ~= levels else {
      throw ValidationError("--levels must be 3 to 30, not \(levels)")
    }
  }

  /// The other half is for the bias.
  func goal(after earlier: Int) -> MonteCarloGoal { .standardError(error / 2.squareRoot()) }
}

extension MultilevelEstimate: RunEstimate {
  /// Levels have different ones.
  var spread: SampleSpread? { nil }
}

extension MultilevelState: RunState {}

/// What an option on a path in steps pays.
struct PathPayoff: Sendable, Codable {
  enum Kind: String, CaseIterable, Codable {
    case european, asian
  }

  let kind: Kind
  let option: EuropeanOption.Kind
  let spot, strike, rate, volatility, years: Double

  /// The price without a bias, where there is a formula.
  var exact: Double? {
    guard kind == .european else { return nil }
    return EuropeanOption(
      option, spot: spot, strike: strike, rate: rate, volatility: volatility, years: years
    ).price
  }

  /// The discounted payoff of a path of 2^level steps, less that of half as many steps with the same noise.
  func difference(_ level: Int, _ rng: inout PhiloxGenerator) -> Double {
    let step = years / Double(1 << level)
    var fine = SteppedPath(self)
    var coarse = SteppedPath(self)
    var pending = 0.0
    for index in 0..<1 << level {
      let noise = step.squareRoot() * rng.normal()
      fine.advance(step, noise, of: self)
      pending += noise
      guard level > 0, index % 2 == 1 else { continue }
      coarse.advance(2 * step, pending, of: self)
      pending = 0
    }
    return payment(fine) - (level > 0 ? payment(coarse) : 0)
  }

  private func payment(_ path: SteppedPath) -> Double {
    let price =
      switch kind {
      case .european: path.price
      case .asian: path.area / years
      }
    let gain = option == .call ? price - strike : strike - price
    return exp(-rate * years) * max(0, gain)
  }
}

/// A price that goes on in Milstein's steps.
private struct SteppedPath {
  private(set) var price: Double
  /// Under the path, by trapezoids.
  private(set) var area = 0.0

  init(_ path: PathPayoff) { price = path.spot }

  mutating func advance(_ step: Double, _ noise: Double, of path: PathPayoff) {
    let last = price
    let volatility = path.volatility
    price *=
      1 + path.rate * step + volatility * noise
      + 0.5 * volatility * volatility * (noise * noise - step)
    area += 0.5 * step * (last + price)
  }
}

/// The outcome of such a run.
struct MultilevelReport: RunReport {
  let parameters: [(name: String, value: JSONValue)]
  let found: MultilevelEstimate
  let target: Double
  let exact: Double?
  /// How far an earlier run had come, where there was one.
  let resumed: MultilevelState?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private var note: String? {
    let equal = found.levels.indices.filter { !found.levels[$0].isErrorKnown }
    if !equal.isEmpty, found.standardError.isFinite {
      let levels = equal.map(String.init).joined(separator: ", ")
      return "all samples of level \(levels) were equal, so that their error is not known"
    }
    return found.rootMeanSquareError <= 1.05 * target
      ? nil : "the levels were not enough; the error is larger than asked for, take more --levels"
  }

  var members: [(name: String, value: JSONValue)] {
    let levels = found.levels.enumerated().map { level, estimate in
      JSONValue.object([
        ("level", .integer(level)), ("steps", .integer(1 << level)),
        ("samples", .integer(estimate.sampleCount)), ("mean", .number(estimate.mean)),
        ("variance", .number(estimate.variance)),
      ])
    }
    return [("run", .string("multilevel"))] + parameters + [
      ("error_asked_for", .number(target)), ("seed", .seed(seed)),
      ("estimate", .number(found.mean)), ("standard_error", .number(found.standardError)),
      ("error_known", .bool(found.isErrorKnown)), ("bias", .number(found.bias)),
      ("root_mean_square_error", .number(found.rootMeanSquareError)),
      ("exact", exact.map { .number($0) } ?? .null), ("samples", .integer(found.sampleCount)),
      ("levels", .array(levels)), ("seconds", .number(seconds)), ("workers", .integer(workerCount)),
    ]
      + (resumed.map {
        [
          ("resumed_samples", .integer($0.sampleCount)),
          ("resumed_seconds", .number($0.elapsedTime.seconds)),
        ]
      } ?? [])
      + (note.map { [("note", .string($0))] } ?? [])
  }

  var text: String {
    var table = TextTable(columns: [
      .init("Level", .right), .init("Steps", .right), .init("Samples", .right),
      .init("Mean", .decimal), .init("Variance", .decimal),
    ])
    for (level, estimate) in found.levels.enumerated() {
      table.rows.append([
        .integer(level), .integer(1 << level), .integer(estimate.sampleCount),
        .text(estimate.mean.rounded(significantDigits: 4)),
        .text(estimate.variance.rounded(significantDigits: 3)),
      ])
    }
    func digits(_ value: Double) -> String { value.rounded(significantDigits: 6) }
    var rows = [
      ("Estimate", digits(found.mean)),
      (
        "Standard error",
        found.isErrorKnown ? found.standardError.rounded(significantDigits: 2) : "not known"
      ),
      ("Bias", "about \(found.bias.rounded(significantDigits: 2))"),
    ]
    if let exact { rows.append(("True value", digits(exact))) }
    if let note { rows.append(("Note", note)) }
    if let resumed {
      rows.append(
        (
          "Before",
          "\(NumberText.grouped(resumed.sampleCount)) of the samples in the run that was saved, in "
            + NumberText.time(seconds: resumed.elapsedTime.seconds)
        ))
    }
    let workers = NumberText.count(workerCount, "worker")
    rows += [("Seed", "\(seed)"), ("Time", "\(NumberText.time(seconds: seconds)), \(workers)")]
    return Self.table(Self.title("multilevel", parameters), rows) + "\n"
      + table.text(width: Console.width)
  }
}
