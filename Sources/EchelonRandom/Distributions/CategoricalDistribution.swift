/// One of several categories, 0 ..< n, each with a weight of its own: sampling with replacement.
///
/// By Walker's aliases: one draw of 64 bits, however many categories there are.
/// - Source: A. J. Walker, *ACM TOMS* 3 (1977); the table is made in n steps as by M. D. Vose, *IEEE Transactions on
///   Software Engineering* 17 (1991).
public struct CategoricalDistribution: Distribution, Hashable, Codable {
  /// Of each place, the part of it that is its own category's, in units of 2⁻⁶⁴.
  @usableFromInline let shares: [UInt64]
  /// And the category that has the rest.
  @usableFromInline let aliases: [Int]

  /// - Parameter weights: of each category, in any unit.
  /// - Throws: `DistributionError` unless there are weights, all 0 or more and finite, and one above 0.
  public init(weights: [Double]) throws(DistributionError) {
    let name = "a categorical distribution"
    let largest = weights.max() ?? 0
    guard largest > 0 else {
      throw .invalidCount(
        weights.count, distribution: name, needed: "it needs weights, and one of them above 0")
    }
    for weight in weights { try Requirement.notNegative(weight, "a weight of", name) }
    // By the largest first: a sum of large ones would be infinite.
    let scaled = weights.map { $0 / largest }
    let mean = scaled.reduce(0, +) / Double(weights.count)
    var heights = scaled.map { $0 / mean }
    var shares = [UInt64](repeating: .max, count: weights.count)
    var aliases = Array(weights.indices)
    var small = weights.indices.filter { heights[$0] < 1 }
    var large = weights.indices.filter { heights[$0] >= 1 }
    while let low = small.popLast(), let high = large.last {
      shares[low] = UInt64(heights[low] * 0x1p64)
      aliases[low] = high
      heights[high] -= 1 - heights[low]
      if heights[high] < 1 {
        large.removeLast()
        small.append(high)
      }
    }
    // What is left is 1 but for rounding: all of a place is its own. A category without weight has none.
    if let heaviest = weights.indices.max(by: { weights[$0] < weights[$1] }) {
      for index in weights.indices where weights[index] == 0 && shares[index] == .max {
        (shares[index], aliases[index]) = (0, heaviest)
      }
    }
    self.shares = shares
    self.aliases = aliases
  }

  private enum CodingKeys: String, CodingKey {
    case shares, aliases
  }

  /// Reads what `encode` wrote.
  /// - Throws: `DecodingError` for a table that is not one of categories.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    shares = try values.decode([UInt64].self, forKey: .shares)
    aliases = try values.decode([Int].self, forKey: .aliases)
    guard !shares.isEmpty, shares.count == aliases.count,
      aliases.allSatisfy(shares.indices.contains)
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .aliases, in: values,
        debugDescription: "\(shares.count) shares of categories with aliases \(aliases)")
    }
  }

  /// The number of categories.
  public var count: Int { shares.count }

  /// One of them.
  @inlinable
  public func sample(using generator: inout some RandomNumberGenerator) -> Int {
    let (place, rest) = generator.next().multipliedFullWidth(by: UInt64(shares.count))
    return rest < shares[Int(place)] ? Int(place) : aliases[Int(place)]
  }
}
