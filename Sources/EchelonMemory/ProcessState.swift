/// What the system says a process is at.
package enum ProcessState: Sendable {
  /// `.running` has a processor or waits for one, `.waiting` waits for something else.
  case running, waiting, stopped, gone

  /// The state of one process; `.stopped` after SIGSTOP, not in a debugger's hands.
  package static func of(_ processID: Int32) -> ProcessState {
    // The name in parentheses may contain anything; the state comes after the last one.
    guard let text = SystemFile.read("/proc/\(processID)/stat"),
      let end = text.lastIndex(of: ")"), let letter = text[end...].dropFirst(2).first
    else { return .gone }
    return switch letter {
    case "R": .running
    case "T": .stopped
    case "Z", "X": .gone
    default: .waiting
    }
  }
}
