import EchelonFiles
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5))) struct `echelon batch` {
  private func table(_ path: String) throws -> DataTable { try DataFileReader.open(path).table() }

  @Test func `standardizes to mean 0 and deviation 1`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "standardize", "data/wine.csv", "--output", folder)
      #expect(run.status == 0)
      let result = try table("\(folder)/wine.csv")
      #expect(result["class"]?.text?.first == "class_0")  // words stay as they are
      let numbers = result.columns.filter { $0.kind == .number }
      #expect(numbers.count == 13)
      for column in numbers {
        let values = try #require(column.numbers)
        let mean = values.reduce(0, +) / Double(values.count)
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        #expect(abs(mean) < 1e-13, "\(column.name)")
        #expect(abs(squares / Double(values.count - 1) - 1) < 1e-13, "\(column.name)")
      }
    }
  }

  @Test func `keeps every bit from one format to the next`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "to-npy", "to-csv,to-json", "data/diabetes.csv", "data/digits.npy",
        "--output", folder)
      #expect(run.status == 0)
      #expect(
        results(in: folder) == [
          "diabetes.csv", "diabetes.csv.json", "diabetes.csv.npy", "digits.npy", "digits.npy.csv",
          "digits.npy.json",
        ])
      let source = try table("data/diabetes.csv".inRepository)
      #expect(try table("\(folder)/diabetes.csv") == source)
      #expect(
        try table("\(folder)/diabetes.csv.npy").columns.map(\.numbers)
          == source.columns.map(\.numbers))
      #expect(
        try table("\(folder)/digits.npy") == table("data/digits.npy".inRepository))
      let json = try JSONSerialization.jsonObject(with: contents("\(folder)/diabetes.csv.json"))
      let columns = try #require(json as? [String: [Double]])
      #expect(columns["bmi"] == source["bmi"]?.numbers)
    }
  }

  @Test func `finds the correlations that numpy finds`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "correlation", "data/iris.csv", "--output", folder)
      #expect(run.status == 0)
      let result = try table("\(folder)/iris.csv")
      // numpy.corrcoef of the four columns.
      let expected = [
        [1, -0.11756978413300088, 0.8717537758865838, 0.8179411262715758],
        [-0.11756978413300088, 1, -0.42844010433053864, -0.3661259325364377],
        [0.8717537758865838, -0.42844010433053864, 1, 0.962865431402796],
        [0.8179411262715758, -0.3661259325364377, 0.962865431402796, 1],
      ]
      #expect(result.columns.count == 5)
      for (column, expected) in zip(result.columns.dropFirst(), expected) {
        for (found, expected) in zip(try #require(column.numbers), expected) {
          #expect(abs(found - expected) < 1e-14)
        }
      }
    }
  }

  @Test func `applies a chain in its order and counts what becomes undefined`() throws {
    try withFolder { folder in
      let path = "\(folder)/x.csv"
      try Data("n,x\na,1\nb,-4\nc,16\nd,\n".utf8).write(to: URL(filePath: path))
      let run = try CommandProcess.run(
        "batch", "--do", "sqrt", "drop-missing", "difference", "to-csv", path, "--output",
        "\(folder)/made/out", "--format", "json")
      #expect(run.status == 0)
      #expect(try contents("\(folder)/made/out/x.csv") == Data("n,x\nc,3\n".utf8))
      let rows = try #require(try run.json() as? [[String: Any]])
      #expect(rows[0]["undefined"] as? Int == 1)
      #expect(rows[0]["rows"] as? Int == 4)
    }
  }

  @Test func `reports bad files with their place and does the others`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "stats", "data", "data/bad", "--output", folder, "--workers", "3")
      #expect(run.status == 1)
      #expect(results(in: folder).count == Fixtures.files.count)
      let lines = run.errors.split(separator: "\n")
      #expect(lines.contains { $0.hasPrefix("echelon: data/bad/ragged.csv:17:33: ") })
      #expect(lines.filter { $0.hasPrefix("echelon: data/bad/") }.count == 4)
      #expect(lines.last?.hasPrefix("\(Fixtures.files.count) files done, 4 failed: ") == true)
      #expect(!run.errors.contains("\r"), "a progress line in a pipe")
      #expect(!run.errors.contains("\u{1B}"), "colours in a pipe")
    }
  }

  @Test func `writes the same bytes with any number of workers`() throws {
    try withFolder { folder in
      func run(_ workers: String) throws -> (output: String, files: [Data]) {
        let result = "\(folder)/\(workers)"
        let run = try CommandProcess.run(
          "batch", "--do", "standardize", "to-npy", "correlation", "to-csv", "data", "--output",
          result, "--workers", workers)
        #expect(run.status == 0, "\(run.errors)")
        #expect(results(in: result).count == 2 * Fixtures.files.count)
        let output = run.output.replacing("\(folder)/\(workers)/", with: "")
        return (
          output.filter { $0 != " " && $0 != "─" },
          try results(in: result).map { try contents("\(result)/\($0)") }
        )
      }
      let one = try run("1")
      let three = try run("3")
      #expect(one.output == three.output)
      #expect(one.files == three.files)
    }
  }

  @Test func `refuses outputs of one name before anything starts`() throws {
    try withFolder { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "abs", "data/iris.csv", "data/wine.csv", "./data/iris.csv", "--output",
        "\(folder)/out")
      #expect(run.status == 2)
      #expect(
        run.errors.hasPrefix("echelon: data/iris.csv and ./data/iris.csv would both be written"))
      #expect(names(in: folder) == [])
    }
  }

  @Test func `names results by the groups and datasets of files`() throws {
    try withFolder { folder in
      let file = "Tests/EchelonFilesTests/Resources/hdf5/mixed.h5"
      let single = "Tests/EchelonFilesTests/Resources/hdf5/single.h5"
      let run = try CommandProcess.run(
        "batch", "--dry-run", "--do", "to-json", "\(file):/day/x", "\(file):/day",
        "\(single):/day/x", "\(single):only",
        "--output", "\(folder)/out")
      for name in ["mixed.h5:day.x", "mixed.h5:day", "single.h5:day.x", "single.h5:only"] {
        #expect(run.output.contains("out/\(name).json"), "\(run.output) \(run.errors)")
      }
    }
  }

  @Test func `does not replace an input, under whatever name`() throws {
    try withFolder { folder in
      let input = "\(folder)/x.csv"
      try Data("x\n1\n".utf8).write(to: URL(filePath: input))
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/link", withDestinationPath: folder)
      let run = try CommandProcess.run(
        "batch", "--do", "standardize", input, "--output", "\(folder)/link")
      #expect(run.status == 2)
      #expect(run.errors.contains("would replace the input"))
      #expect(try contents(input) == Data("x\n1\n".utf8))
    }
  }

  @Test func `finishes what runs after one interrupt and begins nothing new`() throws {
    try withFolder { folder in
      let (inputs, count) = try manyInputs(in: folder)
      let result = "\(folder)/out"
      let run = try CommandProcess.run(
        ["batch", "--do", "correlation", inputs, "--output", result, "--workers", "2"]
      ) { process in
        wait { !finished(in: result).isEmpty || !process.isRunning }
        process.interrupt()
      }
      #expect(run.status == 130)
      #expect(run.errors.hasPrefix("echelon: interrupted; finishing what runs"))
      let written = results(in: result)
      #expect(!written.isEmpty && written.count < count, "\(written.count) of \(count)")
      // Nothing hidden or half: every result is the whole one.
      #expect(written == finished(in: result))
      let first = try contents("\(result)/\(written[0])")
      for name in written { #expect(try contents("\(result)/\(name)") == first) }
      #expect(run.output.contains("not begun"))
    }
  }

  @Test func `ends at once at the second interrupt, and its workers with it`() throws {
    try withFolder { folder in
      let (inputs, _) = try manyInputs(in: folder)
      let result = "\(folder)/out"
      var workers: [Int32] = []
      let run = try CommandProcess.run(
        ["batch", "--do", "correlation", inputs, "--output", result, "--workers", "2"]
      ) { process in
        wait { !finished(in: result).isEmpty || !process.isRunning }
        // What runs does not end by itself.
        workers = Machine.children(of: process.processIdentifier)
        for worker in workers { kill(worker, SIGSTOP) }
        process.interrupt()
        try eventually("the first one was heard") { !hears(SIGINT, process.processIdentifier) }
        process.interrupt()
      }
      #expect(run.status == 130 && workers.count == 2)
      try eventually("the workers are gone") { workers.allSatisfy(Machine.isGone) }
      #expect(results(in: result) == finished(in: result))
    }
  }

  @Test func `loses no file when a worker is killed`() throws {
    try withFolder { folder in
      let (inputs, count) = try manyInputs(in: folder, count: 60)
      let result = "\(folder)/out"
      let run = try CommandProcess.run(
        ["batch", "--do", "correlation", inputs, "--output", result, "--workers", "2"]
      ) { process in
        wait { !finished(in: result).isEmpty || !process.isRunning }
        let children = workers(of: process.processIdentifier)
        #expect(!children.isEmpty)
        for child in children { kill(child, SIGKILL) }
      }
      #expect(run.status == 0, "\(run.errors)")
      #expect(results(in: result).count == count)
    }
  }

  /// Names of the same array, many enough that a batch of them does not end in an instant.
  private func manyInputs(
    in folder: String, count: Int = 400
  ) throws -> (folder: String, count: Int) {
    let inputs = "\(folder)/in"
    try FileManager.default.createDirectory(atPath: inputs, withIntermediateDirectories: true)
    for index in 0..<count {
      try FileManager.default.createSymbolicLink(
        atPath: "\(inputs)/\(1000 + index).npy",
        withDestinationPath: "data/digits.npy".inRepository)
    }
    return (inputs, count)
  }

  private func finished(in folder: String) -> [String] {
    results(in: folder).filter { !$0.hasPrefix(".") }
  }

  private func workers(of parent: Int32) -> [Int32] {
    names(in: "/proc").compactMap { Int32($0) }.filter { process in
      let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
      return status?.contains("\nPPid:\t\(parent)\n") == true
    }
  }
}

extension String {
  /// The path from the root of the file system.
  var inRepository: String {
    CommandProcess.repository.appending(path: self).path
  }
}
