public import EchelonFiles

/// A step over a table that is written in words: `filter x > 1`, `select name, x`.
///
/// It travels as its text, which is read again where it is applied.
public struct TableOperation: Sendable, Equatable, Codable, CustomStringConvertible {
  /// What is done.
  enum Content: Sendable {
    case filter(ColumnExpression)
    case map(name: String, ColumnExpression)
    case select([String])
    case drop([String])
    case rename([(old: String, new: String)])
    case sort([SortKey])
    case head(Int)
    case group(GroupPlan)
    case step(any TableStep)
    case user(UserOperation)
  }

  /// Operations with types of their own.
  private static let steps: [String: any TableStep.Type] = [
    "quantiles": QuantilesStep.self, "cov": CovarianceStep.self, "corr": CorrelationStep.self,
    "sample": SampleStep.self, "join": JoinStep.self, "concat": ConcatenationStep.self,
    "bootstrap": BootstrapStep.self, "regress": RegressionStep.self,
    "pca": PrincipalComponentsStep.self, "solve": SolveStep.self, "multiply": MultiplyStep.self,
    "decompose": DecomposeStep.self, "describe": DescribeStep.self,
    "histogram": HistogramStep.self,
  ]

  /// The operation as it was written.
  public let description: String
  let content: Content

  /// The words that operations begin with, what follows, and what they do.
  public static let guide: [(name: String, argument: String, help: String)] = [
    ("filter", "CONDITION", "only the rows where it holds: filter 'x > 1 and class == \"a\"'"),
    (
      "map", "NAME = EXPRESSION", "a new column, or another in place of an old one: map 'r = x / y'"
    ),
    ("select", "NAME, …", "these columns only, in this order"),
    ("drop", "NAME, …", "all columns but these"),
    ("rename", "NEW = OLD, …", "columns by other names"),
    ("sort", "NAME, NAME desc, …", "rows in the order of columns; missing ones last"),
    ("head", "N", "the first rows"),
    (
      "group", "VALUE, … by NAME, …",
      "a row for each group: group 'count(), mean(x), top = max(y / 2) by class'"
    ),
    (
      "histogram", "EXPRESSION [bins N]",
      "a row for each bin, with its edges and how many values it has: histogram 'log(x) bins 20'"
    ),
    (
      "quantiles", "P, … [of NAME, …]",
      "a row for each column, with the quantiles at levels of 0 to 1: quantiles '0.05, 0.95'"
    ),
    ("cov", "[complete] [of NAME, …]", "covariances of columns; see 'echelon corr --help'"),
    (
      "corr", "[spearman] [complete] [of NAME, …]",
      "Pearson's or Spearman's correlations of columns, pair by pair"
    ),
    (
      "sample", "N or P% [replace] [shuffle] [seed S]",
      "random rows, the same for the same seed: sample '10% seed 7'"
    ),
    (
      "join", "[inner|left|outer] FILE on NAME, …",
      "the columns of another file, where key columns agree: join 'left prices.csv on id, day'"
    ),
    ("concat", "FILE", "the rows of another file with the same columns below these"),
    (
      "bootstrap", "STATISTIC [of NAME, …] [resamples N] [seed S] [level P] [percentile]",
      "estimate, standard error and interval: bootstrap 'median of x, y seed 7'"
    ),
    (
      "regress", "[model|fitted] Y ~ X + …",
      "coefficients by least squares with standard errors, t and p; R² and F of the model; or fitted values and residuals"
    ),
    (
      "pca", "[N] [scaled] [scores] [of NAME, …]",
      "principal components with their variances, or the rows' coordinates along them"
    ),
    (
      "describe", "[P, …] [of NAME, …]",
      "all statistics of every column, as 'echelon stats --all' has them"
    ),
    ("solve", "FILE", "X in A·X = B, A being the table and B the file"),
    ("multiply", "FILE", "the product of the table and the matrix in a file"),
    (
      "decompose", "lu|qr|svd|cholesky|eigen FACTOR",
      "a factor of the matrix that the table is: decompose 'svd s'"
    ),
  ]

  /// The same with the operations of a program that extends the command.
  public static var wholeGuide: [(name: String, argument: String, help: String)] {
    guide + UserOperation.all.map { ($0.name, "[ARGUMENT]", $0.help) }
  }

  /// Whether an operation can also stand alone.
  public static func isComplete(_ operation: some StringProtocol) -> Bool {
    ["cov", "corr", "pca", "describe"].contains { $0 == operation }
      || UserOperation.all.contains { $0.name == operation }
  }

  /// Reads an operation.
  /// - Throws: `ExpressionFault`, whose text is what follows the name.
  public init(_ text: String) throws(ExpressionFault) {
    let trimmed = text.trimmed
    let end = trimmed.firstIndex { $0.isWhitespace } ?? trimmed.endIndex
    try self.init(String(trimmed[..<end]), String(trimmed[end...]).trimmed)
  }

  /// Reads what follows the name of an operation.
  /// - Throws: `ExpressionFault`, whose text is the argument; `operation` is one of `guide`.
  public init(_ operation: String, _ argument: String) throws(ExpressionFault) {
    description = argument.isEmpty ? operation : "\(operation) \(argument)"
    if let step = Self.steps[operation] {
      content = .step(try step.init(argument))
      return
    }
    if let user = UserOperation.all.first(where: { $0.name == operation }) {
      content = .user(user)
      return
    }
    switch operation {
    case "filter": content = .filter(try ColumnExpression(argument))
    case "map":
      let (name, expression) = try ColumnExpression.assignment(argument)
      content = .map(name: name, expression)
    case "select":
      let names = try NameList.names(of: argument)
      try NameList.refuseRepetition(of: names, in: argument)
      content = .select(names)
    case "drop": content = .drop(try NameList.names(of: argument))
    case "rename": content = .rename(try NameList.pairs(of: argument))
    case "sort": content = .sort(try NameList.keys(of: argument))
    case "head": content = .head(try NameList.count(of: argument))
    case "group": content = .group(try GroupPlan(argument))
    default:
      throw ExpressionFault(
        "'\(operation)' is no operation; there are "
          + Self.wholeGuide.map(\.name).joined(separator: ", "), at: 0..<operation.count,
        of: description)
    }
  }

