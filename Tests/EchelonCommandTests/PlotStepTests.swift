import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct `Pictures of a batch` {
  private func withFiles(_ body: (String) throws -> Void) throws {
    try withFolder { folder in
      for (name, text) in [
        ("a", "x,y y,k\n1,2,u\n2,3,v\n3,5,u\n"), ("b", "x,y y,k\n4,1,u\n6,2,v\n7,2,w\n"),
      ] {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name).csv"))
      }
      try body(folder)
    }
  }

  @Test(arguments: [
    (["histogram", "x"], "histogram x"),
    (["histogram", "log(x)", "--bins", "3"], "histogram log(x) --bins 3"),
    (["series", "x, y y", "--title", "two"], "series 'x, y y' --title two"),
    (
      ["scatter", "x", "`y y`", "--by", "k", "--width", "900"], "scatter x `y y` --by k --width 900"
    ),
    (["series", "x, `y y`"], "series x,  `y y`"), (["correlation"], "correlation"),
    (["convergence", "x", "--exact", "-1"], "convergence x --exact -1"),
  ])
  func `are those of the command`(_ words: [String], _ step: String) throws {
    try withFiles { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "filter x > 1", "--do", "plot \(step)", "\(folder)/a.csv",
        "\(folder)/b.csv",
        "--output", "\(folder)/out")
      #expect(run.status == 0, "\(run.errors)")
      #expect(
        names(in: "\(folder)/out").filter { !$0.hasPrefix(".") } == ["a.csv.svg", "b.csv.svg"])
      for name in ["a", "b"] {
        let rest = "\(folder)/rest.csv"
        let filter = try CommandProcess.run(
          "filter", "x > 1", "\(folder)/\(name).csv", "--output", rest)
        #expect(filter.status == 0)
        let single = try CommandProcess.run(
          ["plot"] + words + [rest, "--output", "\(folder)/one.svg"])
        #expect(single.status == 0, "\(single.errors)")
        let picture = try contents("\(folder)/out/\(name).csv.svg")
        #expect(try picture == contents("\(folder)/one.svg"), "\(name)")
        #expect(String(decoding: picture, as: UTF8.self).contains("<svg"))
      }
    }
  }

  @Test func `are steps of a job file, beside tables and after failures`() throws {
    try withFiles { folder in
      try Data("x,k\nu,v\n".utf8).write(to: URL(filePath: "\(folder)/words.csv"))
      let job = "\(folder)/job.yaml"
      try Data(
        """
        inputs: \(folder)/*.csv
        steps:
          - plot: scatter x 'y y'
          - filter: x > 1
          - to-csv
        output: \(folder)/out
        """.utf8
      ).write(to: URL(filePath: job))
      let run = try CommandProcess.run("run", job)
      #expect(run.status == 1 && run.errors.contains("words.csv: "), "\(run.errors)")
      let results = ["a.csv", "a.csv.svg", "b.csv", "b.csv.svg"]
      #expect(names(in: "\(folder)/out").filter { !$0.hasPrefix(".") } == results)
      let again = try CommandProcess.run("run", job, "--resume", "--dry-run")
      #expect(again.output.contains("out/a.csv: left as it is"), "\(again.output)")
      let single = try CommandProcess.run(
        "batch", "--do", "plot histogram x", "\(folder)/a.csv", "--output", "-")
      #expect(single.status == 0 && single.output.hasPrefix("<svg"), "\(single.errors)")
    }
  }

  @Test func `are what is advised for several files`() throws {
    try withFiles { folder in
      for files in [["a.csv", "b.csv"], ["a.csv", "b.csv", "a.csv"]] {
        let run = try CommandProcess.run(
          ["plot", "histogram", "x"] + files.map { "\(folder)/\($0)" })
        #expect(
          run.status == 2 && run.errors.contains("batch --do 'plot histogram …'"), "\(run.errors)")
      }
    }
  }

  @Test func `are refused before anything starts`() throws {
    try withFiles { folder in
      for (step, words) in [
        ("plot", "is followed by what it works on"), ("plot pie x", "there are histogram, series"),
        ("plot scatter x", "something is missing"), ("plot histogram x x", "a word too many"),
        ("plot histogram 'x", "quote is not closed"),
        ("plot histogram x --bins 0", "--bins must be"),
        ("plot histogram x --output a.svg", "leave --output out"),
        ("plot histogram x --delimiter ;", "said of all of them"),
        ("plot svg histogram x --width 3", "200 to 8000"),
      ] {
        let run = try CommandProcess.run(
          "batch", "--do", step, "\(folder)/a.csv", "--output", "\(folder)/out")
        #expect(run.status == 2 && run.errors.contains(words), "\(step): \(run.errors)")
        #expect(names(in: "\(folder)/out") == [], "\(step)")
      }
      let twice = try CommandProcess.run(
        "batch", "--do", "plot histogram x", "--do", "plot correlation", "\(folder)/a.csv",
        "--output", "\(folder)/out")
      #expect(twice.status == 2 && twice.errors.contains("two pictures"), "\(twice.errors)")
    }
  }
}
