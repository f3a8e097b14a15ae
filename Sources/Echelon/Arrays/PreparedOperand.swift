import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
import EchelonWire

/// An operand of work that takes more than one pass. An array is used where it lies; a view with gaps and an
/// expression are made an array of in a pass before the first: what is gathered once need not be gathered in each.
struct PreparedOperand<Element: VectorProgramScalar>: Sendable {
  let shape: ExpressionShape
  private let expression: ArrayExpression<Element>

  /// - Throws: what evaluating it would.
  init(_ operand: some ArrayOperand<Element>, operation: String) throws {
    expression = operand.expression
    shape = try ExpressionPlan([expression.node], operation: operation).shape
  }

  var count: Int { shape.count }

  /// The elements where they lie; nil when they are yet to be put one behind the other.
  private var elements: SharedArray<Element>? {
    guard case .leaf(let leaf) = expression.node.content, leaf.layout.isContiguous,
      leaf.type == Element.vectorType
    else { return nil }
    return leaf.reference.bytes.view(as: Element.self)[0..<count]
  }

  /// The elements one behind the other.
  /// - Parameter executor: what the caller's pass runs on.
  func array(
    on executor: some WorkExecutor, _ priority: WorkPriority
  ) async throws -> SharedArray<Element> {
    if let elements {
      // Some of them are looked at here, outside of any job.
      try elements.block.checkIntact()
      return elements
    }
    return try await finished(executor.startEvaluate(expression, priority: priority))
  }
}
