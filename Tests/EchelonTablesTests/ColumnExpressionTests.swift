import EchelonFiles
import EchelonTables
import Foundation
import TestSupport
import Testing

private let table = DataTable(columns: [
  Column(name: "x", numbers: [1, -2, 0.5, .nan, 0, 7]),
  Column(name: "y", numbers: [2, 3, -0.25, 4, .nan, 0]),
  Column(name: "petal length (cm)", numbers: [1, 2, 3, 4, 5, 6]),
  Column(name: "class", text: ["setosa", "virginica", nil, "setosa", "", "Ünï"]),
])

private func values(_ text: String, in table: DataTable = table) throws -> [Double] {
  try ColumnExpression(text).bound(to: table.columns.map(\.description)).values(in: table)
}

/// The place and the sentence of what is wrong with an expression.
private func fault(_ text: String) -> ExpressionFault? {
  do {
    _ = try values(text)
    return nil
  } catch { return error as? ExpressionFault }
}

/// The same bits, or both no number.
private func same(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count
    && zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern || ($0.isNaN && $1.isNaN) }
}

@Suite struct `Expressions over columns` {
  @Test(
    arguments: [
      ("1 + 2 * 3", 7), ("(1 + 2) * 3", 9), ("-2^2", -4), ("2^3^2", 512), ("2 ** -1", 0.5),
      ("7 - 2 - 1", 4),
      ("8 / 4 / 2", 1), ("-7 % 3", -1), ("1 < 2", 1), ("1 < 2 < 2", 0), ("1 < 2 <= 2", 1),
      ("3 > 2 > 1", 1),
      ("not 1 == 2 and 2 == 2", 1), ("1 == 2 or 2 == 2 and 1 == 2", 0), ("1 == 1 ? 5 : 6", 5),
      ("1 == 2 ? 5 : 2 == 2 ? 7 : 8", 7), ("if(1 > 2, 3, 4)", 4), ("!(1 == 2) && 1 == 1", 1),
      ("2 - -3", 5),
      ("1.5e3 + .5 + 2.", 1502.5), ("1e-3", 0.001), ("pi > 3.14159 and pi < 3.1416", 1),
      ("e", 2.718281828459045),
      ("inf", .infinity), ("min(3, 1, 2)", 1), ("max(3)", 3), ("clamp(5, 0, 2)", 2),
      ("clamp(-5, 0, 2)", 0),
      ("coalesce(nan, nan, 4)", 4), ("atan2(1, 0) * 2 == pi", 1), ("round(-2.5)", -3),
      ("hypot(3, 4)", 5),
      ("sign(-3)", -1), ("(1 < 2) + (2 < 3)", 2), ("is_missing(nan)", 1), ("+3", 3),
      ("pow(2, 10)", 1024),
    ])
  func `have the precedence of mathematics`(_ text: String, _ expected: Double) throws {
    #expect(try values(text) == Array(repeating: expected, count: 6), "\(text)")
  }

  @Test func `read columns by name, with backquotes where there are blanks`() throws {
    #expect(same(try values("x"), [1, -2, 0.5, .nan, 0, 7]))
    #expect(same(try values("x * y"), [2, -6, -0.125, .nan, .nan, 0]))
    #expect(try values("`petal length (cm)` / 2") == [0.5, 1, 1.5, 2, 2.5, 3])
    #expect(try values("row() - `petal length (cm)`") == [0, 0, 0, 0, 0, 0])
    // A column comes before a constant of the same name.
    let e = DataTable(columns: [Column(name: "e", numbers: [5]), Column(name: "or", numbers: [6])])
    #expect(try values("e + `or`", in: e) == [11])
    #expect(try values("1", in: DataTable(columns: [Column(name: "x", numbers: [])])) == [])
  }

