import ArgumentParser
import Echelon
import EchelonFiles

/// Numbers, as they are written on the command line: `100,90`.
struct NumberList: ExpressibleByArgument {
  let values: [Double]

  init(_ values: [Double]) { self.values = values }

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let values = parts.compactMap { Double($0) }
    guard values.count == parts.count else { return nil }
    self.values = values
  }

  var defaultValueDescription: String { values.map { "\($0)" }.joined(separator: ",") }
  var json: JSONValue { .array(values.map { .number($0) }) }
}

/// An option on several assets.
struct BasketCommand: OptionCommand {
  static let configuration = CommandConfiguration(
    commandName: "basket",
    abstract: "A basket option: on the weighted sum of several prices.",
    discussion: """
      The prices are geometric Brownian motions, each two with the same correlation, and samples are \
      exact. Where no weight is below 0 they are taken beside the geometric mean of the prices, on \
      which the option's price is known.

      With --model merton prices jump, each independently of the others, and samples are exact, too. With \
      --model heston each variance is a process, as in montecarlo heston, and paths are simulated in steps; beside its own \
      price a variance depends on nothing. Of both --correlation is that of what moves prices between jumps.

      EXAMPLES
        echelon montecarlo basket --spots 100,90 --weights 0.4,0.6 --strike 95
        echelon montecarlo basket --weights 1,-1 --strike 0 --correlation 0.8
        echelon montecarlo basket --greeks pathwise
        echelon montecarlo basket --model merton --jump-means -0.1,0.05
        echelon montecarlo basket --model heston --variances 0.04,0.09 \\
          --long-run-variances 0.05,0.08 --own-correlations -0.6
        echelon montecarlo basket --model heston --greeks likelihood-ratio
      """)

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The price of each asset today.", valueName: "prices"))
  var spots = NumberList([100, 100])
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("How many of each asset; below 0 for what is owed.", valueName: "numbers"))
  var weights = NumberList([0.5, 0.5])
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Of each two assets, -1 to 1.", valueName: "ρ"))
  var correlation = 0.5
  @OptionGroup var model: BasketModelOptions
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var contract: ContractOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var options: PathOptions

  private var isBrownian: Bool { model.model == .brownian }
  var priceSampler: PriceSampler {
    isBrownian ? PriceSampler(option) : PriceSampler(modelOption)
  }
  var greeksSampler: GreeksSampler {
    isBrownian ? GreeksSampler(option) : GreeksSampler(modelOption)
  }
  var runName: String { Self._commandName + model.runName }
  var note: String? { model.note }
  func checkPayoff() throws { try model.check(assets: spots.values.count) }

  var option: BasketOption {
    BasketOption(
      contract.kind, spots: spots.values, weights: weights.values, strike: strike.strike,
      rate: contract.rate, volatilities: model.volatilitiesOrDefault.values,
      correlation: correlation, years: contract.years)
  }

  private var modelOption: ModelBasketOption {
    ModelBasketOption(
      contract.kind, on: model.assets(spots: spots.values), weights: weights.values,
      strike: strike.strike, rate: contract.rate, correlation: correlation, years: contract.years,
      steps: model.stepCount)
  }

  var parameters: [(name: String, value: JSONValue)] {
    model.modelParameters + contract.parameters + [
      ("spots", spots.json), ("weights", weights.json),
    ] + model.parameters(assets: spots.values.count) + [
      ("correlation", .number(correlation)), ("strike", .number(strike.strike)),
    ]
  }
}
