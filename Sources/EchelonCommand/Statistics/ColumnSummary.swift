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

  /// A column of numbers of which this was found out elsewhere; nil when there is no value.
  init(name: String, count: Int, missing: Int, numbers: Numbers?) {
    self.name = name
    kind = .number
    self.count = count
    self.missing = missing
    self.numbers = numbers
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
      lowerQuartile: Self.signed(quartiles.lower, 1, of: present),
      median: Self.signed(quartiles.median, 2, of: present),
      upperQuartile: Self.signed(quartiles.upper, 3, of: present), maximum: maximum)
  }

  /// A quartile that is a zero, with the sign that it has where -0 comes before 0: selection takes the two for equal, and which
  /// of them it finds depends on where they stand.
  private static func signed(_ quartile: Double, _ quarters: Int, of values: [Double]) -> Double {
    let (rank, remainder) = (quarters * (values.count - 1)).quotientAndRemainder(dividingBy: 4)
    guard quartile == 0 else { return quartile }
    let negativeCount = values.count { $0 < 0 }
    let zeroCount = values.count { $0 == 0 }
    // Else it lies between two numbers.
    guard negativeCount..<negativeCount + zeroCount ~= rank,
      remainder == 0 || rank + 1 < negativeCount + zeroCount
    else { return quartile }
    let negativeZeroCount = values.count { $0 == 0 && $0.sign == .minus }
    return rank < negativeCount + negativeZeroCount ? -0.0 : 0
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
