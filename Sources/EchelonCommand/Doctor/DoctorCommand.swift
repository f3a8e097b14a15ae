import ArgumentParser
import Echelon
import EchelonFiles
import EchelonLinearAlgebra

/// `echelon doctor`: the machine as Echelon sees it.
struct DoctorCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "What this machine offers, how fast it is, and what to install or change.",
    discussion: """
      Looks at processors, memory, shared memory, limits and the linear algebra library, and measures \
      a matrix product and a round trip to a worker. Takes a few seconds and changes nothing.

      EXAMPLES
        echelon doctor
        echelon doctor --format json | jq .advice
      """)

  @OptionGroup var output: FormatOptions
  @OptionGroup var workers: WorkerOptions

  func run() async throws {
    var report = DoctorReport()
    report.inspectMachine()
    report.inspectMemory()
    report.inspectBackings()
    report.inspectLimits(workerCount: workers.count)
    report.inspectLibraries()
    try await report.measureLinearAlgebra(workerCount: workers.count)
    try await report.measurePool(workerCount: workers.count)
    try report.write(output.format)
  }
}
