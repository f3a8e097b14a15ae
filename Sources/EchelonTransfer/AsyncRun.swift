internal import CEchelon
import EchelonMemory
import Glibc
import Synchronization

/// Runs `async` code to its end for a thread that has nothing else to do.
package enum AsyncRun {
  /// Says whether what this process runs now has been asked to stop; set once, in a worker.
  private static let probe = Mutex<(@Sendable () -> Bool)?>(nil)

  /// This process is a worker, and runs one call at a time.
  package static func enterWorker(isAskedToStop: @escaping @Sendable () -> Bool) {
    probe.withLock { $0 = isAskedToStop }
  }

  /// Whether a Swift task calls, which must not be blocked: others may wait for its thread.
  package static var isCalledInTask: Bool {
    // SAFETY: only looked at, inside the call.
    unsafe withUnsafeCurrentTask { task in unsafe task != nil }
  }

  /// By thread, what says so instead of that for the calls that it makes.
  private static let ownProbes = Mutex<[pthread_t: @Sendable () -> Bool]>([:])

  /// Makes calls of its own: they ask `isAskedToStop`, and not what the worker runs.
  package static func withProbe(_ isAskedToStop: @escaping @Sendable () -> Bool, _ body: () -> Void)
  {
    let thread = pthread_self()
    ownProbes.withLock { $0[thread] = isAskedToStop }
    body()
    ownProbes.withLock { $0[thread] = nil }
  }

  /// The same with the probe of a worker.
  static func toEnd<Output>(
    _ body: @escaping @Sendable () async throws -> Output
  ) -> Result<Output, any Error> {
    let own = ownProbes.withLock { $0[pthread_self()] }
    let probe = own ?? probe.withLock { $0 }
    return toEnd(isAskedToStop: probe ?? { false }, servesMainActor: probe != nil, body)
  }

  /// Runs `body` in a Swift task and waits for it. When `isAskedToStop`, which is looked at every few
  /// milliseconds, the task is cancelled.
  /// - Parameter servesMainActor: in a worker the main thread is the one that waits here, so it runs what
  ///   is meant for the main actor meanwhile.
  package static func toEnd<Output>(
    isAskedToStop: @Sendable () -> Bool, servesMainActor: Bool = false,
    _ body: @escaping @Sendable () async throws -> Output
  ) -> Result<Output, any Error> {
    let end = End<Output>()
    let mainQueue = servesMainActor && echelon_is_main_thread() != 0
    let task = Task {
      do { end.result = .success(try await body()) } catch { end.result = .failure(error) }
      end.gate.open()
      if mainQueue { echelon_main_queue_wake() }
    }
    var isTold = false
    while !end.gate.isOpen {
      if !isTold, isAskedToStop() {
        isTold = true
        task.cancel()
      }
      if !mainQueue || echelon_main_queue_serve(CInt(pauseMilliseconds)) < 0 {
        _ = end.gate.wait(
          until: MonotonicClock.deadline(after: .milliseconds(pauseMilliseconds)))
      }
    }
    return end.result ?? .failure(CancellationError())
  }

  /// How long a wish to stop may go unseen.
  private static let pauseMilliseconds = 5

  /// Written by the task before the gate opens, read after that.
  private final class End<Output>: @unchecked Sendable {
    let gate = Gate()
    var result: Result<Output, any Error>?
  }
}
