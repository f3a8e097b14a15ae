import Foundation
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(30))) struct `A batch that is killed again and again` {
  /// `ECHELON_BATCH_FILES` asks for more files, such as 10000.
  private static let fileCount =
    environmentVariable("ECHELON_BATCH_FILES").flatMap { Int($0) } ?? 40

  @Test func `gives exactly the results of one that is not`() throws {
    let count = Self.fileCount
    let seed = testSeed()
    var random = TestRandom(seed: seed)
    try withFolder { folder in
      // 3 % of the files are broken.
      let job = try JobFixture(in: folder, count: count, seed: seed) { $0 % 33 == 5 }
      let options = [
        "--do", "standardize,to-csv,stats,to-json", job.inputs, "--workers", "2",
      ]
      let whole = "\(folder)/whole"
      let undisturbed = try CommandProcess.run(
        ["batch"] + options + ["--output", whole, "--format", "csv"])
      #expect(undisturbed.status == 1)

      var kills = (workers: 0, commands: 0)
      var wasKilled: Bool { kills.workers > 0 && kills.commands > 2 }
      var last: CommandProcess?
      // More at a time the more there are, so that there are some ten runs.
      let share = max(8, count / 10)
      for attempt in 0..<1000 {
        let isLast =
          attempt >= 4 && wasKilled && results(in: job.output).count >= 2 * count * 9 / 10
        let run = try CommandProcess.run(
          ["batch"] + options + [
            "--output", job.output, "--resume", "--retries", "50", "--format", "csv",
          ]
        ) { process in
          if isLast { return }
          let goal = results(in: job.output).count + Int.random(in: 0...share, using: &random)
          if Bool.random(using: &random) {
            var children: [Int32] = []
            wait {
              children = Machine.children(of: process.processIdentifier)
              return !children.isEmpty || !process.isRunning
            }
            usleep(UInt32.random(in: 0...50_000, using: &random))  // the moment of death, drawn
            if let worker = children.randomElement(using: &random), kill(worker, SIGKILL) == 0 {
              kills.workers += 1
            }
          }
          wait { results(in: job.output).count >= goal || !process.isRunning }
          // A moment more, so that deaths fall between any two steps.
          usleep(UInt32.random(in: 0...20_000, using: &random))
          if kill(process.processIdentifier, SIGKILL) == 0 { kills.commands += 1 }
        }
        last = run
        if run.status == 128 + SIGKILL { continue }
        if wasKilled { break }
        // A fast machine was done before. From the beginning.
        try FileManager.default.removeItem(atPath: job.output)
      }
      let end = try #require(last)
      #expect(end.status == 1, "seed \(seed): \(end.errors)")
      #expect(wasKilled, "seed \(seed): \(kills)")
      #expect(try job.files() == job.files(in: whole), "seed \(seed)")
      #expect(
        end.output.replacing(job.output, with: whole) == undisturbed.output, "seed \(seed)")
      let leftovers = names(in: job.output).filter { $0.hasSuffix(".tmp") }
      #expect(leftovers.isEmpty, "seed \(seed)")
    }
  }
}
