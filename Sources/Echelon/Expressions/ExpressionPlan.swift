import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// How many arrays an expression may read: what a job has room for beside its output and its parameters.
let expressionArrayLimit = 8

/// Expressions over the same arrays, compiled, and how each array is read.
struct ExpressionPlan {
  /// What each expression computes.
  let computations: [VectorComputation]
  /// The inputs of the job.
  let leaves: [ArrayLeaf]
  /// The shape of every result.
  let shape: ExpressionShape

  /// - Parameter operation: the name that errors give.
  init(_ roots: [ExpressionNode<ArrayLeaf>], operation: String) throws {
    var leaves: [ArrayLeaf] = []
    computations = try roots.map { root in
      let compiled = try CompiledExpression(root)
      let inputs = compiled.leaves.map { leaf in
        if let index = leaves.firstIndex(of: leaf) { return index }
        leaves.append(leaf)
        return leaves.count - 1
      }
      return VectorComputation(compiled.program, inputs: inputs)
    }
    guard leaves.count <= expressionArrayLimit else {
      throw ExpressionError.tooManyArrays(count: leaves.count, limit: expressionArrayLimit)
    }
    shape = try ExpressionShape(of: leaves, operation: operation)
    self.leaves = leaves
  }

  /// What travels: how the inputs lie, as the results' shape sees them.
  var sources: [LeafSource] {
    leaves.map { LeafSource(layout: $0.layout.broadcast(to: shape)!, type: $0.type) }
  }
  /// What travels: the code.
  var codes: [ComputationCode] { computations.map { $0.code } }
}

/// A computation as it travels: how many temporary values, constants and inputs it has, then the numbers of the
/// inputs, the constants and the instructions. Numbers alone, so that a job of it costs no more than one of a
/// closure: a `Codable` value took longer to write and read than 16 KiB to compute.
typealias ComputationCode = [UInt64]

extension VectorComputation {
  /// What travels.
  var code: ComputationCode {
    let counts = [program.temporaryCount, program.constants.count, inputs.count]
    var code: ComputationCode = []
    code.reserveCapacity(
      counts.count + inputs.count + program.constants.count + program.instructions.count)
    for number in counts { code.append(UInt64(number)) }
    for number in inputs { code.append(UInt64(number)) }
    code += program.constants
    for instruction in program.instructions { code.append(instruction.word) }
    return code
  }

  /// What came; traps when that is no code.
  init(code: ComputationCode) {
    let (constantCount, inputCount) = (Int(code[1]), Int(code[2]))
    let constants = 3 + inputCount
    let instructions = constants + constantCount
    guard
      let program = VectorProgram(
        code[instructions...].map(VectorProgram.Instruction.init),
        constants: Array(code[constants..<instructions]), inputCount: inputCount,
        temporaryCount: Int(code[0]))
    else { preconditionFailure("a program was damaged on its way") }
    self.init(program, inputs: code[3..<constants].map { Int($0) })
  }
}

extension VectorElementType {
  /// What a job of an expression is called. Written out: to have the case's name looked up takes half a microsecond.
  var expressionLabel: String {
    switch self {
    case .float64: "an expression over float64"
    case .float32: "an expression over float32"
    case .int64: "an expression over int64"
    case .int32: "an expression over int32"
    case .uint8: "an expression over uint8"
    case .bool: "an expression over bool"
    }
  }
}

/// The inputs of one chunk. Those that lie in the order of the results and have the type of the program are read
/// in place; others are made so first.
struct ChunkInputs: VectorInputs {
  let chunk: ChunkMemory
  let sources: [LeafSource]

  func withInput<Element: VectorProgramScalar>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    if sources[index].isInPlace(for: type) { return chunk.withInput(index, of: type, body) }
    KernelScratch.withSpan(of: type, count: chunk.count) { gathered in
      _ = gatherInput(index, into: &gathered)
      body(gathered.span)
    }
  }

  func gatherInput<Element: VectorProgramScalar>(
    _ index: Int, into output: inout MutableSpan<Element>
  ) -> Bool {
    let source = sources[index]
    guard !source.isInPlace(for: Element.self) else { return false }
    chunk.withWholeInput(index, of: UInt8.self, count: source.byteCount) { whole in
      source.gather(whole, from: chunk.start, into: &output)
    }
    return true
  }
}
