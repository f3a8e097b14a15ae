/// How far `cancel` goes when the work has begun.
public enum CancellationMode: Sendable, Equatable {
  /// Asks: the task sees it in `CurrentTask.isCancelled`, a chunked job between two chunks.
  case cooperative
  /// Stops: the worker is ended and replaced; a thread of this process, which cannot be ended, is given
  /// up and replaced.
  case force
}
