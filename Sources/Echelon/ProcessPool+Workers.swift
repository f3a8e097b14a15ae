import EchelonMemory
import EchelonPool
import Glibc

/// The workers of a live pool.
extension ProcessPool {
  /// Changes the most workers that the pool runs.
  ///
  /// More are started as there is work for them. What is too many leaves between two tasks; nothing is
  /// lost and nothing is run twice. Where workers could not be started, it is tried again.
  /// - Parameter workers: 1 or more, at most `maximumWorkerCount`.
  /// - Throws: `PoolError.invalidArgument` for another number, `ArenaError` when there is no memory,
  ///   `FlightRecordingError` when the `flightRecorder` cannot be given room for more workers,
  ///   `PoolError.wouldDeadlock` inside a task of the pool.
  public func resize(workers: Int) throws {
    let engine = try working("changing the number of workers")
    do { try engine.resize(to: workers) } catch let error as FileSystemError {
      throw FlightRecordingError.file(path: engine.recorderPath, reason: error.reason)
    }
  }

  /// The most workers that this pool can be resized to: 64, or as many as it was made with if those
  /// are more. Inside a task of the pool it is `workerCount`.
  public var maximumWorkerCount: Int { frontEnd?.seatLimit ?? workerCount }

  /// Ends all workers with SIGTERM, and with SIGKILL those that have not ended after
  /// `PoolOptions.gracePeriod`. The pool goes on with new ones.
  ///
  /// What they run fails with `WorkerDied`, or is run again if it has retries left. What is queued is
  /// run by the new ones. Inside a task of the pool, which would end itself, it does nothing.
  public func terminateWorkers() { frontEnd?.endWorkers(with: SIGTERM) }

  /// The same with SIGKILL at once.
  public func killWorkers() { frontEnd?.endWorkers(with: SIGKILL) }
}
