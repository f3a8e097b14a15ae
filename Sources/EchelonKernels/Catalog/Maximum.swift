internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// The largest element of a vector.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; nothing has no maximum, the typed front throws
  ///   `emptyInput`.
  /// - Units: those of `x`.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: exact. +0 is larger than −0.
  /// - Errors: `emptyInput`; NaN propagates: one NaN makes the answer the canonical quiet NaN.
  /// - Source: IEEE 754-2019, §9.6, `maximum`.
  public static let maximum = KernelFamily(
    float64: makeMaximum(Double.self), float32: makeMaximum(Float.self))

  private static func makeMaximum<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 4, name: "maximum", summary: "largest element of a vector", over: type,
      operationsPerElement: 1, identity: extremePartial(count: 0, -Double.infinity),
      run: { call, range in
        let value = call.inputs[0].withSpan(of: type, range) { Element.maximum($0, level: nil) }
        return extremePartial(count: range.count, Double(value))
      },
      merge: { left, right in
        let values: InlineArray<2, Double> = [left[double: 1], right[double: 1]]
        return extremePartial(
          count: left[integer: 0] + right[integer: 0], Double.maximum(values.span))
      },
      oracle: KernelOracle(
        expected: { call in
          let best = call.inputs[0].values(of: type).reduce(-Double.infinity) { best, x in
            best.isNaN || x.isNaN ? .nan : Swift.max(best, x)
          }
          return [best]
        },
        observed: { [$1[double: 1]] },
        tolerance: { _ in [0] }))
  }
}

extension Reduction where Value: KernelElement {
  /// The largest element, NaN if any is NaN; `emptyInput` for none. See `KernelFamily.maximum`.
  public static var maximum: Reduction {
    Reduction(KernelFamily.maximum[Value.elementType]) {
      $0[integer: 0] == 0 ? nil : Value($0[double: 1])
    }
  }
}
