import EchelonFiles

/// Names of columns with commas between them, as an operation has them.
struct NameList {
  private let text: String
  private let table: DataTable

  init(_ text: String, _ table: DataTable) {
    self.text = text
    self.table = table
  }

  /// The column of that name.
  func column(_ name: String) throws(ExpressionFault) -> Column {
    if let column = table[name] { return column }
    throw fault(
      "there is no column '\(name)'"
        + ExpressionBinder(text: text, columns: table.descriptions).suggestion(for: name),
      at: name)
  }

  /// A fault at a name.
  func fault(_ problem: String, at name: String) -> ExpressionFault {
    let start = text.range(of: name).map { text.distance(from: text.startIndex, to: $0) }
    let range = start.map { $0..<$0 + name.count } ?? 0..<text.count
    return ExpressionFault(problem, at: range, of: text)
  }

  /// The table with other names for some of its columns.
  func renamed(_ pairs: [(old: String, new: String)]) throws(ExpressionFault) -> DataTable {
    for (old, _) in pairs { _ = try column(old) }
    let names = table.columns.map { column in
      pairs.first { $0.old == column.name }?.new ?? column.name
    }
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw ExpressionFault(
        "two columns would be called '\(name)'", at: 0..<text.count, of: text)
    }
    return DataTable(
      columns: zip(table.columns, names).map { column, name in
        switch column.values {
        case .numbers(let values):
          Column(name: name, numbers: values, integers: column.integers)
        case .text(let values): Column(name: name, text: values)
        }
      })
  }

  // MARK: Reading

  /// `a, b`.
  static func names(of text: String) throws(ExpressionFault) -> [String] {
    try keys(of: text, withDirections: false).map(\.name)
  }

  /// A table whose columns have the same name could not be read again.
  static func refuseRepetition(of names: [String], in text: String) throws(ExpressionFault) {
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw ExpressionFault("'\(name)' is named twice", at: 0..<text.count, of: text)
    }
  }

  /// `a, -b, c desc`.
  static func keys(
    of text: String, withDirections: Bool = true
  ) throws(ExpressionFault) -> [SortKey] {
    var reader = try TokenReader(text)
    var keys: [SortKey] = []
    repeat {
      let hasMinus = withDirections && reader.take("-")
      let name = try reader.name()
      // A shell's user cannot begin with a minus.
      let isDescending = withDirections && (hasMinus || reader.take(word: "desc"))
      keys.append(SortKey(name: name, isDescending: isDescending))
    } while reader.take(",")
    try reader.expectEnd()
    return keys
  }

  /// `new = old, …`.
  static func pairs(of text: String) throws(ExpressionFault) -> [(old: String, new: String)] {
    var reader = try TokenReader(text)
    var pairs: [(old: String, new: String)] = []
    repeat {
      let new = try reader.name()
      guard reader.take("=") else { throw reader.fault("expected = and the old name of '\(new)'") }
      pairs.append((try reader.name(), new))
    } while reader.take(",")
    try reader.expectEnd()
    return pairs
  }

  /// A number of rows.
  static func count(of text: String) throws(ExpressionFault) -> Int {
    guard let count = Int(text), count >= 0 else {
      throw ExpressionFault("expected a number of rows", at: 0..<text.count, of: text)
    }
    return count
  }
}

/// Goes through the words of an argument.
struct TokenReader {
  let text: String
  private let tokens: [ExpressionToken]
  private var place = 0

  init(_ text: String) throws(ExpressionFault) {
    self.text = text
    tokens = try ExpressionToken.tokens(of: text)
  }

  /// Goes on behind a symbol, if it stands here.
  mutating func take(_ symbol: String) -> Bool {
    guard tokens[place].kind == .symbol(symbol) else { return false }
    place += 1
    return true
  }

  /// Goes on behind a word, if it stands here.
  mutating func take(word: String) -> Bool {
    guard tokens[place].kind == .name(word) else { return false }
    place += 1
    return true
  }

  /// The name that stands here.
  mutating func name() throws(ExpressionFault) -> String {
    switch tokens[place].kind {
    case .name(let name), .quotedName(let name):
      place += 1
      return name
    default:
      throw fault("expected the name of a column; those with blanks or signs stand in backquotes")
    }
  }

  /// What stands here.
  var kind: ExpressionToken.Kind { tokens[place].kind }

  /// The number that stands here.
  mutating func number(_ what: String) throws(ExpressionFault) -> Double {
    guard case .number(let number) = tokens[place].kind else { throw fault("expected \(what)") }
    place += 1
    return number
  }

  /// The whole number that stands here.
  mutating func integer(_ what: String, in range: ClosedRange<Int>) throws(ExpressionFault) -> Int {
    let start = self
    let number = try number(what)
    guard let whole = Int(exactly: number), range.contains(whole) else {
      throw start.fault(
        "\(what) must be a whole number, \(range.lowerBound) to \(range.upperBound)")
    }
    return whole
  }

  /// Levels of quantiles with commas between them.
  mutating func levels() throws(ExpressionFault) -> [Double] {
    var levels: [Double] = []
    repeat {
      let start = self
      let level = try number("a level from 0 to 1, such as 0.95")
      guard (0...1).contains(level) else { throw start.fault("levels are numbers from 0 to 1") }
      guard !levels.contains(level) else { throw start.fault("this level is given twice") }
      levels.append(level)
    } while take(",")
    return levels
  }

  /// The names that stand behind `of`, if it stands here.
  mutating func columns() throws(ExpressionFault) -> NumberColumns {
    guard take(word: "of") else { return NumberColumns(text: text, names: nil) }
    var names: [String] = []
    repeat { names.append(try name()) } while take(",")
    try NameList.refuseRepetition(of: names, in: text)
    return NumberColumns(text: text, names: names)
  }

  func expectEnd() throws(ExpressionFault) {
    guard tokens[place].kind == .end else { throw fault("expected a comma or the end") }
  }

  /// The end, or an option, behind which another may follow.
  func expectEnd(orOneOf options: String...) throws(ExpressionFault) {
    guard tokens[place].kind == .end else {
      throw fault("expected the end, or \(options.joined(separator: ", "))")
    }
  }

  func fault(_ problem: String) -> ExpressionFault {
    ExpressionFault(problem, at: tokens[place].range, of: text)
  }
}

extension String {
  /// Where another string begins in this one.
  fileprivate func range(of other: String) -> Index? {
    indices.first { self[$0...].hasPrefix(other) }
  }
}
