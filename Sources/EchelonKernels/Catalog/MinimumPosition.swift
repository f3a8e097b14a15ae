internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// The smallest element of a vector and where it is.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; nothing has no minimum, the typed front throws
  ///   `emptyInput`.
  /// - Units: those of `x`; positions are counted from 0.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: exact; the first of equal ones. −0 is smaller than +0.
  /// - Errors: `emptyInput`; NaN propagates: the position is that of the first NaN.
  /// - Source: IEEE 754-2019, §9.6, `minimum`.
  public static let minimumPosition = KernelFamily(
    float64: makeMinimumPosition(Double.self), float32: makeMinimumPosition(Float.self))

  private static func makeMinimumPosition<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .position(
      family: 9, name: "minimum-position", summary: "smallest element of a vector, and where it is",
      over: type, worst: Double.infinity,
      extreme: { Element.minimum($0, level: nil) }, isBetter: { $0 < $1 })
  }
}

extension Reduction {
  /// The smallest element and its position; `emptyInput` for none. See `KernelFamily.minimumPosition`.
  public static func minimumPosition<Element: KernelElement>() -> Reduction
  where Value == Extreme<Element> {
    Reduction(KernelFamily.minimumPosition[Element.elementType]) { Extreme($0) }
  }
}
