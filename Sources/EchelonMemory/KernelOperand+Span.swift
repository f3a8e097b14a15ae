extension Span where Element == Double {
  /// Lends the elements as the read-only operand of a kernel, for running one in this process on
  /// memory that belongs to no arena.
  package func withKernelOperand<Result, Failure: Error>(
    _ body: (KernelOperand) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let layout = OperandLayout(vectorOf: .float64, count: count)
    return try unsafe withUnsafeBytes { (bytes) throws(Failure) in
      // With no elements there may be no address either; the operand never reads through it then.
      let none = unsafe UnsafeMutableRawPointer(bitPattern: 8)!
      // SAFETY: the operand is read-only, so the address is never written through; the span keeps
      // the bytes unchanged and alive during the call (invariants 1 and 3), aligned as doubles.
      return try unsafe body(
        KernelOperand(
          base: bytes.baseAddress.map { unsafe UnsafeMutableRawPointer(mutating: $0) } ?? none,
          byteCount: bytes.count, layout: layout, isWritable: false))
    }
  }
}
