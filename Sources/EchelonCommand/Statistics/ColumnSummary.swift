import Echelon
import EchelonFiles

/// What `echelon stats` says about a column.
struct ColumnSummary: Codable, Sendable {
  /// The statistics of a column of numbers with at least one value.
  struct Numbers: Codable, Sendable, BitwiseCopyable {
    let mean: Double
    /// Divisor n − 1; NaN for a single value.
    let standardDeviation: Double
    let minimum: Double
    let lowerQuartile: Double
    let median: Double
    let upperQuartile: Double
    let maximum: Double
  }

  let name: String
  let kind: ColumnKind
  /// Rows with a value.
  let count: Int
  /// Rows without one.
  let missing: Int
  /// Nil for text, and when there is no value.
  let numbers: Numbers?

  /// A column of words.
  init(text name: String, count: Int, missing: Int) {
    self.name = name
    kind = .text
    self.count = count
    self.missing = missing
    numbers = nil
  }

  /// A column of numbers, in which NaN is a missing value.
  ///
  /// The reductions are the kernels of the catalog, so the bits are those that a pool gives.
  init(name: String, values: Span<Double>) throws(KernelError) {
    var present: [Double] = []
    present.reserveCapacity(values.count)
    for index in values.indices where !values[index].isNaN { present.append(values[index]) }
    self.name = name
    kind = .number
    count = present.count
    missing = values.count - present.count
    guard !present.isEmpty else {
      numbers = nil
      return
    }
    let moments = try Self.moments(present)!  // there is a value
    let minimum = try Self.reduce(Reduction<Double>.minimum, present.span)
    let maximum = try Self.reduce(Reduction<Double>.maximum, present.span)
    var span = present.mutableSpan
    let quartiles = OrderStatistics.quartiles(of: &span)!  // there is a value
    numbers = Numbers(
      mean: moments.mean, standardDeviation: moments.standardDeviation, minimum: minimum,
      lowerQuartile: quartiles.lower, median: quartiles.median, upperQuartile: quartiles.upper,
      maximum: maximum)
  }

  /// Count, mean and deviation of values without NaN; nil for none.
  static func moments(_ values: [Double]) throws(KernelError) -> Moments? {
    values.isEmpty ? nil : try reduce(.meanVariance(of: Double.self), values.span)
  }

  private static func reduce<Value>(
    _ reduction: Reduction<Value>, _ values: Span<Double>
  ) throws(KernelError) -> Value {
    try values.withKernelOperand { (operand) throws(KernelError) in
      try reduction(KernelCall(reduction.kernel, inputs: [operand]))
    }
  }

  /// The names of the statistics, as JSON and CSV have them, and as a table does.
  static let statistics: [(key: String, title: String, value: @Sendable (Numbers) -> Double)] =
    [
      ("mean", "Mean", { $0.mean }), ("sd", "SD", { $0.standardDeviation }),
      ("min", "Min", { $0.minimum }),
      ("q1", "Q1", { $0.lowerQuartile }), ("median", "Median", { $0.median }),
      ("q3", "Q3", { $0.upperQuartile }),
      ("max", "Max", { $0.maximum }),
    ]
}
