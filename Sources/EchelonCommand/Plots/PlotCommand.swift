import ArgumentParser
import Echelon
import EchelonFiles
import EchelonMemory
import EchelonPlots
import EchelonTables

/// `echelon plot`: pictures of what is in a file.
struct PlotCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract: "Pictures of columns: in the terminal, as SVG or as PNG.",
    discussion: """
      Without --output the picture is drawn in the terminal, as large as its window. Columns are called by their names; those \
      with blanks or signs stand in backquotes inside of expressions. In a shell put names and expressions in single quotes.

      EXAMPLES
        echelon plot histogram 'petal length (cm)' data/iris.csv
        echelon plot series 'temp_max, temp_min' data/seattle-weather.csv \\
          --x date --output weather.svg
        echelon plot scatter Horsepower Miles_per_Gallon data/cars.csv \\
          --by Origin --output cars.png
        echelon plot correlation data/wine.csv --output wine.svg
        echelon plot convergence temp_max data/seattle-weather.csv
        echelon montecarlo pi --samples 1e7 --plot pi.svg
        echelon batch --do 'plot histogram price' days --output pictures
      """,
    subcommands: [
      HistogramPlot.self, SeriesPlot.self, ScatterPlot.self, CorrelationPlot.self,
      ConvergencePlot.self,
    ])
}

extension PlotCommand {
  /// What to say to someone who names several files for a picture; nil for other errors.
  /// - Parameters:
  ///   - message: of the parser.
  ///   - arguments: the words of the command.
  static func adviceForFiles(_ message: String, _ arguments: [String]) -> String? {
    guard arguments.count > 1, arguments[0] == "plot",
      configuration.subcommands.contains(where: { $0._commandName == arguments[1] }),
      message.lowercased().contains("unexpected argument")
    else { return nil }
    return "\(message); a picture is of one file, and there is one of each by "
      + "echelon batch --do 'plot \(arguments[1]) …' FILE… --output DIR\n"
      + "  See 'echelon plot \(arguments[1]) --help' for more information."
  }
}

/// Where a picture goes, and how large it is.
struct PlotOptions: ParsableArguments {
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "A file ending in .svg or .png; without it the picture is drawn in the terminal.",
      valueName: "path"), completion: .file(extensions: ["svg", "png"]))
  var output: String?

  @Option(help: ArgumentHelp("What stands above the picture.", valueName: "text"))
  var title: String?
  @Option(help: ArgumentHelp("What stands below the horizontal axis.", valueName: "text"))
  var xLabel: String?
  @Option(
    help: ArgumentHelp("What stands beside the vertical axis: 'CO2 (ppm)'.", valueName: "text"))
  var yLabel: String?

  @Option(
    help: ArgumentHelp(
      "The width, 200 to 8,000 CSS pixels, of which a PNG has two for each; in the terminal, columns.",
      valueName: "n"))
  var width: Int?
  @Option(
    help: ArgumentHelp("The height, in the same units; in the terminal, lines.", valueName: "n"))
  var height: Int?

  func validate() throws {
    let range = output == nil ? 20...1000 : 200...8000
    for (name, value) in [("width", width), ("height", height)] {
      if let value, !(name == "height" && output == nil ? 8...1000 : range).contains(value) {
        throw ValidationError(
          output == nil
            ? "--\(name) is characters in the terminal, 20 to 1000 columns and 8 to 1000 lines, not \(value)"
            : "--\(name) must be 200 to 8000, not \(value)")
      }
    }
    if let output { _ = try PlotFile(checking: output) }
  }

  @OptionGroup var color: ColorOptions

  /// The chart with what was asked for around it.
  func labelled(_ chart: Chart) -> Chart {
    var chart = chart
    if let title { chart.title = title }
    if let xLabel { chart.x.label = xLabel }
    if let yLabel { chart.y.label = yLabel }
    return chart
  }

  /// Writes the chart to where it is to go.
  func show(_ chart: Chart) throws {
    let chart = labelled(chart)
    guard let output else {
      return try Console.write(TerminalChart(fitting: chart, columns: width, rows: height).text)
    }
    try PlotFile(checking: output).write(
      chart, PlotFile.size(of: chart, width: width, height: height))
  }
}

extension TerminalChart {
  /// As large as the window, where nobody says how large.
  init(fitting chart: Chart, columns: Int? = nil, rows: Int? = nil) {
    self.init(
      chart, columns: columns ?? Console.width ?? 80,
      rows: rows ?? max(12, min(30, (Console.height ?? 26) - 2)), isColored: Console.isStyled)
  }
}

/// A file for a picture, in the format that its name says.
struct PlotFile {
  enum Format: String, CaseIterable { case svg, png }
  let path: String
  private let format: Format

  init(path: String, format: Format) { (self.path, self.format) = (path, format) }

