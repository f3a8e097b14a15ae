import ArgumentParser
import Echelon
import EchelonFiles
import EchelonPlots
import EchelonTables

/// A picture of what is in a table.
protocol PlotKind: ParsableCommand {
  var source: PlotSource { get }
  var plot: PlotOptions { get }

  /// The picture, as it is before `plot` says what stands around it.
  func chart(of table: DataTable) throws -> Chart
}

extension PlotKind {
  func run() throws {
    let name = Self.configuration.commandName ?? ""
    try plot.show(try source.chart(name, for: plot) { try chart(of: $0) })
  }
}

/// How the values of a column are spread.
struct HistogramPlot: PlotKind {
  static let configuration = CommandConfiguration(
    commandName: "histogram", abstract: "How the values of a column are spread.",
    usage: "echelon plot histogram [<options>] <expression> <file>",
    discussion: """
      Without --bins there are as many as NumPy's auto takes. Missing and infinite values are left out, and counted below the \
      title.

      EXAMPLES
        echelon plot histogram 'petal length (cm)' data/iris.csv
        echelon plot histogram 'log10(pop)' data/gapminder.csv --bins 20 \\
          --output pop.png
      """)

  @Argument(help: "A column, or an expression over some; see 'echelon map --help'.")
  var expression: String
  @OptionGroup var source: PlotSource
  @Option(help: ArgumentHelp("The number of bins, 1 to 10,000.", valueName: "n"))
  var bins: Int?
  @OptionGroup var plot: PlotOptions

  func validate() throws {
    try source.check([expression]) { ["histogram", $0.number] }
    if let bins, !(1...10_000 ~= bins) {
      throw ValidationError("--bins must be 1 to 10,000, not \(bins)")
    }
  }

  func chart(of table: DataTable) throws -> Chart {
    let column = try NamedExpression.one(expression, in: table)
    return try Chart.histogram(of: column.values, named: column.name, bins: bins)
  }
}

extension Chart {
  /// The most bins that a picture has room for when nobody says how many.
  private static let automaticBinLimit = 200

  static func histogram(of values: [Double], named name: String, bins: Int?) throws -> Chart {
    var histogram = ColumnHistogram(of: values, bins: bins)
    if bins == nil, histogram.counts.count > automaticBinLimit {
      histogram = ColumnHistogram(of: values, bins: automaticBinLimit)
    }
    guard !histogram.counts.isEmpty else {
      throw noPlot("'\(name)' has no finite value in \(NumberText.count(values.count, "row"))")
    }
    var chart = Chart.histogram(edges: histogram.edges, counts: histogram.counts, of: name)
    chart.notes = [
      "\(NumberText.count(values.count - histogram.leftOut, "value"))"
        + (histogram.leftOut > 0
          ? ", \(NumberText.grouped(histogram.leftOut)) missing or infinite left out" : "")
    ]
    return chart
  }
}

/// Columns as lines.
struct SeriesPlot: PlotKind {
  static let configuration = CommandConfiguration(
    commandName: "series", abstract: "Columns as lines, over a column or the rows.",
    usage: "echelon plot series [<options>] <expressions> <file>",
    discussion: """
      Missing values leave gaps. A column of words as --x, such as dates, gives places in the order in which the words \
      appear.

      EXAMPLES
        echelon plot series 'temp_max, temp_min' data/seattle-weather.csv --x date
        echelon plot series 'GDP = log(realgdp), invest = log(realinv)' \\
          data/macrodata.csv --x 'year + (quarter - 1) / 4' --output growth.svg
        echelon plot series price data/stocks.csv --x date --by symbol --log-y
      """)

  @Argument(
    help: "Columns or expressions with commas between them; NAME = before one is what it is called."
  )
  var expressions: String
  @OptionGroup var source: PlotSource
  @Option(
    help: ArgumentHelp(
      "A column or expression for the horizontal axis; else the row.", valueName: "expr"))
  var x: String?
  @Option(help: ArgumentHelp("A line for each word of this column.", valueName: "name"))
  var by: String?
  @Flag(help: "A logarithmic horizontal axis.") var logX = false
  @Flag(help: "A logarithmic vertical axis; numbers that are not positive leave gaps.") var logY =
    false
  @OptionGroup var plot: PlotOptions

  func validate() throws { try source.check([expressions]) { ["series", $0.number] } }

