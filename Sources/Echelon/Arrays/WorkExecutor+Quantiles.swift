import EchelonKernels
public import EchelonLinearAlgebra
import EchelonMemory
import EchelonPool
public import EchelonWire

/// How many elements fall between neighbouring edges.
public struct Histogram: Sendable, Equatable {
  /// The edges of the bins, one more than there are bins, in ascending order.
  public let edges: [Double]
  /// How many elements each bin has: those at its lower edge and above, and below its upper edge; the last bin
  /// has those at its upper edge, too.
  public let counts: [Int]
  /// How many lie below the first edge.
  public let below: Int
  /// How many lie above the last edge.
  public let above: Int
  /// How many are NaN.
  public let nanCount: Int
  /// Of the run whose samples these are; nil of elements of an array.
  private let origin: (seed: UInt64, elapsedTime: Duration)?

  /// The same edges and counts, whatever was counted.
  public static func == (left: Histogram, right: Histogram) -> Bool {
    left.edges == right.edges && left.counts == right.counts && left.below == right.below
      && left.above == right.above && left.nanCount == right.nanCount
  }

  /// - Parameter counts: of the bins, then below, above and NaN.
  init(edges: [Double], counts: [Int]) {
    self.init(edges: edges, counts: counts, origin: nil)
  }

  /// That of a run which has come so far.
  init(_ state: HistogramState) {
    self.init(
      edges: state.edges, counts: state.counts,
      origin: (seed: state.seed, elapsedTime: state.elapsedTime))
  }

  /// What a later run of `monteCarloHistogram` goes on from; nil of elements that no run has drawn. It takes no part in
  /// comparisons: histograms of the same edges and counts are equal.
  public var state: HistogramState? {
    origin.map {
      var state = HistogramState(
        seed: $0.seed, edges: edges, counts: counts + [below, above, nanCount])
      state.elapsedTime = $0.elapsedTime
      return state
    }
  }

  private init(edges: [Double], counts: [Int], origin: (seed: UInt64, elapsedTime: Duration)?) {
    let bins = edges.count - 1
    self.origin = origin
    self.edges = edges
    self.counts = Array(counts[0..<bins])
    below = counts[bins]
    above = counts[bins + 1]
    nanCount = counts[bins + 2]
  }
}

