import CEchelon
import Glibc

/// A thread of the system's, for the few loops that must not run on the cooperative pool: they block
/// in the kernel, and a worker dies with the thread that started it.
package enum SystemThread {
  /// Runs `body` on a new detached thread.
  /// - Returns: 0, or an errno.
  package static func start(name: String, _ body: @escaping @Sendable () -> Void) -> Int32 {
    if let machine = SimulatedMachine.current {
      machine.start(name: name, body)
      return 0
    }
    let box = unsafe Unmanaged.passRetained(Body(name: name, run: body))
    var attributes = pthread_attr_t()
    unsafe pthread_attr_init(&attributes)
    unsafe pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
    defer { unsafe pthread_attr_destroy(&attributes) }
    var thread = pthread_t()
    // SAFETY: the box is retained here and released once, by the thread, or below when there is none.
    let error = unsafe pthread_create(
      &thread, &attributes,
      { argument in
        let body = unsafe Unmanaged<Body>.fromOpaque(argument!).takeRetainedValue()
        unsafe echelon_thread_name(body.name)
        body.run()
        return nil
      }, box.toOpaque())
    if error != 0 { unsafe box.release() }
    return error
  }

  private final class Body: Sendable {
    let name: String
    let run: @Sendable () -> Void
    init(name: String, run: @escaping @Sendable () -> Void) {
      self.name = name
      self.run = run
    }
  }
}

/// Something that happens once and that threads can wait for.
@safe package final class Gate: @unchecked Sendable {
  // SAFETY: allocated in `init`, freed in `deinit`, reached only through atomic operations.
  private let storage: UnsafeMutablePointer<UInt32>
  private let word: SharedWord32

  package init() {
    unsafe storage = .allocate(capacity: 1)
    unsafe storage.initialize(to: 0)
    word = unsafe SharedWord32(at: UnsafeMutableRawPointer(storage))
  }

  deinit { unsafe storage.deallocate() }

  package var isOpen: Bool { word.load() == 1 }

  /// Opens the gate; everyone passes from now on.
  package func open() {
    word.storeSequential(1)
    word.wake(.max)
  }

  /// Waits until the gate is open.
  /// - Parameter deadline: on the monotonic clock, in nanoseconds; nil waits for ever.
  /// - Returns: false when the deadline came first.
  package func wait(until deadline: UInt64? = nil) -> Bool {
    while word.load() == 0 {
      guard let left = MonotonicClock.nanosecondsLeft(until: deadline) else { return false }
      word.sleep(while: 0, timeoutNanoseconds: left)
    }
    return true
  }
}

/// The clock that all waiting is measured with.
package enum MonotonicClock {
  /// Nanoseconds since an arbitrary start.
  package static func now() -> UInt64 {
    SimulatedMachine.current?.now ?? echelon_now_nanoseconds()
  }

  /// The moment `duration` from now; 0, which has passed, for none or less; nil for one beyond the
  /// clock's range.
  package static func deadline(after duration: Duration) -> UInt64? {
    guard duration > .zero else { return 0 }
    let parts = duration.components
    guard parts.seconds < 9_000_000_000 else { return nil }
    let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
    return now() &+ UInt64(nanoseconds)
  }

  /// What is left until `deadline` in the form that sleeping takes: -1 without one; nil when it has
  /// passed.
  package static func nanosecondsLeft(until deadline: UInt64?) -> Int64? {
    guard let deadline else { return -1 }
    let current = now()
    return current < deadline ? Int64(clamping: deadline - current) : nil
  }
}
