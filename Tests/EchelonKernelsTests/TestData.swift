import EchelonKernels
import EchelonMemory
import EchelonRandom
import Testing

/// An operand over memory of its own, aligned like an arena block; freed with the object.
@safe final class TestMatrix<Element: KernelElement> {
  let operand: KernelOperand
  private let memory: UnsafeMutableRawBufferPointer

  /// A vector.
  convenience init(_ values: [Element]) {
    self.init(values, layout: OperandLayout(vectorOf: Element.elementType, count: values.count))
  }

  /// The whole memory, in the order it lies in, seen through `layout`.
  init(_ values: [Element], layout: OperandLayout, isWritable: Bool = true) {
    let byteCount = values.count * MemoryLayout<Element>.stride
    let memory = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(64, byteCount), alignment: 64)
    // SAFETY: just allocated, large enough, and freed only in `deinit`.
    unsafe values.withUnsafeBytes { unsafe memory.copyMemory(from: $0) }
    unsafe self.memory = memory
    operand = unsafe KernelOperand(
      base: memory.baseAddress!, byteCount: byteCount, layout: layout, isWritable: isWritable)
  }

  deinit { unsafe memory.deallocate() }

  var values: [Element] {
    operand.withSpan(of: Element.self, 0..<operand.byteCount / MemoryLayout<Element>.stride) {
      span in span.indices.map { span[$0] }
    }
  }
}

/// Numbers of all magnitudes between 1e-8 and 1e8 and both signs: the order of additions shows in
/// every sum of them.
func mixedMagnitudes(count: Int, seed: UInt64) -> [Double] {
  mixedMagnitudes(count: count, seed: seed, of: Double.self)
}

/// The same of another type.
func mixedMagnitudes<Element: KernelElement>(
  count: Int, seed: UInt64, of type: Element.Type
) -> [Element] {
  (0..<count).map { index in
    var rng = PhiloxGenerator(seed: seed, index: UInt64(index))
    let exponent = rng.integer(below: 54) - 27
    let sign: Element = rng.integer(below: 2) == 0 ? 1 : -1
    return sign * Element(sign: .plus, exponent: Element.Exponent(exponent), significand: 1)
      * Element(1 + rng.uniform())
  }
}

/// Calls `body` with a runnable call of the kernel over `inputs` of `count` random elements each; a
/// matrix kernel gets a few odd shapes near it.
func withCall(
  of kernel: Kernel, count: Int, seed: UInt64, _ body: (KernelCall) throws -> Void
) throws {
  switch kernel.elementType {
  case .float64: try withCall(of: kernel, count: count, seed: seed, type: Double.self, body)
  case .float32: try withCall(of: kernel, count: count, seed: seed, type: Float.self, body)
  }
}

private func withCall<Element: KernelElement>(
  of kernel: Kernel, count: Int, seed: UInt64, type: Element.Type,
  _ body: (KernelCall) throws -> Void
) throws {
  if kernel.outputCount == 0 {
    let inputs = (0..<kernel.inputCount).map {
      TestMatrix(mixedMagnitudes(count: count, seed: seed &+ UInt64($0), of: type))
    }
    try withExtendedLifetime(inputs) {
      try body(KernelCall(kernel, inputs: inputs.map(\.operand)))
    }
  } else {
    // m × k times k × n with m·n tiles in both directions for the larger counts.
    let side = min(count, 150)
    func matrix(_ rows: Int, _ columns: Int, _ salt: UInt64) -> TestMatrix<Element> {
      TestMatrix(
        mixedMagnitudes(count: rows * columns, seed: seed &+ salt, of: type),
        layout: OperandLayout(matrixOf: Element.elementType, rows: rows, columns: columns))
    }
    let (a, b) = (matrix(side, 7, 1), matrix(7, side + 1, 2))
    let c = matrix(side, side + 1, 3)
    try withExtendedLifetime((a, b, c)) {
      try body(KernelCall(kernel, inputs: [a.operand, b.operand], outputs: [c.operand]))
    }
  }
}
