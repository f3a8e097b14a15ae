public import Echelon
import EchelonMemory
import Glibc
import Synchronization

/// A thread that kills workers of a pool, one at a time, at random moments.
public final class Killer: Sendable {
  private let stopped = Gate()
  private let ended = Gate()
  private let count = Mutex(0)

  /// Begins to kill.
  /// - Parameter microseconds: the time between two deaths is drawn from here.
  public init(of pool: ProcessPool, every microseconds: ClosedRange<UInt32>, seed: UInt64) {
    _ = SystemThread.start(name: "killer") { [self] in
      var random = TestRandom(seed: seed)
      while !stopped.isOpen {
        // The interval between deaths, which is the load under test; nothing waits for it.
        usleep(UInt32.random(in: microseconds, using: &random))
        // Mostly workers that have come up, since the rest would be killed before they can work.
        let isAny = random.next() % 4 == 0
        let victims = isAny ? pool.workerProcessIDs : pool.engine.readyProcessIDs
        guard let victim = victims.randomElement(using: &random) else { continue }
        // A worker that has ended and whose status is collected may have left its number to another
        // process, but only children of this one are ever looked at.
        if Machine.state(of: victim) != nil, kill(victim, SIGKILL) == 0 {
          count.withLock { $0 += 1 }
        }
      }
      ended.open()
    }
  }

  /// Signals sent so far.
  public var kills: Int { count.withLock { $0 } }

  /// Kills no more from here on.
  public func stop() {
    stopped.open()
    _ = ended.wait(until: nil)
  }
}
