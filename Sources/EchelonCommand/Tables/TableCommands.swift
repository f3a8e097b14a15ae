import ArgumentParser
import EchelonTables

/// `echelon filter`: rows in which a condition holds.
struct FilterCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "filter",
    abstract: "The rows of files in which a condition holds.",
    discussion: """
      \(Guide.names)
      A comparison with a missing value does not hold; is_missing(x) does. Words are in the order of their bytes, which puts \
      dates as 2024-01-31 in order of time.
      \(Guide.pieces)

      EXAMPLES
        echelon filter '`petal length (cm)` > 6 or class == "setosa"' \\
          data/iris.csv
        echelon filter 'wind > 8 and weather == "rain"' \\
          data/seattle-weather.csv --output storms.csv
        echelon filter '"2014/06/01" <= date < "2014/09/01"' data/seattle-weather.csv
        echelon filter 'not is_missing(Horsepower)' data/cars.csv --format table
      """)

  @Argument(help: "The condition; see 'echelon map --help' for functions.")
  var condition: String
  @OptionGroup var options: TableOptions

  func run() async throws { try await options.run("filter", condition) }
}

/// `echelon map`: columns that are computed from others.
struct MapCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "map",
    abstract: "Columns that are computed from others, row by row.",
    discussion: """
      \(Guide.names)
      What is computed from a missing value is missing. Words are compared with others in quotes or of another column: \
      day >= "2024-01-31".
      \(Guide.pieces)

      OPERATORS, loosest first
        c ? x : y    x where c holds, y elsewhere
        or  and  not  (or ||, &&, !)
        < <= > >= == !=    may be chained: 0 < x <= 1; words go by their bytes
        + -    * / %    ^ (or **)    pi  e  inf  nan

      FUNCTIONS
      \(Guide.functions)

      EXAMPLES
        echelon map 'ratio = `petal length (cm)` / `petal width (cm)`' \\
          data/iris.csv
        echelon map 'level = wind > 8 ? 2 : wind > 4 ? 1 : 0' \\
          data/seattle-weather.csv --output levels.csv
      """)

  @Argument(help: "NAME = EXPRESSION.")
  var column: String
  @OptionGroup var options: TableOptions

  func run() async throws { try await options.run("map", column) }
}

/// `echelon select`: some of the columns.
struct SelectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "select",
    abstract: "Some of the columns, in an order of your own.",
    discussion: """
      \(Guide.names)
      \(Guide.pieces)

      EXAMPLES
        echelon select 'class, `petal length (cm)`' data/iris.csv
        echelon select wind,temp_max data/seattle-weather.csv --output part.npy
      """)

  @Argument(help: "Names with commas between them.")
  var names: String
  @OptionGroup var options: TableOptions

  func run() async throws { try await options.run("select", names) }
}

/// `echelon sort`: rows in the order of some columns.
struct SortCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sort",
    abstract: "Rows in the order of some columns.",
    discussion: """
      \(Guide.names)
      desc behind a name means downwards. Missing values come last; equal rows stay in their order.
      \(Guide.whole)

      EXAMPLES
        echelon sort 'class, `petal length (cm)` desc' data/iris.csv
        echelon sort temp_max data/seattle-weather.csv
      """)

  @Argument(help: "Names with commas between them; NAME desc means downwards.")
  var names: String
  @OptionGroup var options: TableOptions

  func run() async throws { try await options.run("sort", names) }
}

/// `echelon group`: numbers for groups of rows.
struct GroupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "group",
    abstract: "Counts, means and other numbers for groups of rows.",
    discussion: """
      VALUE, … by NAME, … where a value is one of count() sum(x) mean(x) sd(x) var(x) min(x) median(x) max(x) first(x) \
      last(x), x being an expression; NAME = before it is what its column is called.
      \(Guide.names)
      There is a row for each group, in the order of the names behind by. Missing values are left out.
      \(Guide.whole)

      EXAMPLES
        echelon group 'count(), mean(`petal length (cm)`) by class' data/iris.csv
        echelon group 'count(), hottest = max(temp_max), mean(wind) by weather' \\
          data/seattle-weather.csv --format table
      """)

  @Argument(help: "VALUE, … by NAME, ….")
  var values: String
  @OptionGroup var options: TableOptions

  func run() async throws { try await options.run("group", values) }
}

/// What the help of several commands says.
enum Guide {
  /// Of commands that read files in pieces.
  static let pieces = """
    Text, JSON lines and arrays are read in pieces, so that a file may be larger than memory; CSV, TSV, JSON lines and NPY are written so.
    """

  /// Of commands that need all rows at once.
  static let whole = "All of a table is in memory."

  static let names = """
    Columns are called by their names; those with blanks or signs stand in backquotes, words in quotes. In a shell put \
    the whole in single quotes.
    """

  /// Functions and what they give, one to a line.
  static var functions: String {
    let width = ExpressionGuide.functions.map(\.call.count).max() ?? 0
    return ExpressionGuide.functions.map { function in
      let padding = String(repeating: " ", count: width - function.call.count)
      return "  \(function.call)\(padding)  \(function.help)"
    }.joined(separator: "\n")
  }
}