  @Test func `put words in the order of their bytes`() throws {
    let table = DataTable(columns: [
      Column(name: "day", text: ["2024-01-31", "2023-12-01", nil, "2024-02-01"]),
      Column(name: "a", text: ["x", "Z", "c", "z"]), Column(name: "b", text: ["y", "a", "c", nil]),
    ])
    func holds(_ text: String) throws -> [Double] { try values(text, in: table) }
    #expect(try holds("day < '2024-01-31'") == [0, 1, 0, 0])
    #expect(try holds("day <= '2024-01-31'") == [1, 1, 0, 0])
    #expect(try holds("day > '2024-01-31'") == [0, 0, 0, 1])
    #expect(try holds("'2024-01-31' <= day") == [1, 0, 0, 1])
    #expect(try holds("'2023-12-01' <= day < '2024-02'") == [1, 1, 0, 0])
    #expect(try holds("not day < '2024'") == [1, 0, 1, 1])
    // Capital letters come first, and marks behind all letters of ASCII.
    #expect(try holds("a < 'a'") == [0, 1, 0, 0])
    #expect(try holds("a < 'ä'") == [1, 1, 1, 1])
    #expect(try holds("a < b") == [1, 1, 0, 0])
    #expect(try holds("a <= b") == [1, 1, 1, 0])
    #expect(try holds("a > b") == [0, 0, 0, 0])
    #expect(try holds("b >= a") == [1, 1, 1, 0])
    #expect(try holds("a == b") == [0, 0, 1, 0])
    #expect(try holds("a != b") == [1, 1, 0, 0])
    let bound = try ColumnExpression("a < b or day == ''").bound(
      to: table.columns.map(\.description))
    #expect(bound.columns == [0, 1, 2])
    // In the order of UTF-8, which is that of code points and not of UTF-16.
    let marks = DataTable(columns: [Column(name: "a", text: ["\u{FFFD}", "🜁"])])
    #expect(try values("a < '🜁'", in: marks) == [1, 0])
    #expect(fault("class < 3") != nil && fault("'a' < 'b'") != nil && fault("x >= 'a'") != nil)
  }

  @Test func `compare words, and what is missing with nothing`() throws {
    #expect(try values("class == 'setosa'") == [1, 0, 0, 1, 0, 0])
    #expect(try values("'setosa' != class") == [0, 1, 0, 0, 1, 1])
    #expect(try values("class == \"Ünï\"") == [0, 0, 0, 0, 0, 1])
    #expect(try values("is_missing(class)") == [0, 0, 1, 0, 0, 0])
    // As many words as there are.
    let words = (0..<120).map { "class == 'w\($0)'" } + ["class == 'setosa'"]
    #expect(try values(words.joined(separator: " or ")) == [1, 0, 0, 1, 0, 0])
    #expect(try values("class == 'setosa' or x < 0 or class == ''") == [1, 1, 0, 1, 1, 0])
    #expect(try values("is_missing(x)") == [0, 0, 0, 1, 0, 0])
    #expect(try values("x < 1") == [0, 1, 1, 0, 1, 0])
    #expect(try values("x != 1") == [0, 1, 1, 0, 1, 1])
    #expect(try values("x == x") == [1, 1, 1, 0, 1, 1])
    #expect(try values("not x > 0") == [0, 1, 0, 1, 1, 0])
    #expect(try values("coalesce(x, y, 9)") == [1, -2, 0.5, 4, 0, 7])
    #expect(same(try values("x > 0 ? x : nan"), [1, .nan, 0.5, .nan, .nan, 7]))
  }

  @Test func `are numbers or conditions`() throws {
    let columns = table.columns.map(\.description)
    #expect(try ColumnExpression("x + 1").bound(to: columns).kind == .number)
    #expect(try ColumnExpression("x > 1").bound(to: columns).kind == .condition)
    #expect(try ColumnExpression("x > 1 ? y > 1 : y < 1").bound(to: columns).kind == .condition)
    #expect(try ColumnExpression("y + (class == 'a') + y").bound(to: columns).columns == [1, 3])
  }

