/// Finds values by their ranks in a few passes over numbers that are never in memory together.
///
///     var search = RankSearch(mostKept: 1 << 20, rowCount: n) { [($0 - 1) / 2] }
///     while let question = search.question {
///       search.take(…)                   // what `RankCount(question)` has counted, of all numbers
///     }
///     let median = search.value((search.count - 1) / 2)
///
/// Numbers are counted by the first bits of their keys, whole numbers in the same order; then those that begin
/// as one of the wanted does, by the next bits; and when few are left, they are kept and sorted. That takes three passes as a
/// rule, and five at the most. -0 comes before 0.
package struct RankSearch: Sendable {
  /// Keys that begin with the same bits, some of them wanted.
  private struct Bucket {
    var prefix: UInt64
    /// How many keys are smaller than all of these.
    var before: Int
    var count: Int
    var ranks: [Int]
  }

  /// The number of values; known after the first pass.
  package private(set) var count = 0
  /// The smallest and the largest value; known after the first pass.
  package private(set) var extremes: (minimum: Double, maximum: Double)?
  /// What the next pass is to find out; nil when everything is known.
  package private(set) var question: RankQuestion?

  private var buckets: [Bucket] = []
  private var found: [Int: Double] = [:]
  private let mostKept: Int
  private let ranks: @Sendable (Int) -> [Int]

  /// - Parameters:
  ///   - mostKept: how many keys a pass may keep.
  ///   - rowCount: how many numbers there are at the most; few are kept at once.
  ///   - ranks: the wanted ranks, from 0, when there are so many numbers, one at least.
  package init(mostKept: Int, rowCount: Int, ranks: @escaping @Sendable (Int) -> [Int]) {
    self.mostKept = mostKept
    self.ranks = ranks
    question = RankQuestion(
      bitCount: 0, prefixes: [0], keeps: rowCount <= min(mostKept, Self.mostKeptAtOnce))
  }

  /// Where the tables of counts would be longer than the keys.
  private static let mostKeptAtOnce = 1 << 15

  /// Takes what a pass over all numbers has counted.
  package mutating func take(_ total: RankTotal) {
    guard let question else { preconditionFailure("nothing was asked") }
    let keys = total.keys.sorted()
    if question.bitCount == 0 {
      if question.keeps {
        begin(keys.count, keys.first, keys.last)
      } else {
        begin(total.counts.reduce(0, +), total.least.first, total.greatest.first)
      }
    }
    if question.keeps { takeKept(keys) } else { takeCounts(total, question) }
    buckets.removeAll { $0.ranks.isEmpty }
    guard !buckets.isEmpty else {
      self.question = nil
      return
    }
    let left = buckets.reduce(0) { $0 + $1.count }
    self.question = RankQuestion(
      bitCount: question.bitCount + question.width, prefixes: buckets.map(\.prefix),
      keeps: left <= mostKept)
  }

  private mutating func begin(_ count: Int, _ least: UInt64?, _ greatest: UInt64?) {
    self.count = count
    guard count > 0, let least, let greatest else { return }
    extremes = (RankKey.value(of: least), RankKey.value(of: greatest))
    let ranks = Set(ranks(count)).sorted()
    precondition(ranks.allSatisfy { 0..<count ~= $0 }, "ranks \(ranks) of \(count) numbers")
    buckets = [Bucket(prefix: 0, before: 0, count: count, ranks: ranks)]
  }

  private mutating func takeCounts(_ total: RankTotal, _ question: RankQuestion) {
    var next: [Bucket] = []
    let binCount = question.binCount
    for (place, bucket) in buckets.enumerated() {
      if total.least[place] == total.greatest[place] {
        for rank in bucket.ranks { found[rank] = RankKey.value(of: total.least[place]) }
        continue
      }
      var (bin, before) = (0, bucket.before)
      for rank in bucket.ranks {
        while before + total.counts[place * binCount + bin] <= rank {
          before += total.counts[place * binCount + bin]
          bin += 1
        }
        let prefix = bucket.prefix << UInt64(question.width) | UInt64(bin)
        if question.bitCount + question.width == UInt64.bitWidth {
          found[rank] = RankKey.value(of: prefix)
        } else if next.last?.prefix == prefix, !next.isEmpty {
          next[next.count - 1].ranks.append(rank)
        } else {
          next.append(
            Bucket(
              prefix: prefix, before: before, count: total.counts[place * binCount + bin],
              ranks: [rank]))
        }
      }
    }
    buckets = next
  }

  private mutating func takeKept(_ keys: [UInt64]) {
    var first = 0
    for bucket in buckets {
      for rank in bucket.ranks {
        found[rank] = RankKey.value(of: keys[first + rank - bucket.before])
      }
      first += bucket.count
    }
    buckets = []
  }

  /// The value at one of the wanted ranks, when everything is known.
  package func value(_ rank: Int) -> Double { found[rank] ?? .nan }
}

/// Searches in several columns at once, pass by pass.
///
///     while searches.isOpen {
///       …                                // searches.add(values, to: 0)
///       searches.endPass()
///     }
struct RankSearches {
  private(set) var searches: [RankSearch]
  private var tallies: [RankTally?]

  init(_ searches: [RankSearch]) {
    self.searches = searches
    tallies = searches.map { $0.question.map { RankTally($0) } }
  }

  /// Whether another pass is needed.
  var isOpen: Bool { tallies.contains { $0 != nil } }

  /// Takes values of a column, NaN not among them.
  mutating func add(_ values: [Double], to column: Int) { tallies[column]?.add(values.span) }

  /// Ends a pass, in which all values were added.
  mutating func endPass() {
    for index in searches.indices {
      if let total = tallies[index]?.total() { searches[index].take(total) }
    }
    tallies = searches.map { $0.question.map { RankTally($0) } }
  }
}

/// Counts any number of numbers.
private struct RankTally {
  private let question: RankQuestion
  private var part: RankCount
  private var partCount = 0
  private var sum = RankTotal()

  init(_ question: RankQuestion) {
    self.question = question
    part = RankCount(question)
  }

  mutating func add(_ values: Span<Double>) {
    // The counts of a part have 32 bits.
    if partCount > 1 << 31 {
      sum.add(part)
      part = RankCount(question)
      partCount = 0
    }
    part.add(values)
    partCount += values.count
  }

  func total() -> RankTotal {
    var total = sum
    total.add(part)
    return total
  }
}
