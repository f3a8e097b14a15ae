internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// The smallest element of a vector.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; nothing has no minimum, the typed front throws
  ///   `emptyInput`.
  /// - Units: those of `x`.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: exact. −0 is smaller than +0.
  /// - Errors: `emptyInput`; NaN propagates: one NaN makes the answer the canonical quiet NaN.
  /// - Source: IEEE 754-2019, §9.6, `minimum`.
  public static let minimum = KernelFamily(
    float64: makeMinimum(Double.self), float32: makeMinimum(Float.self))

  private static func makeMinimum<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 3, name: "minimum", summary: "smallest element of a vector", over: type,
      operationsPerElement: 1, identity: extremePartial(count: 0, Double.infinity),
      run: { call, range in
        let value = call.inputs[0].withSpan(of: type, range) { Element.minimum($0, level: nil) }
        return extremePartial(count: range.count, Double(value))
      },
      merge: { left, right in
        let values: InlineArray<2, Double> = [left[double: 1], right[double: 1]]
        return extremePartial(
          count: left[integer: 0] + right[integer: 0], Double.minimum(values.span))
      },
      oracle: KernelOracle(
        expected: { call in
          let best = call.inputs[0].values(of: type).reduce(Double.infinity) { best, x in
            best.isNaN || x.isNaN ? .nan : Swift.min(best, x)
          }
          return [best]
        },
        observed: { [$1[double: 1]] },
        tolerance: { _ in [0] }))
  }
}

extension Reduction where Value: KernelElement {
  /// The smallest element, NaN if any is NaN; `emptyInput` for none. See `KernelFamily.minimum`.
  public static var minimum: Reduction {
    Reduction(KernelFamily.minimum[Value.elementType]) {
      $0[integer: 0] == 0 ? nil : Value($0[double: 1])
    }
  }
}
