/// What stands behind `var`: of which prices, of what portfolio, how far on, from how many courses.
package struct RiskWords: Sendable {
  /// Columns that were named; nil where they are to be found.
  package private(set) var price: String?
  package private(set) var by: String?
  package private(set) var date: String?
  /// Parts of the portfolio; nil is the same of all assets.
  package private(set) var weights: [(asset: String, part: Double)]?
  package private(set) var level = 0.95
  package private(set) var horizon = 1
  package private(set) var isNormal = false
  package private(set) var samples = 1_000_000
  package private(set) var seed: UInt64 = 42

  package static let guide = (
    name: "var",
    argument: "[price NAME] [by NAME] [date NAME] [weights A=P, …] [level P] [horizon N] "
      + "[model normal] [samples N] [seed S]",
    help:
      "value at risk and expected shortfall from prices, as 'echelon var' has them: var 'level 0.99 horizon 10'"
  )

  /// - Throws: `ExpressionFault`, whose text is the argument.
  package init(_ argument: String) throws(ExpressionFault) {
    var reader = try TokenReader(argument)
    while true {
      if reader.take(word: "price") {
        price = try reader.name()
      } else if reader.take(word: "by") {
        by = try reader.name()
      } else if reader.take(word: "date") {
        date = try reader.name()
      } else if reader.take(word: "level") {
        let start = reader
        level = try reader.number("a probability")
        guard level > 0, level < 1 else { throw start.fault("the level must lie between 0 and 1") }
      } else if reader.take(word: "horizon") {
        horizon = try reader.integer("the number of periods", in: 1...10_000)
      } else if reader.take(word: "model") {
        isNormal = reader.take(word: "normal")
        guard isNormal || reader.take(word: "historical") else {
          throw reader.fault("expected historical or normal")
        }
      } else if reader.take(word: "samples") {
        samples = try reader.integer("the number of courses", in: 100...1_000_000_000)
      } else if reader.take(word: "seed") {
        seed = UInt64(try reader.integer("the seed", in: 0...1 << 53))
      } else if reader.take(word: "weights") {
        weights = try Self.weights(&reader)
      } else {
        break
      }
    }
    try reader.expectEnd(
      orOneOf: "price", "by", "date", "level", "horizon", "model", "samples", "seed", "weights")
  }

  private static func weights(
    _ reader: inout TokenReader
  ) throws(ExpressionFault) -> [(asset: String, part: Double)] {
    var weights: [(asset: String, part: Double)] = []
    repeat {
      let asset = try reader.name()
      guard reader.take("=") else { throw reader.fault("expected = and a part") }
      let sign = reader.take("-") ? -1.0 : 1
      weights.append((asset, sign * (try reader.number("a part of the portfolio, such as 0.4"))))
    } while reader.take(",")
    return weights
  }
}
