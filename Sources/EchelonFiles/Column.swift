/// A named column of a table, with its values in memory.
public struct Column: Sendable, Equatable {
  /// The values, in row order.
  public enum Values: Sendable {
    /// Numbers; NaN is a missing value, since no file format tells the two apart.
    case numbers([Double])

    /// Words; nil is a missing value.
    case text([String?])
  }

  /// The name in the header.
  public let name: String

  /// The values, in row order.
  public let values: Values

  /// The integers of 64 bits that the numbers were in a file, where a `Double` may not have all their digits; nil elsewhere.
  ///
  /// They go with the rows that operations choose and order. What is computed has none.
  package let integers: StoredIntegers?

  /// A column of numbers, NaN where one is missing.
  public init(name: String, numbers: [Double]) {
    self.init(name: name, numbers: numbers, integers: nil)
  }

  /// A column of numbers with the integers that they were, if there are any: as many.
  package init(name: String, numbers: [Double], integers: StoredIntegers?) {
    precondition(
      integers.map { $0.bits.count == numbers.count } ?? true, "other integers than numbers")
    self.name = name
    values = .numbers(numbers)
    self.integers = integers
  }

  /// A column of words, nil where one is missing.
  public init(name: String, text: [String?]) {
    self.name = name
    values = .text(text)
    integers = nil
  }

  /// Numbers or words.
  public var kind: ColumnKind {
    switch values {
    case .numbers: .number
    case .text: .text
    }
  }

  /// The number of rows.
  public var count: Int {
    switch values {
    case .numbers(let values): values.count
    case .text(let values): values.count
    }
  }

  /// The values of a column of numbers, or nil.
  public var numbers: [Double]? {
    if case .numbers(let values) = values { values } else { nil }
  }

  /// The values of a column of words, or nil.
  public var text: [String?]? {
    if case .text(let values) = values { values } else { nil }
  }

  /// Whether row `index` has no value.
  public func isMissing(at index: Int) -> Bool {
    switch values {
    case .numbers(let values): values[index].isNaN
    case .text(let values): values[index] == nil
    }
  }

  /// How many rows have no value.
  public var missingCount: Int {
    switch values {
    case .numbers(let values): values.count { $0.isNaN }
    case .text(let values): values.count { $0 == nil }
    }
  }

  /// Same name, same kind, and the same values to the bit, missing ones included.
  public static func == (first: Column, second: Column) -> Bool {
    guard first.name == second.name, first.count == second.count else { return false }
    switch (first.values, second.values) {
    case (.numbers(let a), .numbers(let b)):
      return first.integers == second.integers
        && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
    case (.text(let a), .text(let b)):
      return a == b
    default:
      return false
    }
  }
}
