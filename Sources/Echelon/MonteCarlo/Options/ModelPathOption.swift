import EchelonMemory
import EchelonRandom
import Foundation

/// An option on the path of a price in Heston's or Merton's model: on its average, its extreme or a barrier, at dates at
/// equal distances of which the last is the expiry.
///
///     let model = MertonOption(
///       .call, spot: 100, strike: 105, rate: 0.03, volatility: 0.2, jumpsPerYear: 1, jumpMean: -0.1,
///       jumpDeviation: 0.15, years: 1)
///     let option = ModelPathOption(.average(.arithmetic), dates: 12, in: .merton(model))
///     let price = try await pool.price(of: option, seed: 42, until: .relativeError(1e-3))
///
/// Merton's prices are drawn at each date from their distribution, so samples are exact. Heston's paths are discretised, in
/// as many steps from date to date as his option has in all through the number of dates, rounded up; the mean of samples
/// is off by about as much as that of `HestonOption` with as many steps. With four dates in half a year, of a spot of 100, a
/// call on the geometric average was off by 0.001 ± 0.003 with 4 steps and -0.004 ± 0.004 with 32 (beside its characteristic
/// function), one with a barrier of 90 by 0.001 ± 0.004 and -0.004 ± 0.006, and a put on the highest price less the last by
/// -0.012 ± 0.004 and -0.003 ± 0.006 (beside grids, which are off by some 0.005).
public struct ModelPathOption: SimulatedOption, Hashable, BitwiseCopyable, Codable {
  /// How the price moves. A European option of the model says that, and also whether it is a call or a put, spot, strike, rate
  /// and years; its `sampling` has no meaning here.
  public enum Model: Sendable, Hashable, BitwiseCopyable, Codable {
    /// With a variance that is a process.
    case heston(HestonOption)
    /// With jumps.
    case merton(MertonOption)
  }

  /// What is looked at.
  public enum Payoff: Sendable, Hashable, BitwiseCopyable, Codable {
    /// The average of the prices at the dates, which is compared with the strike.
    case average(AsianOption.Average)
    /// The price at expiry, where a barrier above 0 has been met at a date, or has not.
    case barrier(BarrierOption.Effect, at: Double)
    /// The highest or the lowest price at the dates and today, as a `LookbackOption` does with this strike: that of the model
    /// does not count.
    case lookback(LookbackOption.Strike)
  }

  /// What is looked at.
  public var payoff: Payoff
  /// How many dates there are, 1 to 100,000.
  public var dates: Int
  /// How the price moves.
  public var model: Model

  /// An option with these numbers.
  public init(_ payoff: Payoff, dates: Int, in model: Model) {
    self.payoff = payoff
    self.dates = dates
    self.model = model
  }

  /// That of a European option, which an average of one price is; nil of all others.
  public var exactPrice: Double? {
    guard case .average = payoff, dates == 1 else { return nil }
    switch model {
    case .heston(let option): return option.exactPrice
    case .merton(let option): return option.exactPrice
    }
  }

  /// Of a price that does not vary in Heston's model.
  var european: EuropeanOption {
    switch model {
    case .heston(let option):
      EuropeanOption(
        option.kind, spot: option.spot, strike: option.strike, rate: option.rate, volatility: 0,
        years: option.years)
    case .merton(let option): option.european
    }
  }

  var problem: String? {
    let spot = european.spot
    switch payoff {
    case .average: return OptionProblem.dates(dates)
    case .barrier(let effect, let level):
      // The side of the barrier is that of one without a model.
      return BarrierOption(
        .call, effect, barrier: level, monitoring: .dates(dates), spot: spot,
        strike: european.strike, rate: 0, volatility: 0, years: 0
      ).problem
    case .lookback(.fixed(let strike)):
      return OptionProblem.positive("strike", strike) ?? OptionProblem.dates(dates)
    case .lookback(.floating): return OptionProblem.dates(dates)
    }
  }

