/// A sum that carries its own rounding errors: the slow and obvious reference for sums.
///
/// Its error is 2⁻⁵³ of the answer plus about n²·2⁻¹⁰⁶ of the sum of magnitudes.
/// Source: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
/// ZAMM 54 (1974).
public struct CompensatedSum: BitwiseCopyable, Sendable {
  private var sum = 0.0
  private var correction = 0.0

  /// Nothing yet.
  public init() {}

  /// Adds one term.
  public mutating func add(_ term: Double) {
    let next = sum + term
    correction += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
    sum = next
  }

  /// Adds `x·y` with no rounding of the product.
  public mutating func add(product x: Double, _ y: Double) {
    let product = x * y
    add(product)
    // The multiply-add gives the error of the product, exactly unless it underflows.
    let error = (-product).addingProduct(x, y)
    if error.isFinite { add(error) }
  }

  /// The sum so far; NaN and infinities as plain addition gives them.
  public var value: Double { correction.isFinite ? sum + correction : sum }
}
