import Echelon
import EchelonComparison

/// Everything whose cost is measured over sizes, in the order of the table.
enum Growths {
  static let all = dispatch + [bytes, queuedTask] + kernels + workers

  /// How much larger the largest cost may be than the least and still be called the same: from one size to the next what is
  /// in which cache differs, and so do the numbers.
  static let flatWithin = 1.5
  /// From how many on fixed costs, such as a first wake-up, are shared by enough.
  static let many = 1000

  static func agree(_ name: String, _ found: Double, _ expected: Double) throws {
    guard found == expected else {
      throw ComparisonError.disagreement(figure: name, echelon: found, rival: expected)
    }
  }
}
