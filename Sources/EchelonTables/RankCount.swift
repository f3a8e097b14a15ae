/// What a pass over numbers is to find out of their ranks.
package struct RankQuestion: Codable, Sendable {
  /// How many of the first bits of a key are in `prefixes`: 0, 16, 28, 40 or 52.
  let bitCount: Int
  /// Keys that begin otherwise do not count; ascending.
  let prefixes: [UInt64]
  /// Whether the keys are kept; they are counted by their next bits otherwise.
  let keeps: Bool

  /// How many more bits are looked at.
  var width: Int { bitCount == 0 ? 16 : 12 }
  var binCount: Int { 1 << width }

  /// Which of the prefixes it is; nil for none.
  func place(of prefix: UInt64) -> Int? {
    var (low, high) = (0, prefixes.count)
    while low < high {
      let middle = (low + high) / 2
      if prefixes[middle] < prefix { low = middle + 1 } else { high = middle }
    }
    return low < prefixes.count && prefixes[low] == prefix ? low : nil
  }
}

/// What a pass over some of the numbers has found out.
package struct RankCount: Codable, Sendable {
  private let question: RankQuestion
  private(set) var counts: [UInt32] = []
  /// By prefix, the smallest key that begins so.
  private(set) var least: [UInt64]
  private(set) var greatest: [UInt64]
  private(set) var keys: [UInt64] = []

  /// Nothing yet.
  package init(_ question: RankQuestion) {
    self.question = question
    let count = question.prefixes.count
    least = [UInt64](repeating: .max, count: count)
    greatest = [UInt64](repeating: 0, count: count)
    if !question.keeps { counts = [UInt32](repeating: 0, count: count * question.binCount) }
  }

  /// Up to so many prefixes are compared one after the other.
  private static let fewPrefixes = 16

  /// Counts numbers, NaN not among them. At most 2³² in all.
  package mutating func add(_ values: Span<Double>) {
    let bitCount = UInt64(question.bitCount)
    if bitCount == 0, !question.keeps { return countAll(values) }
    guard question.prefixes.count <= Self.fewPrefixes else {
      for index in values.indices {
        let key = RankKey.key(of: values[index])
        if let place = question.place(of: key >> (64 - bitCount)) { count(key, at: place) }
      }
      return
    }
    // Without a branch that depends on the key: what a search guesses wrong costs more than all comparisons.
    let list = question.prefixes
    let prefixes = list.span
    for index in values.indices {
      let key = RankKey.key(of: values[index])
      let prefix = key >> (64 - bitCount)
      var found = -1
      for place in prefixes.indices { found = prefixes[place] == prefix ? place : found }
      if found >= 0 { count(key, at: found) }
    }
  }

  private mutating func countAll(_ values: Span<Double>) {
    var (low, high) = (least[0], greatest[0])
    var bins = counts.mutableSpan
    for index in values.indices {
      let key = RankKey.key(of: values[index])
      low = min(low, key)
      high = max(high, key)
      bins[Int(key >> 48)] &+= 1
    }
    (least[0], greatest[0]) = (low, high)
  }

  private mutating func count(_ key: UInt64, at place: Int) {
    guard !question.keeps else { return keys.append(key) }
    least[place] = min(least[place], key)
    greatest[place] = max(greatest[place], key)
    let (bitCount, width) = (UInt64(question.bitCount), UInt64(question.width))
    let bin = key >> (64 - bitCount - width) & (1 << width - 1)
    counts[place << Int(width) + Int(bin)] &+= 1
  }
}

/// What passes over all parts of the numbers have found out.
package struct RankTotal: Sendable {
  package init() {}

  private(set) var counts: [Int] = []
  private(set) var least: [UInt64] = []
  private(set) var greatest: [UInt64] = []
  private(set) var keys: [UInt64] = []

  /// Adds what a pass over some of the numbers has found out, for the same question.
  package mutating func add(_ part: RankCount) {
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
