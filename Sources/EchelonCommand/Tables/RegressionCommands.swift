import ArgumentParser
import EchelonFiles
import EchelonMemory
import EchelonTables

/// `echelon regress`: how one column follows from others.
struct RegressionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "regress",
    abstract: "A linear regression by least squares, with standard errors, t, p, R² and F.",
    discussion: """
      FORMULA is Y ~ X1 + X2 + …, where each part is a column or an expression of some, as 'echelon map --help' has them: \
      x1 * x2 is their product alone. Y ~ . takes all columns of numbers. - 1 leaves out the intercept; R² is then about 0, \
      not about the mean. p is two-sided, by Student's t. A row in which anything that the formula takes is missing is left \
      out, which the model says. A part that is a combination of those before it is refused by name. \(Guide.whole)

      EXAMPLES
        echelon regress 'TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR' \\
          data/longley.csv
        echelon regress 'log(pop) ~ year + lifeExp' data/gapminder.csv --show model
        echelon regress 'Miles_per_Gallon ~ Weight_in_lbs' data/cars.csv \\
          --show fitted --output fitted.csv
      """)

  /// What of it is written.
  enum Part: String, CaseIterable, ExpressibleByArgument {
    case coefficients, model, fitted
  }

  @Argument(help: "Y ~ X1 + X2 + ….")
  var formula: String
  @Option(
    help: ArgumentHelp(
      "A row for each coefficient; one row about the model; or the table with columns fitted and residual. By default "
        + "coefficients, and on a terminal also the model.", valueName: "part"))
  var show: Part?
  @OptionGroup var options: TableOptions

  func run() async throws {
    try options.checkOrder("regress", formula)
    guard show == nil, options.output == nil, options.files.count == 1,
      Folder.entry(at: options.files[0]) != .folder,
      options.format == .table || (options.format == nil && Console.width != nil)
    else {
      return try await options.run("regress", "\((show ?? .coefficients).rawValue) \(formula)")
    }
    let regression: Regression
    do { regression = try Regression(formula) } catch {
      throw WrongUse("regress: \(error)", command: "regress")
    }
    let fit = try options.text.table(at: options.files[0], options.raw, command: "regress") {
      try regression.fit($0)
    }
    try fit.coefficients.show(as: .table)
    try Console.write("\n")
    try fit.model.show(as: .table)
  }
}

/// `echelon pca`: the directions in which rows vary most.
struct PrincipalComponentsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pca",
    abstract: "Principal components of columns, with the variance that each explains.",
    discussion: """
      A row for each component: its variance (divisor n - 1), its part of the whole, the sum of those so far, and its loading \
      of each column; the largest loading is positive. With --scores the table with columns pc1, pc2, …: the coordinates of \
      its rows. Rows in which a value is missing are left out; their scores are missing. \(Guide.whole)

      EXAMPLES
        echelon pca data/iris.csv --format table
        echelon pca data/wine.csv --scaled --count 3
        echelon pca data/iris.csv --scores --count 2 --output scores.csv
      """)

  @Option(help: ArgumentHelp("How many components; all by default.", valueName: "n"))
  var count: Int?
  @Flag(help: "Divide columns by their standard deviations, so that units do not count.")
  var scaled = false
  @Flag(help: "Coordinates of rows in place of components.")
  var scores = false
  @OptionGroup var columns: ColumnOptions
  @OptionGroup var options: TableOptions

  func run() async throws {
    let words =
      (count.map { ["\($0)"] } ?? []) + (scaled ? ["scaled"] : []) + (scores ? ["scores"] : [])
      + columns.words
    try await options.run("pca", words.joined(separator: " "))
  }
}
