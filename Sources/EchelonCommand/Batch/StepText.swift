import EchelonTables

/// Steps as they stand in one word of a command or one line of a job file: `drop-missing standardize`, `filter x > 1, log`.
///
/// Operations by their names alone are separated by blanks or commas. One that is followed by what it works on goes to the end, or
/// to a comma outside of parentheses and quotes that is followed by an operation; but where commas belong to what it works on, it
/// goes to the end: in `select x, log` nothing could say that `log` is no column.
struct StepText {
  /// Why a text is not steps.
  enum Fault: Error {
    /// A word where the name of an operation belongs, and whether there are operations beside it.
    case unknown(String, besideOthers: Bool)
    /// What is wrong with an operation.
    case wrong(String)
  }

  private(set) var steps: [BatchStep] = []
  private var rest: Substring

  init(_ text: String) throws(Fault) {
    rest = text[...]
    while true {
      rest = rest.drop { Self.isSeparator($0) }
      let name = Self.firstWord(of: rest)
      guard !name.isEmpty else { return }
      if name == "convert", !TableOperation.isName(name) {
        rest = rest[name.endIndex...]
        steps.append(try conversion())
      } else if BatchStep.hasArgument(name) {
        rest = rest[name.endIndex...]
        steps.append(try stepWithArgument(String(name)))
      } else if let operation = BatchOperation(rawValue: String(name)) {
        rest = rest[name.endIndex...]
        steps.append(try step(operation))
      } else {
        let isBesideOthers = text.split(whereSeparator: Self.isSeparator).contains(
          where: Self.isOperation)
        let part = rest.prefix { $0 != "," }
        throw .unknown(String(isBesideOthers ? name : part), besideOthers: isBesideOthers)
      }
    }
  }

  /// One that needs nothing behind it; but one that writes can have a type.
  private mutating func step(_ operation: BatchOperation) throws(Fault) -> BatchStep {
    let type = Self.firstWord(of: rest.drop { $0.isWhitespace })
    guard operation.outputExtension != nil, !type.isEmpty, !Self.isOperation(type) else {
      return .named(operation)
    }
    rest = rest[type.endIndex...]
    let text = "\(operation.rawValue) \(type)"
    guard let step = BatchStep(text) else {
      throw .wrong(BatchStep.wrongType(text) ?? "'\(text)' is not an operation")
    }
    return step
  }

  /// `npy` behind `convert`, and perhaps a type: the step that writes it.
  private mutating func conversion() throws(Fault) -> BatchStep {
    rest = rest.drop { $0.isWhitespace }
    let format = Self.firstWord(of: rest)
    guard let operation = ConvertCommand.Format(rawValue: String(format))?.operation else {
      let formats = ConvertCommand.Format.allCases.map(\.rawValue).joined(separator: ", ")
      throw .wrong("'convert' is followed by a format, one of \(formats)")
    }
    rest = rest[format.endIndex...]
    return try step(operation)
  }

  /// One that is followed by what it works on.
  private mutating func stepWithArgument(_ name: String) throws(Fault) -> BatchStep {
    rest = rest.drop { $0.isWhitespace }
    let isAlone = rest.isEmpty || rest.first == ","
    guard !isAlone || BatchStep.isComplete(name) else {
      throw .wrong("'\(name)' is followed by what it works on")
    }
    let end = isAlone ? rest.startIndex : Self.end(of: rest, for: name)
    let argument = String(rest[..<end])
    rest = rest[end...]
    do { return try BatchStep(name, argument) } catch {
      throw .wrong("\(name): \(error)")
    }
  }

  // MARK: Where things end

  private static func isSeparator(_ character: Character) -> Bool {
    character.isWhitespace || character == ","
  }

  private static func isOperation(_ word: some StringProtocol) -> Bool {
    BatchOperation(rawValue: String(word)) != nil || BatchStep.hasArgument(word)
  }

  private static func firstWord(of text: Substring) -> Substring {
    text.prefix { !isSeparator($0) }
  }

  /// Where what an operation works on ends: at a comma in front of an operation, or at the end.
  private static func end(of text: Substring, for name: String) -> String.Index {
    let isRisk = BatchStep.isRisk(name)
    let guide = isRisk ? RiskStep.guide : TableOperation.guide.first { $0.name == name }
    // Lists have commas of their own, and what a user's operation takes may be anything; of `var`, they have equals signs.
    guard let guide, isRisk || !guide.argument.contains(", …") else { return text.endIndex }
    var depth = 0
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
        continue
      }
      switch character {
      case "\"", "'", "`": quote = character
      case "(", "[": depth += 1
      case ")", "]": depth -= 1
      case "," where depth == 0:
        let next = firstWord(of: text[index...].drop { isSeparator($0) })
        // A misspelt operation is one, too, but not in the name of a file, which can have commas.
        let isMeant =
          isOperation(next)
          || (guide.argument != "FILE" && !next.isEmpty
            && NearestName.to(String(next), among: BatchStep.names) != nil)
        if isMeant { return index }
      default: break
      }
    }
    return text.endIndex
  }
}
