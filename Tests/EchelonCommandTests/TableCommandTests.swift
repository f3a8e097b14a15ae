import EchelonFiles
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `Blanks around words` {
  @Test func `are cut off by --trim, in commands and in jobs`() throws {
    try withFolder { folder in
      let path = "\(folder)/x.csv"
      try Data("k,v\n a,1\na ,2\n\"a \",3\n".utf8).write(to: URL(filePath: path))
      let kept = try CommandProcess.run("group", "n = count() by k", path)
      #expect(kept.output == "k,n\n\" a\",1\n\"a \",2\n", "\(kept.output)")
      let trimmed = try CommandProcess.run("group", "n = count() by k", path, "--trim")
      #expect(trimmed.output == "k,n\na,2\n\"a \",1\n", "\(trimmed.output)")
      let job = "\(folder)/job.yaml"
      try Data("inputs: \(path)\nsteps: filter v < 3\noutput: \(folder)/out\ntrim: true\n".utf8)
        .write(to: URL(filePath: job))
      let run = try CommandProcess.run("run", job)
      #expect(run.status == 0, "\(run.errors)")
      let written = try String(contentsOfFile: "\(folder)/out/x.csv", encoding: .utf8)
      #expect(written == "k,v\na,1\na,2\n", "\(written)")
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct `echelon filter, map, select, sort and group` {
  private func table(_ text: String) throws -> DataTable {
    try CSVFile(name: "output", bytes: Array(text.utf8)).table()
  }

  private let iris = try! DataFileReader.open("data/iris.csv".inRepository).table()

  @Test func `write one result to standard output, with all digits`() throws {
    let run = try CommandProcess.run(
      "filter", "`petal length (cm)` > 6 and class == \"virginica\"", "data/iris.csv")
    #expect(run.status == 0 && run.errors.isEmpty)
    let length = try #require(iris["petal length (cm)"]?.numbers)
    let rows = length.indices.filter { length[$0] > 6 }
    #expect(rows.count == 9)
    #expect(try table(run.output)["petal length (cm)"]?.numbers == rows.map { length[$0] })

    let made = try CommandProcess.run(
      "map", "ratio = `petal length (cm)` / `petal width (cm)`", "data/iris.csv")
    let width = try #require(iris["petal width (cm)"]?.numbers)
    #expect(try table(made.output)["ratio"]?.numbers == zip(length, width).map { $0 / $1 })
    #expect(try table(made.output).columns.count == 6)
  }

  @Test func `write to files of other formats, and folders`() throws {
    try withFolder { folder in
      let part = try CommandProcess.run(
        "select", "`petal width (cm)`,`petal length (cm)`", "data/iris.csv", "--output",
        "\(folder)/part.npy")
      #expect(part.status == 0 && part.output.isEmpty)
      let written = try DataFileReader.open("\(folder)/part.npy").table()
      #expect(written.columns[1].numbers == iris["petal length (cm)"]?.numbers)

      let many = try CommandProcess.run(
        "sort", "alcohol desc", "data/wine.csv", "data/iris.csv", "--output", "\(folder)/sorted")
      #expect(many.status == 1)
      #expect(many.errors.contains("data/iris.csv: character 1: there is no column 'alcohol'"))
      #expect(names(in: "\(folder)/sorted") == ["wine.csv"])
      let alcohol = try DataFileReader.open("\(folder)/sorted/wine.csv").table()["alcohol"]
      #expect(alcohol?.numbers == alcohol?.numbers?.sorted(by: >))
    }
  }

  @Test func `write compressed files, and say what became of ragged rows`() throws {
    try withFolder { folder in
      let packed = try CommandProcess.run(
        "sort", "alcohol", "data/wine.csv", "--output", "\(folder)/wine.csv.gz")
      #expect(packed.status == 0, "\(packed.errors)")
      #expect(try contents("\(folder)/wine.csv.gz").starts(with: [0x1F, 0x8B]))
      #expect(try DataFileReader.open("\(folder)/wine.csv.gz").rowCount == 178)
      try Data("a,b\n1,2\n3\n4,5\n".utf8).write(to: URL(filePath: "\(folder)/ragged.csv"))
      let rest = try CommandProcess.run(
        "filter", "a > 0", "\(folder)/ragged.csv", "--ragged", "skip")
      #expect(rest.output == "a,b\n1,2\n4,5\n")
      #expect(rest.errors.contains("1 row left out; the first of them is line 3"), "\(rest.errors)")
    }
  }

  @Test func `say where identifiers are rounded, and keep them as text`() throws {
    try withFolder { folder in
      let path = folder + "/ids.csv"
      let text = "id,n\n1234567890123456789,9007199254740992\n1234567890123456790,1e300\n"
      try Data(text.utf8).write(to: URL(filePath: path))
      for command in [["filter", "id > 0"], ["batch", "--output", "\(folder)/out", "--do", "abs"]] {
        let run = try CommandProcess.run(command + [path])
        #expect(run.status == 0)
        #expect(run.errors.contains("rounded in 'id'; where"), "\(run.errors)")
        #expect(run.errors.contains("--types 'id=text'"), "\(run.errors)")
      }
      let kept = try CommandProcess.run("sort", "n", "--types", "id=text", path)
      #expect(kept.errors.isEmpty, "\(kept.errors)")
      #expect(kept.output.contains("\n1234567890123456789,"), "\(kept.output)")
    }
  }

  @Test func `count and average groups`() throws {
    let run = try CommandProcess.run(
      "group", "count(), middle = mean(`petal length (cm)`) by class", "data/iris.csv", "--format",
      "json")
    #expect(run.status == 0)
    let columns = try #require(
      try JSONSerialization.jsonObject(with: Data(run.output.utf8)) as? [String: [Any]])
    #expect(columns["class"] as? [String] == ["setosa", "versicolor", "virginica"])
    #expect(columns["count"] as? [Int] == [50, 50, 50])
    let means = try #require(columns["middle"] as? [Double])
    // 1.462, 4.26 and 5.552 are the means that R's documentation of the data gives.
    #expect(zip(means, [1.462, 4.26, 5.552]).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  @Test func `are steps of a batch`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "filter alcohol > 14", "map", "r = hue / ash", "select r,class",
        "drop-missing,to-csv", "data/wine.csv", "--output", folder)
      #expect(run.status == 0, "\(run.errors)")
      let wine = try DataFileReader.open("data/wine.csv".inRepository).table()
      let result = try DataFileReader.open("\(folder)/wine.csv").table()
      #expect(result.columns.map(\.name) == ["r", "class"])
      let (alcohol, hue, ash) = (
        try #require(wine["alcohol"]?.numbers), try #require(wine["hue"]?.numbers),
        try #require(wine["ash"]?.numbers)
      )
      let rows = alcohol.indices.filter { alcohol[$0] > 14 }
      #expect(result["r"]?.numbers == rows.map { hue[$0] / ash[$0] })
    }
  }

  @Test func `say what is wrong before anything is read, and where`() throws {
    try withFolder { folder in
      for (arguments, words) in [
        (["filter", "wind >", "data/none.csv"], "character 7: expected a number"),
        (["filter", "wind > 1"], "no files are named"),
        (["map", "1 = x", "data/iris.csv"], "expected the name of a column"),
        (["filter", "class == 'a'", "data/iris.csv", "data/wine.csv"], "name a folder"),
        (
          ["batch", "--do", "filter x >", "data/iris.csv", "--output", folder + "/out"],
          "character 4"
        ),
        (
          ["batch", "--do", "filter", "--output", folder + "/out"],
          "is followed by what it works on"
        ),
        (
          ["batch", "--do", "sort", "data/iris.csv", "--output", folder + "/out"],
          "here by 'data/iris.csv', which is a file"
        ),
        (["sort", "class", "data/iris.csv", "data/wine.csv", "--output", ""], "--output is empty"),
        (
          ["sort", "class", "data/iris.csv", "--output", folder + "/x.gz"],
          "does not say its format"
        ),
        (
          ["batch", "--do", "turn x", "data/iris.csv", "--output", folder + "/out"],
          "'turn x' is not an operation"
        ),
      ] {
        let run = try CommandProcess.run(arguments)
        #expect(run.status == 2, "\(arguments): \(run.errors)")
        #expect(run.errors.contains(words), "\(arguments): \(run.errors)")
        #expect(run.output.isEmpty)
      }
      #expect(names(in: folder).isEmpty)
    }
    let number = try CommandProcess.run("filter", "`petal length (cm)`", "data/iris.csv")
    #expect(number.status == 1 && number.errors.contains("this is no condition"))
    let missing = try CommandProcess.run("filter", "x > 1", "data/none.csv")
    #expect(missing.status == 1 && missing.errors.contains("data/none.csv: no such file"))
  }
}

