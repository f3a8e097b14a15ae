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

      EXAMPLES
        echelon montecarlo permutation data/longley.csv --columns UNEMP,ARMED
        echelon montecarlo permutation data/longley.csv --columns GNP,POP --seed 7
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
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many divisions are drawn, 100 to 1e8.", valueName: "n"))
  var permutations = SampleCount(9_999)
  @OptionGroup var options: MonteCarloRunOptions

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
    guard 100...100_000_000 ~= permutations.count else {
      throw ValidationError("--permutations must be 100 to 1e8, not \(permutations.count)")
    }
  }

  func run() async throws {
    let table = try DataFileReader.open(file).toldTable()
    let samples = try names.map {
      try NumberSample($0, of: table, path: file, option: "--columns", atLeast: 2)
    }
    try await options.inPool { pool, interruption in
      let (found, seconds) = try await timed {
        let statistic = statistic
        let future = try pool.startPermutationTest(
          pool.array(samples[0].values), pool.array(samples[1].values),
          permutations: permutations.count, alternative: alternative.alternative,
          seed: options.seed
        ) { statistic.value($0) - statistic.value($1) }
        return try await options.value(
          of: future, "permutation test",
          chunkCount: Resampling.chunkCount(
            permutationsOf: samples.reduce(0) { $0 + $1.values.count },
            permutations: permutations.count), in: pool, interruption)
      }
      try PermutationReport(
        file: file, samples: samples, statistic: statistic, alternative: alternative.rawValue,
        found: found, seed: options.seed, seconds: seconds, workerCount: options.workers.count
      ).write(options.output.format)
    }
  }
}

/// The outcome of such a run.
struct PermutationReport: RunReport {
  let file: String
  let samples: [NumberSample]
  let statistic: SampleStatistic
  let alternative: String
  let found: PermutationTest
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
    ]
  }

  var text: String {
    let rate = Double(found.distribution.count) / seconds
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
        (
          "Time",
          "\(NumberText.time(seconds: seconds)), "
            + "\(NumberText.rate(rate, unit: " permutations")), "
            + NumberText.count(workerCount, "worker")
        ),
      ])
  }
}
