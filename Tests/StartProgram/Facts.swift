import Echelon
import Glibc
import TestSupport

/// A global of another file than `main.swift`: made at its first use, in any process.
let ofAnotherFile = 5

/// Statics: `changed` is 1 in a new process, and main makes it 7 before it makes the pool.
enum Statics {
  nonisolated(unsafe) static var changed = 1
  /// What a preload leaves to all workers, and an initializer to one.
  nonisolated(unsafe) static var preloaded = 0
  nonisolated(unsafe) static var initialized = 0
}

@Sendable func preload(_ value: Int) { unsafe Statics.preloaded += value }
@Sendable func initialize(_ value: Int) { unsafe Statics.initialized += value }

/// What a worker finds around it.
@Sendable func facts() -> [String] {
  var mask = sigset_t()
  unsafe sigprocmask(SIG_BLOCK, nil, &mask)
  var action = sigaction()
  unsafe sigaction(SIGUSR1, nil, &action)
  let isDefault = unsafe action.__sigaction_handler.sa_handler == nil
  var byte: UInt8 = 0
  return [
    "other=\(ofAnotherFile)",
    "static=\(unsafe Statics.changed)",
    "preloaded=\(unsafe Statics.preloaded)",
    "initialized=\(unsafe Statics.initialized)",
    "variable=\(variable("START_PROGRAM"))",
    "given=\(variable("START_GIVEN"))",
    "of-seat=\(variable("START_SEAT"))",
    "index=\(variable("ECHELON_WORKER_INDEX"))",
    "marker=\(variable("ECHELON_WORKER"))",
    "directory=\(directory())",
    "descriptors=\(Machine.descriptors.sorted().map(String.init).joined(separator: ","))",
    "blocked=\((1..<64).count { unsafe sigismember(&mask, $0) == 1 })",
    "usr1=\(isDefault ? "default" : "changed")",
    "input=\(unsafe read(0, &byte, 1))",
    "own-group=\(getpgrp() == getpid())",
    "threads=\(Machine.threadNames.count)",
    "parent=\(getppid())",
  ]
}

private func variable(_ name: String) -> String {
  unsafe getenv(name).map { unsafe String(cString: $0) } ?? "-"
}

private func directory() -> String {
  var buffer = [CChar](repeating: 0, count: 4096)
  guard unsafe getcwd(&buffer, buffer.count) != nil else { return "?" }
  return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Keeps a processor busy until it is killed.
@Sendable func spin(_ latch: Latch) -> Double {
  latch.arrive()
  var x = 1.0
  while latch.arrivals < 1 << 40 { for _ in 0..<100_000_000 { x = sin(x) + 1 } }
  return x
}
