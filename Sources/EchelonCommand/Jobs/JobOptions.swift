import ArgumentParser
import Echelon
import EchelonFiles

extension Shard: ExpressibleByArgument {}

/// How the files of a run are gone through.
struct JobSettings: Sendable {
  /// Whether the output folder gets a journal.
  var hasJournal = false
  /// Whether what is done and still valid is left as it is.
  var resumes = false
  /// How many more times a file is tried when its worker dies.
  var retries = 2
  var timeLimit: TimeLimit?
  var halt = HaltPolicy.never
  /// Between the starts of two files.
  var delay = Duration.zero
  var niceness: Int?
  /// Of a worker, beyond what it has at its start, in bytes.
  var memoryLimit: Int?
  var jobLog: String?
  var shard: Shard?
  /// The other options as words of a command, for the log.
  var otherWords: [String] = []
}

/// The same on the command line.
struct JobOptions: ParsableArguments {
  @Flag(
    help: """
      Leave files as they are that were done before by the same operations, from the same bytes, and whose \
      results are still there; do the others, and those that failed.
      """)
  var resume = false

  @Option(
    help: ArgumentHelp(
      """
      How many more times a file is tried when its worker dies. What is wrong with a file itself, or takes \
      too long, is not tried again in the same run.
      """, valueName: "n"))
  var retries = 2

  @Option(
    help: ArgumentHelp(
      """
      The most time for one file: 30s, 500ms, 2m, 1h; or 200% of the median of those that are done, once there are three.
      """, valueName: "time"))
  var timeout: TimeLimit?

  @Option(
    help: ArgumentHelp(
      """
      When to end early, as in GNU parallel: never, soon,fail=3 begins nothing new after three failures, \
      now,fail=10% also stops what runs; also success= and done=. Per cent are of all files.
      """, valueName: "policy"),
    completion: .list(["never", "soon,fail=1", "soon,fail=10%", "now,fail=1", "now,fail=10%"]))
  var halt: HaltPolicy?

  @Flag(
    help: "Try all files whatever fails: --halt never, which is what happens if nothing is said.")
  var keepGoing = false

  @Option(help: ArgumentHelp("The time between the starts of two files.", valueName: "time"))
  var delay: TimeSpan?

  @Option(help: ArgumentHelp("The niceness of the workers, 0 to 19.", valueName: "n"))
  var nice: Int?

  @Option(
    help: ArgumentHelp(
      "The most memory that a worker may take for a file: 500M, 2G. One that needs more dies, and the file fails.",
      valueName: "size"))
  var memoryLimit: MemorySize?

  @Option(
    name: .customLong("joblog"),
    help: ArgumentHelp(
      "A log of the files in GNU parallel's columns, or as JSON lines if the name ends in .jsonl. With --resume it is continued.",
      valueName: "file"), completion: .file())
  var jobLog: String?

  @Flag(
    help:
      "With --output -: results of several files, in their order, each line behind the name of its file and a tab."
  )
  var tag = false

  @Option(
    help: ArgumentHelp(
      "Only every n-th file, from the i-th on; see 'echelon merge --help'.", valueName: "i/n"))
  var shard: Shard?

  @Flag(help: "Say what would be done with each file; nothing is written.")
  var dryRun = false

  @Flag(help: "Say how the run would go, what is left out, and why; nothing is written.")
  var explain = false

  func validate() throws {
    guard 0...1000 ~= retries else {
      throw ValidationError("--retries must be 0 to 1000, not \(retries)")
    }
    if let nice, !(0...19 ~= nice) {
      throw ValidationError("--nice must be 0 to 19, not \(nice)")
    }
    // Less than what a worker takes to read a file of no rows.
    if let memoryLimit, memoryLimit.byteCount < 1 << 20 {
      throw ValidationError(
        "--memory-limit must be 1M or more, not \(NumberText.count(memoryLimit.byteCount, "byte")); 500M is 500 mebibytes"
      )
    }
    if keepGoing, let halt, halt != .never {
      throw ValidationError("--keep-going and --halt \(halt) contradict each other; choose one")
    }
    if dryRun, explain {
      throw ValidationError("--dry-run and --explain are two answers; ask for one")
    }
  }

  /// What was asked for.
  /// - Throws: `WrongUse` for what results on standard output do not have.
  func settings(output: String, command: String) throws -> JobSettings {
    let isStandardOutput = output == InputFile.standardStream
    if isStandardOutput, resume || shard != nil {
      throw WrongUse(
        "\(resume ? "--resume" : "--shard") needs an --output folder, where the journal lies",
        command: command)
    }
    if tag, !isStandardOutput {
      throw WrongUse("--tag needs --output -; files have names of their own", command: command)
    }
    return JobSettings(
      hasJournal: !isStandardOutput, resumes: resume, retries: retries, timeLimit: timeout,
      halt: halt ?? .never, delay: delay?.duration ?? .zero, niceness: nice,
      memoryLimit: memoryLimit?.byteCount, jobLog: jobLog, shard: shard)
  }
}
