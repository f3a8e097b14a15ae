import Foundation
import Testing

/// What is read beside the inputs is told of as they are.
@Suite(.timeLimit(.minutes(3))) struct `Files beside the inputs` {
  /// Two inputs, and files for `join` and `concat` of which something is to be said.
  private func withFiles(_ body: (String) throws -> Void) throws {
    try withFolder { folder in
      let numbers = (1...20).map { "\($0),\($0 == 7 ? "1O.5" : "\($0).5")\n" }.joined()
      for (name, text) in [
        ("a", "id,x\n1,2\n2,3\n"), ("b", "id,x\n2,4\n"), ("typo", "id,y\n" + numbers),
        ("commas", "id;x\n8;1,5\n9;2,5\n"), ("large", "id,x\n9007199254740993,1\n"),
      ] {
        let path = "\(folder)/\(["a", "b"].contains(name) ? "in/" : "")\(name).csv"
        try FileManager.default.createDirectory(
          atPath: "\(folder)/in", withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
      }
      try body(folder)
    }
  }

  @Test func `have notes in a batch, once for all inputs`() throws {
    try withFiles { folder in
      for (step, words) in [
        (
          "join left \(folder)/typo.csv on id",
          "typo.csv:8:3: 'y' is text because of the word '1O.5'"
        ),
        ("concat \(folder)/large.csv", "large.csv: whole numbers with more than 15 digits"),
      ] {
        let output = "\(folder)/out-\(step.prefix(4))"
        let run = try CommandProcess.run(
          "batch", "--do", step, "--do", "to-csv", "\(folder)/in", "--output", output)
        #expect(run.status == 0, "\(step): \(run.errors)")
        let count = run.errors.components(separatedBy: words).count - 1
        #expect(count == 1, "\(step): \(run.errors)")
      }
      // Nor twice where it is an input as well.
      let both = try CommandProcess.run(
        "batch", "--do", "join left \(folder)/typo.csv on id", "\(folder)/typo.csv",
        "--output", "\(folder)/both")
      #expect(both.errors.components(separatedBy: "'1O.5'").count == 2, "\(both.errors)")
    }
  }

  @Test func `have notes beside a matrix`() throws {
    try withFiles { folder in
      try Data("a,b\n1,0\n0,2\n".utf8).write(to: URL(filePath: "\(folder)/A.csv"))
      try Data("b\n9007199254740993\n4\n".utf8).write(to: URL(filePath: "\(folder)/B.csv"))
      let run = try CommandProcess.run("solve", "\(folder)/A.csv", "\(folder)/B.csv")
      #expect(run.status == 0 && run.errors.contains("B.csv: whole numbers"), "\(run.errors)")
    }
  }
}
