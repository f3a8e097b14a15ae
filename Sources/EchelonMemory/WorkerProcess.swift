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
  /// What the program's own code threw, where that is the reason.
  package let cause: (any Error)?

  package init(step: String, reason: String, cause: (any Error)? = nil) {
    self.step = step
    self.reason = reason
    self.cause = cause
  }

  /// - Parameter error: an errno.
  package init(step: String, error: Int32) {
    self.init(step: step, reason: systemMessage(error))
  }
}

/// What a process of the pool is told of itself.
package struct WorkerTicket: Sendable {
  package var seat: Int
  package var incarnation: UInt32
  /// The processor to stay on; nil leaves it to the system.
  package var processor: Int32?
  /// Where in the arena the call lies that it makes before its first task.
  package var initializer: (offset: Int, byteCount: Int)?

  package init(
    seat: Int, incarnation: UInt32, processor: Int32? = nil,
    initializer: (offset: Int, byteCount: Int)? = nil
  ) {
    self.seat = seat
    self.incarnation = incarnation
    self.processor = processor
    self.initializer = initializer
  }

  func echelonTicket(_ kind: echelon_process_kind) -> echelon_worker_ticket {
    var ticket = echelon_worker_ticket()
    ticket.kind = kind.rawValue
    ticket.front_end_pid = getpid()
    ticket.seat = UInt32(seat)
    ticket.incarnation = incarnation
    ticket.processor = processor ?? -1
    ticket.initializer_offset = UInt64(initializer?.offset ?? 0)
    ticket.initializer_bytes = UInt64(initializer?.byteCount ?? 0)
    return ticket
  }
}

extension echelon_worker_ticket {
  /// The variable that carries it through `exec`.
  var variable: String {
    "\(ECHELON_WORKER_MARKER)=\(kind):\(front_end_pid):\(seat):\(incarnation):\(processor):"
      + "\(has_preload):\(initializer_offset):\(initializer_bytes)"
  }
}

/// A pipe whose write end stays in this process: a process that holds the read end, and has attached
/// it, is killed when this process ends.
struct Lifeline: Sendable {
  /// For the other process; to be closed here once that has it.
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(WorkerStartError) {
    var readEnd: Int32 = -1
    var writeEnd: Int32 = -1
    var error = unsafe echelon_lifeline_create(&readEnd, &writeEnd)
    guard error == 0 else { throw WorkerStartError(step: "making a pipe", error: error) }
    error = echelon_lifeline_guard(writeEnd)
    guard error == 0 else {
      close(readEnd)
      close(writeEnd)
      throw WorkerStartError(step: "registering a pipe", error: error)
    }
    self.readEnd = readEnd
    self.writeEnd = writeEnd
  }

  /// Ends whoever is still attached.
  func release() { echelon_lifeline_release(writeEnd) }
}

/// A worker process as its front end sees it: what proves its death and what ties it to this process.
package struct WorkerProcess: Sendable {
  package let processID: Int32
  /// Readable when the process has ended.
  package let pidfd: Int32
  private let lifeline: Lifeline

  /// Starts this executable again, as a worker.
  /// - Parameters:
  ///   - environment: `NAME=value` lines.
  ///   - directory: its working directory; nil is this process's.
  ///   - streams: its standard output and error; nil leaves it this process's.
  package static func start(
    arena: Arena, ticket: WorkerTicket, environment: [String], directory: String?,
    streams: WorkerStreams?
  ) throws(WorkerStartError) -> WorkerProcess {
    let lifeline = try Lifeline()
    defer { close(lifeline.readEnd) }
    do throws(WorkerStartError) {
      let (processID, pidfd) = try spawnSelf(
        name: "echelon-worker-\(ticket.seat)",
        environment: environment + [ticket.echelonTicket(ECHELON_SPAWNED_WORKER).variable],
        directory: directory, descriptors: [arena.descriptor, lifeline.readEnd], streams: streams)
      return WorkerProcess(processID: processID, pidfd: pidfd, lifeline: lifeline)
    } catch {
      lifeline.release()  // a worker that was started nevertheless ends with it
      throw error
    }
  }

  /// Sends a signal to exactly this process.
  package func send(signal: Int32) { _ = echelon_pidfd_signal(pidfd, signal) }

  /// Collects the status of the ended process and lets its descriptors go.
  package func reap() -> WorkerStatus {
    let status = WorkerStatus(echelon_pidfd_reap(pidfd))
    close(pidfd)
    lifeline.release()
    return status
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

extension WorkerStatus {
  init(_ status: echelon_exit_status) {
    self =
      !status.known
      ? .unknown : status.was_signalled ? .signalled(status.code) : .exited(code: status.code)
  }
}

/// Starts this executable again.
func spawnSelf(
  name: String, environment: [String], directory: String?, descriptors: [Int32],
  streams: WorkerStreams? = nil
) throws(WorkerStartError) -> (processID: Int32, pidfd: Int32) {
  var pid: Int32 = 0
  let error = unsafe withCStrings([name]) { argv in
    unsafe withCStrings(environment) { environment in
      unsafe withSetup(
        directory: directory, descriptors: descriptors, streams: streams
      ) { setup in
        unsafe echelon_spawn_self(argv, environment, setup, &pid)
      }
    }
  }
  guard error == 0 else {
    let place = directory.map { " in '\($0)'" } ?? ""
    throw WorkerStartError(step: "starting /proc/self/exe\(place)", error: error)
  }
  let pidfd = echelon_pidfd_open(pid)
  guard pidfd >= 0 else {
    endChild(pid)
    throw WorkerStartError(step: "opening a pidfd", error: -pidfd)
  }
  return (pid, pidfd)
}

/// Ends a child that nobody can watch, and takes its status: else it would be a zombie for ever.
func endChild(_ pid: Int32) {
  kill(pid, SIGKILL)
  var status: Int32 = 0
  while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
}

/// Lends the C form of what a new process begins with.
func withSetup(
  directory: String?, descriptors: [Int32], streams: WorkerStreams? = nil,
  _ body: (UnsafePointer<echelon_process_setup>) -> Int32
) -> Int32 {
  unsafe withCStrings(directory.map { [$0] } ?? []) { directories in
    unsafe descriptors.withUnsafeBufferPointer { numbers in
      // SAFETY: the text and the numbers are lent for as long as `body` runs.
      var setup = unsafe echelon_process_setup(
        directory: directories[0].map { unsafe UnsafePointer($0) }, output: streams?.output ?? -1,
        error: streams?.error ?? -1,
        descriptors: numbers.baseAddress, descriptor_count: numbers.count)
      return unsafe body(&setup)
    }
  }
}

/// Lends `strings` as the nil-terminated array of C strings that the system wants.
func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  // SAFETY: every copy lives until after `body` and is freed once.
  var copies: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) }
  unsafe copies.append(nil)
  defer { unsafe copies.forEach { unsafe free($0) } }
  return unsafe copies.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}
