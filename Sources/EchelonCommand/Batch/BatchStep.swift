import EchelonFiles
import EchelonTables

/// One step of a batch: an operation by its name alone, or one that is followed by what it works on.
enum BatchStep: Codable, Sendable, CustomStringConvertible {
  case named(BatchOperation)
  case table(TableOperation)
  case risk(RiskStep)
  case plot(PlotStep)
  /// One that writes, numbers as the type: `to-npy f4`.
  case written(BatchOperation, StoredType)

  /// A step that needs nothing but its name, or a type behind it; nil for others.
  init?(_ name: String) {
    let words = name.split(separator: " ").map(String.init)
    if words.count == 2, let operation = BatchOperation(rawValue: words[0]),
      let type = StoredType(argument: words[1]), type.fits(operation)
    {
      self = .written(operation, type)
    } else if let operation = BatchOperation(rawValue: name) {
      self = .named(operation)
    } else if Self.isComplete(name), let step = try? Self(name, "") {
      self = step
    } else {
      return nil
    }
  }

  /// What is wrong with the type behind an operation that writes; nil where that is not what is wrong.
  static func wrongType(_ name: String) -> String? {
    let words = name.split(separator: " ").map(String.init)
    guard words.count > 1, let operation = BatchOperation(rawValue: words[0]),
      operation.outputExtension != nil
    else { return nil }
    let type = words.dropFirst().joined(separator: " ")
    let types = StoredType.names(for: operation)
    return types.isEmpty
      ? "'\(operation.rawValue)' takes no type, here '\(type)'; leave it out"
      : "'\(type)' is no type that \(operation.rawValue) writes; there are "
        + types.joined(separator: ", ")
        + (operation == .toNumbers ? ", and with be behind it as in f4be" : "")
  }

  /// The extension of the file that the step writes; nil for those that compute.
  var outputExtension: String? {
    switch self {
    case .named(let operation), .written(let operation, _): operation.outputExtension
    case .plot(let step): step.format.rawValue
    case .table, .risk: nil
    }
  }

  /// Whether numbers that it cannot compute are counted as undefined.
  var canMakeUndefined: Bool {
    switch self {
    case .named(let operation): [.log, .sqrt].contains(operation)
    case .table, .risk, .plot, .written: false
    }
  }

  /// The type of the numbers that it writes, if one was chosen.
  var storedType: StoredType? {
    if case .written(_, let type) = self { type } else { nil }
  }

  /// The table after this step; those that write leave it as it is.
  /// - Parameters:
  ///   - file: the name that the statistics give.
  ///   - rowsBefore: how many rows of a larger table stand before this one, for a step that `isRowWise`.
  func apply(to table: DataTable, file: String, rowsBefore: Int = 0) throws -> DataTable {
    switch self {
    case .named(let operation): try operation.apply(to: table, file: file)
    case .table(let operation): try operation.apply(to: table, rowsBefore: rowsBefore)
    case .risk(let step): try step.apply(to: table, file: file)
    case .plot, .written: table
    }
  }

  /// As it is written after `--do`.
  var description: String {
    switch self {
    case .named(let operation): operation.rawValue
    case .table(let operation): operation.description
    case .risk(let step): step.description
    case .plot(let step): step.description
    case .written(let operation, let type): "\(operation.rawValue) \(type)"
    }
  }

  /// What it does, for people.
  var help: String? {
    switch self {
    case .named(let operation), .written(let operation, _): operation.help
    case .table(let operation):
      TableOperation.guide.first { operation.description.hasPrefix($0.name + " ") }?.help
    case .risk: RiskStep.guide.help
    case .plot: PlotStep.guide.help
    }
  }

  // MARK: Those that are followed by what they work on

  /// Their names, what follows, and what they do.
  static var guide: [(name: String, argument: String, help: String)] {
    let others = [
      RiskStep.guide, PlotStep.guide,
      ("convert", "FORMAT [TYPE]", "the same as to-FORMAT: convert npy, convert 'h5 f4'"),
    ]
    // A program that extends the command may have one of its own by such a name.
    return TableOperation.wholeGuide + others.filter { !TableOperation.isName($0.0) }
  }

  /// Whether a word stands for `var`, and for no operation of a program that extends the command.
  static func isRisk(_ name: some StringProtocol) -> Bool {
    name == RiskStep.guide.name && !TableOperation.isName(name)
  }

  /// The same of `plot`.
  private static func isPlot(_ name: some StringProtocol) -> Bool {
    name == PlotStep.guide.name && !TableOperation.isName(name)
  }

  /// Whether a word is the name of one.
  static func hasArgument(_ word: some StringProtocol) -> Bool {
    guide.contains { $0.name == word }
  }

  /// Whether one can also stand alone.
  static func isComplete(_ name: some StringProtocol) -> Bool {
    isRisk(name) || TableOperation.isComplete(name)
  }

  /// Reads one.
  /// - Throws: `ExpressionFault`, whose text is the argument; `name` is one of `guide`, and not `convert`.
  init(_ name: String, _ argument: String) throws(ExpressionFault) {
    self =
      if Self.isRisk(name) {
        .risk(try RiskStep(argument))
      } else if Self.isPlot(name) {
        .plot(try PlotStep(argument))
      } else {
        .table(try TableOperation("\(name) \(argument)"))
      }
  }

  /// The names of all steps, as an error lists them.
  static var names: [String] { BatchOperation.allCases.map(\.rawValue) + guide.map(\.name) }

  /// Those that are followed by something, one to a line.
  static var list: String {
    guide.map { step in "  \(step.name) \(step.argument)\n      \(step.help)" }
      .joined(separator: "\n")
  }
}
