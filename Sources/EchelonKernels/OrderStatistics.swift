internal import Glibc

/// The quartiles of a sample, with linear interpolation between neighbours.
public struct Quartiles: Sendable, Hashable {
  /// A quarter of the values lie below.
  public let lower: Double
  /// Half of the values lie below.
  public let median: Double
  /// Three quarters of the values lie below.
  public let upper: Double
}

/// Values by their rank, found by selection: no sorting, and a few passes over the data.
package enum OrderStatistics {
  /// The exact quartiles of `values`, which are rearranged; nil for none.
  ///
  /// Quantile p lies at position p·(n − 1) of the sorted values, between two of them by linear
  /// interpolation: the default of numpy, pandas and R (type 7), to the bit of numpy.
  /// - Parameter values: no NaN among them.
  package static func quartiles(of values: inout MutableSpan<Double>) -> Quartiles? {
    let count = values.count
    if count == 0 { return nil }
    // The median first: it parts the values, and each of the others then lies in one half.
    let median = quantile(2, of: &values, within: 0...count - 1)
    let middle = (count - 1) / 2
    return Quartiles(
      lower: quantile(1, of: &values, within: 0...middle),
      median: median,
      upper: quantile(3, of: &values, within: middle...count - 1))
  }

  /// The quantile `quarters`/4 of all values; its rank lies in `range`, outside of which the values
  /// are not larger below and not smaller above.
  private static func quantile(
    _ quarters: Int, of values: inout MutableSpan<Double>, within range: ClosedRange<Int>
  ) -> Double {
    let (rank, remainder) = (quarters * (values.count - 1)).quotientAndRemainder(dividingBy: 4)
    select(rank, in: &values, range)
    let below = values[rank]
    if remainder == 0 { return below }
    // The next value in order is the smallest one behind; of two values it lies outside the range.
    var above = values[rank + 1]
    for index in rank + 1..<max(rank + 2, range.upperBound + 1) {
      above = min(above, values[index])
    }
    if above == below { return below }  // also infinities, whose difference is NaN
    // numpy's rounding: from the nearer end.
    let share = Double(remainder) / 4
    let gap = above - below
    return share < 0.5 ? below + gap * share : above - gap * (1 - share)
  }

  /// Rearranges the values of `range` so that the one at `rank` is what sorting would put there,
  /// none before it is larger and none after it is smaller.
  ///
  /// About 1.5 n comparisons for a median, whatever the order and however many are equal.
  /// - Source: R. W. Floyd, R. L. Rivest, "Algorithm 489: SELECT", *CACM* 18 (1975).
  package static func select(
    _ rank: Int, in values: inout MutableSpan<Double>, _ range: ClosedRange<Int>
  ) {
    var (left, right) = (range.lowerBound, range.upperBound)
    precondition(range.contains(rank), "rank \(rank) lies outside \(range)")
    var roundsLeft = 48
    while left < right {
      roundsLeft -= 1
      if roundsLeft == 0 {  // made to defeat the sampling: n log n from here
        sort(&values, left...right)
        return
      }
      if right - left > 600 {
        // Selects in a sample around the rank first, so that the pivot almost halves what is left.
        let count = Double(right - left + 1)
        let position = Double(rank - left + 1)
        let logarithm = log(count)
        let size = 0.5 * exp(2 * logarithm / 3)
        let spread = 0.5 * (logarithm * size * (count - size) / count).squareRoot()
        let shift = position < count / 2 ? -spread : spread
        let first = max(left, Int(Double(rank) - position * size / count + shift))
        let last = min(right, Int(Double(rank) + (count - position) * size / count + shift))
        select(rank, in: &values, min(first, rank)...max(last, rank))
      }
      (left, right) = partition(&values, around: rank, left, right)
    }
  }

  /// One partition about the value at `rank`; returns the ends between which the rank now lies.
  private static func partition(
    _ values: inout MutableSpan<Double>, around rank: Int, _ left: Int, _ right: Int
  ) -> (left: Int, right: Int) {
    let pivot = values[rank]
    var (i, j) = (left, right)
    values.swapAt(left, rank)
    if values[right] > pivot { values.swapAt(right, left) }
    while i < j {
      values.swapAt(i, j)
      i &+= 1
      j &-= 1
      while values[i] < pivot { i &+= 1 }
      while values[j] > pivot { j &-= 1 }
    }
    if values[left] == pivot {
      values.swapAt(left, j)
    } else {
      j &+= 1
      values.swapAt(j, right)
    }
    return (j <= rank ? j + 1 : left, rank <= j ? j - 1 : right)
  }

  private static func sort(_ values: inout MutableSpan<Double>, _ range: ClosedRange<Int>) {
    var copy = range.map { values[$0] }
    copy.sort()
    for (index, value) in zip(range, copy) { values[index] = value }
  }
}