  func chart(of table: DataTable) throws -> Chart {
    let columns = try NamedExpression.some(expressions, in: table)
    let axis = try horizontalAxis(of: table)
    var lines = columns.map { (name: $0.name, x: [Double]?.none, y: $0.values) }
    if let by {
      lines = try table.groups(by: by).flatMap { word, rows in
        columns.map { column in
          (
            name: columns.count > 1 ? "\(word): \(column.name)" : word,
            x: rows.map { axis.values[$0] }, y: rows.map { column.values[$0] }
          )
        }
      }
    }
    guard lines.count <= 40 else {
      throw CommandError("\(lines.count) lines are more than a picture can show; 40 are the most")
    }
    guard lines.contains(where: { $0.y.contains { $0.isFinite && (!logY || $0 > 0) } }) else {
      throw noPlot(
        "no row has a\(logY ? " positive" : " finite") value of \(columns.map(\.name).joined(separator: ", "))"
      )
    }
    var chart = Chart.series(
      x: axis.values, named: axis.name, words: axis.words, isLogarithmic: (logX, logY), lines)
    if by != nil, columns.count == 1 {
      chart.title = "\(columns[0].name) by \(by ?? "")"
      chart.y.label = columns[0].name
    }
    return chart
  }

  private func horizontalAxis(
    of table: DataTable
  ) throws -> (name: String, values: [Double], words: [String]?) {
    guard let x else { return ("Row", (0..<table.rowCount).map { Double($0 + 1) }, nil) }
    let name = try? NamedExpression(x).name
    guard let column = table[x] ?? name.flatMap({ table[$0] }), let text = column.text else {
      let axis = try NamedExpression.one(x, in: table)
      return (axis.name, axis.values, nil)
    }
    guard !logX else { throw noPlot("'\(column.name)' has words, which --log-x cannot order") }
    var places: [String: Double] = [:]
    var words: [String] = []
    let values = text.map { word -> Double in
      guard let word else { return .nan }
      if let place = places[word] { return place }
      places[word] = Double(words.count)
      words.append(word)
      return Double(words.count - 1)
    }
    return (column.name, values, words)
  }
}

/// Points, and the line that fits them.
struct ScatterPlot: PlotKind {
  static let configuration = CommandConfiguration(
    commandName: "scatter",
    abstract: "One column over another as points, with the line that fits them.",
    usage: "echelon plot scatter [<options>] <x> <y> <file>",
    discussion: """
      The line has the least squares, of the logarithms where an axis is logarithmic; its equation and R² stand below the title. Rows in which one of the two is missing are \
      left out.

      EXAMPLES
        echelon plot scatter Horsepower Miles_per_Gallon data/cars.csv --by Origin
        echelon plot scatter 'petal length (cm)' 'petal width (cm)' data/iris.csv \\
          --output iris.svg
        echelon plot scatter gdpPercap lifeExp data/gapminder.csv --log-x --no-fit
      """)

  @Argument(help: "The column or expression of the horizontal axis.") var x: String
  @Argument(help: "The column or expression of the vertical axis.") var y: String?
  @OptionGroup var source: PlotSource
  @Option(help: ArgumentHelp("A colour for each word of this column.", valueName: "name"))
  var by: String?
  @Flag(help: "No line.") var noFit = false
  @Flag(help: "A logarithmic horizontal axis; numbers that are not positive are left out.")
  var logX = false
  @Flag(help: "A logarithmic vertical axis; numbers that are not positive are left out.") var logY =
    false
  @OptionGroup var plot: PlotOptions

  func validate() throws { try source.check([x, y]) { ["scatter", $0.number, $0.other] } }

  func chart(of table: DataTable) throws -> Chart {
    let x = try NamedExpression.one(x, in: table)
    let y = try NamedExpression.one(y ?? "", in: table)
    let shown = x.values.indices.filter { row in
      let (x, y) = (x.values[row], y.values[row])
      return x.isFinite && y.isFinite && (!logX || x > 0) && (!logY || y > 0)
    }
    guard !shown.isEmpty else {
      throw noPlot(
        "no row has a\(logX || logY ? " positive" : " finite") value of both \(x.name) and \(y.name)"
      )
    }
    func points(_ rows: [Int]) -> Chart.Points {
      Chart.Points(x: rows.map { x.values[$0] }, y: rows.map { y.values[$0] })
    }
    var groups = [(name: String?.none, points: points(shown))]
    if let by {
      let isShown = Set(shown)
      groups = try table.groups(by: by).map { word, rows in
        (word, points(rows.filter(isShown.contains)))
      }
    }
    var chart = Chart.scatter(
      x: x.name, y: y.name, isLogarithmic: (logX, logY), groups,
      hasFit: !noFit)
    let leftOut = x.values.count - shown.count
    if leftOut > 0 {
      chart.notes.append("\(NumberText.count(leftOut, "row")) without a place left out")
    }
    return chart
  }
}

