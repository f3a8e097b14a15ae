import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon montecarlo permutation`: whether two columns differ.
struct PermutationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "permutation",
    abstract: "Whether two columns differ by more than chance, by a permutation test.",
    discussion: """
      The numbers of both columns are divided anew by chance. The p value is how often A - B of their \
      statistics is then as large as that of the columns or larger (greater), as small or smaller \
      (less), or twice the less frequent of these, 1 at most (two-sided); the division that the \
      columns are counts, too. Missing numbers are left out. The columns are two samples; rows do not \
      pair them.

      What --save wrote, --resume goes on from, to as many --permutations as are wanted in the end, of \
      the same numbers; --alternative may be another. A run that is saved is looked at after 256 \
      permutations, twice as many each time up to 16,384, and then four times in each doubling.

      EXAMPLES
        echelon montecarlo permutation data/longley.csv --columns UNEMP,ARMED
        echelon montecarlo permutation data/longley.csv --columns GNP,POP --seed 7
        echelon montecarlo permutation data/longley.csv --columns GNP,POP \\
          --save p.json
        echelon montecarlo permutation data/longley.csv --columns GNP,POP \\
          --resume p.json --permutations 1e6
      """)

  @Argument(help: ArgumentHelp("A data file.", valueName: "file"), completion: .file())
  var file: String
  @Option(help: ArgumentHelp("Two columns of numbers, as A,B.", valueName: "columns"))
  var columns: String
  @Option(
    help: ArgumentHelp(
      "That of A less that of B is looked at; divisors are n - 1.", valueName: "statistic"))
  var statistic = SampleStatistic.mean
  @Option(
    help: ArgumentHelp(
      "Which differences A - B count as more extreme; two-sided is twice the smaller tail.",
      valueName: "which"))
  var alternative = AlternativeChoice.twoSided
  @OptionGroup var options: PermutationOptions

  /// Which differences count.
  enum AlternativeChoice: String, CaseIterable, ExpressibleByArgument {
    case twoSided = "two-sided"
    case greater, less
    var alternative: TestAlternative {
      switch self {
      case .twoSided: .twoSided
      case .greater: .greater
      case .less: .less
      }
    }
  }

  private var names: [String] {
    columns.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
  }

  func validate() throws {
    guard names.count == 2, !names.contains("") else {
      throw ValidationError("--columns must name two columns, as A,B, not '\(columns)'")
    }
  }

  func run() async throws {
    try options.checkPlace(keeping: file, command: "montecarlo permutation")
    let table = try DataFileReader.open(file).toldTable()
    let samples = try names.map {
      try NumberSample($0, of: table, path: file, option: "--columns", atLeast: 2)
    }
    let (statistic, which, run) = (statistic, alternative.alternative, options.run)
    let sampler = Sampler<PermutationRun> { pool, course in
      let clock = ResamplingClock(course)
      var iterator = try pool.permutationTestEstimates(
        pool.array(samples[0].values), pool.array(samples[1].values), permutations: course.count,
        alternative: which, seed: course.seed, resuming: course.permutationTest(which)
      ) { statistic.value($0) - statistic.value($1) }.makeAsyncIterator()
      return AsyncThrowingStream {
        try await iterator.next().map { PermutationRun($0, course, clock) }
      }
    } found: { pool, course, interruption in
      let clock = ResamplingClock(course)
      let future = try pool.startPermutationTest(
        pool.array(samples[0].values), pool.array(samples[1].values), permutations: course.count,
        alternative: which, seed: course.seed, resuming: course.permutationTest(which)
      ) { statistic.value($0) - statistic.value($1) }
      let found = try await interruption.value(
        of: future, "permutation test",
        chunkCount: Resampling.chunkCount(
          permutationsOf: samples.reduce(0) { $0 + $1.values.count }, permutations: course.count,
          after: course.state?.sampleCount ?? 0), in: pool)
      return PermutationRun(found, course, clock)
    } make: {
      $0
    }
    // What says which run it is: not the alternative.
    let parameters: [(name: String, value: JSONValue)] = [
      ("columns", .array(samples.map { .string($0.name) })),
      ("statistic", .string(statistic.rawValue)),
      (
        "numbers", .array(samples.map { .string(SavedNumbers.fingerprint(of: $0.values)) })
      ),
    ]
    // A terminal shows how its chunks get on, unless there are estimates to be saved.
    try await options.sample(
      "permutation", parameters: parameters, isWatched: false, sampler: sampler
    ) { outcome, _, _ in
      try PermutationReport(
        file: file, samples: samples, statistic: statistic, alternative: alternative.rawValue,
        found: outcome.estimate.found, resumed: outcome.course.state, seed: outcome.course.seed,
        seconds: outcome.seconds, workerCount: run.workers.count
      ).write(run.output.format)
    }
  }
}

/// How many divisions a permutation test draws, and what is kept of it.
struct PermutationOptions: SavedRunOptions {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "How many divisions are drawn, 100 to 1e8. (default: 9,999)", valueName: "n"))
  var permutations: SampleCount?
  @OptionGroup var saved: SavedOptions
  @OptionGroup var run: MonteCarloRunOptions

  var samples: SampleCount? { permutations }
  var unit: RunUnit { .permutation }

  func validate() throws { try checkCount(permutations) }

  func goal(after earlier: Int) -> MonteCarloGoal { resamplingGoal(permutations, after: earlier) }
}

/// The outcome of such a run.
struct PermutationReport: RunReport {
  let file: String
  let samples: [NumberSample]
  let statistic: SampleStatistic
  let alternative: String
  let found: PermutationTest
  /// How far an earlier run had come, where there was one.
  let resumed: ResamplingState?
  let seed: UInt64
  let seconds: Double
  let workerCount: Int

  var members: [(name: String, value: JSONValue)] {
    [
      ("run", .string("permutation")), ("file", .string(file)),
      ("columns", .array(samples.map { .string($0.name) })),
      ("statistic", .string(statistic.rawValue)), ("alternative", .string(alternative)),
      ("counts", .array(samples.map { .integer($0.values.count) })),
      ("missing", .array(samples.map { .integer($0.missingCount) })),
      ("permutations", .integer(found.distribution.count)), ("seed", .seed(seed)),
      ("difference", .number(found.statistic)), ("p_value", .number(found.pValue)),
      ("p_value_error", .number(found.pValueError)), ("seconds", .number(seconds)),
      ("workers", .integer(workerCount)),
    ] + (resumed?.members(.permutation) ?? [])
  }

  var text: String {
    let rate = Double(found.distribution.count - (resumed?.sampleCount ?? 0)) / seconds
    return Self.table(
      "Permutation test: \(statistic.rawValue) of \(samples[0].name) less that of "
        + "\(samples[1].name), \(file)",
      [
        ("Difference", found.statistic.rounded(significantDigits: 6)),
        (
          "p value",
          "\(found.pValue.rounded(significantDigits: 3)) ± "
            + "\(found.pValueError.rounded(significantDigits: 2)), \(alternative)"
        ),
        ("Numbers", samples.map(\.text).joined(separator: "; ")),
        ("Permutations", "\(NumberText.grouped(found.distribution.count)), seed \(seed)"),
      ] + (resumed.map { [$0.row(.permutation)] } ?? []) + [
        (
          "Time",
          "\(NumberText.time(seconds: seconds)), "
            + "\(NumberText.rate(rate, unit: " permutations")), "
            + NumberText.count(workerCount, "worker")
        )
      ])
  }
}