extension WorkExecutor {
  /// Starts counting how many elements fall into bins of equal width and returns the future of the counts.
  ///
  /// - Parameters:
  ///   - x: an array, a matrix, a view or an expression; of what does not lie in one piece an array is made first.
  ///   - bins: how many, 1 to 1,000,000; whole numbers beyond 2⁵³ count as the nearest Double.
  ///   - range: from the first edge to the last.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Accuracy: exact with respect to the edges, which are `lower + i·(upper - lower) / bins`, rounded.
  /// - Throws: `PoolError.invalidArgument` for numbers out of range.
  public func startHistogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, bins: Int, in range: ClosedRange<Double>,
    priority: WorkPriority = .normal
  ) throws -> Future<Histogram> {
    let edges = try histogramEdges(bins, range)
    let operand = try PreparedOperand(x, operation: "histogram")
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      let cells = bins + 3
      // Together no more than four million counts.
      let parts = PartedArray(x, partLimit: max(1, min(64, 4_000_000 / cells)))
      let counts = try uninitializedArray(of: Int.self, count: parts.partCount * cells)
      try await finished(
        startConcurrentPerform(
          iterations: parts.partCount, chunkLength: 1, priority: priority,
          parts.binCounts(edges: array(edges), into: counts)
        ))
      var totals = [Int](repeating: 0, count: cells)
      counts.withSpan { counts in
        for index in counts.indices { totals[index % cells] += counts[index] }
      }
      return Histogram(edges: edges, counts: totals)
    }
  }

  /// How many elements fall into bins of equal width; see `startHistogram`.
  public func histogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, bins: Int, in range: ClosedRange<Double>,
    priority: WorkPriority = .normal
  ) async throws -> Histogram {
    try await startHistogram(x, bins: bins, in: range, priority: priority).value
  }

  /// How many elements fall into bins of equal width, blocking; see `startHistogram`.
  @available(*, noasync)
  public func histogram<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, bins: Int, in range: ClosedRange<Double>,
    priority: WorkPriority = .normal
  ) throws -> Histogram {
    try startHistogram(x, bins: bins, in: range, priority: priority).result()
  }

  /// Starts finding exact quantiles and returns their future, one number for each probability.
  ///
  /// Quantile p lies at position p·(n - 1) of the sorted elements, between two of them by linear interpolation:
  /// the default of NumPy, pandas and R (type 7). For a stream, see `QuantileSketch`.
  /// - Parameters:
  ///   - x: n elements of an array, a matrix, a view or an expression; of what does not lie in one piece an array is
  ///     made first. Whole numbers beyond 2⁵³ count as the nearest Double.
  ///   - probabilities: each from 0 to 1.
  ///   - ignoringNaN: whether elements that are NaN are left out; else one makes every quantile NaN.
  ///   - priority: how urgent it is; it gives way to more urgent work between two chunks.
  /// - Throws: `PoolError.invalidArgument` for probabilities out of range; the future fails with
  ///   `KernelError.emptyInput` for no elements.
  public func startQuantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> Future<[Double]> {
    try checkProbabilities(probabilities)
    let operand = try PreparedOperand(x, operation: "quantiles")
    return try startSteps { [self] in
      let x = try await operand.array(on: self, priority)
      let ranked = try await ranked(x, priority)
      let count = x.count - (ignoringNaN ? ranked.nanCount : 0)
      guard count > 0 else { throw KernelError.emptyInput(kernel: "quantiles") }
      if ranked.nanCount > 0, !ignoringNaN { return probabilities.map { _ in .nan } }
      let positions = probabilities.map { QuantilePosition($0, count: count) }
      let elements = try await ranked.elements(positions.flatMap(\.ranks))
      return positions.map { position in position.value { elements[$0]! } }
    }
  }

  /// What finds elements by their ranks: for few elements by sorting them all, for many by sorting those whose
  /// highest bits are those of the wanted ones.
  private func ranked<Element: SortableElement>(
    _ x: SharedArray<Element>, _ priority: WorkPriority
  ) async throws -> RankedElements {
    if x.count <= 1 << 17 {
      let sorted = try await finished(startSorted(x, priority: priority))
      return RankedElements(
        nanCount: sorted.withSpan { x in x.indices.count { x[$0].doubleValue.isNaN } }
      ) {
        ranks in
        Dictionary(uniqueKeysWithValues: Set(ranks).map { ($0, sorted[$0].doubleValue) })
      }
    }
    let parts = PartedArray(x)
    let counts = try uninitializedArray(of: UInt32.self, count: parts.partCount << 16)
    try await finished(
      startConcurrentPerform(
        iterations: parts.partCount, chunkLength: 1, priority: priority,
        parts.prefixCounts(into: counts)
      ))
    let groups = PrefixGroups(counts, partCount: parts.partCount)
    // NaN have the largest key of all, and infinity the highest bits of another.
    let nanCount = Element.hasNaN ? groups.total(1 << 16 - 1) : 0
    return RankedElements(nanCount: nanCount) { [self] ranks in
      let chosen = groups.groups(ofRanks: ranks)
      let candidates = try uninitializedArray(
        of: Element.self, count: chosen.reduce(0) { $0 + groups.total($1) })
      var flags = [UInt8](repeating: 0, count: 1 << 16)
      for group in chosen { flags[group] = 1 }
      try await finished(
        startConcurrentPerform(
          iterations: parts.partCount, chunkLength: 1, priority: priority,
          parts.chosen(array(flags), array(groups.offsets(of: chosen)), into: candidates.bytes)
        ))
      let sorted = try await finished(startSorted(candidates, into: candidates, priority: priority))
      let places = groups.places(of: chosen)
      return Dictionary(
        uniqueKeysWithValues: Set(ranks).map { ($0, sorted[places($0)].doubleValue) })
    }
  }

  /// Exact quantiles, one for each probability; see `startQuantiles`.
  public func quantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) async throws -> [Double] {
    try await startQuantiles(x, probabilities, ignoringNaN: ignoringNaN, priority: priority).value
  }

  /// Exact quantiles, one for each probability, blocking; see `startQuantiles`.
  @available(*, noasync)
  public func quantiles<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, _ probabilities: [Double], ignoringNaN: Bool = false,
    priority: WorkPriority = .normal
  ) throws -> [Double] {
    try startQuantiles(x, probabilities, ignoringNaN: ignoringNaN, priority: priority).result()
  }

  /// The exact median; see `startQuantiles`.
  public func median<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) async throws -> Double {
    try await quantiles(x, [0.5], ignoringNaN: ignoringNaN, priority: priority)[0]
  }

  /// The exact median, blocking; see `startQuantiles`.
  @available(*, noasync)
  public func median<Element: SortableElement>(
    _ x: some ArrayOperand<Element>, ignoringNaN: Bool = false, priority: WorkPriority = .normal
  ) throws -> Double {
    try quantiles(x, [0.5], ignoringNaN: ignoringNaN, priority: priority)[0]
  }
}

