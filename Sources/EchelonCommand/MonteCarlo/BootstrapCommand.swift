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

      EXAMPLES
        echelon montecarlo bootstrap data/longley.csv --column GNP --statistic median
        echelon montecarlo bootstrap data/longley.csv --column UNEMP --level 0.99
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
    help: ArgumentHelp("How many samples are drawn, 100 to 1e8.", valueName: "n"))
  var resamples = SampleCount(9_999)
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The probability that the interval is right, 0 to 1.", valueName: "p"))
  var level = 0.95
  @OptionGroup var options: MonteCarloRunOptions

  func validate() throws {
    guard level > 0, level < 1 else {
      throw ValidationError("--level must lie between 0 and 1, not be \(level)")
    }
    guard 100...100_000_000 ~= resamples.count else {
      throw ValidationError("--resamples must be 100 to 1e8, not \(resamples.count)")
    }
  }

  func run() async throws {
    let sample = try NumberSample(
      column, of: DataFileReader.open(file).toldTable(), path: file, option: "--column", atLeast: 2)
    try await options.inPool { pool, interruption in
      let (found, seconds) = try await timed {
        let (values, statistic) = (try pool.array(sample.values), statistic)
        let future = try pool.startBootstrap(
          values, resamples: resamples.count, seed: options.seed
        ) { statistic.value($0) }
        return try await options.value(
          of: future, "bootstrap",
          chunkCount: Resampling.chunkCount(
            bootstrapOf: sample.values.count, resamples: resamples.count), in: pool, interruption)
      }
      try BootstrapReport(
        file: file, sample: sample, statistic: statistic, found: found, method: interval.value,
        level: level, seed: options.seed, seconds: seconds, workerCount: options.workers.count
      ).write(options.output.format)
    }
  }
}

/// The outcome of such a run.
struct BootstrapReport: RunReport {
  let file: String
  let sample: NumberSample
  let statistic: SampleStatistic
  let found: BootstrapEstimate
  let method: BootstrapEstimate.IntervalMethod
  let level: Double
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  private var interval: ClosedRange<Double> { found.confidenceInterval(level, method: method) }

  var members: [(name: String, value: JSONValue)] {
    [
      ("run", .string("bootstrap")), ("file", .string(file)), ("column", .string(sample.name)),
      ("statistic", .string(statistic.rawValue)), ("count", .integer(sample.values.count)),
      ("missing", .integer(sample.missingCount)),
      ("resamples", .integer(found.replicates.count)), ("seed", .seed(seed)),
      ("estimate", .number(found.estimate)), ("standard_error", .number(found.standardError)),
      ("bias", .number(found.bias)), ("interval", .string(method.rawValue)),
      ("level", .number(level)), ("interval_low", .number(interval.lowerBound)),
      ("interval_high", .number(interval.upperBound)), ("seconds", .number(seconds)),
      ("workers", .integer(workerCount)),
    ]
  }

  var text: String {
    func digits(_ value: Double) -> String { value.rounded(significantDigits: 6) }
    let rate = Double(found.replicates.count) / seconds
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
        (
          "Time",
          "\(NumberText.time(seconds: seconds)), \(NumberText.rate(rate, unit: " resamples")), "
            + NumberText.count(workerCount, "worker")
        ),
      ])
  }
}
