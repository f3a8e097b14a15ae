import ArgumentParser
import Echelon
import EchelonFiles

/// A number that sums up a sample, as it is named on the command line.
enum SampleStatistic: String, CaseIterable, ExpressibleByArgument, Codable, Sendable {
  case mean, median
  case standardDeviation = "standard-deviation"
  case variance, minimum, maximum

  /// Of one element or more; NaN for what takes two, and has one.
  func value(_ x: Span<Double>) -> Double {
    switch self {
    case .mean: Self.mean(x)
    case .median: Self.median(x)
    case .standardDeviation: Self.variance(x).squareRoot()
    case .variance: Self.variance(x)
    case .minimum: x.indices.reduce(.infinity) { min($0, x[$1]) }
    case .maximum: x.indices.reduce(-.infinity) { max($0, x[$1]) }
    }
  }

  private static func mean(_ x: Span<Double>) -> Double {
    var sum = 0.0
    for i in x.indices { sum += x[i] }
    return sum / Double(x.count)
  }

  /// Divisor n - 1.
  private static func variance(_ x: Span<Double>) -> Double {
    guard x.count > 1 else { return .nan }
    let mean = mean(x)
    var squares = 0.0
    for i in x.indices { squares += (x[i] - mean) * (x[i] - mean) }
    return squares / Double(x.count - 1)
  }

  private static func median(_ x: Span<Double>) -> Double {
    let sorted = x.indices.map { x[$0] }.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}

/// A column of numbers of a file, without those that are missing.
struct NumberSample {
  let name: String
  let values: [Double]
  let missingCount: Int

  /// - Parameters:
  ///   - name: nil for the only column of numbers that there is.
  ///   - least: how many numbers there must be.
  init(
    _ name: String?, of table: DataTable, path: String, option: String, atLeast least: Int
  ) throws {
    func refuse(_ what: String) -> CommandError { CommandError("\(path): \(what)") }
    let numbers = table.columns.filter { $0.kind == .number }
    let names = numbers.map(\.name).joined(separator: ", ")
    guard !numbers.isEmpty else { throw refuse("has no column of numbers") }
    let column: Column
    if let name {
      guard let found = table[name] else {
        throw refuse("has no column '\(name)'; \(option) takes one of \(names)")
      }
      column = found
    } else if numbers.count == 1 {
      column = numbers[0]
    } else {
      throw refuse("has several columns of numbers; name one with \(option): \(names)")
    }
    guard let all = column.numbers else {
      throw refuse("'\(column.name)' is a column of words; \(option) takes one of \(names)")
    }
    self.name = column.name
    values = all.filter { !$0.isNaN }
    missingCount = all.count - values.count
    guard values.count >= least else {
      throw refuse(
        "'\(column.name)' has \(NumberText.count(values.count, "number")); at least \(least) are needed"
      )
    }
  }

  /// `50 numbers of 'x', 2 missing`.
  var text: String {
    "\(NumberText.count(values.count, "number")) of '\(name)'"
      + (missingCount > 0 ? ", \(NumberText.grouped(missingCount)) missing" : "")
  }
}
