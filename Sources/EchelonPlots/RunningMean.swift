/// The mean of ever more samples, with its interval.
package struct RunningMean: Sendable {
  /// How many samples each mean has: all of the first, then ever fewer of them, 2 % apart.
  package private(set) var counts: [Double] = []
  package private(set) var means: [Double] = []
  /// Of the 95 % intervals; NaN of a single sample.
  package private(set) var halfWidths: [Double] = []

  private var count = 0.0
  private var mean = 0.0
  /// The sum of the squares of the distances to the mean.
  private var squares = 0.0
  private var next = 1.0

  package init() {}

  /// Source: B. P. Welford, *Technometrics* 4 (1962), 419.
  package mutating func add(_ value: Double) {
    count += 1
    let distance = value - mean
    mean += distance / count
    squares += distance * (value - mean)
    guard count >= next else { return }
    next = max(count + 1, count * 1.02)
    counts.append(count)
    means.append(mean)
    halfWidths.append(
      count > 1 ? 1.959963984540054 * (squares / (count - 1) / count).squareRoot() : .nan)
  }
}
