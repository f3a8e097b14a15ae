/// What a figure is held against, and how it is told whether it is met.
public enum Requirement: Sendable, Equatable {
  /// A time per operation, in seconds.
  case time(atMost: Double)
  /// Operations per second.
  case rate(atLeast: Double)
  /// Echelon's time divided by the rival's.
  case ratio(atMost: Double)
  /// Echelon's time less the rival's, in seconds.
  case difference(atMost: Double)
  /// Nothing is asked: the row is there to be looked at.
  case none

  /// The quantity that is judged, of one pair of times in seconds.
  func quantity(_ pair: Pair) -> Double {
    switch self {
    case .time: pair.echelon
    case .rate: 1 / pair.echelon
    case .ratio, .none: pair.ratio
    case .difference: pair.echelon - pair.rival
    }
  }

  /// Met, unless the whole interval lies on the wrong side of what is asked; nil when nothing is.
  func isMet(by interval: MedianInterval) -> Bool? {
    switch self {
    case .time(let bound), .ratio(let bound), .difference(let bound): interval.low <= bound
    case .rate(let bound): interval.high >= bound
    case .none: nil
    }
  }
}

extension Requirement: Codable {
  private enum CodingKeys: String, CodingKey { case kind, bound }
  private enum Kind: String, Codable { case time, rate, ratio, difference, none }

  /// Reads `{"kind": "ratio", "bound": 1.5}`.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let kind = try values.decode(Kind.self, forKey: .kind)
    func bound() throws -> Double { try values.decode(Double.self, forKey: .bound) }
    self =
      switch kind {
      case .time: .time(atMost: try bound())
      case .rate: .rate(atLeast: try bound())
      case .ratio: .ratio(atMost: try bound())
      case .difference: .difference(atMost: try bound())
      case .none: .none
      }
  }

  /// Writes `{"kind": "ratio", "bound": 1.5}`; `none` has no bound.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    let (kind, bound): (Kind, Double?) =
      switch self {
      case .time(let bound): (.time, bound)
      case .rate(let bound): (.rate, bound)
      case .ratio(let bound): (.ratio, bound)
      case .difference(let bound): (.difference, bound)
      case .none: (.none, nil)
      }
    try values.encode(kind, forKey: .kind)
    try values.encodeIfPresent(bound, forKey: .bound)
  }
}

/// One measurement of both sides, one right after the other: seconds per operation.
public struct Pair: Equatable, Sendable {
  /// Echelon's time.
  public let echelon: Double
  /// The rival's time.
  public let rival: Double

  /// Both in seconds per operation.
  public init(echelon: Double, rival: Double) { (self.echelon, self.rival) = (echelon, rival) }

  /// Echelon's time divided by the rival's: below 1 Echelon is faster.
  public var ratio: Double { echelon / rival }
}
