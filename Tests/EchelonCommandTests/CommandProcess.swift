import Foundation
import TestSupport
import Testing

/// The built command, run as people run it: as a process with files and pipes.
struct CommandProcess {
  let status: Int32
  let output: String
  let errors: String

  /// The lines of a help, as the words of commands; those that go on in the next line are one.
  var examples: [[String]] {
    output.replacing(/\\\n */, with: "").split(separator: "\n").map { line in
      line.split(separator: " ").map { $0.filter { $0 != "'" } }
    }
  }

  /// The one that `ECHELON_COMMAND` names, relative to the repository, or the one beside the test
  /// executable, where the build puts every product.
  static let executable: String = {
    if let given = ProcessInfo.processInfo.environment["ECHELON_COMMAND"] {
      return URL(filePath: given, relativeTo: repository).standardizedFileURL.path
    }
    return URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "echelon").path
  }()

  /// The repository, from which the commands are run, so that paths in output are short.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../..").standardizedFileURL

  /// Runs the command to its end.
  /// - Parameter whileRunning: is given the process after its start.
  static func run(
    _ arguments: [String], environment: [String: String] = [:],
    whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> CommandProcess {
    try run(executable, arguments, environment: environment, whileRunning: whileRunning)
  }

  /// Runs the command to its end.
  static func run(_ arguments: String...) throws -> CommandProcess { try run(arguments) }

  /// Runs a line of shell in which `$ECHELON` is the command.
  static func shell(
    _ line: String, whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> CommandProcess {
    try run(
      "/bin/sh", ["-c", line], environment: ["ECHELON": executable], whileRunning: whileRunning)
  }

  private static func run(
    _ path: String, _ arguments: [String], environment: [String: String] = [:],
    whileRunning: (Process) throws -> Void = { _ in }
  ) throws -> CommandProcess {
    // Files, not pipes: nothing blocks when there is much of it.
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = try ["output", "errors"].map { name in
      let file = folder.appending(path: name)
      try Data().write(to: file)
      return try FileHandle(forWritingTo: file)
    }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.currentDirectoryURL = repository
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardOutput = files[0]
    process.standardError = files[1]
    process.standardInput = FileHandle.nullDevice
    try process.run()
    try whileRunning(process)
    process.waitUntilExit()
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
    }
    // As a shell reports it.
    let status = process.terminationStatus
    return CommandProcess(
      status: process.terminationReason == .uncaughtSignal ? 128 + status : status,
      output: try text("output"), errors: try text("errors"))
  }

  /// The output as JSON.
  func json() throws -> Any { try JSONSerialization.jsonObject(with: Data(output.utf8)) }

  /// The output as an object of JSON.
  func object() throws -> [String: Any] { try #require(try json() as? [String: Any]) }

  /// The output as JSON of some type.
  func decoded<Value: Decodable>(as type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(output.utf8))
  }
}

/// Real files, and what they should give.
enum Fixtures {
  static let files = try! FileManager.default.contentsOfDirectory(
    atPath: CommandProcess.repository.appending(path: "data").path
  ).filter { name in [".csv", ".tsv", ".npy"].contains { name.hasSuffix($0) } }.sorted()
    .map { "data/\($0)" }

  /// What `data/expected/make_expected.py` wrote, and what `stats --format json` writes.
  struct Summary: Decodable {
    struct Column: Decodable {
      let name: String
      let kind: String
      let count: Int
      let missing: Int
      let mean, sd, min, q1, median, q3, max: Double?
    }
    let file: String
    let rows: Int
    let columns: [Column]
  }

  static func expected(_ file: String) throws -> Summary {
    let name = file.split(separator: "/").last!
    let path = CommandProcess.repository.appending(path: "data/expected/\(name).json")
    return try JSONDecoder().decode(Summary.self, from: try Data(contentsOf: path))
  }
}

/// A folder of its own for a test, gone afterwards.
func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  return try body(folder.path)
}

/// The names in a folder, hidden ones included; none when it is not there.
func names(in folder: String) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
}

/// The same without the journal of a batch, which is there for the next one.
func results(in folder: String) -> [String] {
  names(in: folder).filter { $0 != ".echelon-journal.jsonl" }
}

func contents(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

/// Waits until something is so; what never becomes so runs into the time limit of the test. It looks
/// at another process, which cannot wake us: the pause spares the processor and decides nothing.
func wait(until isSo: () throws -> Bool) rethrows {
  while try !isSo() { usleep(500) }
}

/// Whether a process has a handler for a signal.
func hears(_ signal: Int32, _ processID: Int32) -> Bool {
  let line = Machine.text(at: "/proc/\(processID)/status")?.split(separator: "\n")
    .first { $0.hasPrefix("SigCgt:") }
  let mask = line.flatMap {
    UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16)
  }
  return (mask ?? 0) >> UInt64(signal - 1) & 1 == 1
}

/// What a Monte Carlo command finds that does not depend on time, nor on how many worked.
func estimateFigures(_ arguments: [String]) throws -> [String: String] {
  let run = try CommandProcess.run(["montecarlo"] + arguments + ["--format", "json"])
  #expect(run.status == 0, "\(arguments): \(run.errors)")
  var result = try run.object()
  let others = ["seconds", "samples_per_second", "workers"]
  for name in result.keys where others.contains(name) || name.hasPrefix("resumed_") {
    result[name] = nil
  }
  return try result.mapValues { value in
    guard value is [Any] || value is [String: Any] else { return "\(value)" }
    // Members of members have no order of their own.
    let data = try JSONSerialization.data(withJSONObject: value, options: .sortedKeys)
    return String(decoding: data, as: UTF8.self)
  }
}
