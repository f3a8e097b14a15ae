/// What a figure is held against, and how it is told whether it is met.
enum Requirement: Sendable {
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
    case .ratio, .none: pair.echelon / pair.rival
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

/// One measurement of both sides, one right after the other: seconds per operation.
struct Pair {
  let echelon: Double
  let rival: Double
}
