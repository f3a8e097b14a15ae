import CPeers
import Echelon
import Foundation

/// Where and with what the numbers were taken: a number without that is hearsay.
enum Machine {
  static func describe(_ setup: Setup, arguments: [String]) -> String {
    let cores = ProcessInfo.processInfo.activeProcessorCount
    return """
      \(processor) (\(cores) cores), Linux \(kernelRelease), \
      commit \(commit), \(setup.pairs) pairs, \(setup.workers) workers, sums by \
      \(unsafe String(cString: peer_sum_instruction_set())); \
      `echelon-compare \(arguments.joined(separator: " "))`
      """
  }

  private static var processor: String {
    let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
    let name = line?.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) }
    return name ?? "unknown processor"
  }

  private static var kernelRelease: String {
    let text = try? String(contentsOfFile: "/proc/sys/kernel/osrelease", encoding: .utf8)
    return text?.trimmingCharacters(in: .whitespacesAndNewlines) ?? "unknown"
  }

  /// Of the directory that the program is started in; "unknown" outside a checkout.
  private static var commit: String {
    let git = Process()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments = ["git", "describe", "--always", "--dirty"]
    let output = Pipe()
    git.standardOutput = output
    git.standardError = FileHandle.nullDevice
    guard (try? git.run()) != nil, let bytes = try? output.fileHandleForReading.readToEnd()
    else { return "unknown" }
    git.waitUntilExit()
    return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
