import RealModule

// Statistics of sequences of words, each with the probability of one as far away or farther if the words are random.

/// One comparison.
struct Comparison: CustomStringConvertible {
  /// Which statistic, the same for all of its comparisons.
  let statistic: String
  /// Which bit, lag and so on.
  let place: String
  /// Of both sides together.
  let probability: Double

  var description: String { "\(statistic), \(place): probability \(probability)" }
}

/// Sums that would be normal.
private func normal(_ statistic: String, _ place: String, _ z: Double) -> Comparison {
  Comparison(statistic: statistic, place: place, probability: .erfc(abs(z) / 2.squareRoot()))
}

/// Counts that would have these expectations, 20 or more each: too far from them, or too near.
private func counts(
  _ statistic: String, _ place: String, _ counts: [Int], _ expected: [Double]
) -> Comparison {
  var sum = 0.0
  for (count, mean) in zip(counts, expected) {
    sum += (Double(count) - mean) * (Double(count) - mean) / mean
  }
  let above = chiSquaredProbability(sum, degreesOfFreedom: counts.count - 1)
  return Comparison(
    statistic: statistic, place: place, probability: min(1, 2 * min(above, 1 - above)))
}

/// How many of `total` coins came up heads.
private func coins(
  _ statistic: String, _ place: String, _ heads: Int, of total: Int
) -> Comparison {
  normal(statistic, place, Double(2 * heads - total) / Double(total).squareRoot())
}

/// A word as a number in [-½, ½).
private func centered(_ word: UInt64) -> Double {
  Double(Int64(truncatingIfNeeded: word)) * 0x1p-64
}

/// All statistics of one sequence; a multiple of 2¹⁴ words.
func comparisons(ofWords words: [UInt64]) -> [Comparison] {
  let columns = bitColumns(words)
  return frequencies(columns, of: words.count) + equalBits(columns, of: words.count)
    + laggedBits(columns, of: words.count) + serialCorrelations(words) + pairs(words)
    + [runs(words), ranks(words), birthdays(words, low: false), birthdays(words, low: true)]
}

/// Bit b of all words, 64 of them in each word of column b.
private func bitColumns(_ words: [UInt64]) -> [[UInt64]] {
  var columns = [[UInt64]](repeating: [], count: 64)
  for start in stride(from: 0, to: words.count, by: 64) {
    // Transposed by halves: blocks that lie across the diagonal change places.
    var block = Array(words[start..<start + 64])
    var (width, mask) = (32, 0x0000_0000_ffff_ffff as UInt64)
    while width > 0 {
      var row = 0
      while row < 64 {
        let moved = (block[row] &>> UInt64(width) ^ block[row + width]) & mask
        block[row + width] ^= moved
        block[row] ^= moved &<< UInt64(width)
        row += 1
        if row & width != 0 { row += width }
      }
      width /= 2
      mask ^= mask &<< UInt64(width)
    }
    for bit in 0..<64 { columns[bit].append(block[bit]) }
  }
  return columns
}

/// How often each bit is set.
private func frequencies(_ columns: [[UInt64]], of count: Int) -> [Comparison] {
  columns.indices.map { bit in
    coins("frequency", "bit \(bit)", columns[bit].reduce(0) { $0 + $1.nonzeroBitCount }, of: count)
  }
}

/// How often two bits of a word differ, of all pairs.
private func equalBits(_ columns: [[UInt64]], of count: Int) -> [Comparison] {
  var found: [Comparison] = []
  for (a, first) in columns.enumerated() {
    for b in 0..<a {
      let second = columns[b]
      var different = 0
      for i in first.indices { different += (first[i] ^ second[i]).nonzeroBitCount }
      found.append(coins("bits of a word", "\(b) and \(a)", different, of: count))
    }
  }
  return found
}

/// How often a bit changes from a word to the next, and to later ones: at a lag of 1, the number of its runs.
private func laggedBits(_ columns: [[UInt64]], of count: Int) -> [Comparison] {
  var found: [Comparison] = []
  for (bit, column) in columns.enumerated() {
    for lag in [1, 2, 4, 64] as [UInt64] {
      var different = 0
      for i in 0..<column.count - 1 {
        // The bits from lag on, and the first of the next 64: shifted by 64 there is none.
        let later: UInt64 = column[i] >> lag | column[i + 1] << (64 - lag)
        different += (column[i] ^ later).nonzeroBitCount
      }
      found.append(
        coins("runs of bits", "bit \(bit), lag \(lag)", different, of: 64 * (column.count - 1)))
    }
  }
  return found
}

/// The correlation of numbers with later ones.
private func serialCorrelations(_ words: [UInt64]) -> [Comparison] {
  let numbers = words.map(centered)
  return [1, 2, 3, 4, 5, 8, 16, 63, 64, 256, 999, 1000].map { lag in
    var sum = 0.0
    for i in 0..<numbers.count - lag { sum += numbers[i] * numbers[i + lag] }
    return normal(
      "serial correlation", "lag \(lag)", 12 * sum / Double(numbers.count - lag).squareRoot())
  }
}

