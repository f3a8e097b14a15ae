public import EchelonLinearAlgebra
public import Synchronization

/// An element-wise computation as it was written down: a graph of operations over leaves.
///
/// A node that is used in several places is computed once. `Leaf` is whatever names an array.
public final class ExpressionNode<Leaf: Hashable & Sendable>: Sendable {
  /// What stands at a node.
  public enum Content: Sendable {
    case leaf(Leaf)
    /// As `VectorProgramScalar.constantBits` has it.
    case constant(UInt64)
    case operation(VectorOperation, [ExpressionNode])
  }

  /// Behind a lock for the sake of `deinit` alone; it never changes before.
  @usableFromInline let held: Mutex<Content>

  /// What stands here.
  @inlinable public var content: Content { held.withLock { $0 } }

  /// A node.
  @inlinable public init(_ content: Content) { held = Mutex(content) }

  // Not by recursion, which is what releasing the operands here would be: a polynomial of degree ten thousand
  // is a graph of that depth, and a thread's stack may be short.
  deinit {
    var released = takeOperands()
    while var node = released.popLast() {
      if isKnownUniquelyReferenced(&node) { released += node.takeOperands() }
    }
  }

  /// Of a node that nobody else has any more.
  private func takeOperands() -> [ExpressionNode] {
    held.withLock { content in
      guard case .operation(_, let operands) = content else { return [] }
      content = .constant(0)
      return operands
    }
  }
}

/// Why a computation that was written down cannot be run.
public enum ExpressionError: Error, Equatable, CustomStringConvertible {
  /// More arrays, numbers and intermediate values at a time than one pass can hold.
  case tooLarge(limit: Int)
  /// More different arrays than a job can have.
  case tooManyArrays(count: Int, limit: Int)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .tooLarge(let limit):
      "the expression needs more than \(limit) arrays, numbers and intermediate values at a time; "
        + "evaluate a part of it first"
    case .tooManyArrays(let count, let limit):
      "the expression reads \(count) arrays, and one pass can read \(limit); evaluate a part of it first"
    }
  }
}

/// An expression as straight-line code, and the arrays that it reads.
public struct CompiledExpression<Leaf: Hashable & Sendable>: Sendable {
  /// What runs over the elements.
  public let program: VectorProgram
  /// Its inputs, in their order.
  public let leaves: [Leaf]

  /// Orders the operations, numbers the operands, and uses the place of a value again after its last use.
  ///
  /// Inlinable, with all that it calls, so that it is compiled for the leaves that its caller has: asked for its
  /// types at run time, it took longer than a small array takes to compute.
  @inlinable
  public init(_ root: ExpressionNode<Leaf>) throws(ExpressionError) {
    var graph = ExpressionGraph<Leaf>()
    graph.add(root)
    let leafCount = graph.leaves.count
    let temporaries = leafCount + graph.constants.count
    let limit = VectorProgram.operandLimit
    guard temporaries <= limit else { throw .tooLarge(limit: limit) }

    // The number of every value; constants come after the leaves, temporaries after both.
    var places = [Int](repeating: 0, count: graph.steps.count)
    var free: [Int] = []
    var temporaryCount = 0
    var instructions: [VectorProgram.Instruction] = []
    instructions.reserveCapacity(max(1, graph.steps.count))
    var uses = graph.uses
    for (index, step) in graph.steps.enumerated() {
      var sources: [Int] = []
      sources.reserveCapacity(step.operands.count)
      for operand in step.operands {
        switch operand {
        case .leaf(let number): sources.append(number)
        case .constant(let number): sources.append(leafCount + number)
        case .result(let number): sources.append(places[number])
        }
      }
      // An operand that is used for the last time makes room for the result: an operation may write over
      // what it reads.
      for operand in step.operands {
        guard case .result(let number) = operand else { continue }
        uses[number] -= 1
        if uses[number] == 0 { free.append(places[number]) }
      }
      let target: Int
      if index == graph.steps.count - 1 {
        target = 0  // the output, which takes no place
      } else if let reused = free.popLast() {
        target = reused
      } else {
        target = temporaries + temporaryCount
        temporaryCount += 1
      }
      guard target < limit else { throw .tooLarge(limit: limit) }
      places[index] = target
      instructions.append(.init(step.operation, sources, target: target))
    }
    if instructions.isEmpty { instructions.append(.init(.copy, [0], target: 0)) }
    guard
      let program = VectorProgram(
        instructions, constants: graph.constants,
        inputCount: leafCount, temporaryCount: temporaryCount)
    else { preconditionFailure("the compiler of expressions made unsound code") }
    self.program = program
    leaves = graph.leaves
  }
}

