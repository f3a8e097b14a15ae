import EchelonFiles
import EchelonTables
import Foundation
import Testing

/// What `data/expected/make_tables.py` wrote.
private struct Expected: Decodable {
  struct Model: Decodable {
    let formula: String
    let estimate, standard_error, t, p: [Double]
    let rows, left_out, degrees_of_freedom: Double
    let residual_sd, r_squared, adjusted_r_squared, f, f_p: Double
    let fitted_head: [Double?]
  }
  struct Components: Decodable {
    let variance, ratio: [Double]
    let loadings, scores_head: [[Double]]
  }
  let columns: [String]
  let levels: [Double]
  let quantiles, cov, corr, spearman, complete: [[Double]]
  let regressions: [Model]
  let pca: Components
}

private let data = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../data").standardizedFileURL
private let expected = try! JSONDecoder().decode(
  [String: Expected].self,
  from: Data(contentsOf: data.appending(path: "expected/tables.json")))
private let tables = [
  "iris.csv": try! DataFileReader.open(data.appending(path: "iris.csv").path).table(),
  "cars.csv": try! DataFileReader.open(data.appending(path: "cars.csv").path).table(),
]
private let files = ["iris.csv", "cars.csv"]

private let small = DataTable(columns: [
  Column(name: "x", numbers: [3, 1, .nan, 2, 1]),
  Column(name: "y", numbers: [1, 2, 3, 4, 6]),
  Column(name: "flat", numbers: [0.1, 0.1, 0.1, 0.1, 0.1]),
  Column(name: "class", text: ["b", "a", "b", nil, "a"]),
])

private func result(_ operation: String, of table: DataTable = small) throws -> DataTable {
  try TableOperation(operation).apply(to: table)
}

private func isClose(_ a: Double?, _ b: Double?, _ tolerance: Double = 1e-12) -> Bool {
  guard let a, let b else { return a == nil && b == nil }
  return abs(a - b) <= tolerance * max(abs(a), abs(b), 1e-3)
}

private func numbers(_ table: DataTable, _ name: String) throws -> [Double] {
  try #require(table[name]?.numbers)
}

