import EchelonMemory
import EchelonRandom
import Foundation

/// Merton's price from date to date.
struct MertonDates: BitwiseCopyable, Sendable {
  /// From date to date, as all that follows.
  let jumps: PoissonDistribution
  let drift: Double
  let variance: Double
  let jumpMean: Double
  let jumpVariance: Double

  init(_ option: MertonOption, dates: Int) throws {
    let step = option.years / Double(dates)
    let drift =
      option.rate - option.volatility * option.volatility / 2
      - option.jumpsPerYear * expm1(option.logGrowth)
    jumps = try PoissonDistribution(mean: option.jumpsPerYear * step)
    self.drift = drift * step
    variance = option.volatility * option.volatility * step
    jumpMean = option.jumpMean
    jumpVariance = option.jumpDeviation * option.jumpDeviation
  }

  /// Takes the logarithm of the price to the next date.
  @inline(__always)
  func step(_ logarithm: inout Double, _ generator: inout PhiloxGenerator) {
    let step = step(&generator)
    logarithm += step.mean + step.deviation * step.noise
  }

  /// The logarithm of the price so many dates later, which is normal given how often it jumps on the way.
  func rest(
    _ logarithm: Double, dates: Int, _ generator: inout PhiloxGenerator
  ) -> (mean: Double, variance: Double, jumps: Double) {
    var jumps = 0
    for _ in 0..<dates { jumps += self.jumps.sample(using: &generator) }
    let count = Double(jumps)
    return (
      logarithm + drift * Double(dates) + count * jumpMean,
      variance * Double(dates) + count * jumpVariance, count
    )
  }

  /// What the logarithm of the price takes to the next date, given how often it jumps on the way.
  struct Step {
    let jumps: Double
    let mean: Double
    let deviation: Double
    /// Standard normal.
    let noise: Double
  }

  @inline(__always)
  func step(_ generator: inout PhiloxGenerator) -> Step {
    let count = Double(jumps.sample(using: &generator))
    return Step(
      jumps: count, mean: drift + count * jumpMean,
      deviation: (variance + count * jumpVariance).squareRoot(), noise: generator.normal())
  }
}

/// Heston's price from date to date.
struct HestonDates: BitwiseCopyable, Sendable {
  let path: HestonPath
  /// From date to date.
  let steps: Int

  /// - Parameter option: a path has as many steps as it says, or a few more, so that all dates have as many.
  init(_ option: HestonOption, dates: Int) {
    steps = (option.steps + dates - 1) / dates
    var option = option
    (option.steps, option.sampling) = (steps * dates, .path)
    path = HestonPath(option)
  }

  /// Takes a path to the next date.
  @inline(__always)
  func step(_ walk: inout HestonPath.Walk, _ generator: inout PhiloxGenerator) {
    for _ in 0..<steps {
      var number = HestonPath.CommonNumber(&generator)
      let noise = generator.normal()
      path.step(&walk, &number, noise: noise)
    }
  }
}

/// Where a path is at a date.
struct ModelPoint: BitwiseCopyable, Sendable {
  /// Of the price.
  var logarithm: Double
  /// Today's, in a model where it moves.
  var variance = 0.0
}

/// A price from date to date, in any model.
enum ModelDates: BitwiseCopyable, Sendable {
  case merton(MertonDates)
  case heston(HestonDates)

  init(_ model: ModelPathOption.Model, dates: Int) throws {
    switch model {
    case .merton(let option): self = .merton(try MertonDates(option, dates: dates))
    case .heston(let option): self = .heston(HestonDates(option, dates: dates))
    }
  }

  /// Takes a path to the next date.
  @inline(__always)
  func step(_ point: inout ModelPoint, _ generator: inout PhiloxGenerator) {
    switch self {
    case .merton(let path): path.step(&point.logarithm, &generator)
    case .heston(let path):
      var walk = HestonPath.Walk(
        end: HestonPath.End(logarithm: point.logarithm), variance: point.variance)
      path.step(&walk, &generator)
      (point.logarithm, point.variance) = (walk.end.logarithm, walk.variance)
    }
  }

  /// The logarithm of the price so many dates later, which is normal given what is drawn: the jumps, or the path of the
  /// variance.
  func rest(
    _ point: ModelPoint, dates: Int, _ generator: inout PhiloxGenerator
  ) -> (mean: Double, variance: Double) {
    switch self {
    case .merton(let path):
      let rest = path.rest(point.logarithm, dates: dates, &generator)
      return (rest.mean, rest.variance)
    case .heston(let path):
      var walk = HestonPath.Walk(
        end: HestonPath.End(logarithm: point.logarithm), variance: point.variance)
      for _ in 0..<dates * path.steps {
        var number = HestonPath.CommonNumber(&generator)
        path.path.step(&walk, &number, noise: 0)
      }
      return (walk.end.logarithm, walk.end.spread)
    }
  }
}
