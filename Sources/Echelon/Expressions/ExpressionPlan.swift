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
  var codes: [ComputationCode] { computations.map(ComputationCode.init) }
}

/// A computation as it travels.
struct ComputationCode: Codable, Sendable {
  let words: [UInt64]
  let constants: [UInt64]
  let inputs: [Int]
  let temporaryCount: Int

  init(_ computation: VectorComputation) {
    let program = computation.program
    words = program.instructions.map(\.word)
    constants = program.constants
    inputs = computation.inputs
    temporaryCount = program.temporaryCount
  }

  var computation: VectorComputation {
    guard
      let program = VectorProgram(
        words.map(VectorProgram.Instruction.init), constants: constants, inputCount: inputs.count,
        temporaryCount: temporaryCount)
    else { preconditionFailure("a program was damaged on its way") }
    return VectorComputation(program, inputs: inputs)
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
