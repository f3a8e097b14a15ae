import ArgumentParser
import Echelon
import EchelonFiles

/// An option on an average.
struct AsianCommand: OptionCommand {
  static let configuration = CommandConfiguration(
    commandName: "asian",
    abstract: "An Asian option: on the average of the price at several dates.",
    discussion: """
      The price is a geometric Brownian motion, and samples are exact. An arithmetic average is \
      sampled beside the geometric one of the same path, whose price is known.

      EXAMPLES
        echelon montecarlo asian --strike 100 --dates 52
        echelon montecarlo asian --put --average geometric --format json
        echelon montecarlo asian --greeks pathwise
      """)

  /// What is taken of the prices.
  enum AverageChoice: String, CaseIterable, ExpressibleByArgument {
    case arithmetic, geometric
    var average: AsianOption.Average { self == .arithmetic ? .arithmetic : .geometric }
  }

  @OptionGroup var asset: AssetOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var volatility: VolatilityOptions
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("At how many dates, at equal distances up to expiry.", valueName: "n"))
  var dates = 12
  @Option(help: ArgumentHelp("What is taken of the prices.", valueName: "average"))
  var average = AverageChoice.arithmetic
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var options: PathOptions

  var option: AsianOption {
    AsianOption(
      asset.contract.kind, average: average.average, spot: asset.spot, strike: strike.strike,
      rate: asset.contract.rate, volatility: volatility.volatility, years: asset.contract.years,
      dates: dates)
  }

  var parameters: [(name: String, value: JSONValue)] {
    [("average", .string(average.rawValue))] + asset.parameters + [
      ("strike", .number(strike.strike)), ("volatility", .number(volatility.volatility)),
      ("dates", .integer(dates)),
    ]
  }
}

/// An option that a barrier begins or ends.
struct BarrierCommand: OptionCommand {
  static let configuration = CommandConfiguration(
    commandName: "barrier",
    abstract: "A barrier option, which begins or ends where the price meets a barrier.",
    discussion: """
      The price is a geometric Brownian motion, and samples are exact: between its beginning and its \
      end the path is a Brownian bridge, whose probability to meet the barrier is known. Looked at at \
      dates it is another option, and as exact: 6.857 at every moment, 7.01 with 250 dates a year, 7.18 \
      with 52, 7.47 with 12 and 7.71 with 4 (without other options).

      EXAMPLES
        echelon montecarlo barrier --effect down-and-out --barrier 90
        echelon montecarlo barrier --effect up-and-in --barrier 120 --dates 250 --put
        echelon montecarlo barrier --dates 12 --greeks likelihood-ratio
      """)

  /// What the barrier does.
  enum EffectChoice: String, CaseIterable, ExpressibleByArgument {
    case upAndOut = "up-and-out"
    case upAndIn = "up-and-in"
    case downAndOut = "down-and-out"
    case downAndIn = "down-and-in"
    var effect: BarrierOption.Effect {
      switch self {
      case .upAndOut: .upAndOut
      case .upAndIn: .upAndIn
      case .downAndOut: .downAndOut
      case .downAndIn: .downAndIn
      }
    }

    /// Throws where the barrier lies on the other side of the spot.
    func check(barrier: Double, spot: Double) throws {
      let isUp = self == .upAndOut || self == .upAndIn
      guard barrier > 0, spot > 0, isUp ? barrier <= spot : barrier >= spot else { return }
      throw ValidationError(
        "--barrier \(barrier) and --spot \(spot): that of --effect \(rawValue) lies \(isUp ? "above" : "below") the spot"
      )
    }
  }

  @Option(
    help: ArgumentHelp("On which side of the spot it is, and what it does.", valueName: "effect"))
  var effect = EffectChoice.downAndOut
  @Option(
    parsing: .unconditional, help: ArgumentHelp("The price at which it is.", valueName: "price"))
  var barrier = 90.0
  @OptionGroup var monitoring: MonitoringOptions
  @OptionGroup var asset: AssetOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var volatility: VolatilityOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var options: PathOptions

  func checkPayoff() throws {
    try effect.check(barrier: barrier, spot: asset.spot)
    guard monitoring.dates == nil || greeks.greeks != .pathwise else {
      throw ValidationError(
        "--greeks pathwise goes with a barrier that is looked at at every moment: with --dates the payoff jumps; take "
          + "--greeks likelihood-ratio, or leave out --dates")
    }
  }

  var option: BarrierOption {
    BarrierOption(
      asset.contract.kind, effect.effect, barrier: barrier, monitoring: monitoring.monitoring,
      spot: asset.spot, strike: strike.strike, rate: asset.contract.rate,
      volatility: volatility.volatility, years: asset.contract.years)
  }

  var parameters: [(name: String, value: JSONValue)] {
    [("effect", .string(effect.rawValue)), ("barrier", .number(barrier))] + asset.parameters + [
      ("strike", .number(strike.strike)), ("volatility", .number(volatility.volatility)),
    ] + monitoring.parameters
  }
}

/// An option on an extreme.
struct LookbackCommand: OptionCommand {
  static let configuration = CommandConfiguration(
    commandName: "lookback",
    abstract: "A lookback option: on the highest or lowest price until expiry.",
    discussion: """
      Without a strike a call pays the last price less the lowest, and a put the highest less the \
      last; with one they pay the highest less the strike, and the strike less the lowest. The price \
      is a geometric Brownian motion, and samples are exact. Looked at at dates the extreme is less \
      extreme: 17.22 at every moment, 16.63 with 250 dates a year, 15.91 with 52, 14.65 with 12 and \
      13.11 with 4 (without other options).

      EXAMPLES
        echelon montecarlo lookback
        echelon montecarlo lookback --put --strike 95 --dates 52
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "What the extreme is compared with; the last price without it.", valueName: "price"))
  var strike: Double?
  @OptionGroup var monitoring: MonitoringOptions
  @OptionGroup var asset: AssetOptions
  @OptionGroup var volatility: VolatilityOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var options: PathOptions

  var option: LookbackOption {
    LookbackOption(
      asset.contract.kind, strike: strike.map { .fixed($0) } ?? .floating,
      monitoring: monitoring.monitoring, spot: asset.spot, rate: asset.contract.rate,
      volatility: volatility.volatility, years: asset.contract.years)
  }

  var parameters: [(name: String, value: JSONValue)] {
    asset.parameters + [
      ("strike", strike.map { .number($0) } ?? .string("floating strike")),
      ("volatility", .number(volatility.volatility)),
    ] + monitoring.parameters
  }
}
