import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct `A limit of memory` {
  @Test func `is no number of bytes that no worker could live with`() throws {
    try withFolder { folder in
      for (size, words) in [("500", "not 500 bytes; 500M"), ("1k", "not 1,024 bytes")] {
        let run = try CommandProcess.run(
          "batch", "--do", "abs", "data/iris.csv", "--output", "\(folder)/out", "--memory-limit",
          size)
        #expect(run.status == 2 && run.errors.contains(words), "\(run.errors)")
      }
    }
  }
}

@Suite(.timeLimit(.minutes(2))) struct `The options for long runs` {
  @Test func `end early after failures, and try the rest later`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 30) { $0 < 3 }
      let run = try job.batch("--halt", "soon,fail=2", "--workers", "1", status: 1)
      #expect(run.errors.contains("ended early, as --halt soon,fail=2 says"))
      // One of one worker's, at most: the one that ran when the second failed.
      #expect(results(in: job.output).count <= 1)
      let rest = try job.batch("--resume", "--keep-going", status: 1)
      #expect(JobFixture.summary(rest).hasPrefix("27 files done"))
      #expect(JobFixture.summary(rest).hasSuffix("3 failed"))
      let one = try job.batch("--halt", "now,success=1", to: "\(folder)/one", status: 1)
      #expect(results(in: "\(folder)/one").count < 27, "\(one.errors)")
      let bad = try job.batch("--halt", "later", status: 2)
      #expect(bad.errors.contains("--halt"))
    }
  }

  @Test func `log what became of files as GNU parallel does`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 4) { $0 == 2 }
      try job.batch("--joblog", "\(folder)/log", status: 1)
      let lines = String(decoding: try contents("\(folder)/log"), as: UTF8.self)
        .split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
      #expect(
        lines[0] == [
          "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal",
          "Command",
        ])
      let rows = lines.dropFirst().sorted { $0[0] < $1[0] }
      #expect(rows.map { $0[0] } == ["1", "2", "3", "4"] && rows.allSatisfy { $0.count == 9 })
      #expect(rows.map { $0[6] } == ["0", "0", "1", "0"] && rows.allSatisfy { $0[7] == "0" })
      #expect(rows.allSatisfy { $0[8].hasPrefix("echelon batch ") && $0[8].hasSuffix(".csv") })
      try job.batch("--resume", "--joblog", "\(folder)/log.jsonl", status: 1)
      let row = try #require(
        try JSONSerialization.jsonObject(with: contents("\(folder)/log.jsonl")) as? [String: Any])
      #expect(row["seq"] as? Int == 3 && row["exit_value"] as? Int == 1)
    }
  }

  @Test func `write several results to standard output behind the names of their files`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      let run = try job.batch("--tag", steps: "head 1", to: "-")
      let lines = run.output.split(separator: "\n")
      #expect(lines.count == 6 && lines[4] == "\(job.inputs)/10002.csv\tx,y")
      let refused = try job.batch("--tag", status: 2)
      #expect(refused.errors.contains("--tag needs --output -"))
    }
  }

  /// A file that takes seconds where others take a millisecond, however busy the machine is: 80,000 pairs of columns,
  /// not one.
  private func writeSlowFile(_ job: JobFixture) throws {
    let rows = (0..<1000).map { row in
      (0..<400).map { "\((row * 7919 + $0 * 31) % 1009)" }.joined(separator: ",")
    }
    let header = (0..<400).map { "c\($0)" }.joined(separator: ",")
    try job.write(([header] + rows).joined(separator: "\n"), "in/20000.csv")
  }

  @Test func `stop a file that takes too long`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 1)
      try writeSlowFile(job)
      let run = try job.batch(
        "--timeout", "100ms", "--joblog", "\(folder)/log", steps: "corr spearman", status: 1)
      #expect(run.errors.contains("20000.csv: stopped after 100 ms; allow it more by --timeout"))
      #expect(try String(decoding: contents("\(folder)/log"), as: UTF8.self).contains("\t-1\t0\t"))
    }
  }

  @Test func `stop a file that takes much longer than others`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 6)
      try writeSlowFile(job)
      let run = try job.batch("--timeout", "5000%", steps: "corr spearman", status: 1)
      #expect(JobFixture.summary(run) == "6 files done, 1 failed")
      #expect(run.errors.contains("20000.csv: stopped after "))
      #expect(run.errors.contains("5000% of the median time of a file"))
    }
  }

  @Test func `shards belong together however their paths are written, and are told what differs`()
    throws
  {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 4)
      try job.batch()
      try FileManager.default.copyItem(atPath: job.inputs, toPath: "\(folder)/copy")
      func shard(_ input: String, _ number: Int, _ options: String = "--do standardize") throws {
        let run = try CommandProcess.shell(
          "cd '\(folder)' && rm -rf \(number) && \"$ECHELON\" batch \(input) \(options) --output \(number) --shard \(number)/2"
        )
        #expect(run.status == 0, "\(run.errors)")
      }
      func merge() throws -> CommandProcess {
        try CommandProcess.run(
          "merge", "\(folder)/1", "\(folder)/2", "--output", "\(folder)/all")
      }
      try shard("in", 1)
      for input in ["./in", "in/", "\"$PWD/in\""] {
        try shard(input, 2)
        try? FileManager.default.removeItem(atPath: "\(folder)/all")
        let merged = try merge()
        #expect(merged.status == 0, "\(input): \(merged.errors)")
        #expect(try job.files(in: "\(folder)/all") == job.files())
      }
      for (input, options, message) in [
        ("in", "--do normalize", "their steps are not the same"),
        ("in", "--do standardize --missing -999", "or the options on how files are read"),
        (
          "copy", "--do standardize",
          "their files are not the same, such as in/10000.csv there and copy/10001.csv here"
        ),
        ("in/*[123].csv", "--do standardize", "the number of all files is 4 there and 3 here"),
      ] {
        try shard(input, 2, options)
        let refused = try merge()
        #expect(refused.status == 1 && refused.errors.contains(message), "\(refused.errors)")
      }
    }
  }

  @Test func `shards together are the whole run`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 7) { $0 == 4 }
      let whole = try job.batch("--format", "csv", status: 1)
      let shards = (1...3).map { "\(folder)/\($0)" }
      for (index, shard) in shards.enumerated() {
        try job.batch("--shard", "\(index + 1)/3", to: shard, status: index == 1 ? 1 : 0)
      }
      let all = "\(folder)/all"
      func merge(_ folders: [String], _ status: Int32) throws -> CommandProcess {
        let run = try CommandProcess.run(
          ["merge"] + folders + ["--output", all, "--format", "csv"])
        #expect(run.status == status, "\(run.errors)")
        return run
      }
      let merged = try merge(shards.reversed(), 1)
      #expect(merged.output == whole.output.replacing(job.output, with: all))
      #expect(try job.files(in: all) == job.files())
      #expect(!merged.output.isEmpty && merged.errors.contains("10004.csv:9:"))
      let again = try job.batch("--resume", to: all, status: 1)
      #expect(again.errors.contains("(6 of them before), 1 failed"))

      #expect(try merge([shards[0], shards[2]], 1).errors.contains("1 shard missing: 2/3"))
      #expect(try merge([shards[0], job.output], 1).errors.contains("holds no shard"))
      // One of another processor.
      let journal = "\(shards[1])/.echelon-journal.jsonl"
      let text = String(decoding: try contents(journal), as: UTF8.self)
      let level = try #require(text.firstMatch(of: /"level":"([a-z0-9]+)"/)).output.0
      try Data(text.replacing(level, with: "\"level\":\"other\"").utf8)
        .write(to: URL(filePath: journal))
      let refused = try merge(shards, 1).errors
      #expect(refused.contains("the instruction set is ") && refused.contains("ECHELON_ISA"))
    }
  }
}
