import EchelonRandom
import TestSupport
import Testing

/// Release builds draw what the figures of a distribution are tested with; debug ones enough to see that it is that
/// distribution.
#if DEBUG
  let sampleCount = 100_000
#else
  let sampleCount = 10_000_000
#endif

/// The seeds of a fit, which both have all samples: one that stays, and one that is drawn and printed.
enum FitSeed: CaseIterable {
  case fixed, drawn

  func value(_ test: String = #function) -> UInt64 { self == .fixed ? 1 : testSeed(test) }
}

/// A test fails by chance with less than this, and all of them, some hundred at seeds that are drawn, with less than
/// 10⁻⁶.
let unlikely = 1e-9
/// So many standard errors away: less likely than that for a normal estimate, with room for one that is not quite.
let farAway = 6.5

/// Expects counts to be those of a distribution, by a sum of squares.
/// - Parameter expected: as many, in the same sum; neighbours are added up until 20 are expected.
func expectFit(
  _ counts: [Int], _ expected: [Double], _ what: String,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  var (sum, bins, count, most) = (0.0, 0, 0.0, 0.0)
  var (counts, expected) = (counts.map(Double.init), expected)
  // What is left at the end has no neighbour above.
  while expected.count > 1, expected.last! < 20 {
    expected[expected.count - 2] += expected.removeLast()
    counts[counts.count - 2] += counts.removeLast()
  }
  for (index, value) in expected.enumerated() {
    (count, most) = (count + counts[index], most + value)
    guard most >= 20 || index == expected.count - 1 else { continue }
    if most > 0 { sum += (count - most) * (count - most) / most } else { sum += count }
    (bins, count, most) = (bins + 1, 0, 0)
  }
  let probability = bins > 1 ? chiSquaredProbability(sum, degreesOfFreedom: bins - 1) : 1
  #expect(
    probability > unlikely, "\(what): χ² = \(sum) in \(bins) bins", sourceLocation: sourceLocation)
}

/// Expects the mean and, where the fourth moment says how far it may be off, the variance.
func expectMoments(
  _ moments: SampleMoments, mean: Double, variance: Double, hasFourthMoment: Bool = true,
  _ what: String, sourceLocation: SourceLocation = #_sourceLocation
) {
  let n = Double(moments.count)
  let error = (moments.mean - mean) / (variance / n).squareRoot()
  #expect(
    variance == 0 ? moments.mean == mean : abs(error) < farAway,
    "\(what): mean \(moments.mean), \(error) standard errors", sourceLocation: sourceLocation)
  guard hasFourthMoment, variance > 0 else { return }
  let spread = ((moments.fourth - moments.second * moments.second) / n).squareRoot()
  #expect(
    abs(moments.second - variance) <= farAway * spread + 1e-12 * variance,
    "\(what): variance \(moments.second), not \(variance)", sourceLocation: sourceLocation)
}

/// The mean of samples, and those of the powers of their deviations from a given mean.
struct SampleMoments {
  let origin: Double
  private(set) var count = 0
  private var sums = (0.0, 0.0, 0.0)

  init(around origin: Double) { self.origin = origin }

  mutating func add(_ x: Double) {
    let deviation = x - origin
    let square = deviation * deviation
    count += 1
    sums.0 += deviation
    sums.1 += square
    sums.2 += square * square
  }

  var mean: Double { origin + sums.0 / Double(count) }
  var second: Double { sums.1 / Double(count) }
  var fourth: Double { sums.2 / Double(count) }
}

/// Counts of numbers between quantiles of their distribution: hundredths, and the tails down to 10⁻⁵ on either side.
struct QuantileCounts {
  /// Ascending.
  private let limits: [Double]
  /// The probabilities of less than each limit.
  private let levels: [Double]
  private var counts: [Int]
  private var haveNaN = false

  /// - Parameters:
  ///   - range: what quantiles may be, where those beyond are too small for numbers, or too near to 1.
  ///   - cumulative: the distribution function. It rises; what it says of numbers that cannot be may be NaN.
  init(
    in range: ClosedRange<Double> = -.greatestFiniteMagnitude ... .greatestFiniteMagnitude,
    _ cumulative: (Double) -> Double
  ) {
    let tail = [1e-5, 1e-4, 1e-3]
    let all = tail + (1..<100).map { Double($0) / 100 } + tail.reversed().map { 1 - $0 }
    let found = all.map { (level: $0, limit: quantile($0, cumulative)) }
      .filter { range.contains($0.limit) }
    levels = found.map(\.level)
    limits = found.map(\.limit)
    counts = [Int](repeating: 0, count: limits.count + 1)
  }

