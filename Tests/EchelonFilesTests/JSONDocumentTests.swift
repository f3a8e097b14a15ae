import EchelonFiles
import Testing

private func document(_ text: String) throws -> DataTable {
  try JSONLinesFile(name: "t.json", bytes: Array(text.utf8)).table
}

@Suite struct `Tables that are one JSON value` {
  @Test(arguments: [
    "[{\"a\": 1, \"b\": \"x\"}, {\"a\": null},\n  {\"b\": \"y\", \"a\": -2}\r\n]\n",
    "\u{FEFF} \n[\n{\n\"a\"\n:\n1\n,\n\"b\":\"x\"},{\"b\":null},{\"a\":-2,\"b\":\"y\"}]",
    "{\"a\": [1, null,\n -2],\n\"b\": [\"x\", null, \"y\"]}",
    "{\n\"a\":[1,null,-2]\n,\"b\":[\"x\",null,\"y\"]\n}\n",
  ])
  func `are rows that are objects, or columns`(_ text: String) throws {
    let table = try document(text)
    #expect(table.columns.map(\.name) == ["a", "b"])
    #expect(bits(table["a"]?.numbers ?? []) == bits([1, .nan, -2]))
    #expect(table["b"]?.text == ["x", nil, "y"])
  }

  @Test func `are rows that are arrays`() throws {
    let table = try document("[[1, 2],\n [3, null]]")
    #expect(table.columns.map(\.name) == ["col0", "col1"])
    #expect(table["col0"]?.numbers == [1, 3] && table["col1"]?.missingCount == 1)
    #expect(try document("[[1]]").rowCount == 1)
  }

  @Test func `are what is written`() throws {
    for table in [
      DataTable(columns: [
        Column(name: "x [\"m\"]", numbers: [0.1, .nan, -0.0, .infinity]),
        Column(name: "é", text: ["a\n", nil, "1", "]"]),
      ]), DataTable(columns: [Column(name: "none", numbers: [])]),
    ] {
      for isIndented in [false, true] {
        let read = try document(JSONValue(table).text(isIndented: isIndented))
        #expect(read.columns.map(\.name) == table.columns.map(\.name))
        #expect(read.columns[0].numbers.map(bits) == table.columns[0].numbers.map(bits))
        #expect(read.columns.last?.text == table.columns.last?.text)
      }
    }
  }

  @Test(arguments: [
    ("[{\"a\":1}\n{\"a\":2}]", 2, 1, "',' or ']'"), ("[{\"a\":1},]", 1, 10, "an object, as in"),
    ("[[1],\n{\"a\":1}]", 2, 1, "an array, as in"), ("[[1],\n[1,2]]", 2, 4, "more values"),
    ("[[1,[2]]]", 1, 5, "inside of a row"), ("[{\"a\":1}]\n[1]", 2, 1, "behind the table"),
    ("[{\"a\":1}", 1, 9, "',' or ']'"), ("[[", 1, 3, "a value"),
    ("{\"a\":[1],\"b\":[1,2]}", 1, 10, "the first column has 1 values, this one 2"),
    ("{\"a\":[1],\"a\":[2]}", 1, 10, "'a' appears twice"),
    ("{\"a\":[1],\"b\":2}", 1, 14, "an array"),
    ("{\"a\":[1],}", 1, 10, "a key in double quotes"), ("{\"a\":[1,", 1, 9, "a value"),
    ("{\"a\":[1]}\n{\"a\":[2]}", 2, 1, "behind the table"),
    ("{\"a\":[{}]}", 1, 7, "inside of a row"),
  ])
  func `that are wrong are refused at their place`(
    _ text: String, line: Int, column: Int, what: String
  ) {
    let error = fileError { _ = try document(text) }
    #expect(
      error?.description.hasPrefix("t.json:\(line):\(column): ") == true, "\(text): \(error as Any)"
    )
    #expect(error?.description.contains(what) == true, "\(text): \(error as Any)")
  }
}
