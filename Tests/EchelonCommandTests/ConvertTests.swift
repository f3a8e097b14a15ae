import EchelonFiles
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct `echelon convert, stats --all and init` {
  @Test func `write what is read again to the same table`() throws {
    try withFolder { folder in
      let wine = try DataFileReader.open("data/wine.csv".inRepository).table()
      let numbers = wine.columns.compactMap(\.numbers)
      var source = "data/wine.csv"
      for (place, suffix) in ["jsonl.gz", "json", "npz", "mtx"].enumerated() {
        let target = "\(folder)/wine.\(suffix)"
        let run = try CommandProcess.run("convert", source, "--output", target)
        #expect(run.status == 0, "\(suffix): \(run.errors)")
        #expect(run.errors.contains("1 column of words left out: 'class'") == (place == 2))
        let table = try DataFileReader.open(target).table()
        #expect(table.columns.compactMap(\.numbers) == numbers, "\(suffix)")
        #expect(place > 1 || table == wine)
        source = target
      }
      let many = try CommandProcess.run(
        "convert", "data/iris.csv", source, "--to", "tsv", "--output", "\(folder)/out")
      #expect(many.status == 0 && names(in: "\(folder)/out") == ["iris.csv.tsv", "wine.mtx.tsv"])
      let piped = try CommandProcess.shell(
        "head -3 data/iris.csv | \"$ECHELON\" convert - --to jsonl | tail -1")
      #expect(piped.output.contains("\"sepal length (cm)\": 4.9"), "\(piped.output)\(piped.errors)")
      let wrong = try CommandProcess.run(
        "convert", "data/iris.csv", "--to", "npy", "--output", "\(folder)/x.csv")
      #expect(wrong.status == 2 && wrong.errors.contains("does not end in .npy"))
    }
  }

  @Test func `write numbers of the type that is asked for`() throws {
    try withFolder { folder in
      let digits = try DataFileReader.open("data/digits.npy".inRepository).table()
      let numbers = digits.columns.map(\.numbers)
      let plain = try CommandProcess.run(
        "convert", "data/digits.npy", "--type", "u1", "--output", "\(folder)/digits.bin")
      #expect(
        plain.status == 0 && plain.errors.contains("--raw u1:\(numbers.count)"), "\(plain.errors)")
      let many = try CommandProcess.run(
        "convert", "\(folder)/digits.bin", "--raw", "u1:\(numbers.count)", "--to", "npy", "--type",
        "f2", "--output", "\(folder)/out")
      #expect(many.status == 0, "\(many.errors)")
      let step = try CommandProcess.run(
        "batch", "--do", "to-npz i2", "\(folder)/out/digits.bin.npy", "--output", "\(folder)/again")
      #expect(step.status == 0, "\(step.errors)")
      let last = try DataFileReader.open("\(folder)/again/digits.bin.npy.npz").table()
      #expect(last.columns.map(\.numbers) == numbers)
      for (words, complaint) in [
        (["--type", "f4be", "--to", "npy"], "an order of bytes is for .bin"),
        (["--type", "f4", "--to", "csv"], "has no types"), (["--type", "f5"], "f5"),
      ] {
        let run = try CommandProcess.run(["convert", "data/iris.csv"] + words)
        #expect(run.status == 2 && run.errors.contains(complaint), "\(words): \(run.errors)")
      }
      let fraction = try CommandProcess.run(
        "convert", "data/iris.csv", "--type", "i4", "--output", "\(folder)/iris.npy")
      #expect(
        fraction.status == 1 && fraction.errors.contains("row 1 of 'sepal length (cm)' is 5.1"))
      #expect(names(in: folder) == ["again", "digits.bin", "out"])
    }
  }

  @Test func `give all statistics that there are`() throws {
    let run = try CommandProcess.run(
      "stats", "data/cars.csv", "--quantiles", "0.05", "--format", "csv")
    #expect(run.status == 0, "\(run.errors)")
    let table = try CSVFile(name: "output", bytes: Array(run.output.utf8)).table()
    let power = try #require(table["column"]?.text?.firstIndex(of: "Horsepower"))
    // By pandas and NumPy from the same file.
    for (name, value) in [
      ("count", 400), ("missing", 6), ("distinct", 93), ("sum", 42033),
      ("variance", 1503.0182393483708), ("standard_error", 1.9384389591552598),
      ("skewness", 1.0340794277031033), ("kurtosis", 0.5412035120348929), ("l1", 42033),
      ("l2", 2239.7850343280716), ("min_row", 26), ("max_row", 124), ("q0.05", 60),
    ] {
      let found = try #require(table[name]?.numbers?[power], "\(name)")
      #expect(abs(found / value - 1) < 1e-12, "\(name): \(found)")
    }
    #expect(table["mean"]?.numbers?[0].isNaN == true && table["distinct"]?.numbers?[0] == 311)
  }

  @Test func `write a package that depends on this one`() throws {
    try withFolder { folder in
      let run = try CommandProcess.shell("cd \(folder) && \"$ECHELON\" init mine")
      #expect(run.status == 0, "\(run.errors)")
      let manifest = String(decoding: try contents("\(folder)/mine/Package.swift"), as: UTF8.self)
      #expect(manifest.contains(".package(path: \"\(CommandProcess.repository.path)\")"))
      #expect(names(in: "\(folder)/mine/Sources/mine") == ["Tool.swift"])
      let again = try CommandProcess.shell("cd \(folder) && \"$ECHELON\" init mine")
      #expect(again.status == 2 && again.errors.contains("mine is there already"))
      let taken = try CommandProcess.shell("cd \(folder) && \"$ECHELON\" init filter")
      #expect(taken.status == 2 && taken.errors.contains("is an operation already"))
    }
  }
}
