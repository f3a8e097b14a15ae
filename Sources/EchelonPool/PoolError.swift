/// Why a pool refused work or lost it.
public enum PoolError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A number of workers that no pool can have.
  case invalidWorkerCount(Int)
  /// Work was handed to a pool that has been shut down.
  case shutDown
  /// The task was cancelled before a worker began it.
  case cancelled
  /// An argument outside its range.
  case invalidArgument(String)
  /// The wait was over before the work was.
  case timedOut
  /// A worker could not be started.
  case cannotStartWorker(step: String, reason: String)
  /// Workers keep ending before they can take work.
  case workersKeepDying(count: Int, last: String)
  /// This executable started without Echelon's start hook.
  case noStartHook
  /// More kinds of function were submitted than the table holds.
  case tooManyFunctions
  /// A worker could not run a chunk: the two sides do not agree.
  case chunkFailed(what: String, chunk: Int, reason: String)
  /// A worker could not read the call or write the result.
  case notTransferred(String)

  /// One sentence for the person at the terminal.
  public var description: String {
    switch self {
    case .invalidWorkerCount(let count):
      "a pool cannot have \(count) workers; ask for 1 to 256, or leave the number out"
    case .shutDown: "the pool has been shut down; make a new one for more work"
    case .invalidArgument(let text): text
    case .cancelled: "the task was cancelled before a worker began it"
    case .timedOut: "the result was not there in time; the task goes on, ask again or cancel it"
    case .cannotStartWorker(let step, let reason):
      "no worker could be started: \(step) failed: \(reason); look at `ulimit -u`, `ulimit -n` and free memory"
    case .workersKeepDying(let count, let last):
      "\(count) workers in a row ended before they could take work, the last by \(last); run one task in-process to see why"
    case .noStartHook:
      "this executable began without Echelon's start hook, so its copies would run main again; link the Echelon library statically into the executable itself"
    case .tooManyFunctions:
      "more than 2048 different kinds of function were submitted to one pool; submit one function with an argument instead"
    case .chunkFailed(let what, let chunk, let reason):
      "chunk \(chunk) of \(what) could not be run: \(reason)"
    case .notTransferred(let text): text
    }
  }
}

/// A worker ended while it ran a task or a chunk, and the attempts allowed were used up.
public struct WorkerDied: Error, Equatable, Sendable, CustomStringConvertible {
  /// How the process ended.
  public enum Cause: Equatable, Sendable {
    /// It called `exit`.
    case exited(code: Int32)
    /// A signal ended it.
    case signalled(Int32)
    /// Another part of the program collected the status.
    case unknown
  }
  /// The process that ended.
  public let processID: Int32
  /// How it ended.
  public let cause: Cause
  /// What it ran: the function's or kernel's name.
  public let what: String
  /// Which chunk it ran, for a job of chunks.
  public let chunk: Int?
  /// How many times this work was begun.
  public let attempts: Int

  /// One sentence for the person at the terminal.
  public var description: String {
    let place = chunk.map { "chunk \($0) of \(what)" } ?? what
    let times = attempts == 1 ? "" : ", after \(attempts) attempts"
    return "worker \(processID) \(ending) while it ran \(place)\(times); \(advice)"
  }

  private var ending: String {
    switch cause {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let signal): "was ended by \(SignalName.of(signal))"
    case .unknown: "ended (its status was collected elsewhere in this program)"
    }
  }

  private var advice: String {
    switch cause {
    case .signalled(9):
      "it was killed from outside or by the out-of-memory killer; see the system log, or allow retries"
    case .signalled: "run the function in-process to find the fault, or allow retries if it is rare"
    case .exited, .unknown: "a task must return or throw, not exit"
    }
  }
}

/// The names of the signals that end processes.
enum SignalName {
  static func of(_ signal: Int32) -> String {
    let names: [Int32: String] = [
      1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 4: "SIGILL", 5: "SIGTRAP", 6: "SIGABRT", 7: "SIGBUS",
      8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 13: "SIGPIPE", 14: "SIGALRM", 15: "SIGTERM",
      24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS",
    ]
    return names[signal] ?? "signal \(signal)"
  }
}
