internal import EchelonLinearAlgebra
internal import EchelonMemory

extension KernelFamily {
  /// Count, mean and the sums of the second, third and fourth powers of the deviations from it.
  ///
  /// - Shapes: `x` has n ≥ 0 elements without gaps; nothing has no mean, the typed front throws
  ///   `emptyInput`.
  /// - Units: the mean has those of `x`, the sums their powers.
  /// - Chunking: runs of 65,536 elements, merged in a fixed tree with Pébay's formulas.
  /// - Accuracy: blocks of 2048 are taken about their own mean; no power sum about 0 is formed. The error of
  ///   the k-th sum is a few u·Σ|xᵢ - x̄|ᵏ, u = 2⁻⁵³, plus what a rounded mean leaves: (u·max|xᵢ|/σ)² of it.
  ///   All in double precision for Float too.
  /// - Errors: `emptyInput`; NaN propagates; with an infinity the mean is that infinity (NaN if both signs
  ///   occur) and the sums are NaN.
  /// - Source: P. Pébay, Sandia report SAND2008-6212 (2008).
  public static let higherMoments = KernelFamily(
    float64: makeHigherMoments(Double.self), float32: makeHigherMoments(Float.self))

  private static func makeHigherMoments<Element: KernelElement>(_ type: Element.Type) -> Kernel {
    .reduction(
      family: 8, name: "higher-moments",
      summary: "count, mean and three central moments of a vector",
      over: type, operationsPerElement: 9,
      run: { call, range in
        call.inputs[0].withSpan(of: type, range) { Element.centralMoments($0, level: nil) }.partial
      },
      merge: { RawCentralMoments($0).merged(with: RawCentralMoments($1)).partial },
      oracle: KernelOracle(
        expected: { call in
          let x = call.inputs[0].values(of: type)
          guard !x.isEmpty else { return [0, 0, 0, 0] }
          var sum = CompensatedSum()
          for x in x { sum.add(x) }
          let mean = sum.value / Double(x.count)
          var sums = (CompensatedSum(), CompensatedSum(), CompensatedSum())
          for x in x {
            let d = x - mean
            sums.0.add(d * d)
            sums.1.add(d * d * d)
            sums.2.add(d * d * d * d)
          }
          return [mean, sums.0.value, sums.1.value, sums.2.value]
        },
        observed: { _, partial in
          let moments = RawCentralMoments(partial)
          return [moments.mean, moments.m2, moments.m3, moments.m4]
        },
        tolerance: { call in
          let x = call.inputs[0].values(of: type)
          guard !x.isEmpty else { return [0, 0, 0, 0] }
          let unit = 8 * (pairwiseSumDepth(count: x.count) + 8) * 0x1p-53
          let largest = x.map(abs).max() ?? 0
          // About any shift within the data; the NIST tests hold it to far less.
          let powers = (2...4).map { power in
            x.reduce(0.0) { total, x in
              total
                + (0..<power).reduce(1.0) { product, _ in product * (abs(x) + 0x1p-53 * largest) }
            }
          }
          return [unit * largest] + powers.map { unit * $0 }
        }))
  }
}

extension RawCentralMoments {
  var partial: KernelPartial {
    var partial = KernelPartial()
    for (word, number) in [count, mean, m2, m3, m4].enumerated() { partial[double: word] = number }
    return partial
  }

  init(_ partial: KernelPartial) {
    self.init(
      count: partial[double: 0], mean: partial[double: 1], m2: partial[double: 2],
      m3: partial[double: 3], m4: partial[double: 4])
  }
}

/// Count, mean, spread and shape of a sample.
public struct HigherMoments: Sendable, Hashable, BitwiseCopyable {
  /// The number of elements.
  public let count: Int
  /// Their arithmetic mean.
  public let mean: Double
  /// `Σ (xᵢ - mean)²`.
  public let sumOfSquaredDeviations: Double
  /// `Σ (xᵢ - mean)³`.
  public let sumOfCubedDeviations: Double
  /// `Σ (xᵢ - mean)⁴`.
  public let sumOfFourthPowers: Double

  init(_ raw: RawCentralMoments) {
    count = Int(raw.count)
    mean = raw.mean
    sumOfSquaredDeviations = raw.m2
    sumOfCubedDeviations = raw.m3
    sumOfFourthPowers = raw.m4
  }

  /// Count, mean and variance alone.
  public var moments: Moments {
    Moments(count: count, mean: mean, sumOfSquaredDeviations: sumOfSquaredDeviations)
  }

  /// The sample variance, divisor n - 1; NaN for fewer than two elements.
  public var variance: Double { moments.variance }
  /// The square root of `variance`.
  public var standardDeviation: Double { moments.standardDeviation }

  /// The skewness of the elements as a whole population, `m₃ / m₂^(3/2)` (g₁); NaN when all are equal.
  public var populationSkewness: Double {
    let n = Double(count)
    let deviation = (sumOfSquaredDeviations / n).squareRoot()
    return sumOfCubedDeviations / n / (deviation * deviation * deviation)
  }

  /// The adjusted skewness of a sample, `g₁·√(n(n - 1)) / (n - 2)` (G₁); NaN for fewer than three elements.
  public var skewness: Double {
    let n = Double(count)
    return count < 3 ? .nan : populationSkewness * (n * (n - 1)).squareRoot() / (n - 2)
  }

  /// The excess kurtosis of the elements as a whole population, `m₄ / m₂² - 3` (g₂), 0 for a normal
  /// distribution; NaN when all are equal.
  public var populationKurtosis: Double {
    let n = Double(count)
    let variance = sumOfSquaredDeviations / n
    return sumOfFourthPowers / n / (variance * variance) - 3
  }

  /// The adjusted excess kurtosis of a sample, `((n + 1)·g₂ + 6)·(n - 1) / ((n - 2)(n - 3))` (G₂); NaN for
  /// fewer than four elements.
  public var kurtosis: Double {
    let n = Double(count)
    return count < 4
      ? .nan : ((n + 1) * populationKurtosis + 6) * (n - 1) / ((n - 2) * (n - 3))
  }
}

extension Reduction where Value == HigherMoments {
  /// Count, mean, variance, skewness and kurtosis; `emptyInput` for none. See
  /// `KernelFamily.higherMoments`.
  public static func higherMoments<Element: KernelElement>(of type: Element.Type) -> Reduction {
    Reduction(KernelFamily.higherMoments[Element.elementType]) {
      let raw = RawCentralMoments($0)
      return raw.count == 0 ? nil : HigherMoments(raw)
    }
  }
}