  @Test(
    arguments: [
      ("x +", 3..<3, "expected a number"), ("x y", 2..<3, "expected an operator"),
      ("x = 1", 2..<3, "write =="),
      ("(x + 1", 6..<6, "bracket at character 1"), ("x & y", 2..<3, "means nothing"),
      ("2x", 0..<2, "begin with a digit"),
      ("`x", 0..<1, "never closed"), ("'a", 0..<1, "never closed"),
      ("z * 2", 0..<1, "no column 'z'"),
      ("1 + petal", 4..<9, "`petal length (cm)`"),
      ("class + 1", 0..<5, "words where a number belongs"),
      ("x ? 1 : 2", 0..<1, "no condition"), ("x and y > 1", 0..<1, "no condition"),
      ("log(x, y)", 0..<9, "takes 1 value, here are 2"),
      ("and(x > 1)", 0..<10, "takes 2 values, here are 1"),
      ("or()", 0..<4, "takes 2 values, here are 0"),
      ("lg(x)", 0..<5, "no function 'lg'"), ("x == 'a'", 0..<8, "words in quotes only"),
      ("min()", 0..<5, "one value or more"),
      ("class", 0..<5, "only be compared"), ("'a' == 'b'", 0..<10, "words in quotes only"),
      ("", 0..<0, "expected a number"),
      ("x ? 1", 0..<1, ""), ("1 > 0 ? 1", 9..<9, "expected :"), ("log(x", 5..<5, "expected , or )"),
      ("#", 0..<1, "means nothing"),
      ("if(x > 1, class, 2)", 10..<15, "words where"), ("1 == 1 ? 'a' : 2", 9..<12, "words where"),
      (")", 0..<1, "expected a number"),
    ])
  func `say at which character they are wrong`(
    _ text: String, _ range: Range<Int>, _ problem: String
  ) throws {
    guard let found = fault(text) else { return #expect(Bool(false), "\(text) is taken") }
    if text == "x ? 1" { return #expect(found.problem.contains("expected :")) }
    #expect(found.range == range, "\(text): \(found)")
    #expect(found.problem.contains(problem), "\(text): \(found)")
  }

  @Test func `show where they are wrong`() throws {
    let found = try #require(fault("x +\t* 2"))
    #expect(
      found.description
        == "character 5: expected a number, a column or a function\n  x + * 2\n      ^")
    // What nests too deeply for a thread's stack is refused.
    #expect(
      fault(String(repeating: "(", count: 100_000) + "1")?.problem.contains("brackets") == true)
    #expect(fault(String(repeating: "-", count: 100_000) + "1")?.problem.contains("signs") == true)
    #expect(
      fault("2" + String(repeating: "^2", count: 100_000))?.problem.contains("powers") == true)
    #expect(fault("1 < 2" + String(repeating: " ? 1 < 2", count: 100_000)) != nil)
    for chain in [" + x", " * x", " or x > 1", " and x > 1", " < x"] {
      let long = fault("x > 1" + String(repeating: chain, count: 20_000))
      #expect(long?.problem.contains("operators one after another") == true, "\(chain)")
      // What is shown of it fits a window.
      #expect((long?.description.count ?? 0) < 1_000)
    }
  }

  @Test func `are given to new columns`() throws {
    let (name, expression) = try ColumnExpression.assignment("`a b` = x == 1 ? 2 : 3")
    #expect(name == "a b")
    let bound = try expression.bound(to: table.columns.map(\.description))
    #expect(bound.values(in: table) == [2, 3, 3, 3, 3, 3])
    #expect(throws: ExpressionFault.self) { try ColumnExpression.assignment("x + 1") }
    #expect(throws: ExpressionFault.self) { try ColumnExpression.assignment("= 1") }
    #expect(throws: ExpressionFault.self) { try ColumnExpression.assignment("x = ") }
  }

  @Test func `that are made by chance have the values of an interpreter`() throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    var (numbers, depths) = (0, 0)
    for _ in 0..<2_000 {
      let made = Made(&random, depth: 5, ofConditions: false)
      let expected = (0..<6).map { made.value($0) }
      do {
        let found = try values(made.text)
        #expect(same(found, expected), "\(made.text), seed \(seed): \(found), not \(expected)")
        (numbers, depths) = (numbers + expected.count { !$0.isNaN }, depths + made.text.count)
      } catch let fault as ExpressionFault {
        #expect(fault.problem.contains("more than 64"), "\(made.text), seed \(seed): \(fault)")
      }
    }
    #expect(numbers > 1_000 && depths > 20_000, "seed \(seed): they are too easy")
  }

  @Test func `never stop the program, whatever the text is`() throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let words = [
      "x", "y", "`", "'", "\"", "(", ")", ",", "+", "-", "<", "==", "?", ":", "and", "not", "1",
      "1e", ".", "if", "class", " ", "é", "\u{301}", "=",
    ]
    var taken = 0
    for _ in 0..<5_000 {
      let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in
        words.randomElement(using: &random)!
      }.joined()
      if let fault = fault(text) {
        #expect(
          fault.range.lowerBound >= 0 && fault.range.upperBound <= text.count,
          "\(text), seed \(seed)")
      } else {
        taken += 1
      }
    }
    #expect(taken > 5, "seed \(seed)")
  }
}