/// The correlations of all columns as a map of colours.
struct CorrelationPlot: PlotKind {
  static let configuration = CommandConfiguration(
    commandName: "correlation",
    abstract: "The correlations of all columns of numbers as a heat map.",
    usage: "echelon plot correlation [<options>] <file>",
    discussion: """
      Pearson's, from the rows in which no number is missing. Columns without any spread have none.

      EXAMPLES
        echelon plot correlation data/wine.csv
        echelon plot correlation data/cars.csv \\
          --columns 'Horsepower, Miles_per_Gallon' --output cars.png
      """)

  @OptionGroup var source: PlotSource
  @Option(
    help: ArgumentHelp(
      "Only these columns or expressions, with commas between them.", valueName: "expr,…"))
  var columns: String?
  @OptionGroup var plot: PlotOptions

  /// Cells of a picture become too small to see.
  private static let limit = 300

  func validate() throws { try source.check([]) { _ in ["correlation"] } }

  func chart(of table: DataTable) throws -> Chart {
    let chosen = try columns.map { columns in
      DataTable(
        columns: try NamedExpression.some(columns, in: table).map {
          Column(name: $0.name, numbers: $0.values)
        })
    }
    return try Chart.correlations(of: chosen ?? table, file: source.file ?? "", limit: Self.limit)
  }
}

extension Chart {
  /// - Parameter limit: the most columns that there is room for.
  static func correlations(of table: DataTable, file: String, limit: Int) throws -> Chart {
    let numbers = DataTable(columns: table.columns.filter { $0.numbers != nil })
    guard numbers.columns.count > 1 else {
      throw noPlot("correlations need two columns of numbers or more, not \(numbers.columns.count)")
    }
    guard numbers.columns.count <= limit else {
      throw CommandError(
        "\(numbers.columns.count) columns are more than a picture can show; take some, at most \(limit), by --columns"
      )
    }
    let result = try BatchOperation.correlation.apply(to: numbers, file: file)
    let values = result.columns.dropFirst().compactMap(\.numbers)
    let complete = (0..<numbers.rowCount).count { row in
      !numbers.columns.contains { $0.isMissing(at: row) }
    }
    var chart = Chart.correlations(values, of: numbers.columns.map(\.name))
    chart.notes = [
      "Pearson, "
        + (complete == numbers.rowCount
          ? NumberText.count(complete, "row")
          : "\(NumberText.grouped(complete)) of \(NumberText.count(numbers.rowCount, "row")) without missing numbers")
    ]
    return chart
  }
}

/// How the mean of a column settles.
struct ConvergencePlot: PlotKind {
  static let configuration = CommandConfiguration(
    commandName: "convergence",
    abstract: "How the mean of samples settles as there are more of them.",
    usage: "echelon plot convergence [<options>] <expression> <file>",
    discussion: """
      The values of a column are samples, in the order of their rows: the picture has the mean of the first n of them, with \
      its 95 % interval. 'echelon montecarlo … --plot FILE' draws the same of its estimates.

      EXAMPLES
        echelon plot convergence temp_max data/seattle-weather.csv
        echelon montecarlo pi --samples 1e8 --plot pi.svg
      """)

  @Argument(help: "A column of samples, or an expression over some.") var expression: String
  @OptionGroup var source: PlotSource
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The true value, for a line beside it.", valueName: "value"))
  var exact: Double?
  @OptionGroup var plot: PlotOptions

  func validate() throws { try source.check([expression]) { ["convergence", $0.number] } }

  func chart(of table: DataTable) throws -> Chart {
    let samples = try NamedExpression.one(expression, in: table)
    var course = RunningMean()
    for value in samples.values where value.isFinite { course.add(value) }
    guard !course.counts.isEmpty else {
      throw noPlot(
        "'\(samples.name)' has no finite value in \(NumberText.count(samples.values.count, "row"))"
      )
    }
    return Chart.convergence(
      of: "the mean of \(samples.name)", counts: course.counts, estimates: course.means,
      halfWidths: course.halfWidths, exact: exact)
  }
}

extension DataTable {
  /// The rows of every word of a column, in the order in which the words appear; rows without one are left out.
  fileprivate func groups(by name: String) throws -> [(word: String, rows: [Int])] {
    let column = try TableOperation("select", name).apply(to: self).columns[0]
    var groups: [(word: String, rows: [Int])] = []
    var places: [String: Int] = [:]
    for row in 0..<rowCount where !column.isMissing(at: row) {
      let word =
        switch column.values {
        case .text(let words): words[row] ?? ""
        case .numbers(let numbers): numbers[row].rounded(significantDigits: 6)
        }
      if let place = places[word] {
        groups[place].rows.append(row)
      } else {
        places[word] = groups.count
        groups.append((word, [row]))
      }
      guard groups.count <= 40 else {
        throw CommandError(
          "--by \(name): more than 40 different values; a picture cannot tell them apart")
      }
    }
    return groups
  }
}
