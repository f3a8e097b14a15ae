public import EchelonLinearAlgebra
internal import EchelonMemory

/// A program and where it finds its inputs among those of a job.
public struct VectorComputation: Sendable, Hashable {
  /// What runs over the elements.
  public let program: VectorProgram
  /// For each input of the program, its number among the job's.
  public let inputs: [Int]

  /// - Parameter inputs: as many as the program has.
  public init(_ program: VectorProgram, inputs: [Int]) {
    precondition(
      inputs.count == program.inputCount, "\(inputs.count) of \(program.inputCount) inputs")
    self.program = program
    self.inputs = inputs
  }

  /// Runs the program on its own among the inputs of a job.
  public func run<Element: VectorProgramScalar>(
    into output: inout MutableSpan<Element>, inputs all: some VectorInputs
  ) {
    if program.isCopy, all.gatherInput(inputs[0], into: &output) { return }
    program.run(into: &output, inputs: Chosen(all: all, numbers: inputs))
  }

  private struct Chosen<All: VectorInputs>: VectorInputs {
    let all: All
    let numbers: [Int]
    func withInput<Element: VectorProgramScalar>(
      _ index: Int, of type: Element.Type, _ body: (Span<Element>) -> Void
    ) {
      all.withInput(numbers[index], of: type, body)
    }
  }
}

/// A reduction over vectors that are computed as they are needed: chunk by chunk, in memory that stays in the
/// cache. It has the bits of the same reduction over the computed vectors.
public struct FusedReduction: Sendable {
  /// What is computed of the vectors.
  public let kernel: Kernel
  /// What computes each of the kernel's inputs.
  public let vectors: [VectorComputation]
  /// What computes which elements count: not 0 where one does. Nil is all.
  public let mask: VectorComputation?
  /// Whether elements that are NaN in any of the inputs are left out.
  public let ignoresNaN: Bool

  /// - Parameter vectors: as many as the kernel has inputs.
  public init(
    _ kernel: Kernel, of vectors: some Collection<VectorComputation>,
    where mask: VectorComputation? = nil,
    ignoresNaN: Bool = false
  ) {
    precondition(vectors.count == kernel.inputCount && kernel.outputCount == 0)
    self.kernel = kernel
    self.vectors = Array(vectors)
    self.mask = mask
    self.ignoresNaN = ignoresNaN
  }

  /// How many elements a chunk has, as those of the kernel itself.
  public static var chunkLength: Int { Kernel.reductionChunkLength }

  /// The partial result of one chunk.
  /// - Parameters:
  ///   - inputs: the job's.
  ///   - range: the elements of the whole vectors that these are.
  public func partial<Element: KernelElement>(
    of inputs: some VectorInputs, _ range: Range<Int>, _ type: Element.Type
  ) -> KernelPartial {
    var result = kernel.identity
    forEachPartial(of: inputs, of: 1, range, type) { result = $1 }
    return result
  }

  /// The partial results of one chunk of several vectors that are computed together.
  /// - Parameters:
  ///   - inputs: the same elements of each vector, one vector behind the other.
  ///   - vectorCount: how many there are.
  ///   - range: the elements of each whole vector that these are.
  ///   - body: gets the number of each vector and its partial result, in order.
  public func forEachPartial<Element: KernelElement>(
    of inputs: some VectorInputs, of vectorCount: Int, _ range: Range<Int>, _ type: Element.Type,
    _ body: (Int, KernelPartial) -> Void
  ) {
    compute(inputs, vectorCount * range.count, type, []) { computed in
      if mask == nil, !ignoresNaN {
        return forEachPartial(ofComputed: computed, of: vectorCount, range, body)
      }
      for vector in 0..<vectorCount {
        let own = vector * range.count..<(vector + 1) * range.count
        body(vector, reduce(computed.map { $0.vector(own) }, range, type))
      }
    }
  }

  /// Of vectors of which all elements count: one call for all of them, since they may be short and many.
  private func forEachPartial(
    ofComputed computed: [KernelOperand], of vectorCount: Int, _ range: Range<Int>,
    _ body: (Int, KernelPartial) -> Void
  ) {
    guard !range.isEmpty, let runRange = kernel.runRange else {
      for vector in 0..<vectorCount { body(vector, kernel.identity) }
      return
    }
    let call: KernelCall
    do throws(KernelError) { call = try KernelCall(kernel, inputs: computed) } catch {
      preconditionFailure("vectors that fit each other, and yet: \(error)")
    }
    for vector in 0..<vectorCount {
      let start = vector * range.count
      let partial = runRange(call, start..<start + range.count)
      body(vector, kernel.movePositions?(partial) { range.lowerBound + $0 - start } ?? partial)
    }
  }

  /// Computes one vector after the other, each inside of the call that lends its memory.
  private func compute<Element: KernelElement>(
    _ inputs: some VectorInputs, _ count: Int, _ type: Element.Type, _ computed: [KernelOperand],
    _ body: ([KernelOperand]) -> Void
  ) {
    let all = vectors + (mask.map { [$0] } ?? [])
    guard computed.count < all.count else { return body(computed) }
    KernelScratch.withVector(of: Element.elementType, count: count) { operand in
      operand.withMutableSpan(of: type, 0..<count) { output in
        all[computed.count].run(into: &output, inputs: inputs)
      }
      compute(inputs, count, type, computed + [operand], body)
    }
  }

  private func reduce<Element: KernelElement>(
    _ computed: [KernelOperand], _ range: Range<Int>, _ type: Element.Type
  ) -> KernelPartial {
    let kept = computed.prefix(vectors.count)
    var isLeftOut = [Bool](repeating: false, count: range.count)
    if mask != nil {
      computed[vectors.count].withSpan(of: type, 0..<range.count) { mask in
        for index in mask.indices where mask[index] == 0 { isLeftOut[index] = true }
      }
    }
    if ignoresNaN {
      for vector in kept {
        vector.withSpan(of: type, 0..<range.count) { x in
          for index in x.indices where x[index].isNaN { isLeftOut[index] = true }
        }
      }
    }
    var count = 0
    for vector in kept {
      vector.withMutableSpan(of: type, 0..<range.count) { x in
        // Without a branch: which elements stay is not to be foreseen.
        count = 0
        for index in x.indices {
          x[count] = x[index]
          count += isLeftOut[index] ? 0 : 1
        }
      }
    }
    return run(kept.map { $0.vector(0..<count) }, count) { position in
      // The position among those that count.
      var left = position
      for index in isLeftOut.indices where !isLeftOut[index] {
        if left == 0 { return range.lowerBound + index }
        left -= 1
      }
      preconditionFailure("position \(position) of \(count)")
    }
  }

  private func run(
    _ vectors: [KernelOperand], _ count: Int, _ place: (Int) -> Int
  ) -> KernelPartial {
    guard count > 0 else { return kernel.identity }
    let partial: KernelPartial
    do throws(KernelError) { partial = try KernelCall(kernel, inputs: vectors).run() } catch {
      preconditionFailure("vectors that fit each other, and yet: \(error)")
    }
    return kernel.movePositions?(partial, place) ?? partial
  }
}