extension ExpressionNode.Content {
  /// What is computed at an operation: that, or one operation that does the work of several, to the same bits.
  @inlinable
  var computation: (operation: VectorOperation, operands: [ExpressionNode<Leaf>])? {
    guard case .operation(let operation, let operands) = self else { return nil }
    if operation == .squareRoot, case .operation(.add, let terms) = operands[0].content,
      let x = terms[0].squared, let y = terms[1].squared
    {
      return (.rootOfSquares, [x, y])
    }
    return (operation, operands)
  }
}

extension ExpressionNode {
  /// What it is the square of, if it is a product of a value with itself.
  @inlinable
  var squared: ExpressionNode? {
    guard case .operation(.multiply, let factors) = content else { return nil }
    if factors[0] === factors[1] { return factors[0] }
    guard case .leaf(let a) = factors[0].content, case .leaf(let b) = factors[1].content, a == b
    else { return nil }
    return factors[0]
  }
}

/// The operations of an expression, each after those that it needs.
@usableFromInline struct ExpressionGraph<Leaf: Hashable & Sendable> {
  /// Where an operand comes from.
  @usableFromInline enum Value {
    case leaf(Int)
    case constant(Int)
    /// Of a step.
    case result(Int)
  }
  @usableFromInline struct Step {
    @usableFromInline let operation: VectorOperation
    @usableFromInline let operands: [Value]

    @inlinable init(_ operation: VectorOperation, _ operands: [Value]) {
      self.operation = operation
      self.operands = operands
    }
  }
  @usableFromInline enum Visit {
    case begin(ExpressionNode<Leaf>)
    case end(ExpressionNode<Leaf>, VectorOperation, [ExpressionNode<Leaf>])
  }

  @usableFromInline var steps: [Step] = []
  /// How often the result of each step is an operand.
  @usableFromInline var uses: [Int] = []
  /// In the order of their first use; constants by their bits, so that NaN is one, too.
  @usableFromInline var leaves: [Leaf] = []
  @usableFromInline var constants: [UInt64] = []

  @inlinable init() {}

  /// Not by recursion: a polynomial of degree ten thousand is a graph of that depth.
  @inlinable
  mutating func add(_ root: ExpressionNode<Leaf>) {
    var values: [ObjectIdentifier: Value] = [:]
    var leafNumbers: [Leaf: Int] = [:]
    var constantNumbers: [UInt64: Int] = [:]
    var stack: [Visit] = [.begin(root)]
    while let visit = stack.popLast() {
      switch visit {
      case .begin(let node):
        // Whatever was begun before this and is not a part of it has ended: there are no cycles.
        guard values[ObjectIdentifier(node)] == nil else { continue }
        let content = node.content
        if let (operation, operands) = content.computation {
          stack.append(.end(node, operation, operands))
          for operand in operands.reversed() { stack.append(.begin(operand)) }
        } else if case .leaf(let leaf) = content {
          let number = leafNumbers[leaf] ?? leaves.count
          if number == leaves.count {
            leafNumbers[leaf] = number
            leaves.append(leaf)
          }
          values[ObjectIdentifier(node)] = .leaf(number)
        } else if case .constant(let bits) = content {
          let number = constantNumbers[bits] ?? constants.count
          if number == constants.count {
            constantNumbers[bits] = number
            constants.append(bits)
          }
          values[ObjectIdentifier(node)] = .constant(number)
        }
      case .end(let node, let operation, let operands):
        var sources: [Value] = []
        sources.reserveCapacity(operands.count)
        for operand in operands {
          guard let value = values[ObjectIdentifier(operand)] else {
            preconditionFailure("an operand that was not visited")
          }
          if case .result(let number) = value { uses[number] += 1 }
          sources.append(value)
        }
        values[ObjectIdentifier(node)] = .result(steps.count)
        steps.append(Step(operation, sources))
        uses.append(0)
      }
    }
  }
}