@Suite(.timeLimit(.minutes(5))) struct `echelon histogram` {
  @Test func `shows bars, and gives the counts`() throws {
    let run = try CommandProcess.run(
      "histogram", "`petal length (cm)`", "data/iris.csv", "--bins", "4")
    #expect(run.status == 0)
    let lines = run.output.split(separator: "\n")
    #expect(lines.count == 4)
    // numpy.histogram(petal_length, 4)[0]
    #expect(lines.map { $0.split(separator: " ")[3] } == ["50", "11", "61", "28"])
    // The longest bar is that of the most values.
    let blocks = lines.map { $0.count { $0 == "█" } }
    #expect(blocks.firstIndex(of: blocks.max()!) == 2)
    let csv = try CommandProcess.run(
      "histogram", "log10(`petal length (cm)`)", "data/iris.csv", "--format", "csv")
    let table = try CSVFile(name: "output", bytes: Array(csv.output.utf8)).table()
    #expect(table["count"]?.numbers?.reduce(0, +) == 150)
  }

  /// NumPy's auto takes thousands of bins here.
  @Test func `has no more bars than a window has lines`() throws {
    let made = "i=0; while [ $i -lt 200 ]; do echo $((i % 17)); i=$((i+1)); done"
    let bars = try CommandProcess.shell(
      "(echo x; \(made); echo 99999) | $ECHELON histogram x -")
    #expect(bars.output.split(separator: "\n").count == 40, "\(bars.output) \(bars.errors)")
    let numbers = try CommandProcess.shell(
      "(echo x; \(made); echo 99999) | $ECHELON histogram x - --format csv")
    #expect(numbers.output.split(separator: "\n").count > 1000)
  }

  @Test func `refuses what it cannot count`() throws {
    for (arguments, status, words) in [
      (["histogram", "x +", "data/iris.csv"], 2, "character 4"),
      (["histogram", "class", "data/iris.csv"], 1, "can only be compared"),
      (
        ["histogram", "pop", "data/gapminder.csv", "--bins", "0"], 2, "--bins must be 1 to 100,000"
      ),
      (["histogram", "pop", "data/none.csv"], 1, "no such file"),
    ] as [([String], Int32, String)] {
      let run = try CommandProcess.run(arguments)
      #expect(run.status == status && run.errors.contains(words), "\(arguments): \(run.errors)")
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Expressions that begin with a minus` {
  @Test func `are no options`() throws {
    for condition in ["-alcohol < -14", "-14 > -alcohol", "-hue < -1.6"] {
      let run = try CommandProcess.run("filter", condition, "data/wine.csv")
      let same = try CommandProcess.run("filter", "(\(condition))", "data/wine.csv")
      #expect(run.status == 0 && run.output == same.output, "\(run.errors)")
      #expect(run.output.split(separator: "\n").count > 1)
    }
    let histogram = try CommandProcess.run("histogram", "-hue", "data/wine.csv", "--bins", "3")
    #expect(histogram.output.split(separator: "\n").count == 3, "\(histogram.output)")
    #expect(try CommandProcess.run("filter", "-h").output.contains("USAGE"))
  }
}

@Suite(.timeLimit(.minutes(5))) struct `Words of a table` {
  /// The strand of a gene is + or -, and UCI's files have ? for what is not known.
  @Test func `are kept, but for the spellings of a missing value`() throws {
    let text = "gene,strand,n\na,+,1\nb,-,2\nc,?,3\nd,none,4\ne,NA,5\n"
    let run = try CommandProcess.shell(
      "printf '%s' '\(text)' | $ECHELON filter 'n > 1' -")
    #expect(run.output == "gene,strand,n\nb,-,2\nc,?,3\nd,none,4\ne,,5\n", "\(run.errors)")
    let told = try CommandProcess.shell(
      "printf 'x,y\n1,2\n?,3\n' | $ECHELON convert - --missing '?'")
    #expect(told.output == "x,y\n1,2\n,3\n", "\(told.errors)")
  }

  /// Standard input has no name that says what it is.
  @Test func `come as JSON through standard input as well`() throws {
    for text in [
      "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n",
      " [{\"a\":1,\"b\":\"x\"},\n{\"a\":2,\"b\":\"y\"}]",
    ] {
      let run = try CommandProcess.shell("printf '%s' '\(text)' | $ECHELON convert -")
      #expect(run.output == "a,b\n1,x\n2,y\n", "\(run.errors)")
    }
    let broken = try CommandProcess.shell("printf '[1, {' | $ECHELON convert -")
    #expect(broken.status == 1 && broken.errors.contains("-:1:"), "\(broken.errors)")
  }
}
