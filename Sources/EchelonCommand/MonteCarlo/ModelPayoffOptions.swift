import ArgumentParser
import Echelon
import EchelonFiles

/// What an option on a price that is no geometric Brownian motion pays for.
enum ModelPayoffChoice: String, CaseIterable, ExpressibleByArgument {
  case european, asian, barrier, lookback
}

/// What is paid for, and the options that go with some payoffs alone.
struct ModelPayoffOptions: ParsableArguments {
  private static let defaultStrike = 105.0
  private static let defaultDates = 12
  private static let defaultBarrier = 90.0

  @Option(
    help: ArgumentHelp(
      "What is looked at: the last price, the average, the last price if a barrier was met or was "
        + "not, or the highest or lowest price.", valueName: "payoff"))
  var payoff = ModelPayoffChoice.european
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The price it can be bought or sold for: 105 without it, and of a lookback option the last price.",
      valueName: "price"))
  var strike: Double?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of all but european: at how many dates the price counts, at equal distances up to "
        + "expiry. (default: 12)", valueName: "n"))
  var dates: Int?
  @Option(
    help: ArgumentHelp(
      "Of asian: what is taken of the prices. (default: arithmetic)", valueName: "average"))
  var average: AsianCommand.AverageChoice?
  @Option(
    help: ArgumentHelp(
      "Of barrier: on which side of the spot it is, and what it does. (default: down-and-out)",
      valueName: "effect"))
  var effect: BarrierCommand.EffectChoice?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Of barrier: the price at which it is. (default: 90)", valueName: "price"))
  var barrier: Double?

  /// That of the model's European option.
  var strikeOrDefault: Double { strike ?? Self.defaultStrike }
  /// Of all but a European option.
  var dateCount: Int { dates ?? Self.defaultDates }
  private var averageChoice: AsianCommand.AverageChoice { average ?? .arithmetic }
  private var effectChoice: BarrierCommand.EffectChoice { effect ?? .downAndOut }
  private var level: Double { barrier ?? Self.defaultBarrier }

  /// What is looked at of the path; nil of a European option.
  private var look: ModelPathOption.Payoff? {
    switch payoff {
    case .european: nil
    case .asian: .average(averageChoice.average)
    case .barrier: .barrier(effectChoice.effect, at: level)
    case .lookback: .lookback(strike.map { .fixed($0) } ?? .floating)
    }
  }

  /// - Returns: nil where `payoff` is that of a European option.
  func option(in model: ModelPathOption.Model) -> ModelPathOption? {
    look.map { ModelPathOption($0, dates: dateCount, in: model) }
  }

  /// In how many steps a path goes from date to date; nil of a European option.
  /// - Parameter steps: in all, at least.
  func stepsOfDate(_ steps: Int) -> Int? {
    payoff == .european ? nil : (steps + dateCount - 1) / dateCount
  }

  /// What makes another option than the European one, before the parameters of that.
  var parameters: [(name: String, value: JSONValue)] {
    guard payoff != .european else { return [] }
    let look: [(name: String, value: JSONValue)] =
      switch payoff {
      case .european, .lookback: []
      case .asian: [("average", .string(averageChoice.rawValue))]
      case .barrier: [("effect", .string(effectChoice.rawValue)), ("barrier", .number(level))]
      }
    return [("payoff", .string(payoff.rawValue))] + look + [("dates", .integer(dateCount))]
  }

  var strikeParameter: (name: String, value: JSONValue) {
    let isFloating = payoff == .lookback && strike == nil
    return ("strike", isFloating ? .string("floating strike") : .number(strikeOrDefault))
  }

  /// As a saved run is called, behind the name of the command.
  var runName: String { payoff == .european ? "" : " --payoff \(payoff.rawValue)" }

  /// What dates make of an option; nil where they are what it says.
  var note: String? {
    let other: String
    switch payoff {
    case .european, .asian: return nil
    case .barrier: other = [.upAndOut, .downAndOut].contains(effectChoice) ? "less" : "more"
    case .lookback: other = "more"
    }
    return
      "the price counts at \(NumberText.count(dateCount, "date")) alone: where it does at every moment an "
      + "option is worth \(other)"
  }

  /// Throws for options of another payoff, by name.
  func check(_ greeks: GreeksOptions, _ conditioning: ConditioningOptions) throws {
    func refuse(_ option: String, _ payoffs: String) -> ValidationError {
      ValidationError(
        "\(option) goes with --payoff \(payoffs), not with \(payoff.rawValue); leave it out, or take another payoff"
      )
    }
    if dates != nil, payoff == .european { throw refuse("--dates", "asian, barrier or lookback") }
    if average != nil, payoff != .asian { throw refuse("--average", "asian") }
    if effect != nil, payoff != .barrier { throw refuse("--effect", "barrier") }
    if barrier != nil, payoff != .barrier { throw refuse("--barrier", "barrier") }
    guard payoff != .european else { return }
    if greeks.greeks != nil {
      throw ValidationError(
        "--greeks goes with --payoff european in this model, not with \(payoff.rawValue); leave it out, or take "
          + "'montecarlo \(payoff.rawValue) --greeks', where the price is a geometric Brownian motion"
      )
    }
    if conditioning.sampling.value == .conditional {
      throw ValidationError(
        "--sampling conditional goes with --payoff european, not with \(payoff.rawValue), whose paths are drawn whole; "
          + "leave it out")
    }
  }
}
