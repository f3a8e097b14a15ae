import EchelonMemory
import EchelonRandom
import Foundation

extension AsianOption: OptionWithGreeks {
  /// Those of a geometric average; nil of an arithmetic one.
  public var exactGreeks: OptionGreeks? {
    guard average == .geometric, greeksProblem == nil else { return nil }
    return GreeksFrame(european).greeks(geometricSlopes)
  }

  private var greeksProblem: String? { european.greeksProblem ?? OptionProblem.dates(dates) }

  /// Of the geometric average, whose distribution is log-normal.
  private var geometricSlopes: PathSlopes {
    let (frame, n) = (GreeksFrame(european), Double(dates))
    let share = (n + 1) / (2 * n)
    let spread = ((n + 1) * (2 * n + 1) / (6 * n * n)).squareRoot()
    let deviation = frame.deviation * spread
    var slopes = LogNormalPayoff(kind, strike: strike).expected(
      mean: spot * exp(frame.drift * share + deviation * deviation / 2), deviation: deviation)
    slopes.drift *= share
    slopes.deviation *= spread
    return slopes
  }

  /// See `OptionWithGreeks`. Of an arithmetic average, samples are those of its payoff less those of the geometric one,
  /// whose Greeks are known.
  public func greeksSimulation(by method: GreeksMethod) throws -> GreeksSimulation {
    try OptionProblem.refuse(greeksProblem)
    return AsianGreeksPath(
      frame: GreeksFrame(european), sign: kind.sign, strike: strike, dates: dates,
      isArithmetic: average == .arithmetic, isPathwise: method == .pathwise,
      control: geometricSlopes
    ).simulation
  }
}

private struct AsianGreeksPath: BitwiseCopyable, Sendable {
  let frame: GreeksFrame
  let sign: Double
  let strike: Double
  let dates: Int
  let isArithmetic: Bool
  let isPathwise: Bool
  /// Of the geometric average.
  let control: PathSlopes

  var simulation: GreeksSimulation {
    GreeksSimulation(ChunkFunction { chunk in chunk.accumulateVectors { sample(&$0) } }) {
      sample(&$0)
    }
  }

  /// An average, and the sums of what it is made of times the part of the time until then, its square, and the noise.
  private struct Sums {
    var average = 0.0
    var shares = 0.0
    var squares = 0.0
    var noises = 0.0

    mutating func add(_ part: Double, _ scores: PathScores) {
      let share = scores.share
      average += part
      shares += part * share
      squares += part * share * share
      noises += part * scores.noise
    }
  }

  private func sample(_ generator: inout PhiloxGenerator) -> InlineArray<6, Double> {
    var scores = PathScores(steps: dates)
    // Of the prices, and of their logarithms.
    var (arithmetic, logarithms) = (Sums(), Sums())
    let part = 1 / Double(dates)
    for _ in 0..<dates {
      scores.add(generator.normal())
      logarithms.add(part, scores)
      guard isArithmetic else { continue }
      let logarithm = frame.drift * scores.share + frame.deviation * scores.noise
      arithmetic.add(part * frame.spot * exp(logarithm), scores)
    }
    let (share, noise) = (logarithms.shares, logarithms.noises)
    let average = frame.spot * exp(frame.drift * share + frame.deviation * noise)
    let geometric = slopes(
      of: Sums(
        average: average, shares: average * share, squares: average * share * share,
        noises: average * noise), scores)
    guard isArithmetic else { return frame.greeks(geometric).components }
    return frame.greeks(slopes(of: arithmetic, scores) + -geometric + control).components
  }

  private func slopes(of sums: Sums, _ scores: PathScores) -> PathSlopes {
    let value = sign * (sums.average - strike)
    guard value > 0 else { return PathSlopes() }
    guard isPathwise else { return scores.slopes(of: value, deviation: frame.deviation) }
    // Gamma is (strike / spot)² times the density of the average at the strike. Integration by parts along a drift of the
    // path gives it an error that does not grow with the number of dates, as that of the first step's score does. (E.
    // Fournié, J.-M. Lasry, J. Lebuchoux, P.-L. Lions, N. Touzi, Applications of Malliavin calculus to Monte Carlo
    // methods in finance, Finance and Stochastics 3, 1999.)
    let ratio = sums.average / sums.shares
    let weight =
      ratio * (scores.noise / frame.deviation + sums.squares / sums.shares) - 1
    return PathSlopes(
      value: value, spot: sign * sums.average, curvature: sign * strike * weight,
      drift: sign * sums.shares, deviation: sign * sums.noises)
  }
}
