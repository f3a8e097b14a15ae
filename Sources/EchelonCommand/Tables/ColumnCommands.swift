import ArgumentParser
import EchelonTables

/// Which columns of numbers a command is about.
struct ColumnOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Columns of numbers, with commas between them; those with blanks or signs stand in backquotes. All by default.",
      valueName: "names"))
  var columns: String?

  /// As operations have it.
  var words: [String] { columns.map { ["of \($0)"] } ?? [] }
}

/// `echelon quantiles`: the values below which given parts of columns lie.
struct QuantilesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quantiles",
    abstract: "The values below which given parts of columns lie.",
    discussion: """
      There is a row for each column of numbers. Quantile p lies at position p·(n - 1) of the n sorted values, between two of \
      them by linear interpolation: type 7, the default of NumPy, pandas and R. Missing values are left out; a column of \
      none but those has missing quantiles.

      Text, JSON lines and arrays are read in pieces, a few times, so that a file may be larger than memory.

      EXAMPLES
        echelon quantiles 0.05,0.5,0.95 data/iris.csv
        echelon quantiles 0.99 data/seattle-weather.csv --columns wind,temp_max
        echelon batch --do 'quantiles 0.1, 0.9 of wind' data/*.csv --output out
      """)

  @Argument(help: "Levels from 0 to 1, with commas between them.")
  var levels: String
  @OptionGroup var columns: ColumnOptions
  @OptionGroup var options: TableOptions

  func run() async throws {
    try options.checkOrder("quantiles", levels)
    try await options.run("quantiles", ([levels] + columns.words).joined(separator: " "))
  }
}

/// `echelon cov`: how columns vary together.
struct CovarianceCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cov",
    abstract: "Covariances of every two columns, and variances.",
    discussion: """
      The divisor is n - 1. For two columns the rows count in which neither is missing, as in pandas; with --complete, the \
      rows in which none of all columns is. Fewer than two rows have no covariance. \(Guide.whole)

      EXAMPLES
        echelon cov data/iris.csv --format table
        echelon cov data/seattle-weather.csv --columns wind,temp_max
      """)

  @Flag(help: "Leave out every row in which any value is missing.")
  var complete = false
  @OptionGroup var columns: ColumnOptions
  @OptionGroup var options: TableOptions

  func run() async throws {
    let words = (complete ? ["complete"] : []) + columns.words
    try await options.run("cov", words.joined(separator: " "))
  }
}

/// `echelon corr`: how closely columns are related.
struct CorrelationCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corr",
    abstract: "Correlations of every two columns, by Pearson or Spearman.",
    discussion: """
      Spearman's correlation is Pearson's of ranks, equal values having their mean rank. For two columns the rows count in \
      which neither is missing, as in pandas; with --complete, the rows in which none of all columns is. A column that does \
      not vary has no correlations. \(Guide.whole)

      EXAMPLES
        echelon corr data/iris.csv --format table
        echelon corr --spearman data/cars.csv --columns Horsepower,Acceleration
      """)

  @Flag(help: "Of ranks, which no single value far out can sway.")
  var spearman = false
  @Flag(help: "Leave out every row in which any value is missing.")
  var complete = false
  @OptionGroup var columns: ColumnOptions
  @OptionGroup var options: TableOptions

  func run() async throws {
    let words =
      (spearman ? ["spearman"] : []) + (complete ? ["complete"] : []) + columns.words
    try await options.run("corr", words.joined(separator: " "))
  }
}
