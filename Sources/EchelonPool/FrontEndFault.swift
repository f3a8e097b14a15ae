import EchelonMemory
import Glibc
import Synchronization

/// A step of the front end at which a test can have it die.
package enum FrontEndStep: String, CaseIterable, Sendable, Codable {
  /// A slot is filled, and its task not published.
  case submitting
  /// The task is published, and nobody is woken for it.
  case published
  /// A task that is done is taken out of its slot, and its result not read.
  case collecting
  /// The value is given to those who wait, and nothing more is done about it.
  case collected
  /// A job is in its record and not on the list.
  case jobPublishing
  /// A worker is about to be started.
  case startingWorker
  /// It is started, and waits to be let.
  case workerStarted
  /// It has been let.
  case seated
  /// A death is seen and nothing mended.
  case deathSeen
  /// The tasks of the dead worker are mended, its jobs are not.
  case tasksMended
  /// Everything is mended, and nobody is woken.
  case mended
  /// A block that a worker asked for is allocated, and not given.
  case granting
  /// No more work is taken, and the workers do not know.
  case shuttingDown
  /// The workers are told to leave.
  case closing
  /// They have left, and the pool is not over.
  case workersGone
}

/// Kills the program at a step, in tests only.
package final class FrontEndFault: Sendable {
  private let step: FrontEndStep
  private let passesLeft: Atomic<Int>

  /// - Parameter passes: how often it comes past the step unharmed.
  package init(at step: FrontEndStep, after passes: Int) {
    self.step = step
    passesLeft = Atomic(passes)
  }

  fileprivate func strike(at step: FrontEndStep) {
    guard step == self.step else { return }
    if passesLeft.subtract(1, ordering: .relaxed).oldValue == 0 { kill(getpid(), SIGKILL) }
  }
}

extension PoolEngine {
  /// The front end comes past `step`: in a test it may not get further.
  @inline(__always) func pass(_ step: FrontEndStep) {
    if let fault { fault.strike(at: step) }
  }
}
