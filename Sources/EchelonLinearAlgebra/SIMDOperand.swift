/// What vector functions take: the standard library's SIMD vectors of Double and Float.
///
/// Invariant 1: the lanes lie one after the other from the start of a value. `SIMD` alone does not promise
/// that, so no other type may conform.
public protocol SIMDOperand: SIMD where Scalar: VectorScalar {}

extension SIMD2: SIMDOperand where Scalar: VectorScalar {}
extension SIMD3: SIMDOperand where Scalar: VectorScalar {}
extension SIMD4: SIMDOperand where Scalar: VectorScalar {}
extension SIMD8: SIMDOperand where Scalar: VectorScalar {}
extension SIMD16: SIMDOperand where Scalar: VectorScalar {}
extension SIMD32: SIMDOperand where Scalar: VectorScalar {}
extension SIMD64: SIMDOperand where Scalar: VectorScalar {}

// SAFETY, for both functions: a value is as many lanes in a row (invariant 1), the result is another value,
// and the operation has just the operands that it is given.

extension VectorOperation {
  /// The operation, of one operand, on each lane: what it gives for elements of arrays, to the last bit.
  ///
  /// Traps for an operation of more operands.
  /// - Parameter level: the instruction set; nil is the active one.
  @inlinable
  public func lanes<V: SIMDOperand>(_ x: V, level: InstructionSet? = nil) -> V {
    precondition(operandCount == 1, "the operation has more than one operand")
    var result = V()
    unsafe withUnsafeBytes(of: x) { x in
      unsafe withUnsafeMutableBytes(of: &result) { result in
        unsafe V.Scalar.apply(
          self, x.baseAddress!.assumingMemoryBound(to: V.Scalar.self), nil,
          result.baseAddress!.assumingMemoryBound(to: V.Scalar.self), V.scalarCount,
          level: level)
      }
    }
    return result
  }

  /// The operation, of two operands, on each pair of lanes; see `lanes(_:level:)`.
  @inlinable
  public func lanes<V: SIMDOperand>(_ x: V, _ y: V, level: InstructionSet? = nil) -> V {
    precondition(operandCount == 2, "the operation has not two operands")
    var result = V()
    unsafe withUnsafeBytes(of: x) { x in
      unsafe withUnsafeBytes(of: y) { y in
        unsafe withUnsafeMutableBytes(of: &result) { result in
          unsafe V.Scalar.apply(
            self, x.baseAddress!.assumingMemoryBound(to: V.Scalar.self),
            y.baseAddress!.assumingMemoryBound(to: V.Scalar.self),
            result.baseAddress!.assumingMemoryBound(to: V.Scalar.self), V.scalarCount,
            level: level)
        }
      }
    }
    return result
  }
}
