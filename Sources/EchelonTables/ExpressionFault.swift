/// What is wrong with an expression, and where in its text.
public struct ExpressionFault: Error, Equatable, Sendable, CustomStringConvertible {
  /// The expression as it was written.
  public let text: String
  /// Which of its characters are meant, counted from 0; empty, behind the last one, where something is missing.
  public let range: Range<Int>
  /// What is wrong, and what to do about it.
  public let problem: String

  /// A fault at some characters of an expression.
  public init(_ problem: String, at range: Range<Int>, of text: String) {
    self.problem = problem
    self.range = range
    self.text = text
  }

  private static let room = 160

  /// The sentence, the expression, and marks below the characters that are meant; of no expression, the sentence.
  public var description: String {
    if text.isEmpty { return problem }
    // On one line, so that the marks are below what they mark.
    let line = text.map { $0.isNewline || $0 == "\t" ? " " : $0 }
    // Of long ones what is around the place.
    let start = max(0, min(range.lowerBound - Self.room / 2, line.count - Self.room))
    let shown = String(line.dropFirst(start).prefix(Self.room))
    let marks = String(repeating: "^", count: max(1, min(range.count, Self.room / 2)))
    let blanks = String(repeating: " ", count: range.lowerBound - start)
    return "character \(range.lowerBound + 1): \(problem)\n  \(shown)\n  \(blanks)\(marks)"
  }
}
