public import Echelon
import EchelonMemory
import Glibc
import Synchronization

/// Long enough for anything that works on the slowest machine; a test that comes near it is hanging.
public let patience = Duration.seconds(40)

/// Something did not come true in time.
public struct DidNotHappen: Error, CustomStringConvertible {
  /// What was waited for.
  public let description: String
}

/// Looks again and again until `condition` holds.
///
/// Only time in which this process could look counts: a machine that stands still for a second has given
/// nothing the time to happen.
/// - Throws: `DidNotHappen` when it does not hold in time.
public func eventually(
  _ what: String, within limit: Duration = patience, _ condition: () throws -> Bool
) throws {
  let clock = ContinuousClock()
  var waited = Duration.zero
  var looked = clock.now
  while !(try condition()) {
    guard waited < limit else {
      throw DidNotHappen(description: "not within \(limit): \(what)")
    }
    usleep(200)  // spares the processor between two looks; the condition decides
    let now = clock.now
    waited += min(now - looked, .milliseconds(10))
    looked = now
  }
}

extension Future {
  /// The value, or the error, which is waited for as long as a test may hang.
  public func checked() throws -> Value { try result(timeout: patience) }

  /// The error that the future ends with; nil when it ends with a value.
  public func failure() throws -> (any Error)? {
    do {
      _ = try result(timeout: patience)
      return nil
    } catch PoolError.timedOut {
      throw DidNotHappen(description: "not within \(patience): a future ends")
    } catch {
      return error
    }
  }
}

/// Runs `body` on a thread of its own, where it may block.
public func inBackground(_ body: @escaping @Sendable () -> Void) {
  precondition(SystemThread.start(name: "test", body) == 0)
}

/// What a thread of a test tells when it has ended.
public final class Ended: Sendable {
  private let gate = Gate()
  private let outcome = Mutex(false)

  /// For one thread.
  public init() {}

  /// Ends; `isRight` is what `wait` returns.
  public func open(_ isRight: Bool = true) {
    outcome.withLock { $0 = isRight }
    gate.open()
  }

  /// Waits for the thread.
  /// - Returns: whether it ended, and found everything right.
  public func wait() -> Bool {
    gate.wait(until: MonotonicClock.deadline(after: patience)) && outcome.withLock { $0 }
  }
}
