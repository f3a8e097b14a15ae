import EchelonFiles
import EchelonRandom
import Foundation
import TestSupport
import Testing

@Suite struct `echelon montecarlo var` {
  private static let prices = "data/stocks.csv"

  @Test(arguments: ["historical", "normal"], [1, 12])
  func `agrees with NumPy on real prices`(_ model: String, _ horizon: Int) throws {
    let run = try CommandProcess.run(
      "montecarlo", "var", Self.prices, "--model", model, "--horizon", "\(horizon)", "--samples",
      "400000", "--seed", "11", "--format", "json")
    #expect(run.status == 0)
    let found = try run.object()
    let path = CommandProcess.repository.appending(path: "data/expected/stocks.csv.risk.json")
    let all = try JSONDecoder().decode(
      [String: [String: Double]].self, from: try Data(contentsOf: path))
    let expected = try #require(all["\(model), \(horizon)"])
    func number(_ key: String) throws -> Double { try #require(found[key] as? Double) }
    let width = try number("value_at_risk_high") - number("value_at_risk_low")
    let errors = [
      "value_at_risk": width / 3.92, "expected_shortfall": try number("expected_shortfall_error"),
      "mean_loss": try number("standard_deviation") / 400_000.0.squareRoot(),
    ]
    for (key, error) in errors {
      let other = expected[key + "_error"] ?? 0
      let distance = try number(key) - #require(expected[key])
      #expect(
        abs(distance) <= 5 * (error * error + other * other).squareRoot() + 1e-12,
        "\(key): \(distance) with errors of \(error) and \(other)")
      // And the errors are small enough to say something.
      #expect(error < 0.02 * abs(try #require(expected[key])), "\(key)")
    }
    let deviation = try #require(expected["standard_deviation"])
    #expect(abs(try number("standard_deviation") / deviation - 1) < 0.02)
    #expect(found["periods"] as? Int == 67 && found["first_date"] as? String == "Aug 1 2004")
  }

