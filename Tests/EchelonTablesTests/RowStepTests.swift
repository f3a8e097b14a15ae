import EchelonFiles
import EchelonTables
import Foundation
import Testing

private let numbered = DataTable(columns: [
  Column(name: "n", numbers: (0..<1000).map(Double.init))
])

private func sample(_ argument: String) throws -> [Double] {
  try TableOperation("sample " + argument).apply(to: numbered)["n"]?.numbers ?? []
}

@Suite struct `A sample of rows` {
  @Test func `is the same for the same seed, in the order of the table or shuffled`() throws {
    let rows = try sample("100 seed 3")
    #expect(rows == rows.sorted() && Set(rows).count == 100)
    #expect(try rows == sample("10% seed 3"))
    #expect(try rows != sample("100 seed 4"))
    let shuffled = try sample("100 seed 3 shuffle")
    #expect(shuffled != rows && shuffled.sorted() == rows)
    #expect(try sample("100% shuffle").sorted() == numbered["n"]?.numbers)
    #expect(try sample("0").isEmpty)
  }

  @Test func `has rows several times with replacement`() throws {
    let rows = try sample("200% replace")
    #expect(rows.count == 2000 && rows == rows.sorted())
    // 1 − 1/e² of all rows are drawn, give or take a few of 1000.
    #expect(abs(Double(Set(rows).count) - 864.7) < 60)
  }

  @Test func `is refused where there are too few rows`() throws {
    for (argument, words) in [
      ("1001", "the table has 1000 rows"), ("101%", "add replace"), ("0.5", "whole"),
      ("ten", "expected a number of rows"), ("10 twice", "replace, shuffle"),
      ("1e15 replace", "up to a billion"),
    ] {
      #expect("\(argument)") { _ = try sample(argument) } throws: { "\($0)".contains(words) }
    }
    #expect("nothing to draw") {
      _ = try TableOperation("sample 1 replace").apply(to: numbered.rows([]))
    } throws: {
      "\($0)".contains("0 rows")
    }
  }
}

private let people = DataTable(columns: [
  Column(name: "id", numbers: [3, 1, .nan, 2, 1]),
  Column(name: "name", text: ["c", "a", "x", "b", "a2"]),
])
private let ages = DataTable(columns: [
  Column(name: "code", numbers: [1, 2, .nan, 4]),
  Column(name: "name", text: ["A", "B", "X", "D"]),
  Column(name: "age", numbers: [10, 20, 90, 40]),
])

@Suite struct `Tables are brought together` {
  private func joined(
    _ kind: TableJoin.Kind, _ left: DataTable = people, _ right: DataTable = ages,
    on keys: String = "id = code", pairs: Bool = false
  ) throws -> DataTable {
    try TableJoin(kind, on: keys, allowsAllPairs: pairs)
      .joined(left, right, rightName: "ages.csv").table
  }

  @Test func `by keys, and missing ones equal none`() throws {
    let inner = try joined(.inner)
    #expect(inner.columns.map(\.name) == ["id", "name", "name_right", "age"])
    #expect(inner["id"]?.numbers == [1, 2, 1])
    #expect(inner["name"]?.text == ["a", "b", "a2"])
    #expect(inner["name_right"]?.text == ["A", "B", "A"])
    #expect(inner["age"]?.numbers == [10, 20, 10])
    let left = try joined(.left)
    #expect(left["name"]?.text == people["name"]?.text)
    #expect(left["name_right"]?.text == [nil, "A", nil, "B", "A"])
    let outer = try joined(.outer)
    #expect(outer.rowCount == 7 && outer["id"]?.numbers?[6] == 4)
    #expect(outer["name"]?.text?.suffix(2) == [nil, nil])
    #expect(outer["age"]?.numbers?.suffix(2) == [90, 40])
    #expect(try joined(.inner, people.rows([])).rowCount == 0)
    #expect(try joined(.outer, people, ages.rows([])).rowCount == 5)
  }

  @Test func `by several keys, of words as of numbers`() throws {
    let right = DataTable(columns: [
      Column(name: "id", numbers: [1, 1, 2]), Column(name: "name", text: ["a2", "q", "b"]),
      Column(name: "z", numbers: [7, 8, 9]),
    ])
    let table = try joined(.inner, people, right, on: "id, name")
    #expect(table["z"]?.numbers == [9, 7] && table.columns.count == 3)
  }

  @Test func `and keys that are there several times on both sides are said`() throws {
    let twice = ages.rows([0, 0, 1])
    #expect("pairs") { _ = try joined(.inner, people, twice) } throws: {
      "\($0)".contains("2 rows here and 2 of ages.csv have the key id = 1")
    }
    #expect(try joined(.inner, people, twice, pairs: true).rowCount == 5)
    let outcome = try TableJoin(.inner, on: "id = code").joined(people, ages, rightName: "")
    #expect(outcome.duplicateKeys == (1, 0))
    for (keys, words) in [
      ("no = code", "has no column 'no'"), ("id = no", "ages.csv has no column 'no'"),
      ("id = name", "has numbers, and 'name' of ages.csv has words"),
    ] {
      #expect("\(keys)") { _ = try joined(.inner, on: keys) } throws: { "\($0)".contains(words) }
    }
  }

  @Test func `below one another, by the names of columns`() throws {
    let more = DataTable(columns: [
      Column(name: "name", text: ["z"]), Column(name: "id", numbers: [9]),
    ])
    let table = try people.concatenated(more)
    #expect(table["id"]?.numbers?.last == 9 && table["name"]?.text?.last == "z")
    let empty = DataTable(columns: [
      Column(name: "id", numbers: [7]), Column(name: "name", numbers: [.nan]),
    ])
    #expect(try people.concatenated(empty)["name"]?.text == ["c", "a", "x", "b", "a2", nil])
    for (other, words) in [
      (ages, "'code' is no column"),
      (DataTable(columns: [Column(name: "id", numbers: [1])]), "no column 'name'"),
      (
        DataTable(columns: [
          Column(name: "id", text: ["q"]), Column(name: "name", text: ["z"]),
        ]), "'id' has words, and numbers"
      ),
    ] {
      #expect("\(words)") { _ = try people.concatenated(other) } throws: { "\($0)".contains(words) }
    }
  }
}
