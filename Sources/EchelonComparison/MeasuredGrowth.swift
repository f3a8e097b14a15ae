/// How the cost of something grows: with how many there are of it, or with how many workers do it.
public struct MeasuredGrowth: Equatable, Sendable {
  /// What sizes count.
  public enum Quantity: String, Codable, Sendable {
    case tasks, chunks, bytes, workers
  }

  /// What a cost is measured in.
  public enum Unit: String, Codable, Sendable {
    case seconds, bytes
  }

  /// One size, measured several times.
  public struct Point: Equatable, Sendable {
    /// How many there were.
    public let size: Int
    /// What each cost, in the order in which it was measured; at least six.
    public let echelon: [Double]
    /// What each cost the rival, right before or after; none without a rival.
    public let rival: [Double]
    /// Echelon's cost.
    public let cost: MedianInterval
    /// The rival's cost.
    public let rivalCost: MedianInterval?
    /// Echelon's cost divided by the rival's, pair by pair.
    public let ratio: MedianInterval?

    /// - Parameters:
    ///   - echelon: at least six.
    ///   - rival: as many, or none.
    public init(size: Int, echelon: [Double], rival: [Double] = []) {
      precondition(rival.isEmpty || rival.count == echelon.count, "each has its pair, or none has")
      (self.size, self.echelon, self.rival) = (size, echelon, rival)
      cost = MedianInterval(of: echelon)
      rivalCost = rival.isEmpty ? nil : MedianInterval(of: rival)
      ratio = rival.isEmpty ? nil : MedianInterval(of: zip(echelon, rival).map { $0 / $1 })
    }

    /// Everything that there was, together.
    var total: Double { cost.median * Double(size) }
  }

  /// The same in every run, for `--only` and for comparing runs.
  public let name: String
  /// What Echelon does.
  public let title: String
  /// What the rival does; nil without one.
  public let rivalTitle: String?
  /// What sizes count.
  public let quantity: Quantity
  /// What costs are measured in.
  public let unit: Unit
  /// What is asked for.
  public let rule: GrowthRule
  /// By size, the smallest first; at least one.
  public let points: [Point]
  /// Sizes that were left out, and why; a sentence each.
  public let leftOut: [String]
  /// What the rule looks at.
  public let judged: GrowthRule.Finding

  /// - Parameter points: at least one, in any order.
  public init(
    name: String, title: String, rivalTitle: String?, quantity: Quantity, unit: Unit = .seconds,
    rule: GrowthRule, points: [Point], leftOut: [String] = []
  ) {
    (self.name, self.title, self.rivalTitle) = (name, title, rivalTitle)
    (self.quantity, self.unit, self.rule) = (quantity, unit, rule)
    self.points = points.sorted { $0.size < $1.size }
    self.leftOut = leftOut
    judged = rule.judge(self.points)
  }

  /// Whether what is asked for is met; nil where no size was measured that the rule is about.
  public var isMet: Bool? { rule.isMet(by: judged) }
}

extension MeasuredGrowth.Point: Codable {
  private enum CodingKeys: String, CodingKey {
    case size, cost, ratio
    case rivalCost = "rival_cost"
    case echelon = "echelon_costs"
    case rival = "rival_costs"
  }

  /// Reads size and costs; what follows from the costs is computed again.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let size = try values.decode(Int.self, forKey: .size)
    let echelon = try values.decode([Double].self, forKey: .echelon)
    let rival = try values.decodeIfPresent([Double].self, forKey: .rival) ?? []
    guard size > 0, echelon.count >= MedianInterval.fewest,
      rival.isEmpty || rival.count == echelon.count,
      (echelon + rival).allSatisfy({ $0 > 0 && $0.isFinite })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .echelon, in: values,
        debugDescription:
          "size \(size) has \(echelon.count) costs of Echelon and \(rival.count) of the rival; there have to be at least "
          + "\(MedianInterval.fewest), as many of a rival or none, each above 0")
    }
    self.init(size: size, echelon: echelon, rival: rival)
  }

  /// Writes everything, so that who reads the file need not compute medians.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(size, forKey: .size)
    try values.encode(cost, forKey: .cost)
    try values.encodeIfPresent(rivalCost, forKey: .rivalCost)
    try values.encodeIfPresent(ratio, forKey: .ratio)
    try values.encode(echelon, forKey: .echelon)
    if !rival.isEmpty { try values.encode(rival, forKey: .rival) }
  }
}

extension MeasuredGrowth: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, title, rival, quantity, unit, rule, verdict, judged, points
    case leftOut = "left_out"
  }

  /// Reads names, rule and costs; what follows from them is computed again.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let points = try values.decode([Point].self, forKey: .points)
    guard !points.isEmpty, Set(points.map(\.size)).count == points.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .points, in: values, debugDescription: "there is no size, or one of them twice")
    }
    self.init(
      name: try values.decode(String.self, forKey: .name),
      title: try values.decode(String.self, forKey: .title),
      rivalTitle: try values.decodeIfPresent(String.self, forKey: .rival),
      quantity: try values.decode(Quantity.self, forKey: .quantity),
      unit: try values.decode(Unit.self, forKey: .unit),
      rule: try values.decode(GrowthRule.self, forKey: .rule), points: points,
      leftOut: try values.decode([String].self, forKey: .leftOut))
  }

  /// Writes everything.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(title, forKey: .title)
    try values.encodeIfPresent(rivalTitle, forKey: .rival)
    try values.encode(quantity, forKey: .quantity)
    try values.encode(unit, forKey: .unit)
    try values.encode(rule, forKey: .rule)
    try values.encode(isMet.map { $0 ? "met" : "not met" } ?? "none", forKey: .verdict)
    try values.encode(judged, forKey: .judged)
    try values.encode(points, forKey: .points)
    try values.encode(leftOut, forKey: .leftOut)
  }
}
