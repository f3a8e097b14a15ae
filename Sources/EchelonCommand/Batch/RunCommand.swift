import ArgumentParser
import Echelon
import EchelonFiles

/// The options that a job file may have, as the command line has them.
struct JobFileOptions: ParsableArguments {
  @OptionGroup var report: ReportOptions
  @OptionGroup var progress: ProgressOptions
  @OptionGroup var raw: RawOptions
  @OptionGroup var format: FormatOptions
  @OptionGroup var workers: WorkerOptions
  @OptionGroup var job: JobOptions
  @OptionGroup var text: TextOptions
}

/// `echelon run`: a batch that is written down.
struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "A batch from a job file in YAML.",
    discussion: """
      All of the file is checked before anything starts; what is wrong is said with its line and column. Paths \
      are seen from where the command runs. Options here come after those in the file and replace them.

      A JOB
        inputs: ["data/*.csv", "more/**/*.npy"]   # also files and folders
        steps:
          - drop-missing
          - filter: x > 1
          - to-npy
        output: out
        timeout: 200%
        halt: soon,fail=10%
        joblog: out.log

      KEYS
        inputs, steps, output
        \(JobFile.options.map(\.name).joined(separator: ", "))
      as the options of 'echelon batch', which 'echelon batch --help' explains.

      EXAMPLES
        echelon run examples/weather.yaml --explain
        echelon run examples/weather.yaml --resume
      """)

  @Argument(
    help: ArgumentHelp("The job file.", valueName: "job.yaml"),
    completion: .file(extensions: ["yaml", "yml"]))
  var path: String

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "The folder for the results, in place of that in the file.", valueName: "dir"),
    completion: .directory)
  var output: String?

  @Option(help: ArgumentHelp("Worker processes, 1 to 256.", valueName: "n"))
  var workers: Int?

  @Option(help: ArgumentHelp("Only every n-th file, from the i-th on.", valueName: "i/n"))
  var shard: Shard?

  @Flag(help: "Leave files as they are that were done before and are still valid.")
  var resume = false

  @Flag(help: "Say what would be done with each file; nothing is written.")
  var dryRun = false

  @Flag(help: "Say how the run would go, what is left out, and why; nothing is written.")
  var explain = false

  func run() async throws {
    let file: JobFile
    do { file = try JobFile(path: path) } catch let fault as JobFileFault {
      throw WrongUse(fault.description, command: "run")
    }
    guard let output = output ?? file.output else {
      throw WrongUse("\(path) names no output; add it there, or by --output", command: "run")
    }
    var given: [String] = []
    if let workers { given.append("--workers=\(workers)") }
    if let shard { given.append("--shard=\(shard)") }
    for (isSet, name) in [(resume, "--resume"), (dryRun, "--dry-run"), (explain, "--explain")]
    where isSet { given.append(name) }
    let options: JobFileOptions
    do { options = try JobFileOptions.parse(file.arguments + given) } catch {
      throw WrongUse("\(path): \(JobFileOptions.message(for: error))", command: "run")
    }
    let plan = try BatchPlan(
      steps: file.steps, paths: file.paths, outputFolder: output, dialect: options.text.dialect,
      raw: options.raw.rawFormat, isTagged: options.job.tag, command: "run")
    try await plan.carryOut(
      options.job, options.text.words + options.raw.words, into: output,
      workers: options.workers.count,
      showing: RunShowing(
        format: options.format.format, report: options.report.path,
        progress: options.progress.style), jobFile: path, command: "run")
  }
}
