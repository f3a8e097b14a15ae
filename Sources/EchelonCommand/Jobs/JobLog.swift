import Echelon
import EchelonFiles
import EchelonMemory

/// A log of what became of each file, in the columns of GNU parallel or as JSON lines.
struct JobLog {
  private let file: LineFile
  private let isJSON: Bool
  private let host = JobLog.hostName

  /// The name of this machine.
  static let hostName =
    SystemFile.read("/proc/sys/kernel/hostname")?.split(separator: "\n").first.map(String.init)
    ?? "localhost"

  private static let columns = [
    "Seq", "Host", "Starttime", "JobRuntime", "Send", "Receive", "Exitval", "Signal", "Command",
  ]

  /// - Parameter continues: whether lines are added to those that are there.
  init(_ path: String, continues: Bool) throws {
    let isNew = !continues || InputFiles.byteCount(path) == 0
    file = try LineFile(path, isEmptied: !continues) {
      CommandError("\(path): another run writes this log; choose another --joblog file")
    }
    isJSON = path.hasEnding(".jsonl")
    if isNew, !isJSON { try file.append(Self.columns.joined(separator: "\t")) }
  }

  /// One file has ended.
  /// - Parameters:
  ///   - start: in seconds since 1970.
  ///   - received: bytes of results.
  func add(
    _ task: BatchTask, start: Double, seconds: Double, received: Int, status: JobStatus,
    command: String
  ) throws {
    let sent = task.input.byteCount
    guard !isJSON else {
      return try file.append(
        JSONValue.object([
          ("seq", .integer(task.index + 1)), ("host", .string(host)), ("start", .number(start)),
          ("seconds", .number(seconds)), ("send", .integer(sent)), ("receive", .integer(received)),
          ("exit_value", .integer(status.exitValue)), ("signal", .integer(status.signal)),
          ("command", .string(command)), ("file", .string(task.path)),
          ("error", status.error.map { .string($0) } ?? .null),
        ]).text(isIndented: false))
    }
    let fields = [
      "\(task.index + 1)", host, Self.decimal(start), Self.decimal(seconds), "\(sent)",
      "\(received)", "\(status.exitValue)", "\(status.signal)", command,
    ]
    try file.append(fields.joined(separator: "\t"))
  }

  func synchronize() throws { try file.synchronize() }

  /// Three places after the point.
  private static func decimal(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
  }
}

/// How work on a file ended, as shells and GNU parallel have it.
struct JobStatus: Sendable {
  /// 0 done, 1 failed, -1 took too long.
  var exitValue = 0
  /// What ended the worker.
  var signal = 0
  var error: String?

  /// Done.
  init() {}

  /// - Parameter error: why the file failed.
  init(_ error: any Error, _ text: String) {
    self.error = text
    exitValue = 1
    let death = (error as? LimitedWorkerDied)?.death ?? error as? WorkerDied
    if case .signalled(let number)? = death?.cause {
      (exitValue, signal) = (0, Int(number))
    }
    if error is JobTimeout { exitValue = -1 }
  }
}
