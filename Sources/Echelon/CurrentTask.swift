import EchelonWorker

/// The task or chunk that the calling code is part of.
///
///     try pool.submit { for step in 0..<1_000_000 { try CurrentTask.checkCancellation(); advance(step) } }
public enum CurrentTask {
  /// Whether it has been asked to stop.
  ///
  /// In a worker that is a look at the task's word in shared memory, some ten nanoseconds, from
  /// whichever thread. In a task of an `InProcessExecutor` it is a look at its flag, from its own thread
  /// and from Swift tasks that it starts. Elsewhere it is `Task.isCancelled`.
  public static var isCancelled: Bool {
    if let work = InProcessWork.current { return work.isAskedToStop }
    return WorkerContext.isCancelled ?? Task.isCancelled
  }

  /// Throws `CancellationError` if it has been asked to stop. A task that lets it through ends as
  /// cancelled.
  public static func checkCancellation() throws {
    if isCancelled { throw CancellationError() }
  }
}