@Suite struct `Statistics of columns` {
  @Test func `count values into bins`() throws {
    let counts = try result("histogram 2 * x bins 2")
    #expect(
      counts
        == DataTable(columns: [
          Column(name: "from", numbers: [2, 4]), Column(name: "to", numbers: [4, 6]),
          Column(name: "count", numbers: [2, 2]),  // an edge belongs to the bin above it
        ]))
    // A column may be called as the option is.
    let table = DataTable(columns: [Column(name: "bins", numbers: [1, 2, 3, 4])])
    #expect(try result("histogram bins bins 3", of: table)["count"]?.numbers == [1, 1, 2])
    #expect(try result("histogram bins", of: table).rowCount == 3)
    let missing = DataTable(columns: [Column(name: "x", numbers: [.nan, .infinity])])
    #expect(try result("histogram x", of: missing).rowCount == 0)
    for wrong in ["histogram x bins 0", "histogram x bins 1e3", "histogram x 3", "histogram"] {
      #expect(throws: ExpressionFault.self) { try result(wrong) }
    }
    #expect(throws: ExpressionFault.self) { try result("histogram nothing") }
  }

  @Test(arguments: files) func `are quantiles to the bit of NumPy`(_ file: String) throws {
    let (table, values) = (try #require(tables[file]), try #require(expected[file]))
    let levels = values.levels.map { "\($0)" }.joined(separator: ", ")
    let found = try result("quantiles " + levels, of: table)
    #expect(found["column"]?.text == values.columns)
    #expect(
      found.columns.map(\.name).suffix(7) == [
        "q0", "q0.05", "q0.25", "q0.5", "q0.9", "q0.975", "q1",
      ])
    for (place, level) in values.levels.enumerated() {
      let column = found.columns[2 + place].numbers
      #expect(column == values.quantiles.map { $0[place] }, "\(level)")
    }
  }

  @Test(arguments: files) func `are covariances and correlations as pandas has them`(
    _ file: String
  ) throws {
    let (table, values) = (try #require(tables[file]), try #require(expected[file]))
    for (operation, matrix) in [
      ("cov", values.cov), ("corr", values.corr), ("corr spearman", values.spearman),
      ("corr complete", values.complete),
    ] {
      let found = try result(operation, of: table)
      #expect(found["column"]?.text == values.columns)
      for (name, row) in zip(values.columns, matrix) {
        let column = try numbers(found, name)
        #expect(zip(column, row).allSatisfy { isClose($0, $1) }, "\(operation) \(name)")
      }
    }
  }

  @Test func `leave out what is missing, and say nothing of what does not vary`() throws {
    let found = try result("corr of x, y, flat")
    #expect(try numbers(found, "x")[0] == 1)
    #expect(try isClose(numbers(found, "x")[1], -3.75 / (2.75 * 14.75).squareRoot()))
    #expect(try numbers(found, "flat").allSatisfy(\.isNaN))
    #expect(try numbers(result("quantiles 0.5 of x"), "q0.5") == [1.5])
    let none = small.rows([])
    #expect(try numbers(result("quantiles 0.5", of: none), "q0.5").allSatisfy(\.isNaN))
    #expect(try numbers(result("cov", of: none), "y").allSatisfy(\.isNaN))
    #expect(try numbers(result("cov of y", of: small.rows([0])), "y")[0].isNaN)
    #expect(try numbers(result("bootstrap mean of y", of: small.rows([0])), "low")[0].isNaN)
  }

  @Test func `are bootstrapped with seeds`() throws {
    let (a, b, c) = (
      try result("bootstrap mean of y seed 7 resamples 500"),
      try result("bootstrap mean of y seed 7 resamples 500"),
      try result("bootstrap mean of y seed 8 resamples 500 percentile level 0.5")
    )
    #expect(a == b && a != c)
    #expect(try numbers(a, "estimate") == [3.2])
    // σ/√n with divisor n is what the standard error of a mean approaches.
    let limit = (14.8 / 5 / 5 as Double).squareRoot()
    #expect(try abs(numbers(a, "standard_error")[0] / limit - 1) < 0.1)
    #expect(try numbers(a, "low")[0] < 3.2 && numbers(a, "high")[0] > 3.2)
  }

  @Test(arguments: files) func `are principal components as NumPy has them`(
    _ file: String
  ) throws {
    let (table, values) = (try #require(tables[file]), try #require(expected[file]))
    let words = file == "cars.csv" ? "pca scaled" : "pca"
    let found = try result(words, of: table)
    #expect(try zip(numbers(found, "variance"), values.pca.variance).allSatisfy { isClose($0, $1) })
    #expect(try zip(numbers(found, "ratio"), values.pca.ratio).allSatisfy { isClose($0, $1) })
    for (place, name) in values.columns.enumerated() {
      let loadings = try numbers(found, name)
      #expect(zip(loadings, values.pca.loadings).allSatisfy { isClose($0, $1[place], 1e-9) })
    }
    let scores = try result("\(words) scores", of: table)
    let complete = (0..<table.rowCount).filter { row in
      !values.columns.contains { table[$0]?.isMissing(at: row) ?? true }
    }
    for (row, head) in zip(complete, values.pca.scores_head) {
      for (k, score) in head.enumerated() {
        #expect(isClose(try numbers(scores, "pc\(k + 1)")[row], score, 1e-9))
      }
    }
    #expect(scores["pc1"]?.missingCount == table.rowCount - complete.count)
    #expect(try result("pca 2", of: table).rowCount == 2)
  }
}

@Suite struct `A regression` {
  @Test func `has the values that NIST certifies for Longley's data`() throws {
    let table = try DataFileReader.open(data.appending(path: "longley.csv").path).table()
    let formula = "TOTEMP ~ GNPDEFL + GNP + UNEMP + ARMED + POP + YEAR"
    let found = try result("regress " + formula, of: table)
    let certified: [(Double, Double)] = [
      (-3482258.63459582, 890420.383607373), (15.0618722713733, 84.9149257747669),
      (-0.358191792925910e-01, 0.334910077722432e-01), (-2.02022980381683, 0.488399681651699),
      (-1.03322686717359, 0.214274163161675), (-0.511041056535807e-01, 0.226073200069370),
      (1829.15146461355, 455.478499142212),
    ]
    let (estimates, errors) = (
      try numbers(found, "estimate"), try numbers(found, "standard_error")
    )
    #expect(estimates.count == certified.count)
    for (place, value) in certified.enumerated() {
      #expect(abs(estimates[place] / value.0 - 1) < 1e-11, "estimate \(place)")
      #expect(abs(errors[place] / value.1 - 1) < 1e-11, "error \(place)")
    }
    let model = try result("regress model " + formula, of: table)
    #expect(try abs(numbers(model, "residual_sd")[0] / 304.854073561965 - 1) < 1e-12)
    #expect(try abs(numbers(model, "r_squared")[0] / 0.995479004577296 - 1) < 1e-14)
    #expect(try abs(numbers(model, "f")[0] / 330.285339234588 - 1) < 1e-11)
  }

  @Test(arguments: files) func `agrees with statsmodels`(_ file: String) throws {
    let table = try #require(tables[file])
    for model in try #require(expected[file]).regressions {
      let found = try result("regress " + model.formula, of: table)
      for (name, values) in [
        ("estimate", model.estimate), ("standard_error", model.standard_error), ("t", model.t),
        ("p", model.p),
      ] {
        let column = try numbers(found, name)
        // statsmodels' own p has some 1e-10 at the far end, and its estimates go by a pseudo-inverse.
        #expect(
          zip(column, values).allSatisfy { abs($0 - $1) <= 1e-9 * max(abs($0), abs($1)) },
          "\(name) of \(model.formula): \(column), \(values)")
      }
      let whole = try result("regress model " + model.formula, of: table)
      for (name, value) in [
        ("rows", model.rows), ("left_out", model.left_out),
        ("degrees_of_freedom", model.degrees_of_freedom), ("residual_sd", model.residual_sd),
        ("r_squared", model.r_squared), ("adjusted_r_squared", model.adjusted_r_squared),
        ("f", model.f), ("f_p", model.f_p),
      ] {
        let given = try numbers(whole, name)[0]
        #expect(abs(given - value) <= 1e-9 * abs(value), "\(name) of \(model.formula)")
      }
      let fitted = try numbers(result("regress fitted " + model.formula, of: table), "fitted")
      #expect(isClose(fitted[0], model.fitted_head[0], 1e-10))
    }
  }

  @Test func `names what makes it impossible`() throws {
    for (formula, words, place) in [
      ("y ~ x + 2 * x", "'2 * x' is a combination", 8..<13),
      ("y ~ x + flat", "'flat' is the same in every row", 8..<12),
      ("y ~ class", "words", 4..<9), ("y ~ z", "no column 'z'", 4..<5),
      ("y ~ log(x - 1)", "'log(x - 1)' is infinite in row 2", 4..<14),
      ("y + x", "expected ~", 5..<5), ("y ~ x +", "expected", 7..<7),
      ("y ~ x - x", "only 1", 8..<9), ("y ~ x + x", "twice", 8..<9),
    ] {
      #expect("\(formula)") {
        _ = try result("regress " + formula)
      } throws: { error in
        guard let fault = error as? ExpressionFault else { return false }
        return fault.problem.contains(words) && fault.range == place && fault.text == formula
      }
    }
    #expect("rows") {
      _ = try result("regress y ~ x", of: small.rows([0]))
    } throws: {
      "\($0)".contains("1 rows without missing values are too few for 2 coefficients")
    }
    // As many rows as coefficients: an exact fit without errors.
    let exact = try result("regress y ~ x", of: small.rows([0, 1]))
    #expect(try numbers(exact, "estimate").map { ($0 * 1e9).rounded() / 1e9 } == [2.5, -0.5])
    #expect(try numbers(exact, "standard_error").allSatisfy(\.isNaN))
  }
}
