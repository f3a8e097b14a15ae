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

      EXAMPLES
        echelon montecarlo basket --spots 100,90 --weights 0.4,0.6 --strike 95
        echelon montecarlo basket --weights 1,-1 --strike 0 --correlation 0.8
        echelon montecarlo basket --greeks pathwise
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
    parsing: .unconditional,
    help: ArgumentHelp("Of each asset, per square root of a year.", valueName: "numbers"))
  var volatilities = NumberList([0.2, 0.3])
  @Option(
    parsing: .unconditional, help: ArgumentHelp("Of each two assets, -1 to 1.", valueName: "ρ"))
  var correlation = 0.5
  @OptionGroup var strike: StrikeOptions
  @OptionGroup var contract: ContractOptions
  @OptionGroup var greeks: GreeksOptions
  @OptionGroup var options: PathOptions

  var greeksSampler: GreeksSampler { GreeksSampler(option) }

  var option: BasketOption {
    BasketOption(
      contract.kind, spots: spots.values, weights: weights.values, strike: strike.strike,
      rate: contract.rate, volatilities: volatilities.values, correlation: correlation,
      years: contract.years)
  }

  var parameters: [(name: String, value: JSONValue)] {
    contract.parameters + [
      ("spots", spots.json), ("weights", weights.json), ("volatilities", volatilities.json),
      ("correlation", .number(correlation)), ("strike", .number(strike.strike)),
    ]
  }
}