/// The edges of bins of equal width.
func histogramEdges(_ bins: Int, _ range: ClosedRange<Double>) throws(PoolError) -> [Double] {
  guard (1...1_000_000) ~= bins else {
    throw .invalidArgument("\(bins) bins; the number is 1 to 1000000")
  }
  let width = (range.upperBound - range.lowerBound) / Double(bins)
  guard width.isFinite, range.lowerBound + width > range.lowerBound else {
    throw .invalidArgument(
      "\(bins) bins from \(range.lowerBound) to \(range.upperBound) have no width that can be represented"
    )
  }
  return (0...bins).map {
    $0 == bins ? range.upperBound : range.lowerBound + Double($0) * width
  }
}

func checkProbabilities(_ probabilities: [Double]) throws(PoolError) {
  guard let wrong = probabilities.first(where: { !(0...1).contains($0) }) else { return }
  throw .invalidArgument("a probability of \(wrong); it is 0 to 1")
}

/// An array whose elements can be found by their ranks, NaN last.
private struct RankedElements {
  let nanCount: Int
  /// By rank.
  let elements: ([Int]) async throws -> [Int: Double]

  init(nanCount: Int, elements: @escaping ([Int]) async throws -> [Int: Double]) {
    self.nanCount = nanCount
    self.elements = elements
  }
}

/// Where a quantile lies among sorted elements.
struct QuantilePosition {
  /// The elements that it lies between; one when it lies at it.
  let ranks: [Int]
  private let share: Double

  init(_ probability: Double, count: Int) {
    let position = probability * Double(count - 1)
    let rank = min(count - 1, Int(position))
    share = position - Double(rank)
    ranks = share == 0 || rank == count - 1 ? [rank] : [rank, rank + 1]
  }

  func value(_ element: (Int) -> Double) -> Double {
    let below = element(ranks[0])
    guard ranks.count > 1 else { return below }
    let above = element(ranks[1])
    if above == below { return below }  // also infinities, whose difference is NaN
    // From the nearer end, as NumPy rounds.
    let gap = above - below
    guard gap.isFinite else { return below * (1 - share) + above * share }
    return share < 0.5 ? below + gap * share : above - gap * (1 - share)
  }
}

/// Elements of parts of an array, counted by the highest bits of their keys.
private struct PrefixGroups {
  private let counts: [[Int]]  // by part
  private let totals: [Int]
  private let before: [Int]

  init(_ counts: SharedArray<UInt32>, partCount: Int) {
    self.counts = counts.withSpan { counts in
      (0..<partCount).map { part in (0..<1 << 16).map { Int(counts[part << 16 + $0]) } }
    }
    var totals = [Int](repeating: 0, count: 1 << 16)
    for part in self.counts { for (group, count) in part.enumerated() { totals[group] += count } }
    var before: [Int] = []
    var sum = 0
    for total in totals {
      before.append(sum)
      sum += total
    }
    self.totals = totals
    self.before = before
  }

  func total(_ group: Int) -> Int { totals[group] }

  /// The groups in which some ranks lie, in order.
  func groups(ofRanks ranks: [Int]) -> [Int] { Set(ranks.map(group)).sorted() }

  /// The last group that has no more elements before it than this.
  private func group(ofRank rank: Int) -> Int {
    var (low, high) = (0, before.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if before[middle] <= rank { low = middle } else { high = middle }
    }
    return low
  }

  /// Where each part's elements of some groups begin when they are put one part behind the other.
  func offsets(of groups: [Int]) -> [Int] {
    var next = 0
    return counts.map { part in
      defer { next += groups.reduce(0) { $0 + part[$1] } }
      return next
    }
  }

  /// Where a rank is among the sorted elements of some groups.
  func places(of groups: [Int]) -> (Int) -> Int {
    { rank in
      let own = group(ofRank: rank)
      return groups.filter { $0 < own }.reduce(0) { $0 + totals[$1] } + rank - before[own]
    }
  }
}
