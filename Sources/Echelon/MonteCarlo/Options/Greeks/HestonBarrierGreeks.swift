import EchelonMemory
import EchelonRandom
import Foundation

/// The Greeks of a barrier that is looked at at dates in Heston's model.
///
/// Delta and gamma are by the likelihood ratio of the first date. The scores of rate, variance and time would be those of all
/// dates, and divided by the variance from one to the next, which is as good as 0 again and again. So these Greeks are
/// differences of a payoff that is smooth, given the path of the variance: from date to date the price is drawn as it is where
/// it does not meet the barrier, what is paid counts as often as that happens, and of the last date it is the expectation.
struct HestonBarrierGreeks: BitwiseCopyable, Sendable {
  let look: SlopedLook
  let dates: Int
  let path: HestonDates
  let spot: Double
  let years: Double
  let moves: HestonMoves
  /// What is paid along paths of the variance that are moved.
  let barriers: HestonMoved<SurvivalBarrier>
  /// Through the difference of prices.
  let rho: Double
  /// The same paths of the variance, with lower and higher rates, and how much more their logarithms take from date to date.
  let poor: SurvivalBarrier
  let rich: SurvivalBarrier
  let growth: Double

  init(_ option: ModelPathOption, _ model: HestonOption) {
    look = SlopedLook(option)
    dates = option.dates
    path = HestonDates(model, dates: dates)
    (spot, years) = (model.spot, model.years)
    moves = HestonMoves(model, dates: dates)
    barriers = HestonMoved(model).map { SurvivalBarrier(option, $0) }
    // What is moved is smooth: its error is as the square of the step, and digits are left.
    let step = 1e-3 / model.years
    var (less, more) = (model, model)
    less.rate -= step
    more.rate += step
    poor = SurvivalBarrier(option, less)
    rich = SurvivalBarrier(option, more)
    rho = 1 / (2 * step)
    growth = step * model.years / Double(dates)
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    var (walk, seen, scores) = (path.path.start, look.start, PathOfNormals())
    var (walks, survivors) = (moves.start, barriers.map { $0.start })
    var (less, more) = (poor.start, rich.start)
    let root = Double(path.steps).squareRoot()
    for date in 1...dates {
      let before = walk.end
      var normal = 0.0
      for _ in 0..<path.steps {
        var number = HestonPath.CommonNumber(&generator)
        let noise = generator.normal()
        normal += noise
        let isSquare = path.path.step(&walk, &number, noise: noise)
        moves.follow(&walks, &number, isSquare: isSquare)
      }
      let end = walk.end
      if date == 1 { scores.begin(noise: end.noise, variance: end.spread) }
      look.see(SlopedLook.Place(logarithm: end.logarithm), &seen)
      // Whatever the variance is, this is normal, and independent of its path.
      normal /= root
      let isLast = date == dates
      let paths = moves.paths
      barriers.low.move(&survivors.low, &walks.low, paths.low, normal, isLast: isLast)
      barriers.high.move(&survivors.high, &walks.high, paths.high, normal, isLast: isLast)
      barriers.short.move(&survivors.short, &walks.short, paths.short, normal, isLast: isLast)
      barriers.long.move(&survivors.long, &walks.long, paths.long, normal, isLast: isLast)
      let mean = end.logarithm - before.logarithm - (end.noise - before.noise)
      let variance = end.spread - before.spread
      poor.move(&less, mean - growth, variance, normal, isLast: isLast)
      rich.move(&more, mean + growth, variance, normal, isLast: isLast)
    }
    let slopes = look.byRatio(look.alongPath(seen, scores), scores)
    let discount = look.look.discount
    let values = HestonMoved(
      low: barriers.low.value(survivors.low), high: barriers.high.value(survivors.high),
      short: barriers.short.value(survivors.short), long: barriers.long.value(survivors.long))
    return [
      discount * slopes.value, discount * slopes.spot / spot,
      discount * slopes.curvature / (spot * spot),
      moves.vega(values), moves.theta(values), rho * (rich.value(more) - poor.value(less)),
    ]
  }
}

