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
}
