import EchelonMemory
import EchelonPool
import EchelonRandom
import Foundation

extension ModelPathOption: OptionWithGreeks {
  /// Those of a European option with jumps, which an average of one price is; nil of all others.
  public var exactGreeks: OptionGreeks? {
    guard case .average = payoff, dates == 1, case .merton(var option) = model else { return nil }
    option.sampling = .path
    return option.exactGreeks
  }

  /// See `OptionWithGreeks`. The price is that of the same samples as `simulation` has. Barriers are looked at at dates, where
  /// the payoff jumps, and have no pathwise Greeks.
  ///
  /// With jumps samples are unbiased; theta counts jumps by the likelihood ratio always, as in `MertonOption`.
  ///
  /// In Heston's model, vega is by the volatility of today, √V, and vega and theta are central differences by both methods, as of
  /// `HestonOption`, which says what is asked of V and of the correlation: of what paths of the same random numbers pay. Of
  /// averages and extremes rho is along the path by both methods. What a barrier pays jumps, so
  /// its rho, vega and theta are differences of the expectation, given the path of the variance, of what a path pays that is
  /// drawn on its side of the barrier from date to date.
  /// - Source: P. Glasserman, J. Staum, *Conditioning on one-step survival for barrier option simulations*, Operations
  ///   Research 49 (2001).
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    // Refuses what has no price.
    _ = try simulation
    if case .barrier = payoff, method == .pathwise {
      throw PoolError.invalidArgument(
        "pathwise Greeks of a barrier that is looked at at dates, where the payoff jumps; "
          + "take the likelihood ratio")
    }
    let isPathwise = method == .pathwise
    switch model {
    case .merton(let option):
      try OptionProblem.refuse(option.european.greeksProblem)
      return MertonPathGreeks(
        look: SlopedLook(self), frame: GreeksFrame(option.european), dates: dates,
        path: try MertonDates(option, dates: dates), jumpsPerYear: option.jumpsPerYear,
        compensation: option.jumpsPerYear * expm1(option.logGrowth), isPathwise: isPathwise
      ).simulation
    case .heston(let option):
      try OptionProblem.refuse(option.greeksProblem)
      if case .barrier = payoff {
        return HestonBarrierGreeks(self, option).simulation
      }
      return HestonPathGreeks(self, option, isPathwise: isPathwise).simulation
    }
  }
}

private struct MertonPathGreeks: BitwiseCopyable, Sendable {
  let look: SlopedLook
  let frame: GreeksFrame
  let dates: Int
  let path: MertonDates
  let jumpsPerYear: Double
  /// Of the logarithm per year, for what jumps bring.
  let compensation: Double
  let isPathwise: Bool

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    let part = 1 / Double(dates)
    var (walk, seen) = (MertonWalk(logSpot: look.look.logSpot), look.start)
    for _ in 0..<dates {
      walk.step(path, part: part, deviation: frame.deviation, &generator)
      look.see(walk.place, &seen)
    }
    var slopes = look.alongPath(seen, walk.scores)
    if !isPathwise { slopes = look.byRatio(slopes, walk.scores) }
    var greeks = frame.greeks(slopes)
    // In less time fewer jumps are likely, and less is taken off for them.
    greeks.theta +=
      frame.discount
      * (compensation * slopes.drift - slopes.value * (walk.jumps / frame.years - jumpsPerYear))
    return greeks.components
  }
}

/// Averages and extremes, whose payoffs have no jumps.
private struct HestonPathGreeks: BitwiseCopyable, Sendable {
  let look: SlopedLook
  let dates: Int
  let path: HestonDates
  let spot: Double
  let rate: Double
  let years: Double
  let isPathwise: Bool
  let moves: HestonMoves
  /// What is looked at of paths that are moved.
  let looks: HestonMoved<PathLook>

  init(_ option: ModelPathOption, _ model: HestonOption, isPathwise: Bool) {
    look = SlopedLook(option)
    dates = option.dates
    path = HestonDates(model, dates: dates)
    (spot, rate, years) = (model.spot, model.rate, model.years)
    self.isPathwise = isPathwise
    moves = HestonMoves(model, dates: dates)
    looks = HestonMoved(model).map { moved in
      var option = option
      option.model = .heston(moved)
      return option.look
    }
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    var (walk, seen, scores) = (path.path.start, look.start, PathOfNormals())
    var (walks, seenOf) = (moves.start, looks.map { $0.start })
    for date in 1...dates {
      for _ in 0..<path.steps {
        var number = HestonPath.CommonNumber(&generator)
        let noise = generator.normal()
        let isSquare = path.path.step(&walk, &number, noise: noise)
        moves.follow(&walks, &number, noise: noise, isSquare: isSquare)
      }
      let end = walk.end
      if date == 1 { scores.begin(noise: end.noise, variance: end.spread) }
      look.see(
        SlopedLook.Place(
          logarithm: end.logarithm, share: Double(date) / Double(dates), clock: end.spread), &seen)
      looks.low.see(walks.low.end.logarithm, &seenOf.low)
      looks.high.see(walks.high.end.logarithm, &seenOf.high)
      looks.short.see(walks.short.end.logarithm, &seenOf.short)
      looks.long.see(walks.long.end.logarithm, &seenOf.long)
    }
    scores.noise = walk.end.noise
    let along = look.alongPath(seen, scores)
    let slopes = isPathwise ? along : look.byRatio(along, scores)
    var greeks = OptionGreeks(
      price: slopes.value, delta: slopes.spot / spot, gamma: slopes.curvature / (spot * spot),
      vega: 0, theta: 0, rho: years * (along.drift - slopes.value)
    ).scaled(by: look.look.discount)
    let payments = HestonMoved(
      low: looks.low.payment(seenOf.low, last: walks.low.end.logarithm),
      high: looks.high.payment(seenOf.high, last: walks.high.end.logarithm),
      short: looks.short.payment(seenOf.short, last: walks.short.end.logarithm),
      long: looks.long.payment(seenOf.long, last: walks.long.end.logarithm))
    greeks.vega = moves.vega(payments)
    greeks.theta = moves.theta(payments)
    return greeks.components
  }
}
