import Foundation
import Testing

/// No command replaces a file that it reads, under whatever name: what the result has not would be lost.
@Suite(.timeLimit(.minutes(5))) struct `Inputs` {
  /// `x.csv` and other names of it, and an array in an archive.
  private func withInput(_ body: (String) throws -> Void) throws {
    try withFolder { folder in
      let files = FileManager.default
      try files.createDirectory(atPath: "\(folder)/in", withIntermediateDirectories: true)
      try Data("x,y\n3,4\n1,2\n".utf8).write(to: URL(filePath: "\(folder)/in/x.csv"))
      try files.createSymbolicLink(
        atPath: "\(folder)/in/link.csv", withDestinationPath: "x.csv")
      try files.linkItem(atPath: "\(folder)/in/x.csv", toPath: "\(folder)/in/hard.csv")
      try files.createSymbolicLink(atPath: "\(folder)/there", withDestinationPath: "in")
      try body(folder)
      #expect(try contents("\(folder)/in/x.csv") == Data("x,y\n3,4\n1,2\n".utf8))
      #expect(names(in: "\(folder)/in").count == 3)
    }
  }

  @Test(arguments: [
    "in/x.csv", "./in/x.csv", "in/../in/x.csv", "in/link.csv", "in/hard.csv", "there/x.csv",
  ])
  func `are not replaced by a single result`(_ output: String) throws {
    try withInput { folder in
      let commands = [
        ["filter", "x > 1"], ["map", "z = x"], ["select", "x"], ["sort", "x"], ["sample", "1"],
        ["quantiles", "0.5"], ["group", "count() by x"], ["convert"], ["regress", "x ~ y"],
        ["concat", "\(folder)/in/x.csv"], ["join", "--on", "x", "\(folder)/in/x.csv"],
        ["solve", "\(folder)/in/x.csv"],
        ["decompose", "--factor", "s", "svd"],
      ]
      for command in commands {
        let run = try CommandProcess.run(
          command + ["\(folder)/in/x.csv", "--output", "\(folder)/\(output)"])
        #expect(run.status == 2, "\(command)")
        let isSame = output == "in/x.csv"
        #expect(
          run.errors.contains(isSame ? "is an input and would be replaced" : "would replace"),
          "\(command): \(run.errors)")
      }
    }
  }

  @Test func `are not replaced by pictures`() throws {
    try withInput { folder in
      // A table by the name of a picture: a link, since the folder is to keep its files.
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/x.svg", withDestinationPath: "in/x.csv")
      for command in [
        ["histogram", "x"], ["series", "y"], ["scatter", "x", "y"], ["correlation"],
        ["convergence", "x"],
      ] {
        for (input, words) in [("in/x.csv", "would replace the input"), ("x.svg", "is an input")] {
          let run = try CommandProcess.run(
            ["plot"] + command + ["\(folder)/\(input)", "--output", "\(folder)/x.svg"])
          #expect(run.status == 2 && run.errors.contains(words), "\(command): \(run.errors)")
        }
      }
      let state = "\(folder)/run.svg"
      let first = try CommandProcess.run(
        "montecarlo", "pi", "--samples", "1e5", "--save", state)
      #expect(first.status == 0, "\(first.errors)")
      let saved = try contents(state)
      for option in ["--resume", "--save"] {
        let run = try CommandProcess.run(
          "montecarlo", "pi", "--samples", "2e5", option, state, "--plot", "\(folder)/./run.svg")
        #expect(run.status != 0 && run.errors.contains("would replace"), "\(run.errors)")
      }
      #expect(try contents(state) == saved)
      // It may go on where it was.
      let more = try CommandProcess.run(
        "montecarlo", "pi", "--samples", "2e5", "--resume", state, "--save", state)
      #expect(more.status == 0, "\(more.errors)")
    }
  }

  @Test func `are not replaced by results of folders, logs and pages`() throws {
    try withInput { folder in
      func refuse(_ words: String..., saying what: String) throws {
        let run = try CommandProcess.run(words)
        #expect(run.status == 2, "\(words)")
        #expect(run.errors.contains(what), "\(words): \(run.errors)")
      }
      let (inputs, output) = ("\(folder)/in", "\(folder)/out")
      try refuse("batch", "--do", "log", inputs, "--output", inputs, saying: "input")
      try refuse(
        "batch", "--do", "log", inputs, "--output", "\(folder)/there", saying: "would replace")
      try refuse("filter", "x > 1", inputs, "--output", "\(folder)/there", saying: "would replace")
      try refuse("convert", inputs, "--output", "\(folder)/there", saying: "would replace")
      for log in ["\(inputs)/x.csv", "\(folder)/there/hard.csv"] {
        try refuse(
          "batch", "--do", "log", inputs, "--output", output, "--joblog", log, saying: "--joblog")
      }
      try refuse(
        "batch", "--do", "log", inputs, "--output", output, "--joblog",
        "\(folder)/./out//x.csv", saying: "is one of the results")
      #expect(names(in: output) == [])
      // What a step reads beside the files.
      try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
      try Data("x,y\n5,6\n".utf8).write(to: URL(filePath: "\(output)/x.csv"))
      try refuse(
        "batch", "--do", "concat \(output)/x.csv", inputs, "--output", output, saying: "is an input"
      )
      #expect(names(in: output) == ["x.csv"])
      // The job itself.
      let job = "\(folder)/job.yaml"
      let text = "inputs: \(inputs)\nsteps: log\noutput: \(output)\njoblog: \(job)\n"
      try Data(text.utf8).write(to: URL(filePath: job))
      try refuse("run", job, saying: "is an input")
      #expect(try contents(job) == Data(text.utf8))
    }
  }

  @Test func `are told from what standard output goes to`() throws {
    try withInput { folder in
      for command in [
        "filter 'x > 1'", "sort x", "stats", "convert", "quantiles 0.5",
        "batch --do log --output -",
      ] {
        for input in ["in/x.csv", "there/hard.csv"] {
          let run = try CommandProcess.shell(
            "cd \(folder); $ECHELON \(command) \(input) >> in/x.csv")
          #expect(run.status == 2, "\(command)")
          #expect(
            run.errors.contains("standard output goes to the input \(input)"), "\(run.errors)")
        }
      }
      // A copy is another file, and devices are no files.
      let other = try CommandProcess.shell(
        "cd \(folder); $ECHELON filter 'x > 1' in/x.csv > copy; $ECHELON stats - < copy; "
          + "$ECHELON stats /dev/null > /dev/null")
      #expect(!other.errors.contains("standard output"), "\(other.errors)")
      #expect(try contents("\(folder)/copy") == Data("x,y\n3,4\n".utf8))
    }
  }

  @Test func `that are arrays of an archive keep the others`() throws {
    try withInput { folder in
      let archive = "\(folder)/a.npz"
      let made = try CommandProcess.run("convert", "\(folder)/in/x.csv", "--output", archive)
      #expect(made.status == 0)
      let before = try contents(archive)
      let run = try CommandProcess.run("convert", "\(archive):x", "--output", archive)
      #expect(run.status == 2)
      #expect(run.errors.contains("would replace the input \(archive):x"), "\(run.errors)")
      #expect(try contents(archive) == before)
      // Beside it there is room.
      let beside = try CommandProcess.run("convert", "\(archive):x", "--output", "\(folder)/b.npz")
      #expect(beside.status == 0)
    }
  }

  @Test func `of a batch are not replaced when its shards are put together`() throws {
    try withInput { folder in
      let run = try CommandProcess.run(
        "batch", "--do", "log", "\(folder)/in", "--output", "\(folder)/1", "--shard", "1/1")
      #expect(run.status == 0)
      let merge = try CommandProcess.run("merge", "\(folder)/1", "--output", "\(folder)/there")
      #expect(merge.status == 2)
      #expect(merge.errors.contains("would replace the input"), "\(merge.errors)")
    }
  }
}
