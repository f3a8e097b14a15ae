internal import EchelonLinearAlgebra

// Samples whose loops are written here: what a closure would give one by one, by vectors.

extension SampleSums {
  /// Of 4 for each index whose point lies inside of the quarter circle, and 0 for all others: what a closure of the
  /// first two `uniform()` of the index's generator gives.
  public static func ofQuarterCircle(seed: UInt64, indices: Range<UInt64>) -> SampleSums {
    SampleSums(
      hits: countInCircle(seed: seed, indices: indices), of: UInt64(indices.count), value: 4)
  }

  /// Of the payoffs of successive normal numbers; see `fillPayoffs`.
  public static func ofPayoffs(
    mean: Double, deviation: Double, strike: Double, scale: Double, seed: UInt64,
    indices: Range<UInt64>
  ) -> SampleSums {
    var total = SampleSums()
    var values = InlineArray<2048, Double>(repeating: 0)
    var first = indices.lowerBound
    while first < indices.upperBound {
      let count = Int(min(2048, indices.upperBound - first))
      var span = values.mutableSpan
      var part = span._mutatingExtracting(0..<count)
      fillPayoffs(
        mean: mean, deviation: deviation, strike: strike, scale: scale, seed: seed, stream: 0,
        first: first, &part)
      total.append(blockSums(&values, count: count))
      first += UInt64(count)
    }
    return total
  }
}

/// The payoffs of successive normal numbers one by one, as `SampleSums.ofPayoffs` adds them up.
public func fillOptionPayoffs(
  mean: Double, deviation: Double, strike: Double, scale: Double, seed: UInt64, first: UInt64,
  _ values: inout MutableSpan<Double>
) {
  fillPayoffs(
    mean: mean, deviation: deviation, strike: strike, scale: scale, seed: seed, stream: 0,
    first: first, &values)
}
