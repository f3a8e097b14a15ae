/// Finds values by their ranks in a few passes over numbers that are never in memory together.
///
///     var search = RankSearch()
///     while let question = search.question {
///       search.take(…)                   // what `RankCount(question)` has counted, of all numbers
///     }
///     let quartiles = search.quartiles
///
/// Numbers are counted by the first bits of their keys, whole numbers in the same order; then those that begin
/// as one of the wanted does, by the next bits; and when few are left, they are kept and sorted. That takes three passes as a
/// rule, and five at the most. -0 comes before 0.
struct RankSearch: Sendable {
  /// Keys that begin with the same bits, some of them wanted.
  private struct Bucket {
    var prefix: UInt64
    /// How many keys are smaller than all of these.
    var before: Int
    var count: Int
    var ranks: [Int]
  }

  /// The number of values; known after the first pass.
  private(set) var count = 0
  /// The smallest and the largest value; known after the first pass.
  private(set) var extremes: (minimum: Double, maximum: Double)?
  /// What the next pass is to find out; nil when everything is known.
  private(set) var question: RankQuestion? = RankQuestion(bitCount: 0, prefixes: [0], keeps: false)

  private var buckets: [Bucket] = []
  private var found: [Int: Double] = [:]
  private let mostKept: Int

  /// - Parameter mostKept: how many keys a pass may keep.
  init(mostKept: Int) { self.mostKept = mostKept }

  /// Takes what a pass over all numbers has counted.
  mutating func take(_ total: RankTotal) {
    guard let question else { preconditionFailure("nothing was asked") }
    if question.keeps {
      takeKept(total.keys.sorted())
    } else {
      if question.bitCount == 0 { begin(total) }
      takeCounts(total, question)
    }
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

  private mutating func begin(_ total: RankTotal) {
    count = total.counts.reduce(0, +)
    guard count > 0 else { return }
    extremes = (RankKey.value(of: total.least[0]), RankKey.value(of: total.greatest[0]))
    var ranks: Set<Int> = []
    for quarters in 1...3 {
      let (rank, remainder) = (quarters * (count - 1)).quotientAndRemainder(dividingBy: 4)
      ranks.insert(rank)
      if remainder > 0 { ranks.insert(rank + 1) }
    }
    buckets = [Bucket(prefix: 0, before: 0, count: count, ranks: ranks.sorted())]
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

  /// The quantile `quarters`/4, as `OrderStatistics.quartiles` has it, when everything is known.
  func quartile(_ quarters: Int) -> Double {
    let (rank, remainder) = (quarters * (count - 1)).quotientAndRemainder(dividingBy: 4)
    guard let below = found[rank] else { return .nan }
    guard remainder > 0, let above = found[rank + 1], above != below else { return below }
    // From the nearer end.
    let share = Double(remainder) / 4
    let gap = above - below
    return share < 0.5 ? below + gap * share : above - gap * (1 - share)
  }
}

/// What a pass over numbers is to find out of their ranks.
struct RankQuestion: Codable, Sendable {
  /// How many of the first bits of a key are in `prefixes`: 0, 16, 28, 40 or 52.
  let bitCount: Int
  /// Keys that begin otherwise do not count; ascending.
  let prefixes: [UInt64]
  /// Whether the keys are kept; they are counted by their next bits otherwise.
  let keeps: Bool

  /// How many more bits are looked at.
  var width: Int { bitCount == 0 ? 16 : 12 }
  var binCount: Int { 1 << width }
}

/// What a pass over some of the numbers has found out.
struct RankCount: Codable, Sendable {
  private let question: RankQuestion
  fileprivate private(set) var counts: [UInt32] = []
  /// By prefix, the smallest key that begins so.
  fileprivate private(set) var least: [UInt64]
  fileprivate private(set) var greatest: [UInt64]
  fileprivate private(set) var keys: [UInt64] = []

  init(_ question: RankQuestion) {
    self.question = question
    let count = question.prefixes.count
    least = [UInt64](repeating: .max, count: count)
    greatest = [UInt64](repeating: 0, count: count)
    if !question.keeps { counts = [UInt32](repeating: 0, count: count * question.binCount) }
  }

  /// Counts numbers, NaN not among them. At most 2³² in all.
  mutating func add(_ values: Span<Double>) {
    let (bitCount, width) = (UInt64(question.bitCount), UInt64(question.width))
    if bitCount == 0 {
      var (low, high) = (least[0], greatest[0])
      for index in values.indices {
        let key = RankKey.key(of: values[index])
        low = min(low, key)
        high = max(high, key)
        counts[Int(key >> 48)] &+= 1
      }
      (least[0], greatest[0]) = (low, high)
      return
    }
    for index in values.indices {
      let key = RankKey.key(of: values[index])
      let prefix = key >> (64 - bitCount)
      guard let place = question.prefixes.firstIndex(of: prefix) else { continue }
      if question.keeps {
        keys.append(key)
      } else {
        least[place] = min(least[place], key)
        greatest[place] = max(greatest[place], key)
        let bin = key >> (64 - bitCount - width) & (1 << width - 1)
        counts[place << Int(width) + Int(bin)] &+= 1
      }
    }
  }
}

/// What passes over all parts of the numbers have found out.
struct RankTotal: Sendable {
  fileprivate private(set) var counts: [Int] = []
  fileprivate private(set) var least: [UInt64] = []
  fileprivate private(set) var greatest: [UInt64] = []
  fileprivate private(set) var keys: [UInt64] = []

  /// Adds what a pass over some of the numbers has found out, for the same question.
  mutating func add(_ part: RankCount) {
    keys += part.keys
    guard !least.isEmpty else {
      (counts, least, greatest) = (part.counts.map(Int.init), part.least, part.greatest)
      return
    }
    for index in counts.indices { counts[index] += Int(part.counts[index]) }
    for index in least.indices {
      least[index] = min(least[index], part.least[index])
      greatest[index] = max(greatest[index], part.greatest[index])
    }
  }
}

/// Numbers as whole numbers in the same order.
enum RankKey {
  static func key(of value: Double) -> UInt64 {
    let bits = value.bitPattern
    return bits >> 63 == 1 ? ~bits : bits | 1 << 63
  }

  static func value(of key: UInt64) -> Double {
    Double(bitPattern: key >> 63 == 1 ? key & ~(1 << 63) : ~key)
  }
}
