import ArgumentParser
import Echelon

/// `echelon trace`: a flight recording as a trace for Perfetto.
struct TraceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trace",
    abstract: "Turns a flight recording into a trace for ui.perfetto.dev.",
    discussion: """
      A program records with `options.flightRecorder = .file("run.flight")`. The file can be read while \
      it runs, and after all its processes have died.

      EXAMPLES
        echelon trace run.flight --output run.json
        echelon trace run.flight > run.json
      """)

  @Argument(
    help: ArgumentHelp("The flight recording.", valueName: "file"), completion: .file())
  var file: String

  @Option(
    help: ArgumentHelp("Where the trace goes; standard output if left out.", valueName: "file"),
    completion: .file())
  var output: String?

  func run() throws {
    if let output {
      try InputProtection([file]).check(
        output, command: "trace", advice: "name another file by --output")
    }
    let recording = try FlightRecording(contentsOf: file)
    if let output {
      try recording.exportTrace(to: output)
    } else {
      try Console.write(recording.traceText)
    }
    let lost =
      recording.lostEvents > 0
      ? ", \(NumberText.count(recording.lostEvents, "older event")) had been replaced" : ""
    Console.writeError(
      "\(NumberText.count(recording.events.count, "event")) of "
        + "\(NumberText.count(recording.workerCount, "worker"))\(lost)")
  }
}