/// The upper five bits, and the lower, of two words that follow each other.
private func pairs(_ words: [UInt64]) -> [Comparison] {
  // Where few words are expected in each cell, four bits.
  let bits: UInt64 = words.count < 1 << 16 ? 4 : 5
  let cells = 1 << Int(2 * bits)
  let mask: UInt64 = 1 << bits - 1
  return [0, 64 - bits].map { place in
    var found = [Int](repeating: 0, count: cells)
    for i in stride(from: 0, to: words.count, by: 2) {
      let a: UInt64 = words[i] >> place & mask
      let b: UInt64 = words[i + 1] >> place & mask
      found[Int(a << bits | b)] += 1
    }
    return counts(
      "pairs", "bits from \(place)", found,
      Array(repeating: Double(words.count / 2) / Double(cells), count: cells))
  }
}

/// The lengths of runs of rising numbers; the number that ends one does not count, so that they are independent.
/// - Source: D. E. Knuth, *The Art of Computer Programming* 2, §3.3.2, exercise 14.
private func runs(_ words: [UInt64]) -> Comparison {
  var (found, i) = ([0, 0, 0, 0, 0], 0)
  while i < words.count {
    var length = 1
    while i + length < words.count, words[i + length] > words[i + length - 1] { length += 1 }
    // The last one may have been cut off.
    if i + length < words.count { found[min(length, 5) - 1] += 1 }
    i += length + 1
  }
  let total = Double(found.reduce(0, +))
  let expected: [Double] = [total / 2, total / 3, total / 8, total / 30, total / 120]
  return counts("runs", "up", found, expected)
}

/// The ranks of matrices of 64 words over the field of two elements.
private func ranks(_ words: [UInt64]) -> Comparison {
  var found = [0, 0, 0]
  for start in stride(from: 0, to: words.count, by: 64) {
    var rows = Array(words[start..<start + 64])
    var rank = 0
    for bit in 0..<64 as Range<UInt64> {
      guard let pivot = (rank..<64).first(where: { rows[$0] &>> bit & 1 == 1 }) else { continue }
      rows.swapAt(rank, pivot)
      for row in rank + 1..<64 where rows[row] &>> bit & 1 == 1 { rows[row] ^= rows[rank] }
      rank += 1
    }
    found[min(2, 64 - rank)] += 1
  }
  // Π (1 - 2⁻ⁱ), i ≥ 1, and twice as many of one less.
  let full = 0.288788095086602421
  let shares = [full, 2 * full, 1 - 3 * full]
  return counts("ranks", "64 × 64", found, shares.map { $0 * Double(words.count / 64) })
}

/// How many spacings of birthdays are equal: four of each group of words, by Poisson's distribution.
/// - Source: G. Marsaglia, W. W. Tsang, *Some difficult-to-pass tests of randomness*, Journal of Statistical Software 7
///   (2002).
private func birthdays(_ words: [UInt64], low: Bool) -> Comparison {
  let (people, bits) = words.count < 1 << 18 ? (1 << 10, 26 as UInt64) : (1 << 12, 32)
  var equal = 0
  for start in stride(from: 0, to: words.count, by: people) {
    let mask: UInt64 = 1 << bits - 1
    let group = words[start..<start + people]
    let days: [UInt64] = group.map { low ? $0 & mask : $0 >> (64 - bits) }.sorted()
    let spacings: [UInt64] = zip(days.dropFirst(), days).map { $0 - $1 }.sorted()
    for (a, b) in zip(spacings.dropFirst(), spacings) where a == b { equal += 1 }
  }
  let mean = 4 * Double(words.count / people)
  // Both tails, by their terms.
  func term(_ k: Int) -> Double { .exp(Double(k) * .log(mean) - mean - .logGamma(Double(k) + 1)) }
  var below = 0.0
  for k in 0...equal { below += term(k) }
  var above = 0.0
  for k in equal...equal + 1000 { above += term(k) }
  return Comparison(
    statistic: "birthdays", place: low ? "low bits" : "high bits",
    probability: min(1, 2 * min(below, above)))
}

/// Two sequences of as many words, of two streams: bits that differ, and the correlation of numbers, at the same place
/// and up to three places apart.
func comparisons(of first: [UInt64], and second: [UInt64], _ what: String) -> [Comparison] {
  let count = min(first.count, second.count)
  return (-3...3).flatMap { lag in
    var (different, sum) = (0, 0.0)
    let range = max(0, -lag)..<min(count, count - lag)
    for i in range {
      let (a, b) = (first[i], second[i + lag])
      different += (a ^ b).nonzeroBitCount
      sum += centered(a) * centered(b)
    }
    return [
      coins("bits of two streams", "\(what), lag \(lag)", different, of: 64 * range.count),
      normal(
        "correlation of two streams", "\(what), lag \(lag)",
        12 * sum / Double(range.count).squareRoot()),
    ]
  }
}

/// How often each bit of a word changes with one bit of what it is made from.
func avalanche(
  from words: [UInt64], to others: [UInt64], _ what: String
) -> [Comparison] {
  let columns = bitColumns(zip(words, others).map { $0 ^ $1 })
  return columns.indices.map { bit in
    coins(
      "avalanche", "\(what), bit \(bit)", columns[bit].reduce(0) { $0 + $1.nonzeroBitCount },
      of: words.count)
  }
}
