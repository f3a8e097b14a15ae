/// Whether the values of a column are numbers or words.
public enum ColumnKind: String, Sendable, Equatable, Codable {
  /// Every value that is not missing is a number.
  case number

  /// At least one value is not a number: names, dates, codes.
  case text
}

/// What is known of a column before its values are read.
public struct ColumnDescription: Sendable, Equatable, Codable {
  /// The name in the header; `col0`, `col1`, … where there is none.
  public let name: String

  /// Numbers or words.
  public let kind: ColumnKind

  /// A description of a column.
  public init(name: String, kind: ColumnKind) {
    self.name = name
    self.kind = kind
  }
}
