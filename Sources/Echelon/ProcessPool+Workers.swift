import EchelonPool
import Glibc

/// The workers of a live pool.
extension ProcessPool {
  /// Changes the most workers that the pool runs.
  ///
  /// More are started as there is work for them. What is too many leaves between two tasks; nothing is
  /// lost and nothing is run twice.
  /// - Parameter workers: 1 or more, at most `maximumWorkerCount`.
  /// - Throws: `PoolError.invalidArgument` for another number, `ArenaError` when there is no memory.
  public func resize(workers: Int) throws { try engine.resize(to: workers) }

  /// The most workers that this pool can be resized to: 64, or as many as it was made with if those
  /// are more.
  public var maximumWorkerCount: Int { engine.seatLimit }

  /// Ends all workers with SIGTERM, and with SIGKILL those that have not ended after
  /// `PoolOptions.gracePeriod`. The pool goes on with new ones.
  ///
  /// What they run fails with `WorkerDied`, or is run again if it has retries left. What is queued is
  /// run by the new ones.
  public func terminateWorkers() { engine.endWorkers(with: SIGTERM) }

  /// The same with SIGKILL at once.
  public func killWorkers() { engine.endWorkers(with: SIGKILL) }
}
