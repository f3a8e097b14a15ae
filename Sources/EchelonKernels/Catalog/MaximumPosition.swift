internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// The largest element of a vector and where it is.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; nothing has no maximum, the typed front throws
  ///   `emptyInput`.
  /// - Units: those of `x`; positions are counted from 0.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: exact; the first of equal ones. +0 is larger than −0.
  /// - Errors: `emptyInput`; NaN propagates: the position is that of the first NaN.
  /// - Source: IEEE 754-2019, §9.6, `maximum`.
  public static let maximumPosition = KernelFamily(
    float64: makeMaximumPosition(Double.self), float32: makeMaximumPosition(Float.self))

  private static func makeMaximumPosition<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .position(
      family: 10, name: "maximum-position", summary: "largest element of a vector, and where it is",
      over: type, worst: -Double.infinity,
      extreme: { Element.maximum($0, level: nil) }, isBetter: { $0 > $1 })
  }
}

extension Reduction {
  /// The largest element and its position; `emptyInput` for none. See `KernelFamily.maximumPosition`.
  public static func maximumPosition<Element: KernelElement>() -> Reduction
  where Value == Extreme<Element> {
    Reduction(KernelFamily.maximumPosition[Element.elementType]) { Extreme($0) }
  }
}
