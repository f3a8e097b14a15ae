import Foundation
import Testing

/// The helper program, run as a process.
enum StartProgram {
  /// Beside the test executable, where the build puts every product.
  static let executable = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent().appending(path: "StartProgram")

  /// The same program with the Swift runtime inside, which `make test` builds.
  static let staticExecutable = ProcessInfo.processInfo.environment["ECHELON_STATIC_PROGRAM"].map {
    URL(
      filePath: $0,
      // Standardized, or the last name of the folder would be taken for a file's and left out.
      relativeTo: URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL
    ).standardizedFileURL
  }

  /// Runs it to its end.
  /// - Parameters:
  ///   - environment: variables beside those of the test.
  ///   - removed: variables of the test that it does not get.
  static func run(
    _ arguments: String..., executable: URL = executable, environment: [String: String] = [:],
    without removed: Set<String> = []
  ) throws -> (status: Int32, output: String) {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data().write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { !removed.contains($0.key) }
      .merging(environment) { $1 }
    process.standardOutput = try FileHandle(forWritingTo: file)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    let output = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let code = process.terminationStatus
    return (process.terminationReason == .uncaughtSignal ? 128 + code : code, output)
  }

  /// The lines `name=value` of what it prints.
  static func facts(_ method: String) throws -> [String: String] {
    let (status, output) = try run("facts", method)
    #expect(status == 0, "\(output)")
    return facts(in: output)
  }

  /// The lines `name=value` of an output.
  static func facts(in output: String) -> [String: String] {
    let pairs = output.split(separator: "\n").map { line -> (String, String) in
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }
    return Dictionary(pairs) { first, _ in first }
  }
}
