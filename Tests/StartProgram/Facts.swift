import ClosureTable
import Echelon
import EchelonLinearAlgebra
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

/// What a process finds out about its BLAS, which it opens.
@Sendable func coreTypes() -> [String] {
  let info = BLASInfo.current
  return [
    "path=\(info.path)",
    "dynamic=\(info.configuration.contains("DYNAMIC_ARCH"))",
    "level=\(InstructionSet.active)",
    "core-type=\(info.coreType)",
    "own=\(info.ownCoreType ?? "-")",
    "given=\(info.givenCoreType ?? "-")",
    "missed=\(info.missedCoreType ?? "-")",
    "variable=\(variable(BLASInfo.coreTypeVariable))",
  ]
}

/// Stands for an initializer that waits for what never comes.
@Sendable func neverReturn() { while true { pause() } }

/// Takes private memory, page by page.
@Sendable func devour(_ byteCount: Int) -> Int {
  let step = 1 << 20
  var taken: [[UInt8]] = []
  for _ in 0..<byteCount / step { taken.append([UInt8](repeating: 1, count: step)) }
  return taken.reduce(0) { $0 + Int($1[step - 1]) }
}

/// Forks this program. The child holds everything of the pools of this process, and only waits.
/// - Parameter descriptors: what whoever started this program waits for, which the child must not hold.
///
/// `fork` cannot be imported: Swift code has no business in the child.
func forkSleeper(closing descriptors: [Int32]) -> Int32 {
  typealias Fork = @convention(c) () -> Int32
  guard let symbol = unsafe dlsym(nil, "fork") else { exit(1) }
  let fork = unsafe unsafeBitCast(symbol, to: Fork.self)
  let child = fork()
  if child == 0 {
    for descriptor in descriptors { close(descriptor) }
    while true { pause() }
  }
  return child
}

/// Ships every closure of the table and compares what came back with a call here.
final class Shipping: ClosureVisitor {
  private let pool: ProcessPool
  private(set) var count = 0
  private(set) var failures: [String] = []

  init(_ pool: ProcessPool) { self.pool = pool }

  func travels<each Argument: Sendable, Output: Sendable>(
    _ name: String, _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {
    count += 1
    do {
      let there = try pool.submit(function, repeat each argument).result(timeout: patience)
      let here = try function(repeat each argument)
      // Texts of values, not the values: a table of any types at all.
      if "\(there)" != "\(here)" { failures.append("\(name): \(there) instead of \(here)") }
    } catch {
      failures.append("\(name): \(error)")
    }
  }

  func isRefused<each Argument: Sendable, Output: Sendable>(
    _ name: String, naming capture: String,
    _ function: @escaping @Sendable (repeat each Argument) throws -> Output,
    _ argument: repeat each Argument
  ) {}
}

/// Keeps a processor busy until it is killed.
@Sendable func spin(_ latch: Latch) -> Double {
  latch.arrive()
  var x = 1.0
  while latch.arrivals < 1 << 40 { for _ in 0..<100_000_000 { x = sin(x) + 1 } }
  return x
}