  mutating func add(_ x: Double) {
    if x.isNaN { haveNaN = true }
    var (low, high) = (0, limits.count)
    while low < high {
      let middle = (low + high) / 2
      if limits[middle] <= x { low = middle + 1 } else { high = middle }
    }
    counts[low] += 1
  }

  func expectFit(_ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(!haveNaN, "\(what)", sourceLocation: sourceLocation)
    let count = Double(counts.reduce(0, +))
    let expected = zip([0] + levels, levels + [1]).map { ($1 - $0) * count }
    EchelonRandomTests.expectFit(counts, expected, what, sourceLocation: sourceLocation)
  }
}

/// The least number at which a function that rises is `level` or more.
private func quantile(_ level: Double, _ function: (Double) -> Double) -> Double {
  // The bits of a number without its sign are in the order of the numbers.
  func number(_ place: Int64) -> Double {
    let magnitude = Double(bitPattern: place.magnitude)
    return place < 0 ? -magnitude : magnitude
  }
  let last = Int64(Double.greatestFiniteMagnitude.bitPattern)
  var (low, high) = (-last, last)
  while low < high {
    // Half of the sum, rounded down, which the sum itself may be too large for.
    let middle = low & high + (low ^ high) >> 1
    if function(number(middle)) >= level { high = middle } else { low = middle + 1 }
  }
  return number(low)
}

/// Numbers beside the distribution that they should have: between its quantiles, and by its moments where it has any.
struct RealFit {
  private let mean: Double
  private let variance: Double
  private let hasFourthMoment: Bool
  private var bins: QuantileCounts
  private var moments: SampleMoments

  init(
    mean: Double, variance: Double, hasFourthMoment: Bool = true,
    _ cumulative: (Double) -> Double
  ) {
    (self.mean, self.variance, self.hasFourthMoment) = (mean, variance, hasFourthMoment)
    bins = QuantileCounts(cumulative)
    moments = SampleMoments(around: variance.isFinite ? mean : 0)
  }

  mutating func add(_ x: Double) {
    bins.add(x)
    moments.add(x)
  }

  func expectFit(_ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
    bins.expectFit(what, sourceLocation: sourceLocation)
    guard variance.isFinite else { return }
    expectMoments(
      moments, mean: mean, variance: variance, hasFourthMoment: hasFourthMoment, what,
      sourceLocation: sourceLocation)
  }
}

/// Expects a distribution of real numbers to be what its function says. Each value has a generator of its own, as the
/// elements of an array do.
func expectFit(
  _ distribution: some RealDistribution, seed: UInt64, hasFourthMoment: Bool = true,
  _ cumulative: (Double) -> Double, sourceLocation: SourceLocation = #_sourceLocation
) {
  var fit = RealFit(
    mean: distribution.mean, variance: distribution.variance, hasFourthMoment: hasFourthMoment,
    cumulative)
  for index in 0..<sampleCount {
    var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
    fit.add(distribution.sample(using: &generator))
  }
  fit.expectFit("\(distribution), seed \(seed)", sourceLocation: sourceLocation)
}

/// Expects a distribution of integers to have these probabilities, and its moments.
func expectFit(
  _ distribution: some IntegerDistribution, seed: UInt64, values: ClosedRange<Int>,
  _ probability: (Int) -> Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let what = "\(distribution), seed \(seed)"
  var counts = [Int](repeating: 0, count: values.count + 1)
  var moments = SampleMoments(around: distribution.mean)
  for index in 0..<sampleCount {
    var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
    let k = distribution.sample(using: &generator)
    moments.add(Double(k))
    counts[values.contains(k) ? k - values.lowerBound : values.count] += 1
  }
  let probabilities = values.map(probability)
  // Rare ones of both tails as one.
  let rest = max(0, 1 - probabilities.reduce(0, +))
  expectFit(
    counts, (probabilities + [rest]).map { $0 * Double(sampleCount) }, what,
    sourceLocation: sourceLocation)
  expectMoments(
    moments, mean: distribution.mean, variance: distribution.variance, what,
    sourceLocation: sourceLocation)
}
