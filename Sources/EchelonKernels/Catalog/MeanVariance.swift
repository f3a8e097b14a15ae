internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// Count, mean and variance of a vector in one pass over memory.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; nothing has no mean, the typed front throws
  ///   `emptyInput`. The sample variance of one element is NaN (0/0).
  /// - Units: the mean has those of `x`, the variance their square.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree with Chan's formula.
  /// - Accuracy: sums of blocks of 2048 are taken about a shift near the block's mean, and a block
  ///   whose shift turns out far off is done again, so nothing like the cancellation of Σx² - n·x̄²
  ///   happens. The error of the mean is a few u·max|xᵢ|, that of the variance a few u relative
  ///   plus (u·max|xᵢ|/σ)², u = 2⁻⁵³. All in double precision for Float too. NIST StRD: mean to
  ///   1e-15, deviation to 1e-15 (1e-9 and 1e-7 for NumAcc3 and NumAcc4, as their data allow).
  /// - Errors: `emptyInput`; NaN propagates; with an infinity the mean is that infinity (NaN if
  ///   both signs occur) and the variance NaN.
  /// - Source: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample
  ///   variance", *The American Statistician* 37 (1983).
  public static let meanVariance = KernelFamily(
    float64: makeMeanVariance(Double.self), float32: makeMeanVariance(Float.self))

  private static func makeMeanVariance<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 5, name: "mean-variance", summary: "count, mean and variance of a vector", over: type,
      operationsPerElement: 4,
      run: { call, range in
        let raw = call.inputs[0].withSpan(of: type, range) { Element.moments($0, level: nil) }
        return Moments(
          count: range.count, mean: raw.mean, sumOfSquaredDeviations: raw.sumOfSquaredDeviations
        ).partial
      },
      merge: { Moments($0).merged(with: Moments($1)).partial },
      oracle: KernelOracle(
        expected: { call in
          let x = call.inputs[0].values(of: type)
          guard !x.isEmpty else { return [0, 0] }
          var sum = CompensatedSum()
          for x in x { sum.add(x) }
          let mean = sum.value / Double(x.count)
          var squares = CompensatedSum()
          for x in x { squares.add(product: x - mean, x - mean) }
          return [mean, squares.value]
        },
        observed: { [Moments($1).mean, Moments($1).sumOfSquaredDeviations] },
        tolerance: { call in
          let x = call.inputs[0].values(of: type)
          let depth = pairwiseSumDepth(count: x.count) + 8
          let largest = x.map(abs).max() ?? 0
          let squares = x.reduce(0) { $0 + $1 * $1 }
          // Written for any shift within the data; the NIST tests hold it to far less.
          return [depth * 0x1p-53 * largest, 4 * depth * 0x1p-53 * squares]
        }))
  }
}

extension Reduction where Value == Moments {
  /// Count, mean and variance; `emptyInput` for none. See `KernelFamily.meanVariance`.
  public static func meanVariance<Element: KernelElement>(of type: Element.Type) -> Reduction {
    Reduction(KernelFamily.meanVariance[Element.elementType]) {
      let moments = Moments($0)
      return moments.count == 0 ? nil : moments
    }
  }
}
