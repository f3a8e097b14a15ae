import ArgumentParser
import EchelonFiles
import EchelonPlots
import EchelonTables

/// `plot …` as a step of a batch: a picture of every file, with the words of `echelon plot`.
///
/// It travels as its text, which is read again where it is applied.
struct PlotStep: Codable, Sendable, CustomStringConvertible {
  static let guide = (
    name: "plot", argument: "[svg|png] KIND NAME, … [OPTION …]",
    help:
      "a picture of columns as 'echelon plot --help' says, of the table as it is then: plot 'png scatter x y --by class'"
  )

  /// As it is written behind `plot`.
  private let argument: String

  /// How the picture is written; as SVG where nothing is said.
  let format: PlotFile.Format

  /// - Throws: `ExpressionFault`, whose text is the argument.
  init(_ argument: String) throws(ExpressionFault) {
    self.argument = argument
    format = try Self.read(argument).format
    if format == .png, let problem = Chart.pngProblem {
      throw Self.fault("\(problem)", argument)
    }
  }

  var description: String { "plot \(argument)" }

  /// Draws a table.
  func write(_ table: DataTable, to path: String) throws {
    let picture = try Self.read(argument)
    let kind = picture.kind
    let chart = kind.plot.labelled(try kind.chart(of: table))
    try PlotFile(path: path, format: picture.format).write(
      chart, PlotFile.size(of: chart, width: kind.plot.width, height: kind.plot.height))
  }

  private struct Picture {
    let format: PlotFile.Format
    let kind: any PlotKind
  }

  /// What `echelon plot` would do with the words, and a file behind them.
  private static func read(
    _ argument: String
  ) throws(ExpressionFault) -> Picture {
    guard var words = argument.wordsOfStep else {
      throw fault("a quote is not closed", argument)
    }
    let format = words.first.flatMap(PlotFile.Format.init)
    if format != nil { words.removeFirst() }
    let kinds = PlotCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    guard let name = words.first, kinds.contains(name) else {
      throw fault(
        "'\(words.first ?? "")' is no kind of picture; there are \(kinds.joined(separator: ", "))",
        argument)
    }
    if words.contains(where: { $0.hasPrefix("--output") || $0.hasPrefix("-o") }) {
      throw fault("pictures go to the folder of the results; leave --output out", argument)
    }
    let parsed = Self.parsed(words + ["FILE", "--output", "plot.\((format ?? .svg).rawValue)"])
    guard let kind = parsed.kind else {
      throw fault(
        parsed.problem ?? "something is missing; see 'echelon plot \(name) --help'", argument)
    }
    guard kind.source.text.words.isEmpty, kind.source.raw.words.isEmpty else {
      throw fault("how files are read is said of all of them, and not of a picture", argument)
    }
    return Picture(format: format ?? .svg, kind: kind)
  }

  /// The command of the words; nil, and why if that is known, where they are none.
  private static func parsed(_ words: [String]) -> (kind: (any PlotKind)?, problem: String?) {
    do { return (try PlotCommand.parseAsRoot(words) as? any PlotKind, nil) } catch {
      let message = PlotCommand.message(for: error)
      if message.contains("'FILE'") {
        return (nil, "there is a word too many; what has blanks in it stands in quotes")
      }
      let isKnown = message != PlotSource.noFile && !message.isEmpty
      return (nil, isKnown ? String(message.prefix { $0 != "\n" }) : nil)
    }
  }

  private static func fault(_ what: String, _ argument: String) -> ExpressionFault {
    ExpressionFault(what, at: 0..<argument.count, of: argument)
  }

  init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(argument)
  }
}

extension String {
  /// The words as a shell would have them, but that what stands in backquotes is a part of one, and a list, `a, b`, is one; nil
  /// where a quote is open.
  fileprivate var wordsOfStep: [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    for character in self {
      if let open = quote {
        if character == open { quote = nil }
        if character != open || open == "`" { word = (word ?? "") + String(character) }
        continue
      }
      switch character {
      case "'", "\"", "`":
        quote = character
        word = (word ?? "") + (character == "`" ? "`" : "")
      case _ where character.isWhitespace && word?.last == ",":
        word = (word ?? "") + " "
      case _ where character.isWhitespace && word?.hasSuffix(", ") == true: break
      case _ where character.isWhitespace:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return quote == nil ? words : nil
  }
}
