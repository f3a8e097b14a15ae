internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// `Π xᵢ` over a vector.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; n = 0 gives 1.
  /// - Units: those of `x` to the n-th power.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree.
  /// - Accuracy: mantissas are multiplied pairwise, in double precision for Float too, and exponents are
  ///   added as whole numbers, so nothing overflows or underflows but the result; with d = 28 +
  ///   ⌈log₂ chunks⌉ the relative error is at most γ_d, γ_d = d·u / (1 - d·u), u = 2⁻⁵³, and one rounding
  ///   to the element type.
  /// - Errors: none; NaN propagates, as does 0·∞.
  /// - Source: N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., §3.1.
  public static let product = KernelFamily(
    float64: makeProduct(Double.self), float32: makeProduct(Float.self))

  private static func makeProduct<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 7, name: "product", summary: "product of the elements of a vector", over: type,
      operationsPerElement: 1,
      identity: ScaledProduct(mantissa: 1, exponent: 0).partial,
      run: { call, range in
        call.inputs[0].withSpan(of: type, range) { Element.product($0, level: nil) }.partial
      },
      merge: { ScaledProduct($0).multiplied(by: ScaledProduct($1)).partial },
      oracle: KernelOracle(
        expected: { call in
          // One element after the other, each scaled to [1, 2).
          var (significand, exponent) = (1.0, 0)
          for x in call.inputs[0].values(of: type) {
            guard x.isFinite, x != 0 else {
              significand *= x
              continue
            }
            let product =
              significand * Double(sign: x.sign, exponent: 0, significand: x.significand)
            guard product.isFinite, product != 0 else {
              significand = product
              continue
            }
            significand = Double(sign: product.sign, exponent: 0, significand: product.significand)
            exponent += Int(x.exponent) + Int(product.exponent)
          }
          return [significand, Double(exponent)]
        },
        observed: { _, partial in
          let product = ScaledProduct(partial)
          return [product.mantissa, product.exponent]
        },
        tolerance: { [Double($0.inputs[0].count) * 0x1p-51, 0] }))
  }
}

extension ScaledProduct {
  var partial: KernelPartial {
    var partial = KernelPartial()
    partial[double: 0] = mantissa
    partial[double: 1] = exponent
    return partial
  }

  init(_ partial: KernelPartial) {
    self.init(mantissa: partial[double: 0], exponent: partial[double: 1])
  }
}

extension Reduction where Value: KernelElement {
  /// `Π xᵢ`; 1 for no elements. See `KernelFamily.product`.
  public static var product: Reduction {
    Reduction(KernelFamily.product[Value.elementType]) {
      ScaledProduct($0).value(as: Value.self)
    }
  }
}
