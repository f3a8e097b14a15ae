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
    ("inputs: [data]\nsteps: [to-npy b1]", "2:9: 'b1' is no type that to-npy writes; there are i1"),
    ("inputs: [data/none.npz.gz:x]\nsteps: [abs]", "1:10: 'data/none.npz.gz:x': no such file"),
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

  /// Nine levels of nine aliases each, as values and as keys, which stand for 9⁹ words; and lists in lists.
  private static let bombs: [(text: String, message: String)] = {
    func levels(_ list: (String) -> String) -> String {
      "a0: &a0 x\n"
        + (1...9).map { level in
          let aliases = (0..<9).map { _ in "*a\(level - 1)" }
          return "a\(level): &a\(level) " + list(aliases.joined(separator: ", ")) + "\n"
        }.joined()
    }
    let depth = 100_000
    return [
      (levels { "[\($0)]" }, "3:"), (levels { "{[\($0)]: x}" }, "3:"),
      (
        "steps: " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth),
        "1:263: more than 256 lists in brackets"
      ),
      ("steps:\n" + String(repeating: "- ", count: depth) + "abs", "2:256: begins more than 256"),
      ("steps:\n" + String(repeating: "? ", count: depth) + "abs", "2:256: begins more than 256"),
    ]
  }()

  @Test func `is refused before it is read, where that would take for ever or the whole stack`()
    throws
  {
    try withFolder { folder in
      for (text, message) in Self.bombs {
        let path = "\(folder)/job.yaml"
        try Data(("inputs: [data]\n" + text + "\n").utf8).write(to: URL(filePath: path))
        let run = try CommandProcess.run("run", path, "--output", "\(folder)/out")
        #expect(run.status == 2, "\(message)")
        let line = message.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let place = "\(Int(line[0])! + 1):\(line[1])"
        #expect(run.errors.hasPrefix("echelon: \(path):\(place)"), "\(run.errors.prefix(300))")
      }
    }
  }

  @Test func `may say things once, and has stars and brackets in words`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 2)
      let lines = (0..<20).map { "  - \"map: r\($0) = x *x\"" }
      try job.write(
        """
        inputs: ['\(folder)/in/*.csv']
        steps: &steps
          - abs
        output: &out \(folder)/out
        joblog: *out
        """, "job.yaml")
      let run = try CommandProcess.run("run", "\(folder)/job.yaml", "--dry-run")
      #expect(run.status == 0, "\(run.errors)")
      try job.write(
        "inputs: ['\(folder)/in/*.csv']\noutput: out\nsteps:\n" + lines.joined(separator: "\n"),
        "stars.yaml")
      let stars = try CommandProcess.run("run", "\(folder)/stars.yaml", "--dry-run")
      #expect(!stars.errors.contains("aliases"), "\(stars.errors)")
    }
  }
}
