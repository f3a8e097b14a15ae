import Foundation
import Testing

@Suite struct `A journal with numbers and names that no run writes` {
  /// What is put in place of what, in the journals of two shards, and what merging them says.
  private static let changes = [
    ("\"total\":2", "\"total\":-1", "holds no shard"),
    ("\"total\":2", "\"total\":900000000000000", "have not been done"),
    ("\"count\":2", "\"count\":0", "holds no shard"),
    ("\"count\":2", "\"count\":9000000000000000", "holds no shard"),
    ("\"number\":", "\"number\":-", "holds no shard"),
    ("\"index\":", "\"index\":-7", "have not been done"),
    ("\"cut\":0,\"filled\":0", "\"cut\":9223372036854775807,\"filled\":9", "have not been done"),
    ("\"name\":\"", "\"name\":\"../1/", "have not been done"),
    ("\"name\":\"", "\"name\":\"\\u0000", "have not been done"),
  ]

  @Test func `costs its files and nothing else`() throws {
    try withFolder { folder in
      let job = try JobFixture(in: folder, count: 2)
      let shards = ["\(folder)/1", "\(folder)/2"]
      for (index, shard) in shards.enumerated() {
        try job.batch("--shard", "\(index + 1)/2", to: shard)
      }
      let journals = shards.map { "\($0)/.echelon-journal.jsonl" }
      let texts = try journals.map { try String(contentsOfFile: $0, encoding: .utf8) }
      for (index, (old, new, message)) in Self.changes.enumerated() {
        for (journal, text) in zip(journals, texts) {
          #expect(text.contains(old), "\(old)")
          try Data(text.replacing(old, with: new).utf8).write(to: URL(filePath: journal))
        }
        let run = try CommandProcess.run(
          ["merge"] + shards + ["--output", "\(folder)/all\(index)"])
        #expect(run.status == 1 && run.errors.contains(message), "\(new): \(run.errors)")
      }
      let resumed = try job.batch("--resume", "--shard", "1/2", to: shards[0])
      #expect(JobFixture.summary(resumed) == "1 file done")
    }
  }
}
