import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// How many arrays an expression may read: what a job has room for beside its output and its parameters.
private let expressionArrayLimit = 8

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
  var layouts: [LeafLayout] { leaves.map { $0.layout.broadcast(to: shape)! } }
  /// What travels: the code.
  var codes: [ComputationCode] { computations.map(ComputationCode.init) }
}

/// A computation as it travels.
struct ComputationCode: Codable, Sendable {
  let words: [UInt64]
  let constants: [Double]
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

/// The inputs of one chunk. Those that lie in the order of the results are read in place; others are put in
/// that order first.
struct ChunkInputs: VectorInputs {
  let chunk: ChunkMemory
  let layouts: [LeafLayout]

  func withInput<Element: BitwiseCopyable>(
    _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
  ) {
    let layout = layouts[index]
    if layout.isContiguous { return chunk.withInput(index, of: type, body) }
    chunk.withWholeInput(index, of: type, count: layout.extent) { whole in
      KernelScratch.withSpan(of: type, count: chunk.count) { gathered in
        gather(whole, layout, from: chunk.start, into: &gathered)
        body(gathered.span)
      }
    }
  }

  private func gather<Element: BitwiseCopyable>(
    _ whole: Span<Element>, _ layout: LeafLayout, from start: Int,
    into gathered: inout MutableSpan<Element>
  ) {
    var (row, column) = start.quotientAndRemainder(dividingBy: max(1, layout.columns))
    var done = 0
    while done < gathered.count {
      let length = min(layout.columns - column, gathered.count - done)
      var source = row * layout.rowStride + column * layout.columnStride
      for target in done..<done + length {
        gathered[target] = whole[source]
        source += layout.columnStride
      }
      done += length
      row += 1
      column = 0
    }
  }
}
