internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// `Σ xᵢ·yᵢ` over two vectors.
  ///
  /// - Shapes: `x` and `y` have n ≥ 0 elements each, without gaps; n = 0 gives +0.
  /// - Units: the product of those of `x` and `y`.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: as for `sum` with one rounding per product more: at most γ_d+1·Σ|xᵢ·yᵢ|. Products
  ///   of Float are exact in double precision. Products are not fused with additions, so that all
  ///   instruction sets give the same bits.
  /// - Errors: `countMismatch`; NaN propagates, as does 0·∞.
  /// - Source: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1, §4.2.
  public static let dot = KernelFamily(
    float64: makeDot(Double.self), float32: makeDot(Float.self))

  private static func makeDot<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 2, name: "dot", summary: "dot product of two vectors", over: type, inputCount: 2,
      operationsPerElement: 2,
      run: { call, range in
        call.inputs[0].withSpan(of: type, range) { x in
          call.inputs[1].withSpan(of: type, range) { y in Element.dot(x, y, level: nil) }
        }.asPartial
      },
      merge: { ($0[double: 0] + $1[double: 0]).asPartial },
      oracle: KernelOracle(
        expected: { call in
          var sum = CompensatedSum()
          for (x, y) in zip(call.inputs[0].values(of: type), call.inputs[1].values(of: type)) {
            sum.add(product: x, y)
          }
          return [Double(Element(sum.value))]
        },
        observed: { [Double(Element($1[double: 0]))] },
        tolerance: { call in
          let (x, y) = (call.inputs[0].values(of: type), call.inputs[1].values(of: type))
          let total = zip(x, y).reduce(0) { $0 + abs($1.0 * $1.1) }
          let depth = pairwiseSumDepth(count: x.count) + 1
          return [(depth + 2) * 0x1p-53 * total + Element.unitRoundoff * total]
        }))
  }
}

extension Reduction where Value: KernelElement {
  /// `Σ xᵢ·yᵢ`; 0 for no elements. See `KernelFamily.dot`.
  public static var dot: Reduction {
    Reduction(KernelFamily.dot[Value.elementType]) { Value($0[double: 0]) }
  }
}

extension Reduction where Value == Double {
  /// `Σ xᵢ·yᵢ`, not rounded to the element type.
  package static func dotInDouble<Element: KernelElement>(of type: Element.Type) -> Reduction {
    Reduction(KernelFamily.dot[Element.elementType]) { $0[double: 0] }
  }
}
