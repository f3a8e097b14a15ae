import EchelonMemory
import Glibc

/// One of the two directions of a chart: which values it shows, and where.
package struct Axis: Sendable, Equatable {
  package enum Scale: Sendable, Equatable {
    case linear
    /// By powers; numbers that are not positive have no place.
    case logarithmic
    /// Words at 0, 1, 2, …
    case labels([String])
    /// Words in the middle of cells from 0 to 1, 1 to 2, …
    case categories([String])
  }

  /// What the numbers are, with their unit where that is known.
  package var label: String
  package let scale: Scale
  /// The values at its two ends, finite and different.
  package let low, high: Double

  /// An axis for values, of which those that are not finite are left out.
  /// - Parameters:
  ///   - margin: what is added at both ends, as a part of the length.
  ///   - includesZero: whether 0 is shown whatever the values are.
  package init(
    _ label: String, scale: Scale = .linear, showing values: [[Double]], margin: Double = 0,
    includesZero: Bool = false
  ) {
    self.label = label
    self.scale = scale
    var low = Double.infinity
    var high = -Double.infinity
    for value in values.joined() where value.isFinite && (scale != .logarithmic || value > 0) {
      (low, high) = (min(low, value), max(high, value))
    }
    if case .categories(let words) = scale { (low, high) = (0, Double(max(1, words.count))) }
    if low > high { (low, high) = scale == .logarithmic ? (1, 10) : (0, 1) }
    if includesZero { (low, high) = (min(low, 0), max(high, 0)) }
    (self.low, self.high) = Self.widened(low, high, margin: margin, scale)
  }

  private static let largest = Double.greatestFiniteMagnitude

  private static func widened(
    _ low: Double, _ high: Double, margin: Double, _ scale: Scale
  ) -> (Double, Double) {
    switch scale {
    case .categories: return (low, high)
    case .logarithmic:
      // As below, where no number is between.
      let factor = log(high) - log(low) < 1e-9 ? 2 : exp(margin * (log(high) - log(low)))
      guard factor.isFinite else { return (low, high) }
      return (max(low / factor, .leastNonzeroMagnitude), min(high * factor, largest))
    case .linear, .labels:
      let size = max(abs(low), abs(high))
      // Where there is no number between the two ends, nothing could be told apart.
      guard high / 2 - low / 2 > size * 0x1p-50 else {
        let room = max(0.5, size * 0x1p-4)
        return (max(low - room, -largest), min(high + room, largest))
      }
      let room = (high / 2 - low / 2) * 2 * margin
      guard room.isFinite else { return (low, high) }
      return (max(low - room, -largest), min(high + room, largest))
    }
  }

  /// Where a value is, 0 and 1 at the ends; nil where it has no place.
  package func position(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    if scale == .logarithmic {
      guard value > 0 else { return nil }
      return (log(value) - log(low)) / (log(high) - log(low))
    }
    // Parts of the largest, so that no difference is out of range.
    let size = max(abs(low), abs(high))
    return (value / size - low / size) / (high / size - low / size)
  }

  // MARK: Ticks

  /// A place with a number or a word beside it.
  package struct Tick: Sendable, Equatable {
    package let value: Double
    package let text: String
  }

  /// Round values between the ends.
  /// - Parameter limit: how many there may be, 2 or more; of cells all are named.
  package func ticks(atMost limit: Int) -> [Tick] {
    switch scale {
    case .linear: linearTicks(atMost: max(2, limit))
    case .logarithmic: logarithmicTicks(atMost: max(2, limit))
    case .labels(let words): wordTicks(words, atMost: max(2, limit))
    case .categories(let words):
      words.enumerated().map { Tick(value: Double($0) + 0.5, text: $1) }
    }
  }

  private func wordTicks(_ words: [String], atMost limit: Int) -> [Tick] {
    guard !words.isEmpty else { return [] }
    let step = max(1, (words.count + limit - 1) / limit)
    return stride(from: 0, to: words.count, by: step).map {
      Tick(value: Double($0), text: words[$0])
    }
  }

  /// 1, 2 or 5 times a power of ten apart.
  private func linearTicks(atMost limit: Int) -> [Tick] {
    let range = high - low
    guard range.isFinite else {
      return [low, 0, high].map { Tick(value: $0, text: Self.text($0, 3)) }
    }
    let power = pow(10, floor(log10(range / Double(limit))))
    guard power > 0, power.isFinite else {
      return [low, high].map { Tick(value: $0, text: Self.text($0, 3)) }
    }
    for step in [1, 2, 5, 10, 20, 50].map({ $0 * power }) {
      let first = (low / step).rounded(.up)
      let end = min(high + step * 1e-9, Self.largest)
      let values = (0...limit).map { (first + Double($0)) * step }.filter { $0 <= end }
      guard values.count <= limit else { continue }
      // Powers of ten below 1 are no doubles: what is almost 0 is.
      let clean = values.map { (value: Double) -> Double in abs(value) < step * 1e-9 ? 0 : value }
      let size = clean.map(abs).max() ?? 1
      let digits = size > 0 ? Int(max(0, log10(size / step) + 1e-9)) + 2 : 1
      let texts = clean.map { Self.text($0, digits) }
      // Beyond the digits of a double two ticks are one number.
      return zip(clean, texts).enumerated().compactMap { index, tick in
        index > 0 && texts[index - 1] == tick.1 ? nil : Tick(value: tick.0, text: tick.1)
      }
    }
    return [low, high].map { Tick(value: $0, text: Self.text($0, 3)) }
  }

  private func logarithmicTicks(atMost limit: Int) -> [Tick] {
    let (first, last) = (Int(log10(low).rounded(.up)), Int((log10(high) + 1e-9).rounded(.down)))
    if last - first >= 2 {
      let step = max(1, (last - first + limit) / limit)
      return stride(from: first, through: last, by: step).map { power in
        let value = pow(10, Double(power))
        return Tick(value: value, text: abs(power) < 5 ? Self.text(value, 1) : "1e\(power)")
      }
    }
    var values: [Double] = []
    for power in min(first, last) - 1...last + 1 {
      values += [1.0, 2, 5].map { $0 * pow(10, Double(power)) }
    }
    let (least, most) = (low * (1 - 1e-9), min(high * (1 + 1e-9), Self.largest))
    values = values.filter { least <= $0 && $0 <= most }
    if values.count > limit {
      // Between two powers and three of them: these two say more than numbers that crowd at one end.
      let powers = values.filter { abs(log10($0) - log10($0).rounded()) < 1e-9 }
      if powers.count > 1 { values = powers }
    }
    guard values.count > 1, values.count <= limit else { return linearTicks(atMost: limit) }
    return values.map { Tick(value: $0, text: Self.text($0, 1)) }
  }

  /// Years and counts as they are, larger numbers by powers.
  private static func text(_ value: Double, _ digits: Int) -> String {
    value.rounded(significantDigits: abs(value) < 1e6 ? max(digits, 6) : digits)
      .replacing("-", with: "−")
  }
}
