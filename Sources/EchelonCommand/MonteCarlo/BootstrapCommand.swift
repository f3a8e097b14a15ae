import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo bootstrap`: how far a statistic of a column may be off.
struct BootstrapCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bootstrap",
    abstract: "A statistic of a column with its standard error and interval, by the bootstrap.",
    discussion: """
      Samples are drawn from the numbers of the column, with replacement and as many, and the spread \
      of their statistics is that of the statistic. Missing numbers are left out. The interval bca \
      makes up for bias and for a spread that grows with the statistic; percentile does not.

      What --save wrote, --resume goes on from, to as many --resamples as are wanted in the end, of the \
      same numbers; --level and --interval may be others. A run that is saved is looked at after 256 \
      resamples, twice as many each time up to 16,384, and then four times in each doubling.

      EXAMPLES
        echelon montecarlo bootstrap data/longley.csv --column GNP --statistic median
        echelon montecarlo bootstrap data/longley.csv --column UNEMP --level 0.99
        echelon montecarlo bootstrap data/longley.csv --column GNP --save gnp.json
        echelon montecarlo bootstrap data/longley.csv --column GNP \\
          --resume gnp.json --resamples 1e6
      """)

  @Argument(help: ArgumentHelp("A data file.", valueName: "file"), completion: .file())
  var file: String
  @Option(
    help: ArgumentHelp(
      "The column; not needed where there is one of numbers alone.", valueName: "column"))
  var column: String?
  @Option(help: ArgumentHelp("What of it; divisors are n - 1.", valueName: "statistic"))
  var statistic = SampleStatistic.mean
  @Option(help: ArgumentHelp("How the interval is found.", valueName: "method"))
  var interval = Named(BootstrapEstimate.IntervalMethod.bca)
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The probability that the interval is right, 0 to 1.", valueName: "p"))
  var level = 0.95
  @OptionGroup var options: BootstrapOptions

  func validate() throws {
    guard level > 0, level < 1 else {
      throw ValidationError("--level must lie between 0 and 1, not be \(level)")
    }
  }

  func run() async throws {
    try options.checkPlace(keeping: file, command: "montecarlo bootstrap")
    let sample = try NumberSample(
      column, of: DataFileReader.open(file).toldTable(), path: file, option: "--column", atLeast: 2)
    let (statistic, run) = (statistic, options.run)
    let sampler = Sampler<BootstrapRun> { pool, course in
      let clock = ResamplingClock(course)
      var iterator = try pool.bootstrapEstimates(
        pool.array(sample.values), resamples: course.count, seed: course.seed,
        resuming: course.bootstrap
      ) { statistic.value($0) }.makeAsyncIterator()
      return AsyncThrowingStream {
        try await iterator.next().map { BootstrapRun($0, course, clock) }
      }
    } found: { pool, course, interruption in
      let clock = ResamplingClock(course)
      let future = try pool.startBootstrap(
        pool.array(sample.values), resamples: course.count, seed: course.seed,
        resuming: course.bootstrap
      ) { statistic.value($0) }
      let found = try await interruption.value(
        of: future, "bootstrap",
        chunkCount: Resampling.chunkCount(
          bootstrapOf: sample.values.count, resamples: course.count,
          after: course.state?.sampleCount ?? 0), in: pool)
      return BootstrapRun(found, course, clock)
    } make: {
      $0
    }
    // What says which run it is: not the level, nor how the interval is found.
    let parameters: [(name: String, value: JSONValue)] = [
      ("column", .string(sample.name)), ("statistic", .string(statistic.rawValue)),
      ("numbers", .string(SavedNumbers.fingerprint(of: sample.values))),
    ]
    // A terminal shows how its chunks get on, unless there are estimates to be saved.
    try await options.sample(
      "bootstrap", parameters: parameters, isWatched: false, sampler: sampler
    ) { outcome, _, _ in
      try BootstrapReport(
        file: file, sample: sample, statistic: statistic, found: outcome.estimate.found,
        method: interval.value, level: level, resumed: outcome.course.state,
        seed: outcome.course.seed, seconds: outcome.seconds, workerCount: run.workers.count
      ).write(run.output.format)
    }
  }
}

/// How many samples a bootstrap draws, and what is kept of it.
struct BootstrapOptions: SavedRunOptions {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many samples are drawn, 100 to 1e8. (default: 9,999)", valueName: "n"))
  var resamples: SampleCount?
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions

  var samples: SampleCount? { resamples }
  var unit: RunUnit { .resample }

  func validate() throws { try checkCount(resamples) }

  func goal(after earlier: Int) -> MonteCarloGoal { resamplingGoal(resamples, after: earlier) }
}

/// The outcome of such a run.
struct BootstrapReport: RunReport {
  let file: String
  let sample: NumberSample
  let statistic: SampleStatistic
  let found: BootstrapEstimate
  let method: BootstrapEstimate.IntervalMethod
  let level: Double
  /// How far an earlier run had come, where there was one.
  let resumed: ResamplingState?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  /// Looked for anew each time, in all replicates.
  private var interval: ClosedRange<Double> { found.confidenceInterval(level, method: method) }

  var members: [(name: String, value: JSONValue)] {
    let interval = interval
    return [
      ("run", .string("bootstrap")), ("file", .string(file)), ("column", .string(sample.name)),
      ("statistic", .string(statistic.rawValue)), ("count", .integer(sample.values.count)),
      ("missing", .integer(sample.missingCount)),
      ("resamples", .integer(found.replicates.count)), ("seed", .seed(seed)),
      ("estimate", .number(found.estimate)), ("standard_error", .number(found.standardError)),
      ("bias", .number(found.bias)), ("interval", .string(method.rawValue)),
      ("level", .number(level)), ("interval_low", .number(interval.lowerBound)),
      ("interval_high", .number(interval.upperBound)), ("seconds", .number(seconds)),
      ("workers", .integer(workerCount)),
    ] + (resumed?.members(.resample) ?? [])
  }

  var text: String {
    func digits(_ value: Double) -> String { value.rounded(significantDigits: 6) }
    let interval = interval
    let rate = Double(found.replicates.count - (resumed?.sampleCount ?? 0)) / seconds
    return Self.table(
      "Bootstrap: \(statistic.rawValue) of \(sample.name), \(file)",
      [
        ("Estimate", digits(found.estimate)),
        ("Standard error", found.standardError.rounded(significantDigits: 3)),
        ("Bias", found.bias.rounded(significantDigits: 2)),
        (
          "\((level * 100).rounded(significantDigits: 5)) % interval",
          "\(digits(interval.lowerBound)) to \(digits(interval.upperBound)), \(method.rawValue)"
        ),
        ("Numbers", sample.text),
        ("Resamples", "\(NumberText.grouped(found.replicates.count)), seed \(seed)"),
      ] + (resumed.map { [$0.row(.resample)] } ?? []) + [
        (
          "Time",
          "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " resamples")), "
            + NumberText.count(workerCount, "worker")
        )
      ])
  }
}
