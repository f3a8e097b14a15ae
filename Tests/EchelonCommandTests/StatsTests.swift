import EchelonFiles
import Foundation
import Testing

@Suite struct `echelon stats` {
  @Test(arguments: Fixtures.files)
  func `finds what numpy finds`(_ file: String) throws {
    let run = try CommandProcess.run("stats", file, "--format", "json")
    #expect(run.status == 0)
    let found = try #require(try run.decoded(as: [Fixtures.Summary].self).first)
    let expected = try Fixtures.expected(file)
    #expect(found.rows == expected.rows)
    #expect(found.columns.map(\.name) == expected.columns.map(\.name))
    for (found, expected) in zip(found.columns, expected.columns) {
      let place: Comment = "\(file), \(found.name)"
      #expect(found.kind == expected.kind, place)
      #expect(found.count == expected.count, place)
      #expect(found.missing == expected.missing, place)
      // Order statistics are values of the file and exact; sums have rounding errors.
      #expect(found.min == expected.min, place)
      #expect(found.q1 == expected.q1, place)
      #expect(found.median == expected.median, place)
      #expect(found.q3 == expected.q3, place)
      #expect(found.max == expected.max, place)
      let scale = max(abs(expected.min ?? 0), abs(expected.max ?? 0))
      #expect(abs((found.mean ?? 0) - (expected.mean ?? 0)) <= 1e-14 * scale, place)
      #expect(abs((found.sd ?? 0) - (expected.sd ?? 0)) <= 1e-13 * scale, place)
    }
  }

  @Test(arguments: ["table", "json", "csv"])
  func `gives the same bytes with any number of workers, or none`(_ format: String) throws {
    let arguments = ["stats", "data", "--format", format]
    let none = try CommandProcess.run(arguments)
    #expect(none.status == 0)
    #expect(none.output.utf8.count > 10_000)
    for workers in ["1", "3"] {
      for division in ["0", "1000000000"] {
        let run = try CommandProcess.run(
          arguments + ["--workers", workers, "--divide-from", division])
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == none.output, "\(workers) workers, divided from \(division) bytes")
      }
    }
  }

  @Test func `writes CSV that reads back`() throws {
    let run = try CommandProcess.run("stats", "data/cars.csv", "data/wine.csv", "--format", "csv")
    let table = try CSVFile(name: "output", bytes: Array(run.output.utf8)).table()
    #expect(
      table.columns.map(\.name) == [
        "file", "column", "kind", "count", "missing", "mean", "sd", "min", "q1", "median", "q3",
        "max",
      ])
    #expect(table.rowCount == 9 + 14)
    #expect(table["missing"]?.numbers?[1] == 8)  // Miles_per_Gallon
    let mean = try Fixtures.expected("data/cars.csv").columns[1].mean
    #expect(abs((table["mean"]?.numbers?[1] ?? 0) - (mean ?? 1)) < 1e-13)
  }

  @Test func `shows a table with aligned points and six digits`() throws {
    let run = try CommandProcess.run("stats", "data/iris.csv")
    let lines = run.output.split(separator: "\n")
    #expect(lines[0] == "data/iris.csv  150 rows, 5 columns")
    #expect(lines[3].contains("5.84333  0.828066  4.3"))
    let points = lines[3..<7].map { line in
      line.distance(from: line.startIndex, to: line.firstIndex(of: ".")!)
    }
    #expect(Set(points).count == 1)
    #expect(!run.output.contains("\u{1B}"), "colours in a pipe")
  }

  @Test(arguments: [[], ["--workers", "2"], ["--workers", "2", "--divide-from", "0"]])
  func `reports bad files with their place and goes on`(_ options: [String]) throws {
    let run = try CommandProcess.run(
      ["stats", "data/bad", "data/iris.csv", "data/absent.csv", "--format", "json"] + options)
    #expect(run.status == 1)
    let lines = run.errors.split(separator: "\n").sorted()
    #expect(lines.count == 5, "\(run.errors)")
    #expect(lines.contains { $0.hasPrefix("echelon: data/bad/ragged.csv:17:33: the header has 6") })
    #expect(lines.contains { $0.hasPrefix("echelon: data/bad/unclosed-quote.csv:2:1: ") })
    #expect(lines.contains { $0.hasPrefix("echelon: data/absent.csv: no such file") })
    #expect(lines.allSatisfy { !$0.contains("a task threw") })
    let found = try run.decoded(as: [Fixtures.Summary].self)
    #expect(found.map(\.file) == ["data/iris.csv"])
  }

  @Test func `counts what is missing, in text too`() throws {
    try withFolder { folder in
      let path = "\(folder)/gaps.csv"
      try Data("a,b,c\n1,x,\nNA,,\n3,\"NA\",\n".utf8).write(to: URL(filePath: path))
      for options in [[], ["--workers", "1", "--divide-from", "0"]] {
        let run = try CommandProcess.run(["stats", path, "--format", "json"] + options)
        let columns = try #require(try run.decoded(as: [Fixtures.Summary].self).first).columns
        #expect(columns.map(\.kind) == ["number", "text", "number"])
        #expect(columns.map(\.count) == [2, 2, 0])
        #expect(columns.map(\.missing) == [1, 1, 3])
        #expect(columns[0].mean == 2)
        #expect(columns[2].mean == nil)
      }
    }
  }
}
