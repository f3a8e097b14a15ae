import EchelonFiles
import EchelonTables
import Foundation
import TestSupport
import Testing

private let table = DataTable(columns: [
  Column(name: "x", numbers: [3, 1, .nan, 2, 1]),
  Column(name: "long name", numbers: [10, 20, 30, 40, 50]),
  Column(name: "class", text: ["b", "a", "b", nil, "a"]),
])

/// A table from one by some operations, one after the other.
private func result(_ operations: String..., of table: DataTable = table) throws -> DataTable {
  try operations.reduce(table) { try TableOperation($1).apply(to: $0) }
}

private func fault(_ operation: String) -> ExpressionFault? {
  do {
    _ = try result(operation)
    return nil
  } catch { return error as? ExpressionFault }
}

@Suite struct `Operations on tables` {
  @Test func `filter rows, which keep their order`() throws {
    #expect(try result("filter x >= 2")["long name"]?.numbers == [10, 40])
    #expect(try result("filter class == 'a'")["x"]?.numbers == [1, 1])
    #expect(try result("filter is_missing(class)")["long name"]?.numbers == [40])
    #expect(try result("filter x > 100").rowCount == 0)
    #expect(try result("filter x > 100").columns.count == 3)
  }

  @Test func `make columns, and replace them where they are`() throws {
    let made = try result("map y = x * 2", "map x = `long name` / 10", "map is_big = x > 2")
    #expect(made.columns.map(\.name) == ["x", "long name", "class", "y", "is_big"])
    #expect(made["x"]?.numbers == [1, 2, 3, 4, 5])
    #expect(made["y"]?.numbers?[0] == 6 && made["y"]?.numbers?[2].isNaN == true)
    #expect(made["is_big"]?.numbers == [0, 0, 1, 1, 1])
  }

  @Test func `choose, drop and rename columns`() throws {
    #expect(try result("select class, `long name`").columns.map(\.name) == ["class", "long name"])
    #expect(try result("drop x,class").columns.map(\.name) == ["long name"])
    let renamed = try result("rename n = `long name`, kind = class")
    #expect(renamed.columns.map(\.name) == ["x", "n", "kind"])
    #expect(renamed["kind"]?.text == table["class"]?.text)
    // Two may change their names with each other.
    #expect(
      try result("rename x = `long name`, `long name` = x").columns.map(\.name)
        == ["long name", "x", "class"])
    #expect(try result("head 2")["x"]?.numbers == [3, 1])
    #expect(try result("head 100").rowCount == 5)
  }

  @Test func `sort rows by several columns, missing ones last`() throws {
    #expect(try result("sort x")["long name"]?.numbers == [20, 50, 40, 10, 30])
    #expect(try result("sort -x")["long name"]?.numbers == [10, 40, 20, 50, 30])
    #expect(try result("sort class, -`long name`")["long name"]?.numbers == [50, 20, 30, 10, 40])
    #expect(
      try result("sort class, `long name` desc")["long name"]?.numbers == [50, 20, 30, 10, 40])
    #expect(try result("sort -class, x")["long name"]?.numbers == [10, 30, 20, 50, 40])
  }

  @Test func `group rows in the order of the keys`() throws {
    let groups = try result(
      "group count(), mean(x), top = max(`long name` / 2), sd(x), median(x) by class")
    #expect(
      groups.columns.map(\.name) == ["class", "count", "mean(x)", "top", "sd(x)", "median(x)"])
    #expect(groups["class"]?.text == ["a", "b", nil])
    #expect(groups["count"]?.numbers == [2, 2, 1])
    #expect(groups["mean(x)"]?.numbers == [1, 3, 2])
    #expect(groups["top"]?.numbers == [25, 15, 20])
    // One value has no deviation.
    #expect(groups["sd(x)"]?.numbers?[0] == 0 && groups["sd(x)"]?.numbers?[1].isNaN == true)
    let two = try result("group n = count(x), first(`long name`) by class, x")
    #expect(two["class"]?.text == ["a", "b", "b", nil])
    #expect(two["n"]?.numbers == [2, 1, 0, 1])
    #expect(two["first(`long name`)"]?.numbers == [20, 10, 30, 40])
    #expect(try result("filter x > 9", "group sum(x) by class").rowCount == 0)
  }

  @Test func `agree with sums over dictionaries, for tables made by chance`() throws {
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    let count = 3_000
    let x = (0..<count).map { _ in Double(Int.random(in: -50...50, using: &random)) }
    let key = (0..<count).map { _ in Double(Int.random(in: 0..<40, using: &random)) }
    let made = DataTable(columns: [
      Column(name: "x", numbers: x), Column(name: "key", numbers: key),
    ])
    var sums: [Double: Double] = [:]
    for (x, key) in zip(x, key) where x > 0 { sums[key, default: 0] += x }
    let found = try result("filter x > 0", "group s = sum(x) by key", of: made)
    #expect(found["key"]?.numbers == sums.keys.sorted(), "seed \(seed)")
    #expect(found["s"]?.numbers == sums.keys.sorted().map { sums[$0]! }, "seed \(seed)")
    let sorted = try result("sort -key, x", of: made)
    let expected = x.indices.sorted { (-key[$0], x[$0], $0) < (-key[$1], x[$1], $1) }
    #expect(sorted["x"]?.numbers == expected.map { x[$0] }, "seed \(seed)")
  }

  @Test(
    arguments: [
      ("filter x", "no condition", 0..<1), ("filter z > 1", "no column 'z'", 0..<1),
      ("select x, z", "no column 'z'", 3..<4), ("select x,", "expected the name", 2..<2),
      ("select x y", "expected a comma", 2..<3), ("sort --x", "expected the name", 1..<2),
      ("rename a = x, a = `long name`", "two columns", 0..<22), ("rename x", "expected =", 1..<1),
      ("head -1", "number of rows", 0..<2), ("group mean(x)", "by and the columns", 7..<7),
      ("group x by class", "expected one of", 0..<1),
      ("group mean() by class", "takes 1 value", 0..<6),
      ("group mean(x), mean(x) by class", "two columns", 9..<16), ("map x", "expected =", 1..<1),
      ("group mean(z) by class", "no column 'z'", 5..<6),
      ("group count() by kind", "no column 'kind'", 11..<15),
      ("select x, x", "named twice", 0..<4), ("group count() by x, x", "named twice", 0..<15),
      ("turn x", "is no operation", 0..<4), ("drop z", "no column 'z'", 0..<1),
      ("drop x, class, `long name`", "no column is left", 0..<21),
    ])
  func `say what is wrong with them, and where`(
    _ text: String, _ problem: String, _ range: Range<Int>
  ) {
    guard let found = fault(text) else { return #expect(Bool(false), "\(text) is taken") }
    #expect(found.problem.contains(problem), "\(text): \(found)")
    #expect(found.range == range, "\(text): \(found)")
  }

  @Test func `travel as their text`() throws {
    let operation = try TableOperation("  filter   x > 1 and class == 'a' ")
    #expect(operation.description == "filter x > 1 and class == 'a'")
    let copy = try JSONDecoder().decode(
      TableOperation.self, from: JSONEncoder().encode(operation))
    #expect(copy == operation)
    #expect(throws: ExpressionFault.self) {
      try JSONDecoder().decode(TableOperation.self, from: Data("\"filter x >\"".utf8))
    }
  }
}
