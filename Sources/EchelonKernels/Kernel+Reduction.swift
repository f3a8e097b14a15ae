internal import EchelonMemory

extension Kernel {
  /// Elements in one chunk of a reduction: 512 KiB of Double, which a worker streams in some 20 µs,
  /// long against a claim and short against a kill; a multiple of the block of the vector loops.
  static let reductionChunkLength = 65_536

  /// A kernel over one or more contiguous operands of equal counts, with no output.
  ///
  /// `run` and `oracle` say what differs between reductions; planning and cost are the same.
  static func reduction<Element: KernelElement>(
    family: UInt32, name: String, summary: String, over type: Element.Type, inputCount: Int = 1,
    operationsPerElement: Double, identity: KernelPartial = KernelPartial(),
    run: @escaping @Sendable (KernelCall, Range<Int>) -> KernelPartial,
    merge: @escaping @Sendable (KernelPartial, KernelPartial) -> KernelPartial,
    oracle: KernelOracle
  ) -> Kernel {
    var kernel = Kernel(
      family: family, name: name, elementType: Element.elementType, summary: summary,
      inputCount: inputCount, identity: identity,
      plan: { shape throws(KernelError) in
        let counts = shape.inputs.map(\.count)
        guard counts.allSatisfy({ $0 == counts[0] }) else {
          throw .countMismatch(kernel: name, counts: counts)
        }
        if let operand = shape.inputs.firstIndex(where: { !$0.isContiguous }) {
          throw .notContiguous(kernel: name, operand: operand)
        }
        return .runs(count: counts[0], length: reductionChunkLength)
      },
      run: { call, chunk in run(call, call.plan.elements(ofChunk: chunk)) },
      merge: merge,
      cost: { shape in
        let count = shape.inputs.first?.count ?? 0
        return KernelCost(
          bytesMoved: shape.inputs.count * count * Element.elementType.byteCount,
          operations: operationsPerElement * Double(count))
      },
      oracle: oracle)
    kernel.runRange = run
    return kernel
  }
}

extension Double {
  /// A partial result that is one number, in word 0.
  var asPartial: KernelPartial {
    var partial = KernelPartial()
    partial[double: 0] = self
    return partial
  }
}

/// The error of a pairwise sum of `count` terms over chunks, in units of 2⁻⁵³·Σ|term|.
///
/// 29 additions lead from an element to the sum of its block of 2048 and on to the sum of a chunk
/// of 32 blocks (19 + 4 + 5, and one for a rest), and ⌈log₂ chunks⌉ from there to the root.
func pairwiseSumDepth(count: Int) -> Double {
  let chunks = max(1, (count + Kernel.reductionChunkLength - 1) / Kernel.reductionChunkLength)
  return 29 + Double(Int.bitWidth - (chunks - 1).leadingZeroBitCount)
}

/// A partial result of a count (word 0) and an extreme value (word 1).
func extremePartial(count: Int, _ value: Double) -> KernelPartial {
  var partial = KernelPartial()
  partial[integer: 0] = count
  partial[double: 1] = value
  return partial
}