  /// Of assets without a part no price is asked for: GOOG has none before 2004.
  @Test func `takes the dates of those assets that have a part`() throws {
    let path = CommandProcess.repository.appending(path: Self.prices)
    var prices: [String: [Double]] = [:]
    for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n").dropFirst() {
      let words = line.split(separator: ",")
      prices[String(words[0]), default: []].append(try #require(Double(words[2])))
    }
    let (first, second) = (try #require(prices["MSFT"]), try #require(prices["IBM"]))
    func changes(_ prices: [Double]) -> [Double] {
      zip(prices, prices.dropFirst()).map { $1 / $0 - 1 }
    }
    let losses = zip(changes(first), changes(second)).map { -($0 + $1) / 2 }.sorted()
    #expect(losses.count == 122)
    let run = try CommandProcess.run(
      "montecarlo", "var", Self.prices, "--weights", "MSFT=0.5,IBM=0.5,GOOG=0", "--level", "0.9",
      "--samples", "400000", "--seed", "11", "--format", "json")
    #expect(run.status == 0, "\(run.errors)")
    let found = try run.object()
    #expect(found["periods"] as? Int == 122)
    // The 110th of 122 losses has 0.9016 of all probability below it or at it, and the one before 0.8934.
    let risk = try #require(found["value_at_risk"] as? Double)
    #expect(abs(risk - losses[109]) < 1e-12, "\(risk), \(losses[108...110])")
    let mean = try #require(found["mean_loss"] as? Double)
    let deviation = try #require(found["standard_deviation"] as? Double)
    let expected = losses.reduce(0, +) / 122
    #expect(abs(mean - expected) < 5 * deviation / 400_000.0.squareRoot(), "\(mean), \(expected)")
    // And from Swift.
    let table = try PriceTable(
      path: path.path(percentEncoded: false), columns: PriceColumns(assets: ["IBM", "MSFT"]))
    #expect(
      table.assets == ["MSFT", "IBM"] && table.dates.count == 123 && table.allDateCount == 123)
    #expect(throws: PriceTableError.self) {
      _ = try PriceTable(
        path: path.path(percentEncoded: false), columns: PriceColumns(assets: ["IBM", "none"]))
    }
  }

  @Test func `depends on the seed and not on the workers`() throws {
    func figures(_ workers: String, _ seed: String) throws -> [String: Any] {
      var found = try CommandProcess.run(
        "montecarlo", "var", Self.prices, "--horizon", "3", "--samples", "50_000", "--workers",
        workers, "--seed", seed, "--format", "json"
      ).object()
      found["seconds"] = nil
      found["workers"] = nil
      return found
    }
    let one = try figures("1", "5")
    #expect(NSDictionary(dictionary: try figures("3", "5")) == NSDictionary(dictionary: one))
    #expect(NSDictionary(dictionary: try figures("1", "6")) != NSDictionary(dictionary: one))
  }

  @Test func `reads a column for each asset, too, and weights`() throws {
    try withFolder { folder in try readsWideTables(folder + "/wide.csv") }
  }

  private func readsWideTables(_ wide: String) throws {
    // A falls by a tenth, then a fifth; B stays; a date without a price is left out.
    try "day,A,B\n1,100,5\n2,90,5\n3,,5\n4,72,5\n".write(
      toFile: wide, atomically: true, encoding: .utf8)
    let run = try CommandProcess.run(
      "montecarlo", "var", wide, "--date", "day", "--weights", "A=0.5,B=0.5", "--level", "0.9",
      "--samples", "1000", "--format", "json")
    let found = try run.object()
    #expect(found["periods"] as? Int == 2)
    let atRisk = try #require(found["value_at_risk"] as? Double)
    #expect(abs(atRisk - 0.1) < 1e-12)
    #expect(found["last_date"] as? String == "4")
    let table = try CommandProcess.run(
      "montecarlo", "var", wide, "--date", "day", "--samples", "1000")
    for label in [
      "Value at risk", "Expected shortfall", "3 of 4 dates, 1 to 4; the others lack a price",
      "A 50 %, B 50 %",
    ] { #expect(table.output.contains(label), "\(label): \(table.output)") }
  }

  /// What does not depend on time.
  private func figures(_ text: String, _ options: [String]) throws -> (
    figures: [String: Any], errors: String
  ) {
    try withFolder { folder in
      let path = folder + "/prices.csv"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let run = try CommandProcess.run(
        ["montecarlo", "var", path, "--samples", "20_000", "--format", "json"] + options)
      #expect(run.status == 0, "\(run.errors)")
      var found = try run.object()
      found["seconds"] = nil
      return (found, run.errors)
    }
  }

  /// Prices of one day after another, as rows of a table with a column for each of two assets.
  private static func rows(_ days: [String]) -> [String] {
    var (a, b) = (100.0, 50.0)
    return days.enumerated().map { index, day in
      a *= 1 + 0.03 * sin(Double(index) * 2.1)
      b *= 1 + 0.02 * cos(Double(index) * 1.3) + 0.001
      return "\(day),\(a),\(b)"
    }
  }

  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  private static let dated: [[String]] = [
    // Spellings of which rows are in another order as words.
    (0..<40).map { "\(months[$0 % 12]) \($0 % 28 + 1) \(2000 + $0 / 12)" },
    (0..<40).map { "\($0 % 28 + 1)-\(months[$0 % 12])-\(2000 + $0 / 12)" },
    (0..<40).map { "\(months[$0 % 12].lowercased()). \(2000 + $0 / 12)" },
    ["December 31 1999", "January 1 2000", "january 1 2000 09:30", "Sept 2 2000"],
    (0..<40).map {
      "\(2000 + $0 / 12)\(String(101 + $0 % 12).dropFirst())\(String(101 + $0 % 28).dropFirst())"
    },
    (0..<40).map { "\(2000 + $0 / 12)/\($0 % 12 + 1)/\($0 % 28 + 1)" },
    // Some days are above 12: only one order is right for all.
    (0..<40).map { "\($0 % 28 + 1)/\($0 % 12 + 1)/\(2000 + $0 / 12)" },
    (0..<40).map { "\($0 % 12 + 1)/\($0 % 28 + 1)/\(2000 + $0 / 12)" },
    (0..<40).map { "\($0 % 28 + 1).\($0 % 12 + 1).\(2000 + $0 / 12) 16:00" },

    (0..<40).map { "20\($0 / 4 + 10)-\(["01", "04", "07", "12"][$0 % 4])-0\($0 % 9 + 1)" },
    (0..<40).map { "20\($0 / 4 + 10)-\(["01", "04", "07", "12"][$0 % 4])" },
    (0..<40).map { "\(1980 + $0)" },
    // As words these have another order: a time zone, and parts of a second.
    (0..<24).map { "2024-02-29T\($0 < 10 ? "0" : "")\($0):30:00+02:00" }
      + ["2024-02-29T22:30:00Z", "2024-02-29T22:30:00.5", "2024-03-01 00:00"],
  ]

  @Test(arguments: dated, ["historical", "normal"])
  func `finds the same whatever the order of the dates`(
    _ days: [String], _ model: String
  ) throws {
    let (head, rows) = ("date,A,B\n", Self.rows(days))
    let options = ["--model", model, "--horizon", "2"]
    let (expected, nothing) = try figures(head + rows.joined(separator: "\n"), options)
    #expect(nothing.isEmpty, "\(nothing)")
    #expect(expected["first_date"] as? String == days.first)
    #expect(expected["last_date"] as? String == days.last)
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = PhiloxGenerator(seed: seed, index: 0)
    var shuffled = rows.shuffled(using: &generator)
    // A few rows may come out in order.
    if shuffled == rows { shuffled.swapAt(0, 1) }
    for other in [Array(rows.reversed()), shuffled] {
      let (found, note) = try figures(head + other.joined(separator: "\n"), options)
      #expect(
        NSDictionary(dictionary: found) == NSDictionary(dictionary: expected), "seed \(seed)")
      #expect(
        note.hasSuffix("prices.csv: its dates are not in order of time; they were put in order\n"))
    }
  }

  @Test func `finds the same whatever the order of rows with one price`() throws {
    let rows = Self.rows(Self.dated[0]).flatMap { row -> [String] in
      let cells = row.split(separator: ",")
      return ["A,\(cells[0]),\(cells[1])", "B,\(cells[0]),\(cells[2])"]
    }
    let head = "symbol,date,price\n"
    let (expected, nothing) = try figures(head + rows.joined(separator: "\n"), [])
    #expect(nothing.isEmpty, "\(nothing)")
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = PhiloxGenerator(seed: seed, index: 0)
    for other in [Array(rows.reversed()), rows.shuffled(using: &generator)] {
      let (found, note) = try figures(head + other.joined(separator: "\n"), [])
      #expect(note.contains("were put in order"), "seed \(seed)")
      // Assets come in the order of the file, and so do their sums.
      for key in ["value_at_risk", "expected_shortfall", "mean_loss", "standard_deviation"] {
        let (one, two) = (
          try #require(found[key] as? Double), try #require(expected[key] as? Double)
        )
        #expect(abs(one - two) <= 1e-12, "\(key), seed \(seed): \(one) and \(two)")
      }
      #expect(found["first_date"] as? String == expected["first_date"] as? String)
    }
  }

  @Test(arguments: [
    ("0.95", "1", "95 % no more is lost in 1 period", "the worst 5 % of cases"),
    ("0.99", "12", "99 % no more is lost in 12 periods", "the worst 1 % of cases"),
    ("0.995", "2", "99.5 % no more is lost in 2 periods", "the worst 0.5 % of cases"),
    ("0.1", "12", "none: with a probability of 10 % ", "the worst 90 % of cases"),
  ])
  func `says what the level means, and over which time`(
    _ level: String, _ horizon: String, _ words: String, _ tail: String
  ) throws {
    let run = try CommandProcess.run(
      "montecarlo", "var", Self.prices, "--level", level, "--horizon", horizon, "--samples",
      "20_000")
    #expect(run.status == 0 && run.output.contains(tail), "\(run.output)")
    #expect(run.output.contains(words), "\(run.output)")
    if level == "0.1" { #expect(run.output.contains("or more is gained in 12 periods")) }
  }

  @Test func `keeps the order of labels that are no dates`() throws {
    let head = "date,A,B\n"
    let words = Self.rows((0..<40).map { "d\($0)" })
    let (expected, _) = try figures(head + words.joined(separator: "\n"), [])
    let (found, note) = try figures(head + words.reversed().joined(separator: "\n"), [])
    #expect(
      note.hasSuffix(
        "'d39' in row 1 is no date that is understood; rows count in the order of the file\n"))
    #expect(found["first_date"] as? String == "d39")
    // No row tells the day from the month; and two that say the same in either order.
    let open = ["2/1/2024,2,1", "1/2/2024,3,1", "3/1/2024,4,2", "4/4/2024,4,3"]
    let (kept, ambiguous) = try figures(head + open.joined(separator: "\n"), [])
    #expect(ambiguous.contains("'2/1/2024' in row 1 may be a day of two months"), "\(ambiguous)")
    #expect(kept["first_date"] as? String == "2/1/2024")
    let same = ["3/3/2024,4,2", "1/1/2024,2,1", "2/2/2024,3,1", "4/4/2024,4,3"]
    let (sorted, _) = try figures(head + same.joined(separator: "\n"), [])
    #expect(sorted["first_date"] as? String == "1/1/2024")
    // Days that no month has, and names that are none.
    for bad in ["31/4/2024", "Feb 30 2024", "Ja 1 2024", "20241301", "1/13/13/2024", "29/2/2023"] {
      let rows = ["25/1/2024,2,1", "\(bad),3,1", "26/1/2024,4,2", "27/1/2024,4,3"]
      let (_, words) = try figures(head + rows.joined(separator: "\n"), [])
      #expect(words.contains("rows count in the order of the file"), "\(bad): \(words)")
    }
    // Numbers of days that rise are no dates, and in order.
    let (_, none) = try figures(head + "1,2,1\n2,3,1\n3,4,2\n10,4,3\n", [])
    #expect(none.isEmpty, "\(none)")
    #expect(found["mean_loss"] as? Double != expected["mean_loss"] as? Double)
    // One that is none among others is named.
    let mixed = ["2024-01-03,2,1", "2024-02-30,3,1", "2024-01-01,4,2", "2024-01-02,4,3"]
    let (_, words2) = try figures(head + mixed.joined(separator: "\n"), [])
    #expect(words2.contains("'2024-02-30' in row 2 is no date as others are"), "\(words2)")
  }

  @Test(arguments: [
    (
      "symbol,date,price\nA,2024-01-02,2\nB,2024-01-02,3\nA,2024-01-02T00:00,2\n",
      [], "two prices of A at 2024-01-02, in rows 1 and 3; leave one out"
    ),
    (
      "date,A,B\n2024-01-02,1,2\n2024-01-01,1,2\n2024-01-02,1,2\n", [],
      "two rows of 2024-01-02, rows 1 and 3; leave one out"
    ),
    (
      "symbol,date,price\nA,1,2\nA,1,3\n", [],
      "two prices of A at 1, in rows 1 and 2; leave one out"
    ),
    ("symbol,date,price\nA,x,2\nA,y,0\nA,z,3\n", [], "price of A at y is 0.0; prices are positive"),
    ("symbol,date,price\nA,x,2\nB,y,1\nA,z,3\n", [], "have a price at 0 of 3 dates; at least 3"),
    (
      "symbol,date,price\nA,x,2\n", ["--price", "cost"],
      "has no column 'cost'; --price takes one of"
    ),
    ("a,b\nx,y\n", [], "no column of numbers for prices"),
    ("a,b\nx,y\n", ["--price", "a"], "no column of numbers for prices"),
    ("A\n1\n2\n3\n", ["--weights", "Q=1"], "has no prices of 'Q'; there are prices of A"),
    ("A\n1\n2\n3\n", ["--weights", "A=1,A=2"], "--weights names 'A' twice"),
    ("A\n1\n2\n3\n", ["--weights", "A"], "--weights"),
    (
      "A,B\n1,1\n1.1,2\n1.2,4\n1.3,8\n",
      ["--weights", "B=1", "--horizon", "2000", "--samples", "1000"],
      "exceed the range of numbers"
    ),
    (
      "ticker,datum,close\nA,x1,1\nB,x1,1\nC,x1,1\nA,x2,1\nB,x2,1\nC,x2,1\n", [],
      "all of A, B, C have a price at 2 of 2 dates"
    ),
    (
      "A\n1\n2\n3\n", ["--level", "0.999", "--samples", "1000"], "or more, so that 10 lie beyond it"
    ),
    ("A\n1\n2\n3\n", ["--level", "1"], "--level must lie between 0 and 1"),
    ("A\n1\n2\n3\n", ["--horizon", "0"], "--horizon must be 1 to 10000"),
    ("A\n1\n2\n3\n", ["--samples", "99"], "--samples must be 100 to 1e9"),
    ("A,B\n1,2\n2,4\n3,6\n5,10\n", ["--model", "normal"], "positive definite"),
    (
      "A,flat\n1,2\n2,2\n3,2\n5,2\n", ["--model", "normal"],
      "prices.csv: the returns of flat are all the same"
    ),
    (
      "symbol,date,price\nA,x,2\nB,x,7\nA,y,3\nB,y,7\nA,z,3\nB,z,7\n", ["--model", "normal"],
      "the returns of B are all the same"
    ),
  ])
  func `says what is wrong`(_ text: String, _ options: [String], _ expected: String) throws {
    try withFolder { folder in
      let path = folder + "/prices.csv"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let run = try CommandProcess.run(["montecarlo", "var", path] + options)
      #expect(run.status != 0)
      #expect(run.errors.contains(expected), "\(run.errors)")
      #expect(run.errors.hasSuffix("\n") && run.output.isEmpty)
    }
  }
}
