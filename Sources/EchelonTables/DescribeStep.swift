import EchelonFiles
import EchelonKernels
import EchelonLinearAlgebra
import EchelonMemory

/// `describe [P, …] [of NAME, …]`: all statistics of every column, with quantiles at more levels.
///
/// Missing values are left out; a statistic that takes more values than there are is missing. Skewness and kurtosis are those
/// of a sample, as pandas has them; the kurtosis of a normal distribution is 0. Rows count from 1.
struct DescribeStep: TableStep {
  private let levels: [Double]
  private let names: [String]?
  private let text: String

  init(_ argument: String) throws(ExpressionFault) {
    text = argument
    var reader = try TokenReader(argument)
    levels = if case .number = reader.kind { try reader.levels() } else { [] }
    names = try reader.columns().names
    try reader.expectEnd(orOneOf: "of and names of columns")
  }

  func apply(to table: DataTable) throws -> DataTable {
    let list = NameList(text, table)
    let columns =
      try names?.map { name throws(ExpressionFault) in try list.column(name) } ?? table.columns
    let found = try columns.map { column in try column.numbers.map(Self.statistics) ?? [:] }
    let samples = columns.map { $0.numbers?.present.sorted() ?? [] }
    return DataTable(
      columns: [
        Column(name: "column", text: columns.map(\.name)),
        Column(name: "kind", text: columns.map(\.kind.rawValue)),
        Column(name: "count", numbers: columns.map { Double($0.count - $0.missingCount) }),
        Column(name: "missing", numbers: columns.map { Double($0.missingCount) }),
        Column(name: "distinct", numbers: columns.map { Double($0.distinctCount) }),
      ]
        + Self.names.map { name in
          Column(name: name, numbers: found.map { $0[name] ?? .nan })
        }
        + levels.map { level in
          Column(name: "q" + level.brief, numbers: samples.map { $0.sortedQuantile(level) })
        })
  }

  private static let names = [
    "sum", "mean", "sd", "variance", "standard_error", "skewness", "kurtosis", "min", "q1",
    "median", "q3", "max", "min_row", "max_row", "l1", "l2", "product",
  ]

  private static func statistics(_ all: [Double]) throws(KernelError) -> [String: Double] {
    let values = all.present
    guard !values.isEmpty else { return [:] }
    func reduce<Value>(_ reduction: Reduction<Value>) throws(KernelError) -> Value {
      try values.span.withKernelOperand { (operand) throws(KernelError) in
        try reduction(KernelCall(reduction.kernel, inputs: [operand]))
      }
    }
    let moments = try reduce(.higherMoments(of: Double.self))
    let sorted = values.sorted()
    let (low, high) = (sorted[0], sorted[sorted.count - 1])
    let magnitudes = values.map { abs($0) }
    // The squares of parts of the largest one stay in the range of numbers.
    let largest = max(-low, high)
    let parts = values.map { ($0 / largest) * ($0 / largest) }
    return [
      "sum": try reduce(.sum), "mean": moments.mean,
      "sd": moments.standardDeviation, "variance": moments.variance,
      "standard_error": moments.moments.standardError, "skewness": moments.skewness,
      "kurtosis": moments.kurtosis, "min": low, "q1": sorted.sortedQuantile(0.25),
      "median": sorted.sortedQuantile(0.5), "q3": sorted.sortedQuantile(0.75), "max": high,
      "min_row": Double((all.firstIndex(of: low) ?? 0) + 1),
      "max_row": Double((all.firstIndex(of: high) ?? 0) + 1),
      "l1": Double.sum(magnitudes.span),
      "l2": largest == 0 || !largest.isFinite
        ? largest : largest * Double.sum(parts.span).squareRoot(),
      "product": try reduce(.product),
    ]
  }
}

extension Column {
  /// How many different values there are, without missing ones.
  fileprivate var distinctCount: Int {
    switch values {
    case .numbers(let numbers): Set(numbers.present).count
    // By bytes: Swift's strings are also equal where these are not.
    case .text(let words): Set(words.compactMap { $0.map { Array($0.utf8) } }).count
    }
  }
}
