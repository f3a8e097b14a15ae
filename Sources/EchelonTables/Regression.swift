public import EchelonFiles
import EchelonLinearAlgebra

/// A linear regression by least squares, of a table by a formula.
///
///     let fit = try Regression("mpg ~ weight + log(power)").fit(table)
///     print(fit.coefficients, fit.model)
///
/// A row in which anything that the formula takes is missing is left out. The columns are centred if there is an intercept,
/// and the system is solved by LAPACK's QR.
public struct Regression: Sendable {
  private let formula: RegressionFormula

  /// A column whose part that no others explain is smaller than this part of it depends on them.
  private static let rankTolerance = 1e-12

  /// Reads a formula, as `echelon regress --help` has it.
  /// - Throws: `ExpressionFault` in the formula.
  public init(_ formula: String) throws(ExpressionFault) {
    self.formula = try RegressionFormula(formula)
  }

  /// What was found.
  public struct Fit: Sendable {
    /// A row for each term: `term, estimate, standard_error, t, p`; p is two-sided.
    public let coefficients: DataTable
    /// One row: `response, rows, left_out, degrees_of_freedom, residual_sd, r_squared, adjusted_r_squared, f, f_p`.
    ///
    /// Without an intercept R² is about 0, not about the mean.
    public let model: DataTable
    /// What the model says of each row of the table, NaN where a term is missing.
    public let fitted: [Double]
    /// The response less that.
    public let residuals: [Double]
  }

  /// Finds the coefficients.
  /// - Throws: `ExpressionFault` for columns that are not there, infinite values, fewer rows than coefficients, and a term that
  ///   is a combination of those before it; `LinearAlgebraError` where there is no LAPACK.
  public func fit(_ table: DataTable) throws -> Fit {
    try LAPACK.require()
    let (y, terms) = try columns(table)
    let rows = (0..<table.rowCount).filter { row in
      !y[row].isNaN && !terms.contains { $0.values[row].isNaN }
    }
    let names = (formula.hasIntercept ? ["(intercept)"] : []) + terms.map(\.name)
    guard rows.count >= names.count, !rows.isEmpty else {
      throw fault(
        "\(rows.count) rows without missing values are too few for \(names.count) coefficients")
    }
    let system = LeastSquares(
      response: rows.map { y[$0] }, terms: terms.map { term in rows.map { term.values[$0] } },
      hasIntercept: formula.hasIntercept)
    let solution = try system.solve(tolerance: Self.rankTolerance) { index in
      let all = terms[index].values
      let isConstant = Set(rows.map { all[$0] }).count == 1
      return fault(
        isConstant && formula.hasIntercept
          ? "'\(terms[index].name)' is the same in every row, which the intercept is, too; leave it out"
          : "'\(terms[index].name)' is a combination of the terms before it, so that coefficients are not unique; leave it out",
        at: terms[index].range)
    }
    let statistics = zip(solution.estimates, solution.standardErrors).map { $0 / $1 }
    let freedom = Double(solution.degreesOfFreedom)
    let fitted = (0..<table.rowCount).map { row in
      var sum = formula.hasIntercept ? solution.estimates[0] : 0
      for (place, term) in terms.enumerated() {
        sum += solution.estimates[place + (formula.hasIntercept ? 1 : 0)] * term.values[row]
      }
      return sum
    }
    return Fit(
      coefficients: DataTable(columns: [
        Column(name: "term", text: names),
        Column(name: "estimate", numbers: solution.estimates),
        Column(name: "standard_error", numbers: solution.standardErrors),
        Column(name: "t", numbers: statistics),
        Column(
          name: "p",
          numbers: statistics.map { TailProbability.ofT($0, degreesOfFreedom: freedom) }),
      ]),
      model: solution.model(response: formula.response.name, leftOut: table.rowCount - rows.count),
      fitted: fitted, residuals: zip(y, fitted).map { $0 - $1 })
  }

  private func columns(
    _ table: DataTable
  ) throws(ExpressionFault) -> (
    response: [Double], terms: [(name: String, range: Range<Int>, values: [Double])]
  ) {
    func values(_ term: RegressionFormula.Term) throws(ExpressionFault) -> [Double] {
      let bound = try term.expression.bound(to: table.descriptions)
      let values = bound.values(in: table)
      if let row = values.firstIndex(where: \.isInfinite) {
        throw fault("'\(term.name)' is infinite in row \(row + 1)", at: term.range)
      }
      return values
    }
    let response = try values(formula.response)
    var terms: [(name: String, range: Range<Int>, values: [Double])] = []
    if let given = formula.terms {
      for term in given { terms.append((term.name, term.range, try values(term))) }
    } else {
      let range = formula.text.count - 1..<formula.text.count
      for column in table.columns where column.name != formula.response.name {
        guard let numbers = column.numbers else { continue }
        guard !numbers.contains(where: \.isInfinite) else {
          throw fault("'\(column.name)' has infinite values", at: range)
        }
        terms.append((column.name, range, numbers))
      }
    }
    return (response, terms)
  }

  private func fault(_ problem: String, at range: Range<Int>? = nil) -> ExpressionFault {
    ExpressionFault(problem, at: range ?? 0..<formula.text.count, of: formula.text)
  }
}

/// `regress [coefficients|model|fitted] FORMULA`: a row for each term, one for the model, or columns beside the others.
struct RegressionStep: TableStep {
  private enum Part: String, CaseIterable {
    case coefficients, model, fitted
  }

  private let part: Part
  private let regression: Regression
  private let text: String

  init(_ argument: String) throws(ExpressionFault) {
    text = argument
    let word = argument.prefix { !$0.isWhitespace }
    let rest = String(argument.dropFirst(word.count)).trimmed
    // A column may have such a name.
    if let part = Part(rawValue: String(word)), !rest.hasPrefix("~") {
      self.part = part
      regression = try Regression(rest)
    } else {
      part = .coefficients
      regression = try Regression(argument)
    }
  }

  func apply(to table: DataTable) throws -> DataTable {
    let fit = try regression.fit(table)
    switch part {
    case .coefficients: return fit.coefficients
    case .model: return fit.model
    case .fitted:
      return table.setting(Column(name: "fitted", numbers: fit.fitted))
        .setting(Column(name: "residual", numbers: fit.residuals))
    }
  }
}
