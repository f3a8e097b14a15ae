import Foundation

/// What is looked at of a path in a model, date by date, and how the payoff changes with what the path is made of.
struct SlopedLook: BitwiseCopyable, Sendable {
  let look: PathLook
  /// Whether every path of an extreme pays.
  private let isSure: Bool

  init(_ option: ModelPathOption) {
    look = option.look
    isSure =
      switch option.payoff {
      case .lookback(.floating): true
      case .lookback(.fixed(let strike)):
        option.european.kind.sign * (option.european.spot - strike) > 0
      case .average, .barrier: false
      }
  }

  /// Whether the payoff jumps.
  var hasJump: Bool { look.what == .out || look.what == .in }

  /// Where a path is at a date.
  struct Place: BitwiseCopyable {
    /// Of the price.
    var logarithm: Double
    /// What part of the time until expiry has gone by: ∂ logarithm/∂ drift.
    var share = 0.0
    /// ∂ logarithm/∂ deviation, in a model whose paths have one.
    var deviation = 0.0
    /// The variance of the noise so far, given what else is drawn.
    var clock = 0.0
  }

  /// What has been seen.
  struct Seen {
    /// Of an average, or of the logarithm of one: each date's part, and its part times what moves it.
    var average = 0.0
    var shares = 0.0
    var deviations = 0.0
    var clocks = 0.0
    var squares = 0.0
    var extreme: Place
    var last: Place
    var hasMet = false

    mutating func add(_ weight: Double, of part: Double, _ place: Place) {
      average += weight * part
      shares += weight * place.share
      deviations += weight * place.deviation
      clocks += weight * place.clock
      squares += weight * place.clock * place.clock
    }
  }

  var start: Seen {
    let today = Place(logarithm: look.logSpot)
    return Seen(extreme: today, last: today)
  }

  func see(_ place: Place, _ seen: inout Seen) {
    seen.last = place
    switch look.what {
    case .arithmetic: seen.add(exp(place.logarithm) / look.dates, of: 1, place)
    case .geometric: seen.add(1 / look.dates, of: place.logarithm, place)
    case .out, .in:
      if look.direction * (place.logarithm - look.logBarrier) >= 0 { seen.hasMet = true }
    case .fixed, .floating:
      if look.direction * place.logarithm > look.direction * seen.extreme.logarithm {
        seen.extreme = place
      }
    }
  }

  /// The payoff of the path and its slopes along it, where it does not jump, else the payoff alone.
  func alongPath(_ seen: Seen, _ scores: PathOfNormals) -> PathSlopes {
    switch look.what {
    case .arithmetic: return average(seen, scores)
    case .geometric:
      let average = exp(seen.average)
      var whole = seen
      whole.average = average
      whole.shares *= average
      whole.deviations *= average
      // Of a product, unlike those of a sum: the square of its slope.
      whole.squares = average * seen.clocks * seen.clocks
      whole.clocks *= average
      return self.average(whole, scores)
    case .out, .in:
      guard seen.hasMet == (look.what == .in) else { return PathSlopes() }
      return PathSlopes(value: max(0, look.sign * (exp(seen.last.logarithm) - look.strike)))
    case .fixed, .floating: return extreme(seen, scores)
    }
  }

  /// By the density of the path's normal numbers, those of the spot at least.
  /// - Parameter slopes: along the path.
  func byRatio(_ slopes: PathSlopes, _ scores: PathOfNormals) -> PathSlopes {
    var found = scores.slopes(of: slopes.value)
    // An extreme may be the spot, which has no density; but where that counts the price is linear in it.
    if isSure {
      let fixed = look.what == .fixed ? look.direction * look.strike : 0
      (found.spot, found.curvature) = (slopes.value + fixed, 0)
    }
    return found
  }

  private func average(_ seen: Seen, _ scores: PathOfNormals) -> PathSlopes {
    let value = look.sign * (seen.average - look.strike)
    guard value > 0 else { return PathSlopes() }
    // As of `AsianOption`, along a shift of each price by its noise's variance, whose score is the noise itself: nothing is
    // divided by the variance from one date to the next, which may be as good as 0.
    let weight =
      seen.average / seen.clocks * (scores.noise + seen.squares / seen.clocks) - 1
    return PathSlopes(
      value: value, spot: look.sign * seen.average, curvature: look.sign * look.strike * weight,
      drift: look.sign * seen.shares, deviation: look.sign * seen.deviations)
  }

  private func extreme(_ seen: Seen, _ scores: PathOfNormals) -> PathSlopes {
    let found = look.direction * exp(seen.extreme.logarithm)
    let isFloating = look.what == .floating
    let paid = isFloating ? look.sign * exp(seen.last.logarithm) : 0
    let strike = isFloating ? 0 : look.direction * look.strike
    let value = found + paid - strike
    guard value > 0 else { return PathSlopes() }
    return PathSlopes(
      value: value, spot: found + paid, curvature: isSure ? 0 : strike * scores.spot,
      drift: found * seen.extreme.share + paid * seen.last.share,
      deviation: found * seen.extreme.deviation + paid * seen.last.deviation)
  }
}

/// The derivatives of the logarithm of the density of a path whose steps are normal given what else is drawn, such as jumps
/// or a variance.
struct PathOfNormals: BitwiseCopyable {
  /// ∂/∂ log spot, which moves the first step alone, and ∂²/∂(log spot)² of the density through the density.
  private(set) var spot = 0.0
  private(set) var spotTwice = 0.0
  /// ∂/∂ drift and ∂/∂ deviation, in a model whose paths have them.
  var drift = 0.0
  var deviation = 0.0
  /// All that is normal of the path, summed up.
  var noise = 0.0

  /// Takes the step to the first date.
  /// - Parameters:
  ///   - noise: a normal number of mean 0.
  ///   - variance: of it.
  mutating func begin(noise: Double, variance: Double) {
    spot = noise / variance
    spotTwice = (noise * noise / variance - 1) / variance
  }

  /// The likelihood ratio's derivatives of the expectation of a payoff that depends on the prices after the first.
  func slopes(of value: Double) -> PathSlopes {
    PathSlopes(
      value: value, spot: value * spot, curvature: value * (spotTwice - spot),
      drift: value * drift, deviation: value * deviation)
  }
}
