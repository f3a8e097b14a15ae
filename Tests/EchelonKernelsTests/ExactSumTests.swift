import EchelonKernels
import TestSupport
import Testing

/// Errors of floating-point sums cannot be judged by floating-point sums: whole multiples of 2⁻¹⁰⁷⁴ in a
/// number as wide as it takes.
private struct WideInteger {
  private var words = [UInt32](repeating: 0, count: 80)

  mutating func add(_ value: Double) {
    let magnitude = value.magnitude
    let exponent = max(Int(magnitude.exponentBitPattern), 1) - 1
    var significand = magnitude.significandBitPattern
    if magnitude.exponentBitPattern > 0 { significand |= 1 << 52 }
    for bit in 0..<53 where significand >> UInt64(bit) & 1 == 1 {
      if value.sign == .plus { increment(exponent + bit) } else { decrement(exponent + bit) }
    }
  }

  private mutating func increment(_ place: Int) {
    var word = place / 32
    var (sum, overflow) = words[word].addingReportingOverflow(1 << UInt32(place % 32))
    words[word] = sum
    while overflow, word + 1 < words.count {
      word += 1
      (sum, overflow) = words[word].addingReportingOverflow(1)
      words[word] = sum
    }
  }

  private mutating func decrement(_ place: Int) {
    var word = place / 32
    var (rest, overflow) = words[word].subtractingReportingOverflow(1 << UInt32(place % 32))
    words[word] = rest
    while overflow, word + 1 < words.count {
      word += 1
      (rest, overflow) = words[word].subtractingReportingOverflow(1)
      words[word] = rest
    }
  }

  /// The nearest double, halves to even.
  var rounded: Double {
    let isNegative = words.last! >> 31 == 1
    var magnitude = words
    if isNegative {
      var carry: UInt32 = 1
      for index in magnitude.indices {
        let (sum, overflow) = (~magnitude[index]).addingReportingOverflow(carry)
        magnitude[index] = sum
        carry = overflow ? 1 : 0
      }
    }
    let bits: [Bool] = magnitude.flatMap { word in (0..<32).map { word >> UInt32($0) & 1 == 1 } }
    guard let highest = bits.lastIndex(of: true) else { return 0 }
    let lowest = max(0, highest - 52)
    var significand = (lowest...highest).reversed().reduce(UInt64(0)) {
      $0 << 1 | (bits[$1] ? 1 : 0)
    }
    if lowest > 0, bits[lowest - 1], bits[..<(lowest - 1)].contains(true) || significand & 1 == 1 {
      significand += 1
    }
    let value = Double(sign: .plus, exponent: lowest - 1074, significand: Double(significand))
    return isNegative ? -value : value
  }
}

@Suite struct `An exact sum` {
  @Test func `is the sum of whole numbers, rounded once`() {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    for round in 0..<200 {
      var sum = ExactSum()
      var expected = WideInteger()
      let spread = UInt64(round % 4 == 0 ? 2046 : 1 + round % 70)
      for _ in 0..<Int.random(in: 1...60, using: &random) {
        let exponent = UInt64.random(in: 0...spread, using: &random)
        let value = Double(
          bitPattern: random.next() & (1 << 63 | (1 << 52 - 1)) | exponent << 52)
        sum.add(value)
        expected.add(value)
      }
      #expect(sum.value.bitPattern == expected.rounded.bitPattern, "round \(round), seed \(seed)")
      let again = ExactSum(words: sum.words)
      #expect(again.value.bitPattern == sum.value.bitPattern)
    }
  }

  @Test func `does not depend on order or grouping`() {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let values = (0..<5000).map { _ in
      Double(
        bitPattern: random.next() & ~(0x7ff << 52) | UInt64.random(in: 0...2046, using: &random)
          << 52)
    }
    func words(_ values: some Sequence<Double>) -> [Int64] {
      var sum = ExactSum()
      for value in values { sum.add(value) }
      return sum.words
    }
    let all = words(values)
    #expect(words(values.reversed()) == all && words(values.shuffled(using: &random)) == all)
    var parts = ExactSum(words: words(values[0..<1234]))
    parts.merge(ExactSum(words: words(values[1234...])))
    #expect(parts.words == all, "seed \(seed)")
  }

  @Test func `keeps infinities and NaN, and cancels to 0`() {
    func sum(_ values: Double...) -> Double {
      var sum = ExactSum()
      for value in values { sum.add(value) }
      return sum.value
    }
    #expect(sum() == 0 && sum(1e300, 1, -1e300) == 1 && sum(-0.0).sign == .plus)
    #expect(sum(1, .infinity) == .infinity && sum(-.infinity, 3) == -.infinity)
    #expect(sum(.infinity, -.infinity).isNaN && sum(.nan, 1).isNaN)
    let large = Double.greatestFiniteMagnitude
    #expect(sum(large, large) == .infinity && sum(large, large, -large) == large)
    #expect(sum(large, large.ulp / 2) == .infinity && sum(large, large.ulp / 4) == large)
    #expect(sum(1, 0x1p-53) == 1 && sum(1, 0x1p-53, 0x1p-1074) == 1 + 0x1p-52)
    var small = ExactSum()
    for value in [1, 0x1p-24, 0x1p-60] { small.add(value) }
    #expect(small.value(as: Float.self) == 1 + 0x1p-23)
    small = ExactSum()
    small.add(-0x1p-160)
    #expect(small.value(as: Float.self) == 0 && small.value(as: Float.self).sign == .minus)
  }
}

@Suite struct `A sketch of quantiles` {
  @Test(arguments: [2, 8, 100], [1, 7, 100, 10_007])
  func `stays within the bound of its ranks`(_ capacity: Int, _ count: Int) {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let values = (0..<count).map { _ in Double(random.next() % 5000) }
    var whole = QuantileSketch(capacity: capacity)
    var parts = (0..<3).map { _ in QuantileSketch(capacity: capacity) }
    for (index, value) in values.enumerated() {
      whole.add(value)
      parts[index % 3].add(value)
    }
    var merged = parts[0]
    merged.merge(parts[1])
    merged.merge(parts[2])
    let sorted = values.sorted()
    for sketch in [whole, merged] {
      #expect(sketch.count == count)
      for probability in stride(from: 0.0, through: 1, by: 0.05) {
        let value = sketch.quantile(probability)
        let rank = probability * Double(count - 1)
        let bound = sketch.rankErrorBound * Double(count) + 1
        let below = Double(sorted.count { $0 < value }), upTo = Double(sorted.count { $0 <= value })
        #expect(below - bound <= rank && rank <= upTo + bound, "\(probability), seed \(seed)")
      }
    }
    if count < capacity {
      #expect(whole.rankErrorBound == 0 && whole.quantile(0.5) == sorted[(count - 1) / 2])
    }
    #expect(count < 10_000 || capacity < 100 || whole.rankErrorBound < 0.1)
  }

  @Test func `counts NaN by themselves`() {
    var sketch = QuantileSketch()
    #expect(sketch.quantile(0.5).isNaN)
    for value in [.nan, 3, .infinity] { sketch.add(value) }
    #expect(sketch.nanCount == 1 && sketch.count == 2 && sketch.quantile(0) == 3)
    #expect(sketch.quantile(1) == .infinity)
  }
}
