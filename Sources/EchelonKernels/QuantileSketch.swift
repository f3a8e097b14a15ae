/// Quantiles of a stream of numbers, in memory that does not grow with it.
///
///     var sketch = QuantileSketch()
///     for value in values { sketch.add(value) }
///     let median = sketch.quantile(0.5)
///
/// Exact up to `capacity` numbers. Of more, every other one of a full level stands for two, and so on from
/// level to level; which of the two stay alternates, so the same numbers in the same order and merges in the
/// same tree give the same answer. The rank of an answer is off by at most `rankErrorBound`.
/// - Source: G. S. Manku, S. Rajagopalan, B. G. Lindsay, "Approximate medians and other quantiles in one pass
///   and with limited memory", *SIGMOD* 1998.
public struct QuantileSketch: Sendable, Codable, Equatable {
  /// Numbers that each level has room for; even.
  public let capacity: Int
  /// Numbers so far, NaN not among them.
  public private(set) var count = 0
  /// NaN so far, which have no rank.
  public private(set) var nanCount = 0
  /// By level; a number of level k stands for 2ᵏ.
  private var levels: [[Double]] = [[]]
  /// By level, whether the next to stay are the odd ones.
  private var staysOdd: [Bool] = [false]
  /// Twice the largest error of a rank so far.
  private var doubledError = 0

  /// Nothing yet.
  /// - Parameter capacity: 2 or more, made even; memory is about 8·capacity·log₂(n / capacity) bytes.
  public init(capacity: Int = 4096) {
    precondition(capacity >= 2, "a capacity of \(capacity); it is 2 or more")
    self.capacity = capacity + capacity % 2
  }

  /// Adds one number.
  public mutating func add(_ value: Double) {
    if value.isNaN {
      nanCount += 1
      return
    }
    if levels[0].count >= capacity { compact(from: 0) }
    count += 1
    levels[0].append(value)
  }

  /// Adds all that another sketch has seen.
  /// - Parameter other: of the same capacity.
  public mutating func merge(_ other: QuantileSketch) {
    precondition(
      capacity == other.capacity, "sketches of \(capacity) and \(other.capacity) numbers")
    count += other.count
    nanCount += other.nanCount
    doubledError += other.doubledError
    for (level, values) in other.levels.enumerated() {
      while levels.count <= level { addLevel() }
      levels[level] += values
    }
    var level = 0
    while level < levels.count {
      if levels[level].count > capacity { compact(from: level) }
      level += 1
    }
  }

  private mutating func addLevel() {
    levels.append([])
    staysOdd.append(false)
  }

  /// Halves full levels. An answer's rank moves by at most half of the weight of one number each time.
  private mutating func compact(from first: Int) {
    var level = first
    while level < levels.count, levels[level].count >= capacity {
      if level + 1 == levels.count { addLevel() }
      var values = levels[level].sorted()
      // Of an odd number of them one waits for the next time.
      let rest = values.count % 2 == 1 ? [values.removeLast()] : []
      let offset = staysOdd[level] ? 1 : 0
      staysOdd[level].toggle()
      levels[level + 1] += stride(from: offset, to: values.count, by: 2).map { values[$0] }
      levels[level] = rest
      doubledError += 1 << (level + 1)
      level += 1
    }
  }

  /// How far the rank of an answer can be off, as a part of all; 0 while every number is kept.
  public var rankErrorBound: Double { count == 0 ? 0 : Double(doubledError) / 2 / Double(count) }

  /// The number below which a part of `probability` of all lie; NaN for none.
  /// - Parameter probability: 0 to 1.
  public func quantile(_ probability: Double) -> Double {
    precondition((0...1).contains(probability), "a probability of \(probability)")
    var weighted: [(value: Double, weight: Int)] = []
    for (level, values) in levels.enumerated() {
      for value in values { weighted.append((value, 1 << level)) }
    }
    guard !weighted.isEmpty else { return .nan }
    weighted.sort { $0.value < $1.value }
    let rank = probability * Double(count - 1)
    var seen = 0
    for (value, weight) in weighted {
      seen += weight
      if Double(seen) > rank { return value }
    }
    return weighted.last!.value
  }
}
