import ArgumentParser
import Echelon
import EchelonFiles

/// How the prices of a basket move.
enum BasketModelChoice: String, CaseIterable, ExpressibleByArgument {
  case brownian, heston, merton
}

/// How the prices of a basket move, and the numbers of each model; a list of one number counts for all assets.
struct BasketModelOptions: ParsableArguments {
  private static let defaultSteps = 32

  @Option(
    help: ArgumentHelp(
      "How the prices move: brownian, heston (variances that are processes) or merton (jumps).",
      valueName: "model"))
  var model = BasketModelChoice.brownian
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of brownian and merton: of each asset, per square root of a year. (default: 0.2,0.3)",
      valueName: "numbers"))
  var volatilities: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of heston: V today of each asset, the square of a volatility, or one number for all, as of the lists below. "
        + "(default: 0.04)", valueName: "numbers"))
  var variances: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of heston: the variance θ that each returns to. (default: 0.04)", valueName: "numbers"))
  var longRunVariances: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of heston: how fast each does, per year. (default: 2)", valueName: "numbers"))
  var meanReversions: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of heston: the volatility of each variance. (default: 0.5)", valueName: "numbers"))
  var volatilitiesOfVariance: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of heston: of each price and its own variance, -1 to 1. (default: -0.7)",
      valueName: "numbers"))
  var ownCorrelations: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of heston: in how many steps paths are simulated. (default: 32)", valueName: "n"))
  var steps: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of merton: how many jumps of each are expected in a year. (default: 1)",
      valueName: "numbers"))
  var jumpsPerYear: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of merton: the mean of a jump of each logarithm. (default: -0.1)", valueName: "numbers"))
  var jumpMeans: NumberList?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Of merton: the standard deviation of such a jump. (default: 0.15)", valueName: "numbers"))
  var jumpDeviations: NumberList?

  var volatilitiesOrDefault: NumberList { volatilities ?? NumberList([0.2, 0.3]) }
  var stepCount: Int { steps ?? Self.defaultSteps }

  /// A list of a model, as its option is called.
  private struct Item {
    let option: String
    let given: NumberList?
    let value: Double

    /// As errors and parameters call it.
    var name: String { option.replacing("-", with: "_") }
    var words: String { option.replacing("-", with: " ") }

    /// One for each asset.
    func values(of count: Int) -> [Double] {
      let values = given?.values ?? [value]
      return values.count == 1 ? Array(repeating: values[0], count: count) : values
    }
  }

  private var hestonItems: [Item] {
    [
      Item(option: "variances", given: variances, value: 0.04),
      Item(option: "long-run-variances", given: longRunVariances, value: 0.04),
      Item(option: "mean-reversions", given: meanReversions, value: 2),
      Item(option: "volatilities-of-variance", given: volatilitiesOfVariance, value: 0.5),
      Item(option: "own-correlations", given: ownCorrelations, value: -0.7),
    ]
  }
  private var mertonItems: [Item] {
    [
      Item(option: "jumps-per-year", given: jumpsPerYear, value: 1),
      Item(option: "jump-means", given: jumpMeans, value: -0.1),
      Item(option: "jump-deviations", given: jumpDeviations, value: 0.15),
    ]
  }
  private var items: [Item] {
    switch model {
    case .brownian: []
    case .heston: hestonItems
    case .merton: mertonItems
    }
  }

  /// Throws for options of another model, by name, and for lists of another length.
  func check(assets count: Int) throws {
    func refuse(_ option: String, _ models: String) -> ValidationError {
      ValidationError(
        "--\(option) goes with --model \(models), not with \(model.rawValue); leave it out, or take another model"
      )
    }
    for item in hestonItems where item.given != nil && model != .heston {
      throw refuse(item.option, "heston")
    }
    if steps != nil, model != .heston { throw refuse("steps", "heston") }
    for item in mertonItems where item.given != nil && model != .merton {
      throw refuse(item.option, "merton")
    }
    if volatilities != nil, model == .heston { throw refuse("volatilities", "brownian or merton") }
    for item in items where item.values(of: count).count != count {
      throw ValidationError(
        "\(count) assets and \(item.values(of: count).count) \(item.words); give as many, or one for all"
      )
    }
    let volatilities = volatilitiesOrDefault.values.count
    if model == .merton, volatilities != count {
      throw ValidationError(
        "an option with \(count) assets and \(volatilities) volatilities; give as many")
    }
  }

  /// After `check`; none of Brownian motions.
  func assets(spots: [Double]) -> [ModelBasketOption.Asset] {
    let lists = items.map { $0.values(of: spots.count) }
    return spots.indices.compactMap { index in
      switch model {
      case .brownian: nil
      case .heston:
        .heston(
          HestonAsset(
            spot: spots[index], variance: lists[0][index], longRunVariance: lists[1][index],
            meanReversion: lists[2][index], volatilityOfVariance: lists[3][index],
            correlation: lists[4][index]))
      case .merton:
        .merton(
          MertonAsset(
            spot: spots[index], volatility: volatilitiesOrDefault.values[index],
            jumpsPerYear: lists[0][index], jumpMean: lists[1][index],
            jumpDeviation: lists[2][index]))
      }
    }
  }

  /// As a saved run is called, behind the name of the command.
  var runName: String { model == .brownian ? "" : " --model \(model.rawValue)" }

  /// What steps make of the price.
  var note: String? {
    guard model == .heston else { return nil }
    return
      "paths in \(NumberText.count(stepCount, "step")): the mean is off, which the standard error does not say, by about as "
      + "much as those of European options on the assets in as many"
  }

  /// Before those of the basket, and in their midst.
  var modelParameters: [(name: String, value: JSONValue)] {
    model == .brownian ? [] : [("model", .string(model.rawValue))]
  }

  func parameters(assets count: Int) -> [(name: String, value: JSONValue)] {
    (model == .heston ? [] : [("volatilities", volatilitiesOrDefault.json)])
      + items.map { ($0.name, NumberList($0.values(of: count)).json) }
      + (model == .heston ? [("steps", .integer(stepCount))] : [])
  }
}
