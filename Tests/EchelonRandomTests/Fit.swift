import EchelonRandom
import Testing

/// Release builds draw what the figures of a distribution are tested with; debug ones enough to see that it is that
/// distribution.
#if DEBUG
  let sampleCount = 100_000
#else
  let sampleCount = 10_000_000
#endif

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

/// Expects a distribution of real numbers to be what its function says: in hundredths, in the tails down to 10⁻⁵ on
/// either side, and in its moments. Each value has a generator of its own, as the elements of an array do.
func expectFit(
  _ distribution: some RealDistribution, seed: UInt64, count: Int = sampleCount,
  hasFourthMoment: Bool = true, _ cumulative: (Double) -> Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let what = "\(distribution), seed \(seed)"
  let tail = [1e-5, 1e-4, 1e-3]
  let limits = tail + (1..<100).map { Double($0) / 100 } + tail.reversed().map { 1 - $0 }
  var counts = [Int](repeating: 0, count: limits.count + 1)
  let hasMoments = distribution.variance.isFinite
  var moments = SampleMoments(around: hasMoments ? distribution.mean : 0)
  for index in 0..<count {
    var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
    let x = distribution.sample(using: &generator)
    if hasMoments { moments.add(x) }
    let u = cumulative(x)
    // Hundredths lie behind the first three limits.
    var bin = min(99, Int(u * 100)) + tail.count
    if bin == tail.count { bin = tail.firstIndex { u < $0 } ?? tail.count }
    if bin == tail.count + 99 { bin = limits.lastIndex { u >= $0 }! + 1 }
    counts[bin] += 1
  }
  let bounds = [0] + limits + [1]
  let expected = zip(bounds, bounds.dropFirst()).map { ($1 - $0) * Double(count) }
  expectFit(counts, expected, what, sourceLocation: sourceLocation)
  if hasMoments {
    expectMoments(
      moments, mean: distribution.mean, variance: distribution.variance,
      hasFourthMoment: hasFourthMoment, what, sourceLocation: sourceLocation)
  }
}

/// Expects a distribution of integers to have these probabilities, and its moments.
func expectFit(
  _ distribution: some IntegerDistribution, seed: UInt64, count: Int = sampleCount,
  values: ClosedRange<Int>, _ probability: (Int) -> Double,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let what = "\(distribution), seed \(seed)"
  var counts = [Int](repeating: 0, count: values.count + 1)
  var moments = SampleMoments(around: distribution.mean)
  for index in 0..<count {
    var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
    let k = distribution.sample(using: &generator)
    moments.add(Double(k))
    counts[values.contains(k) ? k - values.lowerBound : values.count] += 1
  }
  let probabilities = values.map(probability)
  // Rare ones of both tails as one.
  let rest = max(0, 1 - probabilities.reduce(0, +))
  expectFit(
    counts, (probabilities + [rest]).map { $0 * Double(count) }, what,
    sourceLocation: sourceLocation)
  expectMoments(
    moments, mean: distribution.mean, variance: distribution.variance, what,
    sourceLocation: sourceLocation)
}
