import TestSupport
import Testing

/// The tests, and the tables that say what they are for.
@Suite struct `The tables of the tests` {
  private static let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    .dropLast(2).joined(separator: "/")

  /// The names of all tests, which are the only functions written between backquotes.
  private static let names = tests.map(\.name)

  /// The same with what they are run on.
  private static let tests: [(name: String, attribute: String)] = {
    var tests: [(name: String, attribute: String)] = []
    for target in Machine.list(folder) {
      for file in Machine.list("\(folder)/\(target)") where file.hasSuffix(".swift") {
        let text = Machine.text(at: "\(folder)/\(target)/\(file)") ?? ""
        let parts = text.split(separator: "`", omittingEmptySubsequences: false)
        for (before, name) in zip(parts, parts.dropFirst()) {
          if before.split(whereSeparator: \.isWhitespace).last == "func" {
            let start = before.ranges(of: "@Test").last?.lowerBound ?? before.endIndex
            tests.append((String(name), String(before[start...])))
          }
        }
      }
    }
    return tests
  }()

  private static func tests(of row: String) -> [String] {
    names.filter { carries(row, $0) }
  }

  private static func carries(_ row: String, _ name: String) -> Bool {
    name.split(separator: " ").prefix(4).contains { $0 == row || $0 == "\(row):" }
  }

  private static let rows = (1...12).map { "F\($0)" } + (1...20).map { "P\($0)" }

  /// The cells of the tables of the README, without the lines that draw them.
  private static let cells: [[String]] = (Machine.text(at: "\(folder)/README.md") ?? "")
    .split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| ---") }
    .map { line in
      line.split(separator: "|").map { cell in
        cell.drop { $0 == " " }.split(separator: " ").joined(separator: " ")
      }
    }

  @Test(arguments: rows)
  func `have at least one test for every row`(_ row: String) {
    #expect(!Self.tests(of: row).isEmpty, "no test carries \(row)")
    let lines = Self.cells.filter { $0.first == row }
    #expect(lines.count == 1, "README.md lists \(row) once")
    switch lines.first?.dropFirst(2).first {
    case "all":
      let isOnAll = Self.tests.contains { test in
        Self.carries(row, test.name) && test.attribute.contains("TestedExecutor.allCases")
      }
      #expect(isOnAll, "no test that carries \(row) runs on every executor")
    case "pools", "none": #expect(lines[0].count == 4, "README.md gives no reason for \(row)")
    default: Issue.record("README.md does not say what \(row) runs on")
    }
  }

  @Test func `name a test that exists, or a reason, for every situation of CPython's suite`() {
    let situations = Self.cells.filter {
      $0.first?.hasPrefix("`test_") == true || $0.first?.contains(".test_") == true
    }
    #expect(situations.count == 123, "a situation was lost or added")
    var bare: [String: Int] = [:]
    for cells in situations {
      let answer = cells.last ?? ""
      if answer.hasPrefix("none: ") { continue }
      let cited = answer.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
      #expect(!cited.isEmpty, "\(cells[0]) has neither a test nor a reason")
      for name in cited {
        if Self.rows.contains(name) { bare[name, default: 0] += 1 }
        let exists =
          Self.rows.contains(name)
          ? !Self.tests(of: name).isEmpty
          : Self.names.contains { $0.hasPrefix(name) }
        #expect(exists, "\(cells[0]) cites '\(name)', which no test is called")
      }
    }
    // A row that stands for more than it has tests hides a situation without one.
    for (row, count) in bare {
      #expect(
        count <= Self.tests(of: row).count, "\(count) situations name '\(row)' alone")
    }
  }

  @Test func `P20 leave times to the benchmarks, which measure what the row names`() throws {
    let path = "\(Self.folder)/../Benchmarks/Benchmarks/PoolBenchmarks/PoolBenchmarks.swift"
    let text = try #require(Machine.text(at: path))
    for name in ["round-trip/", "throughput"] { #expect(text.contains(name), "\(name)") }
  }
}
