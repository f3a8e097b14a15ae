import EchelonMemory
import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct `A resumed batch` {
  private var journal: String { ".echelon-journal.jsonl" }

  @Test func `does what is not valid any more, and nothing else`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 6)
      let first = try job.batch("--format", "json")
      let before = try job.files()
      try FileManager.default.removeItem(atPath: "\(job.output)/10000.csv")
      try job.write("x,y\n1,2\n", "out/10001.csv")
      try job.write("x,y\n1,2\n3,5\n", "in/10002.csv")
      // What a killed run leaves behind.
      try job.write("half", "out/.echelon-1abc.tmp")
      let plan = try job.batch("--resume", "--dry-run")
      #expect(plan.output.split(separator: "\n").count { $0.contains("left as it is") } == 3)
      #expect(names(in: job.output).contains(".echelon-1abc.tmp"), "a dry run wrote something")

      let again = try job.batch("--resume", "--format", "json")
      #expect(JobFixture.summary(again) == "6 files done (3 of them before)")
      #expect(!names(in: job.output).contains(".echelon-1abc.tmp"))
      #expect(again.output != first.output, "the changed input has fewer rows")
      let after = try job.files()
      try job.batch(to: "\(folder)/anew")
      #expect(try after == job.files(in: "\(folder)/anew"))
      #expect(before.keys == after.keys)
      #expect(before.filter { after[$0.key] != $0.value }.map(\.key) == ["10002.csv"])

      try job.write("x,y\n1\n", "in/10003.csv")
      let broken = try job.batch("--resume", status: 1)
      #expect(broken.errors.contains("out/10003.csv: is of an earlier run, and stays as it was"))
    }
  }

  @Test func `does an edited job anew, and finds both of them afterwards`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      try job.batch()
      let edited = try job.batch("--resume", steps: "normalize")
      #expect(JobFixture.summary(edited) == "3 files done")
      let added = try job.batch("--resume", steps: "normalize,to-csv,to-json")
      #expect(JobFixture.summary(added) == "3 files done")  // a step more, and a result more
      let delimited = try job.batch(
        "--resume", "--missing", "-999", steps: "normalize,to-csv,to-json")
      #expect(JobFixture.summary(delimited) == "3 files done")
      let same = try job.batch("--resume", "--missing", "-999", steps: "normalize,to-csv,to-json")
      #expect(JobFixture.summary(same) == "3 files done (3 of them before)")
      #expect(same.output == delimited.output)
    }
  }

  @Test func `does files anew when another one has changed that a step reads`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 2)
      try job.write("x,z\n1,2\n", "other.csv")
      let step = "join left \(folder)/other.csv on x"
      try job.batch(steps: step)
      let same = try job.batch("--resume", steps: step)
      #expect(JobFixture.summary(same) == "2 files done (2 of them before)")
      try job.write("x,z\n1,3\n", "other.csv")
      let changed = try job.batch("--resume", steps: step)
      #expect(JobFixture.summary(changed) == "2 files done")
    }
  }

  /// Runs a batch in the folder of the job.
  private func batch(_ job: JobFixture, _ input: String, _ options: String = "") throws
    -> CommandProcess
  {
    let run = try CommandProcess.shell(
      "cd '\(job.folder)' && \"$ECHELON\" batch --do standardize \(input) --output out \(options)")
    #expect(run.status == 0, "\(input): \(run.errors)")
    return run
  }

  @Test func `knows its files however their paths are written`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      _ = try batch(job, "in")
      let before = try job.files()
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/link", withDestinationPath: folder)
      for input in [
        "./in", "in/", ".//in/.", "\"$PWD/in\"", "\"../$(basename \"$PWD\")/in\"", "in/*.csv",
        "link/in",
        "\"$(cd link && pwd)/in\"",
      ] {
        let plan = try batch(job, input, "--resume --dry-run").output
        #expect(plan.split(separator: "\n").count { $0.contains("left as it is") } == 3, "\(input)")
        let run = try batch(job, input, "--resume --format csv")
        #expect(JobFixture.summary(run) == "3 files done (3 of them before)", "\(input)")
        // What is shown are the paths of this run.
        #expect(input != "./in" || run.output.contains("\n./in/10000.csv,"), "\(run.output)")
      }
      #expect(try job.files() == before)
    }
  }

  @Test func `takes nothing for a file that only its name is of`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      _ = try batch(job, "in")
      let before = try job.files()
      try FileManager.default.copyItem(atPath: job.inputs, toPath: "\(folder)/copy")
      try job.write("x,y\n1,2\n3,5\n", "copy/10001.csv")
      let plan = try batch(job, "copy", "--resume --dry-run").output.split(separator: "\n")
      #expect(plan.map { $0.contains("left as it is") } == [true, false, true])
      #expect(plan[1].contains("the input has changed"))
      #expect(
        JobFixture.summary(try batch(job, "copy", "--resume"))
          == "3 files done (2 of them before)")
      let after = try job.files()
      #expect(before.filter { after[$0.key] != $0.value }.map(\.key) == ["10001.csv"])
      // And back again: the result is not that of this file.
      #expect(
        JobFixture.summary(try batch(job, "in", "--resume")) == "3 files done (2 of them before)")
      #expect(try job.files() == before)

      // The same bytes by a name with another format, with a result of the same name.
      for name in ["a.csv", "a.csv.tsv"] {
        try job.write("x\ty,z\n1\t2,3\n", "copy/\(name)")
        let run = try CommandProcess.shell(
          "cd '\(folder)' && \"$ECHELON\" batch --do to-tsv copy/\(name) --output o --resume")
        #expect(run.output.contains("o/a.csv.tsv"))
        #expect(JobFixture.summary(run) == "1 file done", "\(run.errors)")
      }
    }
  }

  @Test func `goes on from a journal whose keys have the paths of files`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      _ = try batch(job, "in")
      let path = "\(job.output)/\(journal)"
      var text = String(decoding: try contents(path), as: UTF8.self)
      let operations = try #require(text.firstMatch(of: /"operations":"([0-9a-f]+)",/))
      let inputs = try #require(text.firstMatch(of: /"inputs":"[0-9a-f]+",/))
      text = text.replacing(operations.output.0, with: "").replacing(inputs.output, with: "")
      text = text.replacing("\"version\":2", with: "\"version\":1")
      let entry = /"job":"([0-9a-f]+)".*"path":"(.*?)"/
      let lines = text.split(separator: "\n").map { line in
        guard let found = line.firstMatch(of: entry) else { return String(line) }
        let file = String(found.output.2)
        let name = String(file.dropFirst("in/".count))
        let old = ContentHash([String(operations.output.1), file, name].joined(separator: "\0"))
        return String(line).replacing(found.output.1, with: old.description)
      }
      #expect(lines.count { $0.contains(entry) } == 3)
      for input in ["in", "./in"] {
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: path))
        #expect(
          JobFixture.summary(try batch(job, input, "--resume"))
            == "3 files done (3 of them before)")
      }
      let edited = try batch(job, "in", "--resume --missing -999 --dry-run").output
      #expect(edited.split(separator: "\n").count { $0.contains("options have changed") } == 3)
      // They have been written down as they are called now.
      #expect(
        JobFixture.summary(try batch(job, "\"$PWD/in\"", "--resume"))
          == "3 files done (3 of them before)")
    }
  }

  @Test func `survives a journal that is torn or damaged`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 3)
      try job.batch()
      let before = try job.files()
      let path = "\(job.output)/\(journal)"
      let damages: [(done: Int, damage: (Data) -> Data)] = [
        (2, { Data($0.dropLast(40)) }),
        (3, { $0 + Data(repeating: 0, count: 4096) }),
        (3, { Data("{\"file\": 3}\n\u{FFFD}\n".utf8) + $0.dropFirst(20) }),
      ]
      for (done, damage) in damages {
        try damage(try contents(path)).write(to: URL(filePath: path))
        let run = try job.batch("--resume")
        #expect(JobFixture.summary(run) == "3 files done (\(done) of them before)")
        #expect(try job.files() == before)
      }
    }
  }

  @Test func `is refused while another run writes to the folder`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 1)
      try job.batch()
      let descriptor = unsafe open("\(job.output)/\(journal)", O_RDWR)
      defer { close(descriptor) }
      #expect(flock(descriptor, LOCK_EX) == 0)
      let run = try job.batch("--resume", status: 1)
      #expect(run.errors.contains("another run writes to this folder"))
    }
  }
  @Test func `says which results stay of files that are gone, and leaves them`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 5)
      try job.batch()
      let nothing = try job.batch("--resume")
      #expect(!nothing.errors.contains("stay"))
      let files = FileManager.default
      try files.removeItem(atPath: "\(job.inputs)/10001.csv")
      let one = try job.batch("--resume")
      #expect(
        one.errors.contains(
          "out: 10001.csv stays, a result of \(job.inputs)/10001.csv, which is not among the files any more"
        ), "\(one.errors)")
      try files.removeItem(atPath: "\(job.inputs)/10003.csv")
      // Of all shards together: files of another one are not gone.
      for option in [["--dry-run"], ["--explain"], [], ["--shard", "1/3"]] {
        let run = try CommandProcess.run(
          [
            "batch", "--do", "standardize", job.inputs, "--output", job.output, "--resume",
          ] + option)
        #expect(run.status == 0, "\(run.errors)")
        let text = run.output + run.errors
        #expect(text.contains("2 results stay of files that are not among those"), "\(text)")
        #expect(text.contains("such as 10001.csv of \(job.inputs)/10001.csv"))
      }
      #expect(try job.files().count == 5)
      // Files that are elsewhere now, and results that somebody has removed.
      try files.moveItem(atPath: job.inputs, toPath: "\(folder)/moved")
      for name in ["10001.csv", "10003.csv"] {
        try files.removeItem(atPath: "\(job.output)/\(name)")
      }
      let moved = try CommandProcess.run(
        "batch", "--do", "standardize", "\(folder)/moved", "--output", job.output, "--resume")
      #expect(!moved.errors.contains("stay"), "\(moved.errors)")
    }
  }
}
