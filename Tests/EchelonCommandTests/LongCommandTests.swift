import EchelonCommand
import Foundation
import TestSupport
import Testing

@Suite struct `A command with thousands of words` {
  private static let files = (0..<4000).map { "in/\($0).csv" }

  /// ArgumentParser's work is the square of the number of words, so that number is what counts.
  @Test func `is parsed as a few, in which all of them are`() {
    let odd = Self.files.map { $0 + " a, =\u{301}" }
    for (words, most) in [
      (["stats"] + Self.files, 65),
      (["batch", "--do", "log"] + Self.files + ["--output", "out"], 70),
      (["stats", "--format", "json"] + Self.files + ["-"] + Self.files, 140),
      (["filter", "x > 1"] + odd + ["", "--", "-x"], 70),
      (["stats", "a.csv", "", "-", "--workers", "2"], 6),
      ([], 0),
    ] {
      let folded = FoldedWords.folded(words)
      #expect(folded.count <= most, "\(words.prefix(4))")
      #expect(FoldedWords.unfolded(folded) == words, "\(words.prefix(4))")
      // What is short stays as it was written, for errors to name it.
      #expect(words.count > 6 || folded == words)
    }
  }

  @Test func `does with each file what it does with those of a folder`() throws {
    try withFolder { folder in
      let count = FoldedWords.keptCount + 9
      let job = try JobFixture(in: folder, count: count)
      let files = (0..<count).map { "\(job.inputs)/\(10_000 + $0).csv" }
      for (before, after) in [
        (["stats"], ["--format", "csv"]),
        (["batch", "--do", "log"], ["--output", job.output, "--dry-run"]),
        (["batch", "--output", job.output, "--dry-run", "--do", "log"], []),
        (["filter", "x > 1"], ["--output", job.output + "/"]),
        (["concat"], []),
        (["convert", "--to", "npy"], ["--output", job.output + "/"]),
      ] {
        let named = try CommandProcess.run(before + files + after)
        let whole = try CommandProcess.run(before + [job.inputs] + after)
        #expect(named.status == 0 && whole.status == 0, "\(before): \(named.errors)")
        #expect(named.output == whole.output, "\(before)")
        #expect(JobFixture.summary(named) == JobFixture.summary(whole), "\(before)")
      }
      let wrong = try CommandProcess.run(["solve", "a.csv"] + files + ["--nonsense"])
      #expect(wrong.status == 2 && wrong.errors.contains("--nonsense"), "\(wrong.errors)")
      #expect(!wrong.errors.utf8.contains(0))
      // Words that are too many are named one by one.
      let many = try CommandProcess.run(["plot", "histogram", "x"] + files)
      #expect(
        many.status == 2 && many.errors.contains("\(10_000 + count - 1).csv"), "\(many.errors)")
      #expect(!many.errors.utf8.contains(0))
    }
  }
}
