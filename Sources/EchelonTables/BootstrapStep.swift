import EchelonFiles
import EchelonKernels
import EchelonRandom

/// `bootstrap STATISTIC [of NAME, …] [resamples N] [seed S] [level P] [percentile]`: a row for each column.
///
/// Samples are drawn as those of `WorkExecutor.bootstrap` are: replicate k by the generator of (seed, k). Missing values are
/// left out; fewer than two numbers have an estimate and nothing else.
struct BootstrapStep: TableStep {
  private let statistic: Aggregate
  private let columns: NumberColumns
  private let resamples: Int
  private let seed: UInt64
  private let level: Double
  private let method: BootstrapEstimate.IntervalMethod

  private static let statistics: [Aggregate] = [.mean, .median, .sd, .var, .sum, .min, .max]

  init(_ argument: String) throws(ExpressionFault) {
    var reader = try TokenReader(argument)
    guard let statistic = Self.statistics.first(where: { reader.take(word: $0.rawValue) }) else {
      throw reader.fault(
        "expected one of " + Self.statistics.map(\.rawValue).joined(separator: ", "))
    }
    self.statistic = statistic
    columns = try reader.columns()
    var (resamples, seed, level) = (9_999, 42, 0.95)
    var method = BootstrapEstimate.IntervalMethod.bca
    while true {
      if reader.take(word: "resamples") {
        resamples = try reader.integer("the number of resamples", in: 100...1_000_000)
      } else if reader.take(word: "seed") {
        seed = try reader.integer("the seed", in: 0...1 << 53)
      } else if reader.take(word: "level") {
        let start = reader
        level = try reader.number("a probability")
        guard level > 0, level < 1 else { throw start.fault("the level must lie between 0 and 1") }
      } else if reader.take(word: "percentile") {
        method = .percentile
      } else {
        break
      }
    }
    try reader.expectEnd(orOneOf: "of and names", "resamples", "seed", "level", "percentile")
    (self.resamples, self.seed, self.level) = (resamples, UInt64(seed), level)
    self.method = method
  }

  func apply(to table: DataTable) throws -> DataTable {
    let columns = try columns.of(table)
    let found = columns.map { column in
      let sample = column.values.present
      let estimate = sample.count < 2 ? nil : self.estimate(sample)
      let interval = estimate?.confidenceInterval(level, method: method)
      return (
        count: Double(sample.count), missing: Double(column.values.count - sample.count),
        estimate: sample.isEmpty ? .nan : statistic.of(sample),
        standardError: estimate?.standardError ?? .nan, bias: estimate?.bias ?? .nan,
        low: interval?.lowerBound ?? .nan, high: interval?.upperBound ?? .nan
      )
    }
    return DataTable(columns: [
      Column(name: "column", text: columns.map(\.name)),
      Column(name: "statistic", text: columns.map { _ in statistic.rawValue }),
      Column(name: "count", numbers: found.map(\.count)),
      Column(name: "missing", numbers: found.map(\.missing)),
      Column(name: "estimate", numbers: found.map(\.estimate)),
      Column(name: "standard_error", numbers: found.map(\.standardError)),
      Column(name: "bias", numbers: found.map(\.bias)),
      Column(name: "low", numbers: found.map(\.low)),
      Column(name: "high", numbers: found.map(\.high)),
    ])
  }

  private func estimate(_ sample: [Double]) -> BootstrapEstimate {
    let count = sample.count
    var drawn = sample
    let replicates = (0..<resamples).map { index in
      var generator = PhiloxGenerator(seed: seed, index: UInt64(index))
      for place in 0..<count { drawn[place] = sample[generator.integer(below: count)] }
      return statistic.of(drawn)
    }
    // Of many elements groups are left out, which differ by no more than one element.
    let groups = min(count, 10_000)
    let jackknife = (0..<groups).map { group in
      let left = group * count / groups..<(group + 1) * count / groups
      return statistic.of(Array(sample[..<left.lowerBound] + sample[left.upperBound...]))
    }
    return BootstrapEstimate(
      estimate: statistic.of(sample), replicates: replicates, jackknife: jackknife)
  }
}
