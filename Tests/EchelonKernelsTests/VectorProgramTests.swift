import EchelonKernels
import EchelonLinearAlgebra
import TestSupport
import Testing

/// Arrays of a test as the inputs of a program.
struct Arrays<T: BitwiseCopyable>: VectorInputs {
  let arrays: [[T]]
  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    guard let array = arrays[index] as? [Element] else { preconditionFailure("other elements") }
    body(array.span)
  }
}

/// The results of one operation.
func results<T: VectorProgramScalar & BinaryFloatingPoint>(
  _ operation: VectorOperation, _ inputs: [T]..., level: InstructionSet
) -> [T] {
  let count = operation.operandCount
  let program = VectorProgram(
    [.init(operation, Array(0..<count), target: 0)], constants: [], inputCount: count,
    temporaryCount: 0)!
  var output = [T](repeating: 0, count: inputs[0].count)
  var span = output.mutableSpan
  program.run(into: &span, inputs: Arrays(arrays: inputs), level: level)
  return output
}

@Suite struct `A vector program` {
  @Test func `that reads what was not written is refused`() {
    typealias Code = VectorProgram.Instruction
    func isSound(_ code: [Code], constants: Int = 1, inputs: Int = 1, temporaries: Int = 2) -> Bool
    {
      VectorProgram(
        code, constants: Array(repeating: 1, count: constants), inputCount: inputs,
        temporaryCount: temporaries) != nil
    }
    let sum = Code(.add, [0, 1], target: 2)
    let last = Code(.multiply, [2, 2], target: 0)
    #expect(isSound([sum, last]))
    #expect(!isSound([last]), "nothing is in 2")
    #expect(!isSound([]))
    #expect(!isSound([Code(.add, [0, 1], target: 0), last]), "writes over an input")
    #expect(!isSound([Code(.add, [0, 1], target: 4), last]), "no such place")
    for operand in 4...255 { #expect(!isSound([sum, Code(.copy, [operand], target: 0)])) }
    #expect(!isSound([sum, last], temporaries: 200))
    #expect(!isSound([sum, last], temporaries: -1))
    #expect(!isSound([sum, last], inputs: -1))
    #expect(!isSound([sum, Code(word: last.word | 1 << 60)]))
  }

  @Test(arguments: InstructionSet.available)
  func `computes a shared part once, and reuses the places of values`(_ level: InstructionSet)
    throws
  {
    let x = ExpressionNode<String>(.leaf("x"))
    func node(_ operation: VectorOperation, _ operands: ExpressionNode<String>...)
      -> ExpressionNode<String>
    {
      ExpressionNode(.operation(operation, operands))
    }
    // Horner's rule, deep, with one part that is used twice.
    var sum = node(.exp, x)
    let part = sum
    for step in 1...5000 {
      sum = node(
        .add, node(.multiply, sum, x), ExpressionNode(.constant(Double(step % 10).constantBits)))
    }
    sum = node(.multiply, sum, part)
    let compiled = try CompiledExpression(sum)
    #expect(compiled.program.instructions.count == 10_002)
    #expect(compiled.program.temporaryCount == 2)
    #expect(compiled.leaves == ["x"] && compiled.program.constants.count == 10)
    let values = [0.0, 0.25, -0.5, 1.5e-3]
    var output = [Double](repeating: 0, count: 4)
    var span = output.mutableSpan
    compiled.program.run(into: &span, inputs: Arrays(arrays: [values]), level: level)
    let power = results(.exp, values, level: level)
    let expected = zip(values, power).map { x, start in
      (1...5000).reduce(start) { $0 * x + Double($1 % 10) } * start
    }
    #expect(output.map(\.bitPattern) == expected.map(\.bitPattern))
  }

  @Test(arguments: InstructionSet.available)
  func `takes the root of a sum of squares in one operation, to the bits of all four`(
    _ level: InstructionSet
  ) throws {
    func leaf(_ index: Int) -> ExpressionNode<Int> { ExpressionNode(.leaf(index)) }
    func node(_ operation: VectorOperation, _ operands: ExpressionNode<Int>...)
      -> ExpressionNode<Int>
    {
      ExpressionNode(.operation(operation, operands))
    }
    func count(_ root: ExpressionNode<Int>) throws -> Int {
      try CompiledExpression(root).program.instructions.count
    }
    let sum = node(.add, node(.multiply, leaf(0), leaf(0)), node(.multiply, leaf(1), leaf(1)))
    #expect(try count(node(.squareRoot, sum)) == 1)
    let part = node(.exp, leaf(0)), square = node(.multiply, part, part)
    #expect(try count(node(.squareRoot, node(.add, square, square))) == 2)
    // Used once more, the sum is computed once more; other products are no squares.
    #expect(try count(node(.divide, sum, node(.squareRoot, sum))) == 5)
    let mixed = node(.add, square, node(.multiply, leaf(0), leaf(1)))
    #expect(try count(node(.squareRoot, mixed)) == 5)

    let program = try CompiledExpression(node(.squareRoot, sum)).program
    var random = TestRandom(seed: testSeed())
    func check<T: VectorProgramScalar & BinaryFloatingPoint>(_ type: T.Type) {
      let (x, y) = (
        testArguments(1000, &random).map { T($0) }, testArguments(1000, &random).map { T($0) }
      )
      var output = [T](repeating: 0, count: 1000)
      var span = output.mutableSpan
      program.run(into: &span, inputs: Arrays(arrays: [x, y]), level: level)
      for (index, value) in output.enumerated() {
        let expected = (x[index] * x[index] + y[index] * y[index]).squareRoot()
        #expect(value == expected || value.isNaN && expected.isNaN)
      }
    }
    check(Double.self)
    check(Float.self)
  }

  @Test func `of too many values is refused`() {
    typealias Node = ExpressionNode<Int>
    let leaves = (0..<70).map { Node(.leaf($0)) }
    let sum = leaves.dropFirst().reduce(leaves[0]) { Node(.operation(.add, [$0, $1])) }
    #expect(throws: ExpressionError.tooLarge(limit: 64)) { try CompiledExpression(sum) }
  }

  @Test
  func `of too many values at a time is refused, and of just as many as there are places is not`()
    throws
  {
    typealias Node = ExpressionNode<Int>
    // e^x + (e^x + (… + e^x)), each a node of its own: all of them wait for the innermost sum.
    func nested(_ count: Int) -> Node {
      func power() -> Node { Node(.operation(.exp, [Node(.leaf(0))])) }
      return (1..<count).reduce(power()) { sum, _ in Node(.operation(.add, [power(), sum])) }
    }
    let compiled = try CompiledExpression(nested(63))
    #expect(compiled.program.temporaryCount == 63 && compiled.leaves.count == 1)
    #expect(throws: ExpressionError.tooLarge(limit: 64)) { try CompiledExpression(nested(64)) }
    // The output of a single operation is no place of its own.
    #expect(try CompiledExpression(nested(1)).program.temporaryCount == 0)
  }

  @Test func `of a hundred thousand operations, one in the other, is compiled and released`() throws
  {
    typealias Node = ExpressionNode<Int>
    // By recursion, a tenth of that overflows a thread's stack.
    let x = Node(.leaf(0))
    let shared = (1...20_000).reduce(x) { sum, _ in Node(.operation(.negate, [sum])) }
    let sum = (1...80_000).reduce(shared) { sum, _ in Node(.operation(.add, [sum, x])) }
    #expect(try CompiledExpression(sum).program.instructions.count == 100_000)
  }
}
