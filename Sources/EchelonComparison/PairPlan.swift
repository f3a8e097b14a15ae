/// How many pairs are measured of a figure.
public enum PairPlan: Equatable, Sendable {
  /// As many, whatever comes of it.
  case fixed(Int)
  /// In steps, until the 95 % interval of the ratio lies within 5 % of its median, or there are as many.
  ///
  /// Looking at an interval to decide whether to go on makes it cover the true median a little less often than 95 %; the
  /// steps are large so that it is looked at few times.
  case untilNarrow(atMost: Int)

  /// How far the ends of the interval may be from the median, as a part of it.
  public static let width = 0.05
  /// The pairs before the interval is looked at for the first time: what a ratio has at least, unless fewer are asked for.
  public static let first = 15
  /// The pairs between two looks.
  public static let step = 10
  /// Of all figures, unless something else is said.
  public static let usual = PairPlan.untilNarrow(atMost: FigureSet.full.mostPairs)

  /// How many pairs are still to be measured before this is asked again; 0 when there are enough.
  public func missing(after pairs: [Pair]) -> Int {
    switch self {
    case .fixed(let count): return max(0, count - pairs.count)
    case .untilNarrow(let most):
      let first = min(Self.first, most)
      guard pairs.count >= first else { return first - pairs.count }
      if pairs.count >= most || MedianInterval(of: pairs.map(\.ratio)).isWithin(Self.width) {
        return 0
      }
      return min(Self.step, most - pairs.count)
    }
  }

  /// The most that there can be.
  public var most: Int {
    switch self {
    case .fixed(let count), .untilNarrow(let count): count
    }
  }
}

extension PairPlan: CustomStringConvertible {
  /// As in `31 pairs`.
  public var description: String {
    switch self {
    case .fixed(let count): "\(count) pairs"
    case .untilNarrow(let most): "pairs until the ratio is within ±5 %, at most \(most)"
    }
  }
}

extension PairPlan: Codable {
  private enum CodingKeys: String, CodingKey { case fixed, most }

  /// Reads `{"fixed": 31}` or `{"most": 61}`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    if let count = try values.decodeIfPresent(Int.self, forKey: .fixed) {
      self = .fixed(count)
    } else {
      self = .untilNarrow(atMost: try values.decode(Int.self, forKey: .most))
    }
  }

  /// Writes `{"fixed": 31}` or `{"most": 61}`.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .fixed(let count): try values.encode(count, forKey: .fixed)
    case .untilNarrow(let most): try values.encode(most, forKey: .most)
    }
  }
}
