import CEchelon
import Glibc

/// Waits until something is readable: a death, or a call for attention.
package enum Readiness {
  /// Which of `descriptors` are readable, waiting for at least one.
  package static func wait(for descriptors: [Int32], timeoutMilliseconds: Int32 = -1) -> [Bool] {
    if let machine = SimulatedMachine.current {
      return machine.watch(descriptors, timeoutMilliseconds: timeoutMilliseconds)
    }
    return unsafe [Bool](unsafeUninitializedCapacity: descriptors.count) { ready, count in
      // SAFETY: the call initialises one Bool per descriptor.
      _ = unsafe echelon_poll_readable(
        descriptors, ready.baseAddress, descriptors.count, timeoutMilliseconds)
      count = descriptors.count
    }
  }
}

/// Wakes a thread that waits in `Readiness`.
///
/// The descriptor is closed with the last reference, not before: a late `signal` must not write
/// into whatever the program has opened under the same number since.
package final class EventSignal: Sendable {
  package let descriptor: Int32
  /// Nil when the process has no descriptors left.
  package init?() {
    if let machine = SimulatedMachine.current {
      descriptor = machine.newDescriptor()
      return
    }
    descriptor = echelon_event_create()
    guard descriptor >= 0 else { return nil }
  }
  package func signal() {
    if let machine = SimulatedMachine.current { return machine.makeReadable(descriptor) }
    echelon_event_signal(descriptor)
  }
  package func drain() {
    if let machine = SimulatedMachine.current { return machine.drain(descriptor) }
    echelon_event_drain(descriptor)
  }
  deinit { if descriptor >= 0 { close(descriptor) } }
}
