import Foundation
import TestSupport
import Testing

@Suite struct `Several steps in one word` {
  /// The steps as `--explain` numbers them.
  private func steps(_ words: [String]) throws -> [String] {
    let run = try CommandProcess.run(
      ["batch", "--do"] + words + ["data/wine.csv", "--output", "no-such-folder", "--explain"])
    #expect(run.status == 0, "\(words): \(run.errors)")
    return run.output.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: #/  \d+\. ([^:]*)(: .*)?/#).map { String($0.output.1) }
    }
  }

  @Test(arguments: [
    (["drop-missing standardize"], ["drop-missing", "standardize", "to-csv"]),
    (["log difference,abs , sqrt"], ["log", "difference", "abs", "sqrt", "to-csv"]),
    (["log", "difference"], ["log", "difference", "to-csv"]),
    (["filter hue > 1, standardize"], ["filter hue > 1", "standardize", "to-csv"]),
    (["filter", "hue > 1, standardize"], ["filter hue > 1", "standardize", "to-csv"]),
    (["log filter max(hue, ash) > 1,abs"], ["log", "filter max(hue, ash) > 1", "abs", "to-csv"]),
    (["filter hue > 1, filter ash > 2"], ["filter hue > 1", "filter ash > 2", "to-csv"]),
    (["map r = hue, to-npy f4 to-json"], ["map r = hue", "to-npy f4", "to-json"]),
    (["filter `a, log` > 1, log"], ["filter `a, log` > 1", "log", "to-csv"]),
    (["filter class == \"a, log\""], ["filter class == \"a, log\"", "to-csv"]),
    // A column may be called as an operation is.
    (["log, select hue, log"], ["log", "select hue, log", "to-csv"]),
    (["sort", "hue, log"], ["sort hue, log", "to-csv"]),
    (["corr,to-json"], ["corr", "to-json"]),
    (["head 5, corr spearman"], ["head 5", "corr spearman", "to-csv"]),
  ])
  func `are what they are in words of their own`(_ words: [String], expected: [String]) throws {
    #expect(try steps(words) == expected)
  }

  @Test(arguments: [
    (
      ["drop-missing standardise"], "'standardise' is not an operation; did you mean 'standardize'?"
    ),
    (["turn log"], "'turn' is not an operation"),
    (["filter hue > 1, standardise"], "'standardise' is not an operation; did you mean"),
    (["filter hue > , log"], "filter: "),
    (["filter hue > 1, 2"], "filter: "),
    (["log, filter"], "'filter' is followed by what it works on"),
    (["filter, log"], "'filter' is followed by what it works on"),
    (["to-npy f5, log"], "'f5' is no type that to-npy writes"),
    (["log to-csv f4"], "'to-csv' takes no type"),
    (["log x > 1"], "'x' is not an operation"),
    ([" , "], "' , ' is not an operation"),
    (["abs", "filter", "hue > 1, x log"], "filter: "),
    (["filter hue > 1, log turn"], "'turn' is not an operation"),
  ])
  func `are refused by the one that is wrong`(_ words: [String], message: String) throws {
    let run = try CommandProcess.run(
      ["batch", "--do"] + words + ["data/wine.csv", "--output", "no-such-folder"])
    #expect(run.status == 2)
    #expect(run.errors.contains(message), "\(words): \(run.errors)")
  }

  @Test func `are no files, and files with their words are none`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 0)
      for name in ["log my.csv", "my log.csv", "filter x.csv"] {
        try job.write("x,y\n1,2\n3,4\n", "in/\(name)")
        let run = try CommandProcess.run(
          "batch", "--do", "abs sqrt", "\(job.inputs)/\(name)", "--output", "\(folder)/\(name)")
        #expect(run.status == 0, "\(run.errors)")
        #expect(names(in: "\(folder)/\(name)").contains(name))
      }
      let inside = try CommandProcess.shell(
        "cd '\(job.inputs)' && \"$ECHELON\" batch --do abs,sqrt 'log my.csv' 'my log.csv' 'filter x.csv' --output ../o"
      )
      #expect(inside.status == 0, "\(inside.errors)")
      #expect(JobFixture.summary(inside) == "3 files done")
      let gone = try CommandProcess.run(
        "batch", "--do", "abs", "log nothing.csv", "--output", job.output)
      #expect(gone.status == 2 && gone.errors.contains("'nothing.csv' is not an operation"))
    }
  }

  @Test func `go through the script for Slurm as they are`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      try job.batch(steps: "filter x > 1", to: "\(folder)/filtered")
      for (number, step) in ["drop-missing standardize", "filter x > 1, standardize"].enumerated() {
        let output = "\(folder)/slurm\(number)"
        try FileManager.default.createDirectory(
          atPath: "\(folder)/bin", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(
          atPath: output, withIntermediateDirectories: true)
        let run = try CommandProcess.shell(
          "ln -sf \"$ECHELON\" '\(folder)/bin/echelon' && PATH='\(folder)/bin':$PATH "
            + "sh examples/slurm.sh '\(step)' '\(job.inputs)' '\(output)'")
        #expect(run.status == 0, "\(run.errors)")
        let input = number == 0 ? job.inputs : "\(folder)/filtered"
        let expected = try CommandProcess.run(
          "batch", "--do", "standardize", input, "--output", "\(folder)/expected\(number)")
        #expect(expected.status == 0, "\(expected.errors)")
        #expect(
          try job.files(in: "\(output)/shard-1") == job.files(in: "\(folder)/expected\(number)"))
      }
    }
  }
}