/// What an option with a barrier pays in the mean of all prices at the last date, on paths that do not meet it before.
struct SurvivalBarrier: BitwiseCopyable, Sendable {
  private let look: PathLook
  private let kind: EuropeanOption.Kind

  init(_ option: ModelPathOption, _ moved: HestonOption) {
    var option = option
    option.model = .heston(moved)
    (look, kind) = (option.look, moved.kind)
  }

  /// A path that does not meet the barrier.
  struct Survivor {
    /// Of the price.
    var logarithm: Double
    /// How likely such a path is, and at the last date what it pays in the mean.
    var chance = 1.0
    /// The logarithm and the variance at the end of a path that does as it likes, without its noise.
    var freeMean: Double
    var freeVariance = 0.0
  }

  var start: Survivor { Survivor(logarithm: look.logSpot, freeMean: look.logSpot) }

  /// Takes a path to the date at which its variance is, which has had no noise since the last one.
  @inline(__always)
  func move(
    _ survivor: inout Survivor, _ walk: inout HestonPath.Walk, _ path: HestonPath,
    _ normal: Double, isLast: Bool
  ) {
    let end = walk.end
    move(&survivor, end.logarithm - path.logSpot, end.spread, normal, isLast: isLast)
    walk.end = HestonPath.End(logarithm: path.logSpot)
  }

  /// Takes a path on by a normal step.
  /// - Parameter normal: standard, of which the step is made.
  @inline(__always)
  func move(
    _ survivor: inout Survivor, _ mean: Double, _ variance: Double, _ normal: Double, isLast: Bool
  ) {
    survivor.freeMean += mean
    survivor.freeVariance += variance
    let (middle, deviation) = (survivor.logarithm + mean, max(0, variance).squareRoot())
    guard survivor.chance > 0 else { return }
    if isLast {
      survivor.chance *= paid(middle, deviation)
      return
    }
    let direction = look.direction
    // Before the barrier, without the noise.
    let distance = direction * (look.logBarrier - middle)
    guard deviation > 0 else {
      survivor.logarithm = middle
      if distance <= 0 { survivor.chance = 0 }
      return
    }
    let chance = normalProbability(distance / deviation)
    // The number that would be taken of all is taken of those before the barrier.
    let tail = normalProbability(direction * normal) * chance
    survivor.chance *= chance
    guard tail > 0 else {
      survivor.chance = 0
      return
    }
    survivor.logarithm = middle + direction * deviation * normalQuantile(min(tail, 1 - 0x1p-53))
  }

  /// In the mean of normal logarithms at expiry, where they do not lie beyond the barrier.
  private func paid(_ mean: Double, _ deviation: Double) -> Double {
    guard deviation > 0 else {
      let isMet = look.direction * (mean - look.logBarrier) >= 0
      return isMet ? 0 : max(0, look.sign * (exp(mean) - look.strike))
    }
    let strike = log(look.strike)
    var (low, high) =
      kind == .call ? (strike, Double.infinity) : (-Double.infinity, strike)
    if look.direction > 0 {
      high = min(high, look.logBarrier)
    } else {
      low = max(low, look.logBarrier)
    }
    guard low < high else { return 0 }
    let (from, to) = ((low - mean) / deviation, (high - mean) / deviation)
    let asset = exp(mean + deviation * deviation / 2)
    let held = normalProbability(to - deviation) - normalProbability(from - deviation)
    let sold = normalProbability(to) - normalProbability(from)
    return max(0, look.sign * (asset * held - look.strike * sold))
  }

  /// The discounted value at the last date.
  func value(_ survivor: Survivor) -> Double {
    let out = look.discount * survivor.chance
    guard look.what == .in else { return out }
    // What a barrier begins and what it ends are a European option together.
    let free = kind.logNormalValue(
      asset: look.discount * exp(survivor.freeMean + survivor.freeVariance / 2),
      strike: look.discount * look.strike, deviation: survivor.freeVariance.squareRoot())
    return free - out
  }
}
