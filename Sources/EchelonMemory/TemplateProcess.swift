import CEchelon
import Glibc

/// A process with a single thread that workers are forked from, as its front end sees it.
///
/// Used by one thread at a time: questions and answers share one socket.
package final class TemplateProcess: Sendable {
  package let processID: Int32
  /// Readable when the template has ended.
  package let pidfd: Int32
  /// Readable when the template has said whether it is ready.
  package let socket: Int32
  private let lifeline: Lifeline

  /// How long the template may take over a fork or a status. It does nothing else, so it answers at
  /// once unless it was stopped or has been lost.
  private static let patienceMilliseconds: Int32 = 10_000

  private init(processID: Int32, pidfd: Int32, socket: Int32, lifeline: Lifeline) {
    self.processID = processID
    self.pidfd = pidfd
    self.socket = socket
    self.lifeline = lifeline
  }

  // MARK: Making one

  /// What a template begins with.
  package struct Setup: Sendable {
    /// `NAME=value` lines: all of them for a spawned template, those to set for a forked one.
    package var environment: [String]
    package var directory: String?
    /// The call that the template makes before it says that it is ready.
    package var preload: [UInt8]?

    package init(environment: [String], directory: String?, preload: [UInt8]?) {
      self.environment = environment
      self.directory = directory
      self.preload = preload
    }
  }

  /// Starts this executable again, as a template.
  package static func spawn(
    arena: Arena, _ setup: Setup
  ) throws(WorkerStartError) -> TemplateProcess {
    try make(arena, setup) { ticket, descriptors throws(WorkerStartError) in
      try spawnSelf(
        name: "echelon-template", environment: setup.environment + [ticket.variable],
        directory: setup.directory, descriptors: descriptors)
    }
  }

  /// Forks this process, which runs a single thread; the child is the template.
  package static func fork(
    arena: Arena, _ setup: Setup
  ) throws(WorkerStartError) -> TemplateProcess {
    try make(arena, setup) { ticket, descriptors throws(WorkerStartError) in
      var pid: Int32 = 0
      var ticket = ticket
      let error = arena.withoutInheritance {
        unsafe withCStrings(setup.environment) { settings in
          unsafe withSetup(directory: setup.directory, descriptors: descriptors) { setup in
            unsafe echelon_template_fork(&ticket, setup, settings, &pid)
          }
        }
      }
      guard error == 0 else { throw WorkerStartError(step: "forking the program", error: error) }
      let pidfd = echelon_pidfd_open(pid)
      guard pidfd >= 0 else {
        endChild(pid)
        throw WorkerStartError(step: "opening a pidfd", error: -pidfd)
      }
      return (pid, pidfd)
    }
  }

  private static func make(
    _ arena: Arena, _ setup: Setup,
    _ start: (echelon_worker_ticket, [Int32]) throws(WorkerStartError) -> (
      processID: Int32, pidfd: Int32
    )
  ) throws(WorkerStartError) -> TemplateProcess {
    let lifeline = try Lifeline()
    defer { close(lifeline.readEnd) }
    var own: Int32 = -1
    var other: Int32 = -1
    var error = unsafe echelon_socket_pair(&own, &other)
    guard error == 0 else {
      lifeline.release()
      throw WorkerStartError(step: "making a socket", error: error)
    }
    defer { close(other) }
    // In a raw fork of this process, too, nobody but this process is to hold the conversation open.
    error = echelon_lifeline_guard(own)
    var ticket = WorkerTicket(seat: 0, incarnation: 0).echelonTicket(ECHELON_TEMPLATE)
    var descriptors = [arena.descriptor, lifeline.readEnd, other]
    var file: Int32 = -1
    defer { if file >= 0 { close(file) } }
    if let preload = setup.preload, error == 0 {
      file = unsafe preload.withUnsafeBytes { bytes in
        unsafe echelon_message_file(bytes.baseAddress, bytes.count)
      }
      if file < 0 { error = -file }
      ticket.has_preload = 1
      descriptors.append(file)
    }
    do throws(WorkerStartError) {
      guard error == 0 else {
        throw WorkerStartError(step: "preparing a template's descriptors", error: error)
      }
      let (processID, pidfd) = try start(ticket, descriptors)
      return TemplateProcess(processID: processID, pidfd: pidfd, socket: own, lifeline: lifeline)
    } catch {
      lifeline.release()
      echelon_lifeline_release(own)
      throw error
    }
  }

  // MARK: What it says and does

  /// What a template says of itself once its preload is over.
  package enum Greeting: Sendable {
    case ready
    /// The bytes say why not.
    case failed([UInt8])
    /// It ended instead.
    case ended
  }

  /// The greeting, which `socket` has become readable for; nil when there is none yet.
  package func greeting() -> Greeting? {
    switch receive(timeoutMilliseconds: 0) {
    case .failure(ETIMEDOUT): nil
    case .failure: .ended
    case .success(let message) where message.answer.error == 0: .ready
    case .success(let message): .failed(message.rest)
    }
  }

  /// Forks a worker.
  ///
  /// It must not touch what others may own until it has been let: when the answer is lost, nobody
  /// knows of it, and it ends with its lifeline, which is cut then.
  /// - Parameters:
  ///   - environment: variables to set in it.
  ///   - streams: its standard output and error; nil leaves it the template's.
  /// - Returns: nil when the template did not answer. It is of no use any more.
  package func forkWorker(
    _ ticket: WorkerTicket, environment: [String: String], streams: WorkerStreams?
  ) throws(WorkerStartError) -> ForkedWorker? {
    let lifeline = try Lifeline()
    defer { close(lifeline.readEnd) }
    let request = echelon_template_request(
      is_fork: 1, pid: 0, ticket: ticket.echelonTicket(ECHELON_FORKED_WORKER))
    var bytes = Self.bytes(of: request)
    for (name, value) in environment { bytes += Array("\(name)=\(value)".utf8) + [0] }
    // The kernel would carry more than the template takes.
    let limit = Int(ECHELON_TEMPLATE_MESSAGE_LIMIT) - 1
    guard bytes.count <= limit else {
      lifeline.release()
      let variables = bytes.count - MemoryLayout.size(ofValue: request)
      throw WorkerStartError(
        step: "sending a worker its environment",
        reason:
          "the variables of its own have \(variables) bytes, \(bytes.count - limit) more than can be"
          + " sent; put those that all workers share into `environment`, or large ones into a file")
    }
    switch ask(
      bytes, descriptors: [lifeline.readEnd] + (streams.map { [$0.output, $0.error] } ?? []))
    {
    case .success(let message):
      if message.answer.error == 0, message.descriptor >= 0 {
        return ForkedWorker(
          processID: message.answer.pid, pidfd: message.descriptor, lifeline: lifeline,
          template: self)
      }
      lifeline.release()
      // Done, but without the pidfd: this process had no descriptor left for it.
      throw WorkerStartError(
        step: "forking a worker from template \(processID)",
        error: message.answer.error == 0 ? EMFILE : message.answer.error)
    case .failure(EMSGSIZE):
      lifeline.release()
      throw WorkerStartError(step: "sending a worker its environment", error: EMSGSIZE)
    case .failure:
      lifeline.release()
      return nil
    }
  }

  /// The status of a worker that has ended; unknown when the template is no more.
  func status(of processID: Int32) -> WorkerStatus {
    let request = echelon_template_request(
      is_fork: 0, pid: processID, ticket: echelon_worker_ticket())
    guard case .success(let message) = ask(Self.bytes(of: request), descriptors: []) else {
      return .unknown
    }
    return WorkerStatus(message.answer.status)
  }

  /// Whether it has ended.
  package var hasEnded: Bool { Readiness.wait(for: [pidfd], timeoutMilliseconds: 0)[0] }

  /// Ends the template, if it has not ended, and takes its status. Workers live on. Called once.
  package func end() -> WorkerStatus {
    _ = echelon_pidfd_signal(pidfd, SIGKILL)
    return WorkerStatus(echelon_pidfd_reap(pidfd))
  }

  deinit {
    // Closed with the last worker that may ask for its status.
    close(pidfd)
    echelon_lifeline_release(socket)
    lifeline.release()
  }

  // MARK: The conversation

  private struct Message {
    var answer: echelon_template_answer
    var rest: [UInt8]
    var descriptor: Int32
  }

  private enum Answer {
    case success(Message)
    /// An errno.
    case failure(Int32)
  }

  private func ask(_ bytes: [UInt8], descriptors: [Int32]) -> Answer {
    let error = unsafe bytes.withUnsafeBytes { buffer in
      unsafe echelon_socket_send(
        socket, buffer.baseAddress, buffer.count, descriptors, descriptors.count)
    }
    guard error == 0 else { return .failure(error) }
    let answer = receive(timeoutMilliseconds: Self.patienceMilliseconds)
    // An answer that comes late would be taken for that to the next question.
    if case .failure = answer { _ = echelon_pidfd_signal(pidfd, SIGKILL) }
    return answer
  }

  private func receive(timeoutMilliseconds: Int32) -> Answer {
    var descriptor: Int32 = -1
    var count = 1
    var got: Int64 = 0
    let capacity = Int(ECHELON_TEMPLATE_MESSAGE_LIMIT)
    // SAFETY: the call initialises as many bytes as it reports.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, filled in
      got = unsafe echelon_socket_receive(
        socket, buffer.baseAddress, capacity, &descriptor, &count, timeoutMilliseconds)
      filled = Int(max(0, got))
    }
    let size = MemoryLayout<echelon_template_answer>.size
    guard bytes.count >= size else { return .failure(got < 0 ? Int32(-got) : EPIPE) }
    // SAFETY: there are enough bytes, and every field is an integer or a Bool that C wrote.
    let answer = unsafe bytes.withUnsafeBytes { buffer in
      unsafe buffer.loadUnaligned(as: echelon_template_answer.self)
    }
    return .success(
      Message(
        answer: answer, rest: Array(bytes.dropFirst(size)), descriptor: count > 0 ? descriptor : -1)
    )
  }

  private static func bytes(of request: echelon_template_request) -> [UInt8] {
    unsafe withUnsafeBytes(of: request) { unsafe Array($0) }
  }
}

