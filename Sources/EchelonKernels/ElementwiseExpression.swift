public import EchelonLinearAlgebra
import Synchronization

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
  private let held: Mutex<Content>

  /// What stands here.
  public var content: Content { held.withLock { $0 } }

  /// A node.
  public init(_ content: Content) { held = Mutex(content) }

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
  public init(_ root: ExpressionNode<Leaf>) throws(ExpressionError) {
    var graph = Graph<Leaf>()
    graph.add(root)
    let leafCount = graph.leaves.count
    let limit = VectorProgram.operandLimit
    guard leafCount + graph.constants.count <= limit else { throw .tooLarge(limit: limit) }

    // The number of every value; constants come after the leaves, temporaries after both.
    var places: [ObjectIdentifier: Int] = [:]
    var free: [Int] = []
    var temporaryCount = 0
    var instructions: [VectorProgram.Instruction] = []
    func place(of node: ExpressionNode<Leaf>) -> Int {
      switch node.content {
      case .leaf(let leaf): return graph.leaves[leaf]!
      case .constant(let value): return leafCount + graph.constants[value]!
      case .operation: return places[ObjectIdentifier(node)]!
      }
    }
    var uses = graph.uses
    for node in graph.order {
      guard let (operation, operands) = node.computation else { continue }
      let sources = operands.map(place)
      // An operand that is used for the last time makes room for the result: an operation may write over
      // what it reads.
      for operand in operands {
        let key = ObjectIdentifier(operand)
        uses[key]! -= 1
        if uses[key] == 0, let place = places[key] { free.append(place) }
      }
      let target: Int
      if node === root {
        target = 0  // the output, which takes no place
      } else if let reused = free.popLast() {
        target = reused
      } else {
        target = leafCount + graph.constants.count + temporaryCount
        temporaryCount += 1
      }
      guard target < limit else { throw .tooLarge(limit: limit) }
      places[ObjectIdentifier(node)] = target
      instructions.append(.init(operation, sources, target: target))
    }
    if instructions.isEmpty { instructions = [.init(.copy, [0], target: 0)] }
    let constants = graph.constants.sorted { $0.value < $1.value }
    guard
      let program = VectorProgram(
        instructions, constants: constants.map(\.key),
        inputCount: leafCount, temporaryCount: temporaryCount)
    else { preconditionFailure("the compiler of expressions made unsound code") }
    self.program = program
    leaves = graph.leaves.sorted { $0.value < $1.value }.map(\.key)
  }
}

extension ExpressionNode {
  /// What is computed at an operation: that, or one operation that does the work of several, to the same bits.
  fileprivate var computation: (operation: VectorOperation, operands: [ExpressionNode])? {
    guard case .operation(let operation, let operands) = content else { return nil }
    if operation == .squareRoot, case .operation(.add, let terms) = operands[0].content,
      let x = terms[0].squared, let y = terms[1].squared
    {
      return (.rootOfSquares, [x, y])
    }
    return (operation, operands)
  }

  /// What it is the square of, if it is a product of a value with itself.
  private var squared: ExpressionNode? {
    guard case .operation(.multiply, let factors) = content else { return nil }
    if factors[0] === factors[1] { return factors[0] }
    guard case .leaf(let a) = factors[0].content, case .leaf(let b) = factors[1].content, a == b
    else { return nil }
    return factors[0]
  }
}

/// The nodes of an expression, each after those that it needs.
private struct Graph<Leaf: Hashable & Sendable> {
  var order: [ExpressionNode<Leaf>] = []
  var uses: [ObjectIdentifier: Int] = [:]
  /// Numbered in the order of their first use; constants by their bits, so that NaN is one, too.
  var leaves: [Leaf: Int] = [:]
  var constants: [UInt64: Int] = [:]

  /// Not by recursion: a polynomial of degree ten thousand is a graph of that depth.
  mutating func add(_ root: ExpressionNode<Leaf>) {
    var seen: Set<ObjectIdentifier> = []
    var stack: [(node: ExpressionNode<Leaf>, isReady: Bool)] = [(root, false)]
    while let (node, isReady) = stack.popLast() {
      if isReady {
        order.append(node)
        continue
      }
      guard seen.insert(ObjectIdentifier(node)).inserted else { continue }
      switch node.content {
      case .leaf(let leaf): if leaves[leaf] == nil { leaves[leaf] = leaves.count }
      case .constant(let value):
        if constants[value] == nil { constants[value] = constants.count }
      case .operation: stack.append((node, true))
      }
      for operand in node.computation?.operands.reversed() ?? [] {
        uses[ObjectIdentifier(operand), default: 0] += 1
        stack.append((operand, false))
      }
    }
  }
}
