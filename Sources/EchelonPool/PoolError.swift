/// Why a pool refused work or lost it.
///
/// `Codable`, so that one that a task lets through reaches the front end as itself.
public enum PoolError: Error, Equatable, Sendable, Codable, CustomStringConvertible {
  /// A number of workers that no pool can have.
  case invalidWorkerCount(Int)
  /// Work was handed to a pool that has been shut down.
  case shutDown
  /// The task was cancelled.
  case cancelled
  /// An argument outside its range.
  case invalidArgument(String)
  /// As much is in flight as the pool's options allow; `refused` is the bytes of the call that was one too
  /// many.
  case queueFull(tasks: Int, bytes: Int, refused: Int)
  /// A task asked for what only the front end of its pool can do.
  case wouldDeadlock(String)
  /// The wait was over before the work was.
  case timedOut
  /// The work ran for longer than it may, and was stopped.
  case deadlineExceeded(Duration, what: String)
  /// A worker could not be started.
  case cannotStartWorker(step: String, reason: String)
  /// Workers keep ending before they can take work: how the last one did, and the last lines that it
  /// wrote to standard error, as in `WorkerDied`.
  case workersKeepDying(count: Int, last: String, lastWords: [String])
  /// `.fork` was asked for in a program with more than one thread; their names.
  case cannotFork(threads: [String])
  /// What every worker, or the template, is to run first fails each time; with the last lines that the
  /// last worker wrote to standard error.
  case initializerFailed(attempts: Int, error: String, lastWords: [String])
  /// A worker was to be kept on a processor that this program may not use.
  case coreNotAllowed(core: Int, allowed: [Int])
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
    case .cancelled: "the task was cancelled"
    case .queueFull(let tasks, let bytes, let refused):
      "\(tasks) tasks with \(bytes) bytes of arguments are in flight, and one more with \(refused) is more than the pool's options allow; collect results first, use `trySubmit` or `submitWhenRoom`, or raise `taskLimit` or `inFlightByteLimit`"
    case .wouldDeadlock(let what):
      "\(what) was called on a pool from inside one of its own tasks, where only the front end can do it; do it in the front end, before the task or with its result"
    case .timedOut: "the result was not there in time; the task goes on, ask again or cancel it"
    case .deadlineExceeded(let deadline, let what):
      "\(what) was stopped after its deadline of \(deadline); allow it more, or give it less to do"
    case .cannotStartWorker(let step, let reason):
      "no worker could be started: \(step) failed: \(reason); look at `ulimit -u`, `ulimit -n` and free memory"
    case .workersKeepDying(let count, let last, let lastWords):
      "\(count) workers in a row ended before they could take work, the last one \(last); nothing of a task had run: look at what runs before `main`, at `environment`, at the limits on memory and at who sends signals"
        + text(ofLastWords: lastWords)
    case .cannotFork(let threads):
      "`.fork` needs a program with a single thread, and this one has \(threads.count) (\(threads.joined(separator: ", "))); make the pool first thing in a synchronous main, or use `.forkServer`"
    case .initializerFailed(let attempts, let error, let lastWords):
      "no worker could be made ready: its initializer or preload failed \(attempts == 1 ? "" : "\(attempts) times in a row, the last time ")with: \(error); call the function in this program, without a pool, to see why"
        + text(ofLastWords: lastWords)
    case .coreNotAllowed(let core, let allowed):
      "workers cannot be kept on core \(core): this program may use \(allowed.map(String.init).joined(separator: ", ")); choose of these, or widen its affinity mask"
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
