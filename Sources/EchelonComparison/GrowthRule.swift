/// What is asked of how a cost grows.
///
/// As elsewhere, what is asked for is met unless the whole interval lies on the wrong side of it.
public enum GrowthRule: Equatable, Sendable {
  /// The cost of each is the same however many there are.
  ///
  /// From the size `from` on the largest cost is at most `within` times the least. Smaller sizes have fixed costs, such as a
  /// first wake-up, which few have to share. There the rule is that these are paid once: all of a size together take at most
  /// `within` times what the smallest size of more than one, which wakes no second worker, takes in all and, for each, the
  /// largest cost from `from` on. Where several workers
  /// share the work, one of them may do all of a small size, which is over before another is awake: `sharedBy` times that cost.
  case flat(within: Double, from: Int, sharedBy: Int = 1)
  /// Each costs at most so much at every size from `from` on.
  case cost(atMost: Double, from: Int)
  /// At this size the cost is at most so many times the rival's.
  case ratio(atMost: Double, at: Int)

  /// The quantity that is judged, of the size that fares worst.
  public struct Finding: Codable, Equatable, Sendable {
    /// How many there were; 0 where no size was measured that the rule is about.
    public let size: Int
    /// What of it is judged.
    public let median: Double
    /// The lower end of its interval.
    public let low: Double
    /// The upper end of its interval.
    public let high: Double

    static let none = Finding(size: 0, median: 0, low: 0, high: 0)
  }

  /// The worst of some sizes.
  /// - Parameter points: by size, the smallest first.
  func judge(_ points: [MeasuredGrowth.Point]) -> Finding {
    let findings: [Finding]
    switch self {
    case .flat(_, let from, let workers):
      let large = points.filter { $0.size >= from }
      guard let least = large.min(by: { $0.cost.median < $1.cost.median })?.cost,
        let most = large.max(by: { $0.cost.median < $1.cost.median })?.cost
      else { return .none }
      let fixed = (points.first { $0.size > 1 } ?? points[0]).total
      findings = points.map { point in
        let cost = point.cost
        guard point.size < from else {
          // Ends divided crosswise: wider than 95 %, never narrower.
          return Finding(
            size: point.size, median: cost.median / least.median, low: cost.low / least.high,
            high: cost.high / least.low)
        }
        let count = Double(point.size)
        let allowed = (fixed + count * most.median * Double(workers)) / count
        return Finding(
          size: point.size, median: cost.median / allowed, low: cost.low / allowed,
          high: cost.high / allowed)
      }
    case .cost(_, let from):
      findings = points.filter { $0.size >= from }.map { Self.finding($0.size, $0.cost) }
    case .ratio(_, let size):
      findings = points.filter { $0.size == size }
        .compactMap { point in point.ratio.map { Self.finding(point.size, $0) } }
    }
    return findings.max { $0.median < $1.median } ?? .none
  }

  /// Nil where nothing was found.
  func isMet(by finding: Finding) -> Bool? { finding.size == 0 ? nil : finding.low <= bound }

  private static func finding(_ size: Int, _ interval: MedianInterval) -> Finding {
    Finding(size: size, median: interval.median, low: interval.low, high: interval.high)
  }

  private var bound: Double {
    switch self {
    case .flat(let bound, _, _), .cost(let bound, _), .ratio(let bound, _): bound
    }
  }
}

extension GrowthRule: Codable {
  private enum CodingKeys: String, CodingKey {
    case kind, bound, from, at
    case sharedBy = "shared_by"
  }
  private enum Kind: String, Codable { case flat, cost, ratio }

  /// Reads `{"kind": "flat", "bound": 1.5, "from": 1000, "shared_by": 2}`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let bound = try values.decode(Double.self, forKey: .bound)
    switch try values.decode(Kind.self, forKey: .kind) {
    case .flat:
      self = .flat(
        within: bound, from: try values.decode(Int.self, forKey: .from),
        sharedBy: try values.decode(Int.self, forKey: .sharedBy))
    case .cost: self = .cost(atMost: bound, from: try values.decode(Int.self, forKey: .from))
    case .ratio: self = .ratio(atMost: bound, at: try values.decode(Int.self, forKey: .at))
    }
  }

  /// Writes `{"kind": "ratio", "bound": 1.05, "at": 64}`.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(bound, forKey: .bound)
    switch self {
    case .flat(_, let from, let workers):
      try values.encode(Kind.flat, forKey: .kind)
      try values.encode(from, forKey: .from)
      try values.encode(workers, forKey: .sharedBy)
    case .cost(_, let from):
      try values.encode(Kind.cost, forKey: .kind)
      try values.encode(from, forKey: .from)
    case .ratio(_, let size):
      try values.encode(Kind.ratio, forKey: .kind)
      try values.encode(size, forKey: .at)
    }
  }
}
