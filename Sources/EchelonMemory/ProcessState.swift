/// What the system says a process is at.
package enum ProcessState: Sendable {
  case running, stopped, gone

  /// The state of one process; `.stopped` after SIGSTOP, not in a debugger's hands.
  package static func of(_ processID: Int32) -> ProcessState {
    // The name in parentheses may contain anything; the state comes after the last one.
    guard let text = SystemFile.read("/proc/\(processID)/stat"),
      let end = text.lastIndex(of: ")"), let letter = text[end...].dropFirst(2).first
    else { return .gone }
    return letter == "T" ? .stopped : letter == "Z" || letter == "X" ? .gone : .running
  }
}
