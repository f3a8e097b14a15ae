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

  @Test func `takes plain numbers, archives and text formats, divided or not`() throws {
    try withFolder { folder in
      let table = DataTable(columns: [
        Column(name: "col0", numbers: [1, 2.5, -3]), Column(name: "col1", numbers: [4, .nan, 6]),
      ])
      try NPZWriter.write(table, to: "\(folder)/a.npz")
      try MatrixMarketWriter.write(table, to: "\(folder)/a.mtx")
      try JSONLinesWriter.write(table, to: "\(folder)/a.jsonl")
      try CSVWriter.write(table, to: "\(folder)/a.csv")
      let rows = [1, 4, 2.5, .nan, -3, 6]
      var raw: [UInt8] = [9, 9, 9]
      for value in rows {
        for byte in 0..<8 { raw.append(UInt8(value.bitPattern >> (56 - 8 * byte) & 0xFF)) }
      }
      try Data(raw).write(to: URL(filePath: "\(folder)/a.bin"))

      func columns(_ arguments: [String]) throws -> String {
        let run = try CommandProcess.run(["stats"] + arguments + ["--format", "csv"])
        #expect(run.status == 0, "\(run.errors)")
        // Without the name of the file.
        return run.output.split(separator: "\n").dropFirst().map {
          $0.drop { $0 != "," }
        }.joined(separator: "\n")
      }
      let expected = try columns(["\(folder)/a.csv"])
      #expect(expected.contains("col1,number,2,1"))
      for pool in [[], ["--workers", "1", "--divide-from", "0"], ["--workers", "1"]] {
        for file in ["a.npz", "a.mtx", "a.jsonl"] {
          #expect(try columns(["\(folder)/\(file)"] + pool) == expected, "\(file), \(pool)")
        }
        #expect(
          try columns(["\(folder)/a.bin", "--raw", "f8be:2@3"] + pool) == expected, "\(pool)")
        #expect(
          try columns(["\(folder)/a.npz:col1"] + pool)
            == expected.split(separator: "\n").last.map(String.init))
      }
      let wrong = try CommandProcess.run("stats", "\(folder)/a.bin", "--raw", "f8")
      #expect(wrong.status == 2 && wrong.errors.contains("'f8' is no type of numbers"))
      let short = try CommandProcess.run("stats", "\(folder)/a.bin", "--raw", "f8be")
      #expect(short.status != 0 && short.errors.contains("no whole rows of 8 bytes"))

      let batch = try CommandProcess.run(
        "batch", "--do", "to-npz,to-mtx,to-jsonl", "\(folder)/a.bin", "--raw", "f8be:2@3",
        "--output",
        "\(folder)/out")
      #expect(batch.status == 0, "\(batch.errors)")
      for kind in ["npz", "mtx", "jsonl"] {
        #expect(try DataFileReader.open("\(folder)/out/a.bin.\(kind)").table() == table, "\(kind)")
      }
    }
  }
}

@Suite struct `Options for delimited text` {
  private static let text = """
    # prices; of 2 days
    zip;day;price
    00217;1;3,5
    00218;2
    00219;1;-999

    00220;2;4,25;x

    """
  private static let options = [
    "--delimiter", "semicolon", "--comment", "#", "--decimal-comma", "--missing", "-999",
    "--types", "zip=text,price=number", "--format", "json", "--ragged",
  ]

