import CEchelon
import Glibc

/// How a worker ended.
package enum WorkerStatus: Sendable, Equatable {
  case exited(code: Int32)
  case signalled(Int32)
  /// Someone else collected the status.
  case unknown
}

/// Why a worker could not be started: the step that failed and the reason.
package struct WorkerStartError: Error, Sendable {
  package let step: String
  package let reason: String

  package init(step: String, reason: String) {
    self.step = step
    self.reason = reason
  }

  /// - Parameter error: an errno.
  package init(step: String, error: Int32) {
    self.init(step: step, reason: systemMessage(error))
  }
}

/// A worker process as its front end sees it: what proves its death and what ties it to this process.
package struct WorkerProcess: Sendable {
  package let processID: Int32
  /// Readable when the process has ended.
  package let pidfd: Int32
  private let lifeline: Int32

  /// Starts this executable again, as the worker on `seat`.
  /// - Parameters:
  ///   - environment: `NAME=value` lines.
  ///   - streams: its standard output and error; nil leaves it this process's.
  package static func start(
    arena: Arena, seat: Int, incarnation: UInt32, environment: [String],
    streams: WorkerStreams? = nil
  ) throws(WorkerStartError) -> WorkerProcess {
    var readEnd: Int32 = -1
    var writeEnd: Int32 = -1
    var error = unsafe echelon_lifeline_create(&readEnd, &writeEnd)
    guard error == 0 else { throw WorkerStartError(step: "making a pipe", error: error) }
    defer { close(readEnd) }
    error = echelon_lifeline_guard(writeEnd)
    guard error == 0 else {
      close(writeEnd)
      throw WorkerStartError(step: "registering a pipe", error: error)
    }
    let ticket =
      "\(ECHELON_WORKER_MARKER)=\(ECHELON_WORKER_ARENA_DESCRIPTOR):"
      + "\(ECHELON_WORKER_LIFELINE_DESCRIPTOR):\(getpid()):\(seat):\(incarnation)"
    var pid: Int32 = 0
    error = unsafe withCStrings(["echelon-worker-\(seat)"]) { argv in
      unsafe withCStrings(environment + [ticket]) { environment in
        unsafe echelon_spawn_self(
          argv, environment, arena.descriptor, readEnd, streams?.output ?? -1,
          streams?.error ?? -1, &pid)
      }
    }
    guard error == 0 else {
      echelon_lifeline_release(writeEnd)
      throw WorkerStartError(step: "starting /proc/self/exe", error: error)
    }
    let pidfd = echelon_pidfd_open(pid)
    guard pidfd >= 0 else {
      echelon_lifeline_release(writeEnd)  // the worker ends with its lifeline
      throw WorkerStartError(step: "opening a pidfd", error: -pidfd)
    }
    return WorkerProcess(processID: pid, pidfd: pidfd, lifeline: writeEnd)
  }

  /// Sends a signal to exactly this process.
  package func send(signal: Int32) { _ = echelon_pidfd_signal(pidfd, signal) }

  /// Collects the status of the ended process and lets its descriptors go.
  package func reap() -> WorkerStatus {
    let status = echelon_pidfd_reap(pidfd)
    close(pidfd)
    echelon_lifeline_release(lifeline)
    guard status.known else { return .unknown }
    return status.was_signalled ? .signalled(status.code) : .exited(code: status.code)
  }

  /// Whether this executable can be started as a worker at all.
  package static var isPossible: Bool { echelon_start_hook_ran() }

  /// This process's environment as `NAME=value` lines.
  package static var inheritedEnvironment: [String] {
    var lines: [String] = []
    // SAFETY: `environ` is an array of C strings that ends with nil.
    var entry: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = unsafe environ
    while let text = unsafe entry.pointee {
      unsafe lines.append(String(cString: text))
      unsafe entry += 1
    }
    return lines
  }
}

/// Lends `strings` as the nil-terminated array of C strings that the system wants.
private func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  // SAFETY: every copy lives until after `body` and is freed once.
  var copies: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
  unsafe copies.append(nil)
  defer { unsafe copies.forEach { unsafe free($0) } }
  return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}

/// Waits until something is readable: a death, or a call for attention.
package enum Readiness {
  /// Which of `descriptors` are readable, waiting for at least one.
  package static func wait(for descriptors: [Int32], timeoutMilliseconds: Int32 = -1) -> [Bool] {
    unsafe [Bool](unsafeUninitializedCapacity: descriptors.count) { ready, count in
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
    descriptor = echelon_event_create()
    guard descriptor >= 0 else { return nil }
  }
  package func signal() { echelon_event_signal(descriptor) }
  package func drain() { echelon_event_drain(descriptor) }
  deinit { close(descriptor) }
}