/// What is missing if one of the two is, and -0 below 0.
private func smaller(_ x: Double, _ y: Double) -> Double {
  x.isNaN || y.isNaN ? .nan : x == y ? (x.sign == .minus ? x : y) : min(x, y)
}

/// An expression made by chance, and a second way to its value.
private struct Made {
  let text: String
  let value: (Int) -> Double

  init(_ random: inout TestRandom, depth: Int, ofConditions: Bool) {
    func operand(_ random: inout TestRandom, _ ofConditions: Bool = false) -> Made {
      Made(&random, depth: depth - 1, ofConditions: ofConditions)
    }
    if ofConditions {
      let (a, b) = (operand(&random), operand(&random))
      switch Int.random(in: 0..<(depth > 0 ? 6 : 3), using: &random) {
      case 0: (text, value) = ("\(a.text) < \(b.text)", { a.value($0) < b.value($0) ? 1 : 0 })
      case 1: (text, value) = ("(\(a.text)) >= (\(b.text))", { a.value($0) >= b.value($0) ? 1 : 0 })
      case 2:
        (text, value) = (
          "(\(a.text)) != (\(b.text))",
          { a.value($0) < b.value($0) || a.value($0) > b.value($0) ? 1 : 0 }
        )
      case 3:
        let (p, q) = (operand(&random, true), operand(&random, true))
        (text, value) = ("(\(p.text)) and (\(q.text))", { p.value($0) * q.value($0) })
      case 4:
        let (p, q) = (operand(&random, true), operand(&random, true))
        (text, value) = ("(\(p.text)) || (\(q.text))", { max(p.value($0), q.value($0)) })
      default:
        let p = operand(&random, true)
        (text, value) = ("not (\(p.text))", { 1 - p.value($0) })
      }
      return
    }
    guard depth > 0, Int.random(in: 0..<5, using: &random) > 0 else {
      switch Int.random(in: 0..<3, using: &random) {
      case 0: (text, value) = ("x", { table["x"]!.numbers![$0] })
      case 1: (text, value) = ("`y`", { table["y"]!.numbers![$0] })
      default:
        let number = Double(Int.random(in: 0...40, using: &random)) / 8
        (text, value) = ("\(number)", { _ in number })
      }
      return
    }
    let (a, b) = (operand(&random), operand(&random))
    switch Int.random(in: 0..<9, using: &random) {
    case 0: (text, value) = ("((\(a.text)) + \(b.text))", { a.value($0) + b.value($0) })
    case 1: (text, value) = ("(\(a.text) - (\(b.text)))", { a.value($0) - b.value($0) })
    case 2: (text, value) = ("(\(a.text)) * (\(b.text))", { a.value($0) * b.value($0) })
    case 3: (text, value) = ("(\(a.text)) / (\(b.text))", { a.value($0) / b.value($0) })
    case 4: (text, value) = ("-(\(a.text))", { -a.value($0) })
    case 5:
      (text, value) = ("min(\(a.text), \(b.text))", { smaller(a.value($0), b.value($0)) })
    case 6: (text, value) = ("abs(\(a.text))", { abs(a.value($0)) })
    case 7: (text, value) = ("floor(\(a.text))", { a.value($0).rounded(.down) })
    default:
      let condition = operand(&random, true)
      (text, value) = (
        "((\(condition.text)) ? \(a.text) : \(b.text))",
        { condition.value($0) != 0 ? a.value($0) : b.value($0) }
      )
    }
  }
}
