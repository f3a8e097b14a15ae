internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// `Σ xᵢ` over a vector.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; n = 0 gives +0.
  /// - Units: those of `x`.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: pairwise, in double precision for Float too; with d = 29 + ⌈log₂ chunks⌉ the error
  ///   is at most γ_d·Σ|xᵢ|, γ_d = d·u / (1 - d·u), u = 2⁻⁵³, and for Float one rounding more.
  /// - Errors: none; NaN propagates, infinities as in IEEE addition. A sum of zeros is +0.
  /// - Source: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §4.2.
  public static let sum = KernelFamily(
    float64: makeSum(Double.self), float32: makeSum(Float.self))

  private static func makeSum<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 1, name: "sum", summary: "sum of a vector", over: type, operationsPerElement: 1,
      run: { call, range in
        call.inputs[0].withSpan(of: type, range) { Element.sum($0, level: nil) }.asPartial
      },
      merge: { ($0[double: 0] + $1[double: 0]).asPartial },
      oracle: KernelOracle(
        expected: { call in
          var sum = CompensatedSum()
          for x in call.inputs[0].values(of: type) { sum.add(x) }
          return [Double(Element(sum.value))]
        },
        observed: { [Double(Element($1[double: 0]))] },
        tolerance: { call in
          let magnitudes = call.inputs[0].values(of: type).map(abs)
          let depth = pairwiseSumDepth(count: magnitudes.count)
          let total = magnitudes.reduce(0, +)
          return [(depth + 2) * 0x1p-53 * total + Element.unitRoundoff * total]
        }))
  }
}

extension Reduction where Value: KernelElement {
  /// `Σ xᵢ`; 0 for no elements. See `KernelFamily.sum`.
  public static var sum: Reduction {
    Reduction(KernelFamily.sum[Value.elementType]) { Value($0[double: 0]) }
  }
}

extension Reduction where Value == Double {
  /// `Σ xᵢ`, not rounded to the element type.
  package static func sumInDouble<Element: KernelElement>(of type: Element.Type) -> Reduction {
    Reduction(KernelFamily.sum[Element.elementType]) { $0[double: 0] }
  }
}

extension Reduction where Value == Int {
  /// `Σ xᵢ` of zeros and ones, exact.
  package static func count<Element: KernelElement>(of type: Element.Type) -> Reduction {
    Reduction(KernelFamily.sum[Element.elementType]) { Int($0[double: 0]) }
  }
}