  /// The file that the operation reads beside the table; nil for most.
  public var otherFile: String? {
    if case .step(let step) = content { step.otherFile } else { nil }
  }

  /// Whether the operation is one of a program that extends the command.
  public var isUserDefined: Bool { if case .user = content { true } else { false } }

  /// Whether a word is the name of an operation.
  public static func isName(_ word: some StringProtocol) -> Bool {
    wholeGuide.contains { $0.name == word }
  }

  /// Whether what becomes of a row depends on that row and its number alone, so that a table can come in pieces.
  public var isRowWise: Bool {
    switch content {
    case .filter, .map, .select, .drop, .rename, .head: true
    case .sort, .group, .step, .user: false
    }
  }

  /// The names of columns whose numbers are computed or compared with as `Double`s, which integers of 64 bits may not be; those
  /// of all others keep all their digits.
  /// - Returns: nil if that may be so of all.
  package func columnsTaken(of columns: [ColumnDescription]) -> Set<String>? {
    switch content {
    case .filter(let expression), .map(_, let expression):
      (try? expression.bound(to: columns)).map { Set($0.columns.map { columns[$0].name }) }
    case .select, .drop, .rename, .head, .sort: []
    case .step(let step): step is SampleStep ? [] : nil
    case .group(let plan): plan.columnsTaken(of: columns)
    case .user: nil
    }
  }

  /// Whether columns have other names after it.
  package var renames: Bool { if case .rename = content { true } else { false } }

  /// Whether a table can come in pieces, several times, for `apply(in:)`.
  package var takesPasses: Bool {
    if case .step(let step) = content { step.takesPasses } else { false }
  }

  /// What the operation, which `takesPasses`, makes of a table that comes in pieces.
  package func apply(in passes: TablePasses) throws -> DataTable {
    guard case .step(let step) = content else { preconditionFailure("'\(self)' takes no passes") }
    return try step.apply(in: passes)
  }

  /// The table after this operation.
  /// - Parameter rowsBefore: how many rows of a larger table stand before this one, for an operation that `isRowWise`.
  /// - Throws: `ExpressionFault` for columns that the table has not; `FileError` for another file that is wanted.
  public func apply(to table: DataTable, rowsBefore: Int = 0) throws -> DataTable {
    precondition(rowsBefore == 0 || isRowWise, "'\(self)' needs all rows at once")
    let argument = String(description.drop { !$0.isWhitespace }).trimmed
    switch content {
    case .filter(let expression):
      let bound = try expression.bound(to: table.descriptions)
      guard bound.kind == .condition else {
        throw ExpressionFault(
          "this is no condition; compare it with something, such as > 0",
          at: 0..<argument.count, of: argument)
      }
      let holds = bound.values(in: table, rowsBefore: rowsBefore)
      return table.rows(holds.indices.filter { holds[$0] != 0 })
    case .map(let name, let expression):
      let values = try expression.bound(to: table.descriptions).values(
        in: table, rowsBefore: rowsBefore)
      return table.setting(Column(name: name, numbers: values))
    case .select(let names):
      let list = NameList(argument, table)
      return DataTable(columns: try names.map { n throws(ExpressionFault) in try list.column(n) })
    case .drop(let names):
      let list = NameList(argument, table)
      for name in names { _ = try list.column(name) }
      let rest = table.columns.filter { !names.contains($0.name) }
      guard !rest.isEmpty else {
        throw ExpressionFault(
          "no column is left", at: 0..<argument.count, of: argument)
      }
      return DataTable(columns: rest)
    case .rename(let pairs):
      return try NameList(argument, table).renamed(pairs)
    case .sort(let keys):
      let list = NameList(argument, table)
      return table.rows(try SortKey.order(of: keys, list))
    case .head(let count):
      return table.rows(Array(0..<min(max(0, count - rowsBefore), table.rowCount)))
    case .group(let plan):
      return try plan.apply(to: table)
    case .step(let step):
      return try step.apply(to: table)
    case .user(let operation):
      return try operation.apply(table, argument)
    }
  }

  /// The same text.
  public static func == (a: TableOperation, b: TableOperation) -> Bool {
    a.description == b.description
  }

  /// Reads the text again.
  public init(from decoder: any Decoder) throws {
    try self.init(decoder.singleValueContainer().decode(String.self))
  }

  /// Writes the text.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension DataTable {
  /// What is known of the columns without their values.
  var descriptions: [ColumnDescription] { columns.map(\.description) }

  /// Some of the rows, in the order given.
  public func rows(_ rows: [Int]) -> DataTable {
    DataTable(
      columns: columns.map { column in
        switch column.values {
        case .numbers(let values):
          Column(
            name: column.name, numbers: rows.map { values[$0] },
            integers: column.integers?.rows(rows))
        case .text(let values): Column(name: column.name, text: rows.map { values[$0] })
        }
      })
  }

  /// The same with a column at the end, or in place of the one of that name.
  func setting(_ column: Column) -> DataTable {
    guard let index = columns.firstIndex(where: { $0.name == column.name }) else {
      return DataTable(columns: columns + [column])
    }
    var columns = columns
    columns[index] = column
    return DataTable(columns: columns)
  }
}

extension String {
  var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
