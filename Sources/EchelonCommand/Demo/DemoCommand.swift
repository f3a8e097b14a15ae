import ArgumentParser
import Echelon
import EchelonFiles

/// `echelon demo`: a look at everything, on real files; what `make run` shows.
struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "A tour: a folder of files, Monte Carlo and a matrix product, with times.",
    discussion: """
      Summarizes every data file of a folder over the pool, estimates two numbers whose value is \
      known, multiplies two matrices, and says how long each part took.

      EXAMPLES
        echelon demo data --output results
      """)

  @Argument(
    help: ArgumentHelp("A folder with data files, or files.", valueName: "path"),
    completion: .file())
  var inputs = ["data"]

  @Option(
    help: ArgumentHelp("The folder for the results; it is made if missing.", valueName: "dir"),
    completion: .directory)
  var output = "results"

  @Option(help: ArgumentHelp("Samples of the Monte Carlo runs, 2 to 1e12.", valueName: "n"))
  var samples = SampleCount(100_000_000)

  @Option(help: ArgumentHelp("The key of the random numbers.", valueName: "s"))
  var seed: UInt64 = 42

  @OptionGroup var workers: WorkerOptions

  func run() async throws {
    let plan = try BatchPlan(
      words: ["stats", "to-csv"], files: inputs, outputFolder: output, command: "demo")
    do throws(FileSystemError) { try Folder.create(output) } catch {
      throw FileError(error, path: output)
    }
    let start = ContinuousClock.now
    let interruption = Interruption()
    var failureCount = 0
    try await interruption.exitingIfCut {
      failureCount = try await withProcessPool(workers: workers.count) { pool in
        try await pool.warmUp()
        var tour = DemoTour(
          pool: pool, workerCount: workers.count, interruption: interruption,
          startSeconds: (ContinuousClock.now - start).seconds)
        try await tour.studyFiles(plan.tasks, folder: output)
        try await tour.sample(count: samples.count, seed: seed)
        try await tour.multiply()
        try tour.finish(folder: output)
        return tour.failureCount
      }
    }
    if failureCount > 0 { throw Exit.someInputFailed }
  }
}
