import Testing

/// What happens when processes die. One test at a time: they kill, stop and count processes.
@Suite(.serialized, .timeLimit(.minutes(2))) struct Faults {}
