public import EchelonLinearAlgebra

/// How far a decomposition, or a solution, is from what it should be, in the measure of LAPACK's own test programs: in
/// units of what rounding alone may do. Ratios of a few units are usual; those programs call 30 and more a failure.
///
///     let lu = try pool.lu(a)
///     try lu.residual(of: a).check()    // throws when the ratio is 30 or more
///
/// Norms are ‖·‖₁, the largest sum of a column's moduli, and ε is the unit roundoff, 2⁻⁵³ for Double and 2⁻²⁴ for
/// Float. A number of rows or columns that is divided by counts for 2¹⁴ at most.
///
/// - Source: L. S. Blackford and J. J. Dongarra, *Installation Guide for LAPACK*, LAPACK Working Note 41: xGET01,
///   xPOT01, xQRT01, xBDT01, xSYT21, xGET22, xHST01, xSGT01 and xGET02; of least squares xQRT14, xQRT16 and xQRT17.
public struct ResidualCheck: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The ratio from which on `check` throws, unless it is given another one.
  public static let limit = 30.0

  /// What has been checked: its name in an error.
  public let operation: String
  /// The factors multiplied out: ‖A - P·L·U‖ / (n·‖A‖·ε), n the longer side, and so on. Of eigenvectors of a matrix
  /// that is not symmetric it is ‖A·V - V·Λ‖ / (‖A‖·‖V‖·ε), of those of a pair ‖A·V - B·V·Λ‖ / (n·‖A‖·‖V‖·ε), and of
  /// solutions the largest ‖b - A·x‖ / (‖A‖·‖x‖·ε) of all columns; for least squares see
  /// `WorkExecutor.startResidual(of:fitting:_:)`. ∞ where there is NaN, and where a norm exceeds the range of Double.
  public let residual: Double
  /// ‖1 - Qᴴ·Q‖ / (n·ε), the largest of all factors that are to be orthogonal, or unitary; 0 where none is. Of the
  /// eigenvectors of a pair it is ‖1 - Vᴴ·B·V‖ / (n·‖V‖·‖B·V‖·ε), and of those of a matrix that is not symmetric, which
  /// are to have length 1, the largest |1 - ‖v‖₂| / (n·ε).
  public let orthogonality: Double

  /// The larger of both.
  public var ratio: Double { max(residual, orthogonality) }
  /// Whether rounding explains all of it.
  public var isSmall: Bool { ratio < ResidualCheck.limit }

  /// - Parameter limit: a ratio that is too large.
  /// - Throws: `LinearAlgebraError.largeResidual` unless the ratio is below the limit.
  public func check(limit: Double = ResidualCheck.limit) throws(LinearAlgebraError) {
    guard ratio < limit else {
      throw .largeResidual(operation: operation, ratio: ratio, limit: limit)
    }
  }

  /// The larger ratio.
  public var description: String { "\(ratio)" }
}

/// Whether a call measures its own result, and refuses one whose ratio is too large:
///
///     try pool.solve(a, b, checkingResidual: true)    // refused from 30 on, as by LAPACK's test programs
///     try pool.solve(a, b, checkingResidual: 5)       // refused from 5 on
public struct ResidualLimit: Sendable, Hashable, Codable, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral
{
  /// The smallest ratio that is refused; nil where nothing is measured.
  public let ratio: Double?

  /// Results with this ratio and more are refused.
  public init(_ ratio: Double) { self.ratio = ratio }
  /// `true` is `ResidualCheck.limit`; with `false` nothing is measured.
  public init(_ isChecked: Bool) { ratio = isChecked ? ResidualCheck.limit : nil }
  /// See `init(_:)`.
  public init(booleanLiteral value: Bool) { self.init(value) }
  /// See `init(_:)`.
  public init(integerLiteral value: Int) { self.init(Double(value)) }
  /// See `init(_:)`.
  public init(floatLiteral value: Double) { self.init(value) }
}

/// ‖difference‖ / (scales·n·ε), divided one by one, since products of norms overflow; ∞ in place of NaN, and where a
/// norm itself overflows: nothing is small beside that.
///
/// No n counts for more than 2¹⁴: with LAPACK's n, of 560,000 and more, zeros would do for factors in single precision.
func residualRatio<Element: LinearAlgebraScalar>(
  _: Element.Type, _ difference: Double, to scales: [Double], count: Int = 1
) -> Double {
  if difference == 0 { return 0 }
  if scales.contains(.infinity) { return .infinity }
  let unit = Double(Element.Real.ulpOfOne) / 2
  let ratio = scales.reduce(difference, /) / Double(min(max(1, count), 1 << 14)) / unit
  return ratio.isNaN ? .infinity : ratio
}
