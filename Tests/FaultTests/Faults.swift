import Testing

/// What happens when processes die. One test at a time: they kill, stop and count processes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct Faults {}

/// The body of an exit test: an error that it throws is reported, where it would only be a trap.
func reporting(_ body: () throws -> Void) {
  do { try body() } catch { Issue.record("\(error)") }
}
