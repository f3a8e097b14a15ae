import EchelonFiles
import EchelonKernels
import EchelonLinearAlgebra

/// An expression over the coordinates of a point, as a user writes it: an integrand, for example.
///
///     let f = try PointExpression("exp(-x * y) / (1 + x^2)", of: ["x", "y"])
///     let value = f(point.span)
///
/// The language is that of `ColumnExpression`, without words and `row()`. A condition is 1 or 0. As a `Codable` value it
/// travels to workers, where it is read once more.
public struct PointExpression: Sendable, Codable {
  private enum CodingKeys: String, CodingKey { case text, names }

  /// The expression as it was written.
  public let text: String
  /// What the coordinates are called, in their order.
  public let names: [String]
  private let expression: BoundExpression

  /// Reads an expression over coordinates of these names.
  /// - Throws: `ExpressionFault`, which says at which character it cannot be one.
  public init(_ text: String, of names: [String]) throws(ExpressionFault) {
    (self.text, self.names) = (text, names)
    expression = try BoundExpression(
      ColumnExpression(text), names.map { ColumnDescription(name: $0, kind: .number) },
      noun: "variable")
    guard expression.isOfColumnsAlone else {
      throw ExpressionFault("points have no row()", at: 0..<text.count, of: text)
    }
  }

  /// Reads what `encode` wrote.
  /// - Throws: `DecodingError` for what is no expression.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    do {
      try self.init(
        values.decode(String.self, forKey: .text),
        of: values.decode([String].self, forKey: .names))
    } catch let fault as ExpressionFault {
      throw DecodingError.dataCorruptedError(
        forKey: .text, in: values, debugDescription: fault.description)
    }
  }

  /// The value at a point, whose coordinates are as many as `names`.
  public func callAsFunction(_ point: Span<Double>) -> Double { expression.value(at: point) }
}

extension BoundExpression {
  /// Whether it reads nothing but columns of numbers.
  fileprivate var isOfColumnsAlone: Bool {
    leaves.allSatisfy { if case .numbers = $0 { true } else { false } }
  }

  /// The value for a row with these numbers.
  fileprivate func value(at row: Span<Double>) -> Double {
    let coordinates = leaves.map { leaf in leaf.columns.first.map { row[$0] } ?? .nan }
    var value: InlineArray<1, Double> = [0]
    var span = value.mutableSpan
    compiled.program.run(into: &span, inputs: Coordinates(values: coordinates))
    return value[0]
  }

  private var leaves: [ColumnLeaf] { compiled.leaves }
}

/// The numbers of one point, an input each.
private struct Coordinates: VectorInputs {
  let values: [Double]

  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of _: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    guard let values = values as? [Element] else {
      preconditionFailure("expressions over points are of Double")
    }
    body(values.span.extracting(index..<index + 1))
  }
}
