import EchelonMemory
import EchelonRandom

/// The Greeks of an American option in Heston's model, which is exercised as a policy says.
///
/// Given the path of the variance prices are normal from date to date, so delta and gamma are as with jumps. Vega and theta are
/// differences of what other paths of the same numbers bring: along the path they are exercised where it is, by the likelihood
/// ratio where the policy says so of each price. Scores of the rate would be divided by the variance from date to date, which is as
/// good as 0 again and again, so then rho is a difference, too.
struct HestonAmericanGreeks: Sendable {
  let frame: ExerciseFrame
  let path: HestonDates
  let spot: Double
  let rate: Double
  let years: Double
  let moves: HestonMoves
  let movedYears: HestonMoved<Double>
  /// How far the rate is moved down and up.
  let rateStep: Double

  init(_ frame: ExerciseFrame, _ option: HestonOption, _ path: HestonDates) {
    self.frame = frame
    self.path = path
    (spot, rate, years) = (option.spot, option.rate, option.years)
    moves = HestonMoves(option, dates: frame.policy.dates)
    movedYears = HestonMoved(option).map(\.years)
    // A 32nd of a deviation of the logarithm at expiry: what a path brings jumps where it is exercised at another date, so
    // the square of the error is as the inverse of the step, and the bias is as its square.
    rateStep = (option.meanVariance / option.years).squareRoot() / 32
  }

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  /// When a path is exercised, and where it is then.
  private struct Exercise {
    /// 0 where it is not.
    var date = 0
    var end = HestonPath.End(logarithm: 0)

    var isDone: Bool { date > 0 }
  }

  /// Of all paths.
  private struct Exercises {
    var main = Exercise()
    var moved = HestonMoved(
      low: Exercise(), high: Exercise(), short: Exercise(), long: Exercise())
    /// Of the path itself, with a lower and a higher rate.
    var poor = Exercise()
    var rich = Exercise()

    var isBegun: Bool {
      main.isDone || poor.isDone || rich.isDone || moved.low.isDone || moved.high.isDone
        || moved.short.isDone || moved.long.isDone
    }
    var isOver: Bool {
      main.isDone && poor.isDone && rich.isDone && moved.low.isDone && moved.high.isDone
        && moved.short.isDone && moved.long.isDone
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    if let known = frame.known { return known.components }
    let dates = frame.policy.dates
    var (walk, walks, scores) = (path.path.start, moves.start, PathOfNormals())
    var (exercises, date) = (Exercises(), 0)
    while date + 1 < dates, !exercises.isOver {
      date += 1
      step(&walk, &walks, isNoisy: true, &generator)
      if date == 1 { scores.begin(noise: walk.end.noise, variance: walk.end.spread) }
      decide(&exercises, walk, walks, at: date)
    }
    guard exercises.isBegun else { return frame.european.components }
    // What is left is known given the path of the variance.
    for _ in date..<dates { step(&walk, &walks, isNoisy: false, &generator) }
    var greeks = frame.european + alongPath(exercises.main, walk.end, scores)
    let values = HestonMoved(
      low: value(exercises.moved.low, walks.low.end, years: movedYears.low),
      high: value(exercises.moved.high, walks.high.end, years: movedYears.high),
      short: value(exercises.moved.short, walks.short.end, years: movedYears.short),
      long: value(exercises.moved.long, walks.long.end, years: movedYears.long))
    greeks.vega += moves.vega(values)
    greeks.theta += moves.theta(values)
    if !frame.isPathwise {
      let poor = value(exercises.poor, walk.end, moreRate: -rateStep, years: years)
      let rich = value(exercises.rich, walk.end, moreRate: rateStep, years: years)
      greeks.rho += (rich - poor) / (2 * rateStep)
    }
    return greeks.components
  }

  /// Takes all paths to the next date.
  @inline(__always)
  private func step(
    _ walk: inout HestonPath.Walk, _ walks: inout HestonMoved<HestonPath.Walk>, isNoisy: Bool,
    _ generator: inout PhiloxGenerator
  ) {
    for _ in 0..<path.steps {
      var number = HestonPath.CommonNumber(&generator)
      let noise = isNoisy ? generator.normal() : 0
      let isSquare = path.path.step(&walk, &number, noise: noise)
      moves.follow(&walks, &number, noise: noise, isSquare: isSquare)
    }
  }

  private func decide(
    _ exercises: inout Exercises, _ walk: HestonPath.Walk, _ walks: HestonMoved<HestonPath.Walk>,
    at date: Int
  ) {
    let variance = walk.variance
    decide(&exercises.main, walk, variance, at: date)
    guard !frame.isPathwise else {
      guard exercises.main.isDone else { return }
      exercises.moved = walks.map { Exercise(date: date, end: $0.end) }
      (exercises.poor, exercises.rich) = (exercises.main, exercises.main)
      return
    }
    decide(&exercises.moved.low, walks.low, variance, at: date)
    decide(&exercises.moved.high, walks.high, variance, at: date)
    decide(&exercises.moved.short, walks.short, variance, at: date)
    decide(&exercises.moved.long, walks.long, variance, at: date)
    let more = rateStep * years * Double(date) / Double(frame.policy.dates)
    decide(&exercises.poor, walk, variance, more: -more, at: date)
    decide(&exercises.rich, walk, variance, more: more, at: date)
  }

  /// - Parameters:
  ///   - variance: of the path that the others walk beside, for all of them. The regressions have seen what it takes at a date, and
  ///     may say anything of another one, as where it hardly varies.
  ///   - more: by how much the logarithm is above that of the walk.
  private func decide(
    _ exercise: inout Exercise, _ walk: HestonPath.Walk, _ variance: Double, more: Double = 0,
    at date: Int
  ) {
    let point = ModelPoint(logarithm: walk.end.logarithm + more, variance: variance)
    guard !exercise.isDone, frame.policy.isExercised(point, at: date) else { return }
    exercise = Exercise(date: date, end: walk.end)
  }

  /// The mean and the variance of the logarithm at expiry, of a path that has had no noise since it was exercised.
  private func rest(_ exercise: Exercise, _ end: HestonPath.End) -> (mean: Double, variance: Double)
  {
    (end.logarithm - end.noise + exercise.end.noise, max(0, end.spread - exercise.end.spread))
  }

  /// Today's value of what exercising brings more; 0 of a path that is not exercised.
  private func value(
    _ exercise: Exercise, _ end: HestonPath.End, moreRate: Double = 0, years: Double
  ) -> Double {
    guard exercise.isDone else { return 0 }
    let (mean, variance) = rest(exercise, end)
    return frame.policy.gain(
      at: exercise.date, mean: mean + moreRate * years, variance: variance, rate: rate + moreRate,
      years: years)
  }

  /// All but what differences say.
  private func alongPath(
    _ exercise: Exercise, _ end: HestonPath.End, _ scores: PathOfNormals
  ) -> OptionGreeks {
    guard exercise.isDone else { return OptionGreeks([0, 0, 0, 0, 0, 0]) }
    let (mean, variance) = rest(exercise, end)
    let gain = frame.gain(at: exercise.date, mean: mean, variance: variance)
    let slopes = frame.slopes(gain, scores)
    var greeks = OptionGreeks(
      price: slopes.value, delta: slopes.spot / spot, gamma: slopes.curvature / (spot * spot),
      vega: 0, theta: 0, rho: 0
    ).scaled(by: frame.discount)
    if frame.isPathwise {
      greeks.rho =
        years * (frame.discount * (gain.given.drift - gain.given.value) + gain.slope)
    }
    return greeks
  }
}