  var look: PathLook {
    let european = european
    var look = PathLook(
      what: .arithmetic, logSpot: log(european.spot), dates: Double(dates),
      strike: european.strike, sign: european.kind.sign,
      discount: exp(-european.rate * european.years))
    switch payoff {
    case .average(let average): look.what = average == .arithmetic ? .arithmetic : .geometric
    case .barrier(let effect, let level):
      look.what = effect.isOut ? .out : .in
      (look.direction, look.logBarrier) = (effect.direction, log(level))
    case .lookback(.fixed(let strike)):
      (look.what, look.strike, look.direction) = (.fixed, strike, look.sign)
    case .lookback(.floating): (look.what, look.direction) = (.floating, -look.sign)
    }
    return look
  }

  /// See `SimulatedOption`.
  public var simulation: OptionSimulation {
    get throws {
      switch model {
      case .heston(let option):
        _ = try option.simulation
        try OptionProblem.refuse(problem)
        return HestonLook(look: look, dates: dates, path: HestonDates(option, dates: dates))
          .simulation
      case .merton(let option):
        _ = try option.simulation
        try OptionProblem.refuse(problem)
        return MertonLook(
          look: look, dates: dates, path: try MertonDates(option, dates: dates)
        ).simulation
      }
    }
  }
}

/// What is looked at of a path, date by date.
struct PathLook: BitwiseCopyable, Sendable {
  enum What: BitwiseCopyable, Sendable { case arithmetic, geometric, out, `in`, fixed, floating }

  /// What has been seen.
  struct Seen {
    var sum = 0.0
    /// Of the logarithm, in the direction that counts.
    var extreme: Double
    var hasMet = false
  }

  var what: What
  let logSpot: Double
  let dates: Double
  var strike: Double
  /// -1 for a put.
  let sign: Double
  let discount: Double
  /// 1 where the highest price counts, -1 where the lowest.
  var direction = 1.0
  var logBarrier = 0.0

  var start: Seen { Seen(extreme: direction * logSpot) }

  func see(_ logarithm: Double, _ seen: inout Seen) {
    switch what {
    case .arithmetic: seen.sum += exp(logarithm)
    case .geometric: seen.sum += logarithm
    case .out, .in: if direction * (logarithm - logBarrier) >= 0 { seen.hasMet = true }
    case .fixed, .floating: seen.extreme = max(seen.extreme, direction * logarithm)
    }
  }

  /// The discounted payoff.
  /// - Parameter last: the logarithm of the price at expiry.
  func payment(_ seen: Seen, last: Double) -> Double {
    switch what {
    case .arithmetic: return discount * max(0, sign * (seen.sum / dates - strike))
    case .geometric: return discount * max(0, sign * (exp(seen.sum / dates) - strike))
    case .out, .in:
      guard seen.hasMet == (what == .in) else { return 0 }
      return discount * max(0, sign * (exp(last) - strike))
    case .fixed: return discount * max(0, sign * (exp(direction * seen.extreme) - strike))
    case .floating:
      // No -0 where the last price is the extreme.
      return discount * max(0, sign * (exp(last) - exp(direction * seen.extreme))) + 0
    }
  }
}

private struct MertonLook: BitwiseCopyable, Sendable {
  let look: PathLook
  let dates: Int
  let path: MertonDates

  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulateOrKeep { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    var (logarithm, seen) = (look.logSpot, look.start)
    for _ in 0..<dates {
      path.step(&logarithm, &generator)
      look.see(logarithm, &seen)
    }
    return look.payment(seen, last: logarithm)
  }
}

private struct HestonLook: BitwiseCopyable, Sendable {
  let look: PathLook
  let dates: Int
  let path: HestonDates

  var simulation: OptionSimulation {
    OptionSimulation(ChunkFunction { chunk in chunk.accumulateOrKeep { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> Double {
    var (walk, seen) = (path.path.start, look.start)
    for _ in 0..<dates {
      path.step(&walk, &generator)
      look.see(walk.end.logarithm, &seen)
    }
    return look.payment(seen, last: walk.end.logarithm)
  }
}
