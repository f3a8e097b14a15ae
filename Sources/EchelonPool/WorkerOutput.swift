/// Where what workers print goes.
public enum WorkerOutput: Sendable {
  /// To this process's standard output and error, whole lines at a time, so that lines of several
  /// workers do not cut each other.
  case lines
  /// To a handler, line by line. It is called on one thread for the whole pool; while it runs, output
  /// that comes in waits, and workers that print much wait with it.
  case handler(@Sendable (WorkerLine) -> Void)
  /// Straight to the descriptors of this process: the program's own terminal, unbuffered by Echelon.
  /// Lines of several workers may cut each other, and `WorkerDied` knows no last words.
  case inherited
}

/// A line that a worker printed.
public struct WorkerLine: Sendable, Equatable {
  /// Where it was printed to.
  public enum Stream: Sendable, Equatable { case output, error }
  /// The line as it came, without its end.
  public let bytes: [UInt8]
  /// Which of the worker's streams it came from.
  public let stream: Stream
  /// The worker's process.
  public let processID: Int32
  /// The worker's place in its pool, 0….
  public let worker: Int
  /// Whether its end was there: false for a piece of a line of more than 64 KiB, and for what a worker
  /// had begun when it ended.
  public let isWhole: Bool

  /// The line as text; what is not UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