  /// - Throws: `ValidationError` for a name without a format, or a format without its library.
  init(checking path: String) throws {
    guard let format = Format.allCases.first(where: { path.hasEnding(".\($0)") }) else {
      throw ValidationError(
        "'\(path)' does not say its format; name a file that ends in .svg or .png")
    }
    try OutputPlace.check(path)
    if format == .png, let problem = Chart.pngProblem {
      throw ValidationError("\(path): \(problem)")
    }
    self.init(path: path, format: format)
  }

  /// As was asked for, or what suits the chart.
  static func size(of chart: Chart, width: Int? = nil, height: Int? = nil) -> Size {
    let cells = Double(chart.cells?.count ?? 0)
    let natural =
      cells > 0
      ? (max(460, min(1600, 240 + cells * 40)), max(380, min(1500, 150 + cells * 34)))
      : (720.0, 430.0)
    return Size(
      width: width.map(Double.init) ?? natural.0, height: height.map(Double.init) ?? natural.1)
  }

  func write(_ chart: Chart, _ size: Size) throws {
    do {
      // Drawn first: a picture that cannot be leaves the file as it was.
      let bytes = format == .svg ? Array(chart.svg(size).utf8) : try chart.png(size)
      var writer = try AtomicFileWriter(path: path)
      try writer.write(elements: bytes.span)
      try writer.commit()
    } catch let error as PlotError {
      throw CommandError("\(path): \(error)")
    }
  }
}

/// What a picture of a file's columns is made from.
struct PlotSource: ParsableArguments {
  @Argument(
    help: ArgumentHelp(
      "A data file, also with .gz or .zst; - is standard input.", valueName: "file"),
    completion: .file())
  var file: String?

  @OptionGroup var raw: RawOptions
  @OptionGroup(title: "Options for delimited text") var text: TextOptions

  static let noFile = "no file is named; it comes last"

  /// Refuses to go on without a file, or with one that is named first.
  /// - Parameters:
  ///   - words: what was named before it, the last of which may be it.
  ///   - example: the plot, with the columns that it needs.
  func check(_ words: [String?], example: (ColumnHint.Columns) -> [String]) throws {
    let words = words.compactMap(\.self)
    if let file {
      let command: [String] = ["echelon", "plot"] + example(.none).prefix(1)
      if let hint = ColumnHint.swapped(words + [file], command: command) {
        throw ValidationError(hint)
      }
      return
    }
    let last = words.last ?? ""
    throw ValidationError(
      ColumnHint.text(last, example: { ["echelon", "plot"] + example($0) })
        ?? Self.noFile)
  }

  /// What is made of the table of the file, which the picture must not replace.
  func chart(
    _ command: String, for plot: PlotOptions, _ body: (DataTable) throws -> Chart
  ) throws -> Chart {
    let paths = [file].compactMap(\.self)
    if let output = plot.output {
      try InputProtection(paths).check(
        output, command: "plot \(command)", advice: "name another file by --output")
    } else {
      try InputProtection.checkStandardOutput(paths, command: "plot \(command)")
    }
    return try text.table(at: file ?? "", raw, command: "plot \(command)", body)
  }
}

extension NamedExpression {
  /// One expression of a command, where a column's own name needs no backquotes.
  static func one(_ text: String, in table: DataTable) throws -> (name: String, values: [Double]) {
    if let column = table[text] { return (text, try column.plotted(in: table)) }
    let named = try NamedExpression(text)
    if let column = table[named.name], column.text != nil { _ = try column.plotted(in: table) }
    return (named.name, try named.values(in: table))
  }

  /// Some of them, with commas between.
  static func some(
    _ text: String, in table: DataTable
  ) throws -> [(name: String, values: [Double])] {
    if let column = table[text] { return [(text, try column.plotted(in: table))] }
    // Names that are no words of expressions, as they are in the header.
    let parts = text.split(separator: ",").map { part in
      String(part.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
    let columns = parts.compactMap { table[$0] }
    if columns.count == parts.count {
      return try columns.map { ($0.name, try $0.plotted(in: table)) }
    }
    return try NamedExpression.list(of: text).map { ($0.name, try $0.values(in: table)) }
  }
}

extension Column {
  /// The numbers of the column.
  /// - Throws: for words, what can be drawn instead.
  fileprivate func plotted(in table: DataTable) throws -> [Double] {
    if let numbers { return numbers }
    let others = table.columns.filter { $0.numbers != nil }.prefix(8).map(\.name)
    throw CommandError(
      "column '\(name)' has words, and a picture needs numbers"
        + (others.isEmpty ? "" : "; those of numbers are \(others.joined(separator: ", "))")
        + "; 'echelon group' counts words, and --by tells them apart in a picture")
  }
}

/// A picture that cannot be made of what is there.
func noPlot(_ what: String) -> CommandError { CommandError("nothing to draw: \(what)") }
