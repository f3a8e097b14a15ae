import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A job file` {
  @Test func `does what the command does`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 4)
      try job.batch(steps: "standardize,to-csv,to-json")
      try FileManager.default.createDirectory(
        atPath: "\(folder)/in/deep/er", withIntermediateDirectories: true)
      try FileManager.default.moveItem(
        atPath: "\(folder)/in/10003.csv", toPath: "\(folder)/in/deep/er/10003.csv")
      let path = "\(folder)/job.yaml"
      try job.write(
        """
        inputs: ['\(folder)/in/**/1000[0-9].csv']
        steps:
          - standardize
          - to-csv
          - to-json
        output: \(folder)/yaml
        workers: 2
        retries: 1
        """, "job.yaml")
      let run = try CommandProcess.run("run", path)
      #expect(run.status == 0, "\(run.errors)")
      #expect(try job.files(in: "\(folder)/yaml") == job.files())
      let again = try CommandProcess.run("run", path, "--resume")
      #expect(JobFixture.summary(again) == "4 files done (4 of them before)")
      let explained = try CommandProcess.run("run", path, "--explain", "--output", "\(folder)/no")
      #expect(explained.status == 0 && explained.output.contains("4 not done yet"))
      #expect(names(in: "\(folder)/no") == [])
    }
  }

  @Test(arguments: [
    ("inputs: [data]\nstepps: [abs]", "2:1: there is no key 'stepps'; did you mean 'steps'?"),
    (
      "inputs: [data]\nsteps: [abs, standardise]",
      "2:14: 'standardise' is not an operation; did you mean 'standardize'?"
    ),
    ("inputs: [data]\nsteps:\n  - filter: x >", "3:5: filter: "),
    ("inputs: [data/*.nothing]\nsteps: [abs]", "1:10: 'data/*.nothing' matches no file"),
    (
      "inputs: [data]\nsteps: [abs]\ntimeout: soon",
      "3:10: The value 'soon' is invalid for '--timeout <time>'; The most time"
    ),
    ("inputs: [data]\nsteps: [abs]\ntag: maybe", "3:6: 'tag' is true or false"),
    (
      "inputs: [data]\nsteps: [abs]\nretries: [1, 2]", "3:10: 'retries' has a word or a number here"
    ),
    ("inputs: [data]", "1:1: 'steps' is missing"),
    ("inputs: [data", "2:1: is no YAML: "),
    ("- data", "1:1: a job is a list of keys with values"),
  ])
  func `is refused with the place of what is wrong`(_ text: String, _ message: String) throws {
    try withFolder { folder in
      let path = "\(folder)/job.yaml"
      try Data((text + "\n").utf8).write(to: URL(filePath: path))
      let run = try CommandProcess.run("run", path, "--output", "\(folder)/out")
      #expect(run.status == 2)
      #expect(run.errors.hasPrefix("echelon: \(path):\(message)"), "\(run.errors)")
      #expect(names(in: folder) == ["job.yaml"])
    }
  }
}