  @Test(arguments: [[], ["--workers", "2"], ["--workers", "2", "--divide-from", "0"]])
  func `say how it is read, here and in workers`(_ workers: [String]) throws {
    try withFolder { folder in
      let path = "\(folder)/p.txt"
      try Data(Self.text.utf8).write(to: URL(filePath: path))
      for (policy, days, prices, note) in [
        ("skip", 2, 1, "2 rows left out"),
        ("cut", 4, 2, "1 row filled with missing values, 1 row cut"),
      ] {
        let run = try CommandProcess.run(["stats", path] + Self.options + [policy] + workers)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.errors == "echelon: \(path): \(note); the first of them is line 4\n")
        let columns = try #require(try run.decoded(as: [Fixtures.Summary].self).first).columns
        #expect(columns.map(\.kind) == ["text", "number", "number"])
        #expect(columns.map(\.count) == [days, days, prices])
        #expect(columns[2].max == (policy == "cut" ? 4.25 : 3.5))
        #expect(run.output.contains(policy == "cut" ? "\"cut_rows\": 1" : "\"skipped_rows\": 2"))
      }
      for (policy, place) in [
        ("refuse", "4:8: the header has 3"), ("fill", "7:13: the header has"),
      ] {
        let run = try CommandProcess.run(["stats", path] + Self.options + [policy] + workers)
        #expect(run.status == 1)
        #expect(run.errors.hasPrefix("echelon: \(path):\(place)"), "\(run.errors)")
      }
      let run = try CommandProcess.run(
        ["stats", path, "--no-header", "--names", "a,b,c", "--comment", "#", "--ragged", "skip"]
          + ["--types", "c=number"] + workers)
      #expect(run.status == 1)
      #expect(
        run.errors.hasPrefix("echelon: \(path):2:9: 'price' is not a number"), "\(run.errors)")
    }
  }

  @Test(arguments: [
    (["--delimiter", "ab"], "--delimiter takes a single ASCII character, not 'ab'"),
    (["--delimiter", "5"], "byte 53 cannot separate fields"),
    (["--delimiter", ",", "--decimal-comma"], "a comma cannot both separate fields"),
    (["--comment", ";", "--delimiter", ";"], "';' cannot both separate fields and begin comments"),
    (["--ragged", "keep"], "refuse"), (["--types", "price"], "--types takes name=text"),
    (["--types", "price=float"], "a column is text or number, not 'float'"),
  ])
  func `are refused with what they take`(_ options: [String], _ message: String) throws {
    for command in [["stats"], ["batch", "--do", "abs", "--output", "x"]] {
      let run = try CommandProcess.run(command + ["data/iris.csv"] + options)
      #expect(run.status == 2)
      #expect(run.errors.contains(message), "\(run.errors)")
    }
  }

  @Test func `reach every task of a batch`() throws {
    try withFolder { folder in
      let path = "\(folder)/p.txt"
      try Data(Self.text.utf8).write(to: URL(filePath: path))
      let run = try CommandProcess.run(
        ["batch", "--do", "abs", path, "--output", "\(folder)/out"] + Self.options + ["skip"])
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        run.errors.hasPrefix("echelon: \(path): 2 rows left out; the first of them is line 4\n"))
      #expect(
        String(decoding: try contents("\(folder)/out/p.txt.csv"), as: UTF8.self)
          == "zip,day,price\n00217,1,3.5\n00219,1,\n")
    }
  }
}

@Suite struct `Standard streams and compressed files` {
  @Test(arguments: ["", "--workers 2", "--workers 2 --divide-from 0"])
  func `give what the plain file gives`(_ options: String) throws {
    for file in ["data/airports.csv", "data/co2.tsv", "data/digits.npy"] {
      let plain = try CommandProcess.shell("\"$ECHELON\" stats \(file) --format csv")
      #expect(plain.status == 0)
      for line in [
        "cat \(file) | \"$ECHELON\" stats - --format csv \(options)",
        "gzip -c \(file) | \"$ECHELON\" stats - --format csv \(options)",
        "\"$ECHELON\" stats --format csv \(options) - < \(file)",
      ] {
        let run = try CommandProcess.shell(line)
        #expect(run.status == 0, "\(run.errors)")
        #expect(run.output == plain.output.replacing(file, with: "-"), "\(line)")
      }
    }
  }

  @Test func `are where a result goes, whole or not at all`() throws {
    let line = "\"$ECHELON\" batch --do standardize - --output - --workers 1"
    let run = try CommandProcess.shell("\(line) < data/iris.csv")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.hasPrefix("1 file done: 1 result in standard output"), "\(run.errors)")
    try withFolder { folder in
      let other = try CommandProcess.run(
        "batch", "--do", "standardize", "data/iris.csv", "--output", folder)
      #expect(other.status == 0)
      let expected = try contents("\(folder)/iris.csv")
      #expect(Data(run.output.utf8) == expected)
    }
    let bad = try CommandProcess.shell("\(line) < data/bad/ragged.csv")
    #expect(bad.status == 1)
    #expect(bad.output.isEmpty)
    #expect(bad.errors.hasPrefix("echelon: -:17:33: the header has 6"), "\(bad.errors)")
    let full = try CommandProcess.shell("\(line) < data/iris.csv > /dev/full")
    #expect(full.status == 1)
    #expect(full.errors.contains("cannot write to standard output: No space left on device"))
  }

  @Test(arguments: [
    ["stats", "-", "-"],
    ["batch", "--do", "abs", "data/iris.csv", "data/wine.csv", "--output", "-"],
    ["batch", "--do", "to-csv", "abs", "to-json", "data/iris.csv", "--output", "-"],
  ])
  func `are used once`(_ arguments: [String]) throws {
    let run = try CommandProcess.run(arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.errors.hasPrefix("echelon: -"), "\(run.errors)")
  }

  @Test func `are compressed again under the name of the input`() throws {
    try withFolder { folder in
      let input = "\(folder)/iris.csv.gz"
      let run = try CommandProcess.shell(
        "gzip -c data/iris.csv > \(input) && \"$ECHELON\" batch --do to-csv abs to-json \(folder) "
          + "--output \(folder)/out --workers 1")
      #expect(run.status == 0, "\(run.errors)")
      #expect(results(in: "\(folder)/out") == ["iris.csv.gz", "iris.csv.json"])
      let result = try contents("\(folder)/out/iris.csv.gz")
      #expect(result.starts(with: [0x1F, 0x8B]))
      let found = try DataFileReader.open("\(folder)/out/iris.csv.gz").table()
      let path = CommandProcess.repository.appending(path: "data/iris.csv").path
      let expected = try DataFileReader.open(path).table()
      #expect(found == expected)
    }
  }
}
