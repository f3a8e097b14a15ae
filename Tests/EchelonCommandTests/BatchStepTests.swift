import EchelonFiles
import Foundation
import Testing

/// What commands do with one file, as steps over many.
@Suite(.timeLimit(.minutes(5))) struct `Steps of a batch` {
  private func table(_ path: String) throws -> DataTable { try DataFileReader.open(path).table() }

  private func write(_ text: String, _ path: String) throws {
    try Data(text.utf8).write(to: URL(filePath: path))
  }

  @Test func `count into bins as echelon histogram does`() throws {
    try withFolder { folder in
      let files = ["data/seattle-weather.csv", "data/stocks.csv"]
      let words = ["temp_max", "price"]
      for (file, column) in zip(files, words) {
        let step = "histogram log(\(column) + 20) bins 7"
        let batch = try CommandProcess.run("batch", "--do", step, file, "--output", folder)
        #expect(batch.status == 0, "\(batch.errors)")
        let single = try CommandProcess.run(
          "histogram", "log(\(column) + 20)", file, "--bins", "7", "--format", "csv")
        let result = "\(folder)/\(file.dropFirst(5))"
        #expect(try contents(result) == Data(single.output.utf8))
        #expect(try table(result).rowCount == 7)
      }
      // As many bins as the command takes for numbers, of several files, and to a file.
      let many = try CommandProcess.run(
        "histogram", "price", files[1], "./data/wine.csv", "--output", "\(folder)/many")
      #expect(many.status == 1)  // wine has no prices
      #expect(many.errors.contains("1 file done, 1 failed"))
      let single = try CommandProcess.run("histogram", "price", files[1], "--format", "csv")
      #expect(try contents("\(folder)/many/stocks.csv") == Data(single.output.utf8))
      let file = try CommandProcess.run(
        "histogram", "price", files[1], "--output", "\(folder)/one.csv")
      #expect(file.output == "")
      #expect(try contents("\(folder)/one.csv") == Data(single.output.utf8))
    }
  }

  @Test func `find the value at risk that echelon var finds`() throws {
    try withFolder { folder in
      try FileManager.default.copyItem(
        atPath: "data/stocks.csv".inRepository, toPath: "\(folder)/a.csv")
      // The same prices by other names.
      let text = String(decoding: try contents("\(folder)/a.csv"), as: UTF8.self)
      try write(text.replacing("symbol,date,price", with: "of,on,close"), "\(folder)/b.csv")
      let step = "var level 0.9 horizon 2 samples 2e4 seed 7 weights MSFT=0.5, IBM=-0.25"
      let options = ["batch", "--do", step, "to-csv", "to-json", folder, "--output"]
      let batch = try CommandProcess.run(options + ["\(folder)/out", "--workers", "2"])
      #expect(batch.status == 0, "\(batch.errors)")
      let single = try CommandProcess.run(
        "var", "\(folder)/a.csv", "--level", "0.9", "--horizon", "2", "--samples", "2e4", "--seed",
        "7", "--weights", "MSFT=0.5,IBM=-0.25", "--format", "csv")
      try write(single.output, "\(folder)/expected.txt")
      let expected = try table("\(folder)/expected.txt")
      let result = try table("\(folder)/out/a.csv")
      #expect(result.rowCount == 1)
      for name in [
        "level", "horizon", "periods", "samples", "seed", "value_at_risk", "value_at_risk_low",
        "value_at_risk_high", "expected_shortfall", "expected_shortfall_error", "mean_loss",
        "standard_deviation",
      ] {
        let value = try #require(expected[name]?.numbers)
        #expect(result[name]?.numbers == value, "\(name)")
      }
      #expect(result["seconds"] == nil)  // or no two runs would have the same bytes
      // GOOG, which came later, has no part.
      #expect(result["first_date"]?.text == ["Jan 1 2000"])
      let names = ["a.csv", "a.csv.json", "b.csv", "b.csv.json"]
      #expect(results(in: "\(folder)/out") == names)
      #expect(try contents("\(folder)/out/a.csv") == contents("\(folder)/out/b.csv"))
      let again = try CommandProcess.run(options + ["\(folder)/out", "--resume"])
      #expect(again.errors.contains("2 of them before"), "\(again.errors)")
    }
  }

  @Test func `stand in job files`() throws {
    try withFolder { folder in
      let job = "\(folder)/job.yaml"
      try write(
        """
        inputs: data/stocks.csv
        steps:
          - filter: symbol == "IBM"
          - histogram: log(price) bins 3
          - convert: npy f4
        output: \(folder)/out
        """, job)
      let run = try CommandProcess.run("run", job)
      #expect(run.status == 0, "\(run.errors)")
      let result = try table("\(folder)/out/stocks.csv.npy")
      #expect(result.columns.last?.numbers?.reduce(0, +) == 123)  // of IBM
    }
  }

  @Test(arguments: [
    ("plot pie x", "'pie' is no kind of picture; there are histogram, series"),
    ("log doctor", "'doctor' is a command and no step"),
    ("montecarlo", "'bootstrap' and 'var' are steps"),
    ("trace", "see 'echelon trace --help'"),
    ("convert xls", "'convert' is followed by a format, one of csv, tsv, npy"),
    ("histogram", "'histogram' is followed by what it works on"),
    ("histogram x bins 0", "character 8: the number of bins must be a whole number, 1 to 100000"),
    ("var level 2", "character 7: the level must lie between 0 and 1"),
    ("var of x", "expected the end, or price, by, date"),
    ("var weights A", "expected = and a part"),
    ("histgram x", "did you mean 'histogram'?"),
  ])
  func `say what to do where there is none`(_ step: String, _ what: String) throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", step, "data/iris.csv", "--output", "\(folder)/out")
      #expect(run.status == 2)
      #expect(run.errors.contains(what), "\(run.errors)")
      #expect(names(in: folder) == [])
      let job = "\(folder)/job.yaml"
      try write("inputs: data\nsteps:\n  - \(step)\noutput: out\n", job)
      let written = try CommandProcess.run("run", job)
      #expect(written.status == 2)
      #expect(
        step == "histogram"
          || written.errors.contains("job.yaml:3:5: ")
            && written.errors.contains(what),
        "\(written.errors)")
    }
  }

  @Test func `take logarithms as map does, to the last digit`() throws {
    try withFolder { folder in
      let path = folder + "/x.csv"
      let numbers =
        (1...5000).map { "\(Double($0) * Double($0) / 977)" } + ["0", "1e308"]
      try Data("x,n\n\(numbers.map { $0 + ",1\n" }.joined())".utf8).write(to: URL(filePath: path))
      let batch = try CommandProcess.run(
        "batch", "--do", "log", "--do", "select x", "--do", "to-csv", path, "--output",
        folder + "/out")
      #expect(batch.status == 0, "\(batch.errors)")
      let mapped = try CommandProcess.run("map", "x = log(x)", path)
      let column = mapped.output.split(separator: "\n").map { $0.prefix { $0 != "," } }
      let written = String(decoding: try contents(folder + "/out/x.csv"), as: UTF8.self)
      #expect(written.split(separator: "\n", omittingEmptySubsequences: false).count > 5000)
      #expect(written == column.map { $0 + "\n" }.joined())
    }
  }

  @Test(arguments: ["decompose --factor s svd", "multiply OTHER", "solve OTHER"])
  func `make no matrix of complex numbers`(_ step: String) throws {
    try withFolder { folder in
      let path = folder + "/z.csv"
      try Data("col0.real,col0.imag\n1,2\n3,4\n".utf8).write(to: URL(filePath: path))
      try Data("a,b\n1,2\n3,5\n".utf8).write(to: URL(filePath: folder + "/r.csv"))
      let words = step.replacing("OTHER", with: folder + "/r.csv").split(separator: " ").map(
        String.init)
      let run = try CommandProcess.run([words[0]] + words[1...] + [path])
      let other = try CommandProcess.run(
        [words[0]] + words[1...].map { $0.replacing("r.csv", with: "z.csv") } + [folder + "/r.csv"])
      for run in step.contains("OTHER") ? [run, other] : [run] {
        #expect(run.status != 0 && run.output.isEmpty, "\(run.output)")
        #expect(run.errors.contains("are the parts of complex numbers"), "\(run.errors)")
      }
    }
  }

  @Test func `that are commands are found behind others in words of their own`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "log", "doctor", "data/iris.csv", "--output", "\(folder)/out")
      #expect(run.status == 2)
      #expect(run.errors.contains("'doctor' is a command and no step"), "\(run.errors)")
    }
  }
}