/// A worker that a template forked.
package struct ForkedWorker: Sendable {
  package let processID: Int32
  /// Readable when the process has ended.
  package let pidfd: Int32
  private let lifeline: Lifeline
  private let template: TemplateProcess

  init(processID: Int32, pidfd: Int32, lifeline: Lifeline, template: TemplateProcess) {
    self.processID = processID
    self.pidfd = pidfd
    self.lifeline = lifeline
    self.template = template
  }

  /// Sends a signal to exactly this process.
  package func send(signal: Int32) { _ = echelon_pidfd_signal(pidfd, signal) }

  /// Lets the ended process's descriptors go and asks its parent, the template, how it ended.
  package func reap() -> WorkerStatus {
    close(pidfd)
    lifeline.release()
    return template.status(of: processID)
  }
}

/// The other side of the conversation: in the template.
package enum TemplateSide {
  /// What this process is to call before it says that it is ready; nil for nothing.
  package static func preload() -> [UInt8]? {
    guard echelon_start_ticket().has_preload != 0 else { return nil }
    let descriptor = Int32(ECHELON_TEMPLATE_PRELOAD_DESCRIPTOR)
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { return [] }
    let capacity = Int(status.st_size)
    // SAFETY: the closure initialises exactly the bytes that it counts.
    return unsafe [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      while count < capacity {
        let got = unsafe pread(descriptor, buffer.baseAddress! + count, capacity - count, count)
        if got <= 0 { break }
        count += got
      }
    }
  }

  /// Tells the front end that workers can be forked, or why not.
  package static func greet(failure: [UInt8]?) {
    var answer = echelon_template_answer()
    answer.error = failure == nil ? 0 : ECANCELED
    let limit = Int(ECHELON_TEMPLATE_MESSAGE_LIMIT) - MemoryLayout.size(ofValue: answer)
    let bytes =
      unsafe withUnsafeBytes(of: answer) { unsafe Array($0) } + (failure ?? []).prefix(limit)
    _ = unsafe bytes.withUnsafeBytes { buffer in
      unsafe echelon_socket_send(
        Int32(ECHELON_TEMPLATE_SOCKET_DESCRIPTOR), buffer.baseAddress, buffer.count, nil, 0
      )
    }
  }

  /// Forks workers as asked. Returns in each of them, and never in the template.
  package static func serve() { echelon_template_serve() }

  /// Ends a worker that was forked.
  package static func exitWorker(_ code: Int32) -> Never { echelon_forked_exit(code) }
}

/// The threads of this process.
package enum ThreadList {
  /// Those that are there once a BLAS has put away what it can start again: OpenBLAS does so itself
  /// before every fork.
  package static func namesBeforeFork() -> [String] {
    echelon_rest_blas()
    // A thread that was joined may be listed for an instant longer.
    for _ in 0..<200 where names.count > 1 { usleep(100) }
    return names
  }

  /// Their names; the first is the oldest.
  package static var names: [String] {
    let tasks = (try? Folder.names(in: "/proc/self/task")) ?? []
    return tasks.compactMap { Int($0) }.sorted().map { task in
      let name = SystemFile.read("/proc/self/task/\(task)/comm") ?? "?"
      return String(name.prefix { $0 != "\n" })
    }
  }
}
