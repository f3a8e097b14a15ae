import ArgumentParser
import Echelon
import EchelonFiles

/// What an option on a price that is no geometric Brownian motion pays for.
enum ModelPayoffChoice: String, CaseIterable, ExpressibleByArgument {
  case european, asian, barrier, lookback, american
}

/// What is paid for, and the options that go with some payoffs alone.
struct ModelPayoffOptions: ParsableArguments {
  private static let defaultStrike = 105.0
  private static let defaultDates = 12
  private static let defaultExerciseDates = 50
  private static let defaultBarrier = 90.0

  @Option(
    help: ArgumentHelp(
      "What is looked at: the last price, the average, the last price if a barrier was met or was "
        + "not, the highest or lowest price, or the price at which it is exercised.",
      valueName: "payoff"))
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
      "Of all but european: at how many dates the price counts, or it may be exercised, at equal "
        + "distances up to expiry. (default: 12, and 50 of american)", valueName: "n"))
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
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of american: paths of the regressions, 100 to 1e9. (default: 65536)", valueName: "n"))
  var regressionSamples: SampleCount?

  /// That of the model's European option.
  var strikeOrDefault: Double { strike ?? Self.defaultStrike }
  /// Of all but a European option.
  var dateCount: Int {
    dates ?? (payoff == .american ? Self.defaultExerciseDates : Self.defaultDates)
  }
  private var regressionCount: Int { regressionSamples?.count ?? 65_536 }
  private var averageChoice: AsianCommand.AverageChoice { average ?? .arithmetic }
  private var effectChoice: BarrierCommand.EffectChoice { effect ?? .downAndOut }
  private var level: Double { barrier ?? Self.defaultBarrier }

  /// What is looked at of the path; nil of an option on the price when it is exercised.
  private var look: ModelPathOption.Payoff? {
    switch payoff {
    case .european, .american: nil
    case .asian: .average(averageChoice.average)
    case .barrier: .barrier(effectChoice.effect, at: level)
    case .lookback: .lookback(strike.map { .fixed($0) } ?? .floating)
    }
  }

  /// - Returns: nil of a European option.
  func sampler(in model: ModelPathOption.Model) -> PriceSampler? {
    if payoff == .american {
      return PriceSampler(
        ModelAmericanOption(dates: dateCount, in: model), regressionSamples: regressionCount)
    }
    return look.map { PriceSampler(ModelPathOption($0, dates: dateCount, in: model)) }
  }

  /// - Returns: nil of a European option.
  func greeksSampler(in model: ModelPathOption.Model) -> GreeksSampler? {
    if payoff == .american {
      return GreeksSampler(
        ModelAmericanOption(dates: dateCount, in: model), regressionSamples: regressionCount)
    }
    return look.map { GreeksSampler(ModelPathOption($0, dates: dateCount, in: model)) }
  }

  /// In how many steps a path goes, as a note begins.
  /// - Parameter steps: in all, at least.
  func paths(in steps: Int) -> String {
    guard payoff != .european else { return "paths in \(steps) steps" }
    let stepsOfDate = (steps + dateCount - 1) / dateCount
    return "paths in \(stepsOfDate * dateCount) steps, \(stepsOfDate) from date to date"
  }

  /// What makes another option than the European one, before the parameters of that.
  var parameters: [(name: String, value: JSONValue)] {
    guard payoff != .european else { return [] }
    let look: [(name: String, value: JSONValue)] =
      switch payoff {
      case .european, .lookback: []
      case .american: [("regression_samples", .integer(regressionCount))]
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

  /// What dates make of an option, or a policy; nil where they are what it says.
  /// - Parameter bias: how far policies were off in the model.
  func note(bias: String) -> String? {
    let other: String
    switch payoff {
    case .european, .asian: return nil
    case .american:
      return
        "too low, which the standard error does not say: no policy is better than the best. Of a put by \(bias)"
    case .barrier: other = [.upAndOut, .downAndOut].contains(effectChoice) ? "less" : "more"
    case .lookback: other = "more"
    }
    return
      "the price counts at \(NumberText.count(dateCount, "date")) alone: where it does at every moment an "
      + "option is worth \(other)"
  }

  /// Throws for options of another payoff, by name.
  /// - Parameter spot: today's price.
  func check(
    _ greeks: GreeksOptions, _ conditioning: ConditioningOptions, spot: Double
  ) throws {
    func refuse(_ option: String, _ payoffs: String) -> ValidationError {
      ValidationError(
        "\(option) goes with --payoff \(payoffs), not with \(payoff.rawValue); leave it out, or take another payoff"
      )
    }
    if dates != nil, payoff == .european {
      throw refuse("--dates", "asian, barrier, lookback or american")
    }
    if average != nil, payoff != .asian { throw refuse("--average", "asian") }
    if effect != nil, payoff != .barrier { throw refuse("--effect", "barrier") }
    if barrier != nil, payoff != .barrier { throw refuse("--barrier", "barrier") }
    if let count = regressionSamples?.count {
      if payoff != .american { throw refuse("--regression-samples", "american") }
      guard 100...1_000_000_000 ~= count else {
        throw ValidationError("--regression-samples must be 100 to 1e9, not \(count)")
      }
    }
    if payoff == .barrier {
      try effectChoice.check(barrier: level, spot: spot)
      guard greeks.greeks != .pathwise else {
        throw ValidationError(
          "--greeks pathwise does not go with --payoff barrier, whose payoff jumps at its dates; take --greeks "
            + "likelihood-ratio")
      }
    }
    guard payoff != .european else {
      guard conditioning.sampling.value == .path || greeks.greeks != .likelihoodRatio else {
        throw ValidationError(
          "--greeks likelihood-ratio does not go with --sampling conditional, whose samples are smooth; take --greeks "
            + "pathwise")
      }
      return
    }
    if conditioning.sampling.value == .conditional {
      throw ValidationError(
        "--sampling conditional goes with --payoff european, not with \(payoff.rawValue), whose paths are drawn whole; "
          + "leave it out")
    }
  }
}
