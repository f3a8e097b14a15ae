import EchelonMemory

/// A worker ended while it ran a task or a chunk, and the attempts allowed were used up.
public struct WorkerDied: Error, Equatable, Sendable, Codable, CustomStringConvertible {
  /// How the process ended.
  public enum Cause: Equatable, Sendable, Codable {
    /// It called `exit`.
    case exited(code: Int32)
    /// A signal ended it.
    case signalled(Int32)
    /// Another part of the program collected the status, or the template that it was forked from, which
    /// would have, had died itself.
    case unknown
  }
  /// The process that ended.
  public let processID: Int32
  /// How it ended.
  public let cause: Cause
  /// What it ran: where a task was submitted and its function, as far as the program's symbols tell; or
  /// the kernel's name.
  public private(set) var what: String
  /// Which chunk it ran, for a job of chunks.
  public let chunk: Int?
  /// The elements of that chunk, where the job has elements.
  public let elements: Range<Int>?
  /// How many times this work was begun.
  public let attempts: Int
  /// How many of these attempts ended as this one did, with the worker; the others ended with errors that
  /// were worth another.
  public let deaths: Int
  /// What ran out of memory, when the kernel counted such a kill at that time: a control group, or the
  /// machine. Nil when it counted none, or does not say.
  public let outOfMemory: String?
  /// The last lines that the worker wrote to standard error: at most 20, and 4 KiB. Empty when output
  /// is inherited.
  public let lastWords: [String]

  package init(
    processID: Int32, cause: Cause, what: String, chunk: Int? = nil, elements: Range<Int>? = nil,
    attempts: Int, deaths: Int? = nil, outOfMemory: String? = nil, lastWords: [String] = []
  ) {
    self.processID = processID
    self.cause = cause
    self.what = what
    self.chunk = chunk
    self.elements = elements
    self.attempts = attempts
    self.deaths = deaths ?? attempts
    self.outOfMemory = outOfMemory
    self.lastWords = lastWords
  }

  /// The same, with the name of the function that it ran.
  package func naming(_ function: String) -> WorkerDied {
    var named = self
    named.what += ", \(function)"
    return named
  }

  /// Whether it ended several workers: such work ends whichever takes it.
  public var isPoison: Bool { deaths > 1 }

  /// What happened, where, and what to do; then the worker's last words.
  public var description: String {
    let range = elements.map { " (elements \($0.lowerBound)..<\($0.upperBound))" } ?? ""
    let place = chunk.map { "chunk \($0)\(range) of \(what)" } ?? what
    let times =
      isPoison
      ? ", after \(attempts) attempts: it is poison and is not run again"
      : attempts > 1 ? ", in attempt \(attempts)" : ""
    let sentence = "worker \(processID) \(cause.ending) while it ran \(place)\(times); \(advice)"
    return sentence + text(ofLastWords: lastWords)
  }

  private var advice: String {
    if let outOfMemory {
      return
        "\(outOfMemory) ran out of memory; use fewer workers or smaller chunks, or raise the limit"
    }
    switch cause {
    case .signalled(9):
      return "it was killed from outside; look who sends signals, or allow retries"
    case .signalled:
      return "run the function in-process to find the fault, or allow retries if it is rare"
    case .exited: return "a task must return or throw, not exit"
    case .unknown: return "allow retries, or run the function in-process to find the fault"
    }
  }
}

extension WorkerDied.Cause {
  init(_ status: WorkerStatus) {
    self =
      switch status {
      case .exited(let code): .exited(code: code)
      case .signalled(let signal): .signalled(signal)
      case .unknown: .unknown
      }
  }

  /// After "the worker".
  var ending: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let signal): "was ended by \(SignalName.of(signal))"
    case .unknown:
      "ended (how is not known: other code of this program collected its status, or the template that it "
        + "was forked from had died)"
    }
  }
}

/// The end of an error's description: what the worker last wrote, if it wrote anything.
func text(ofLastWords lastWords: [String]) -> String {
  lastWords.isEmpty
    ? "" : "\nlast lines of its standard error:" + lastWords.map { "\n  \($0)" }.joined()
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
