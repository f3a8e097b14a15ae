package import EchelonMemory
import EchelonTransfer
import Glibc
import Synchronization

/// Forks each worker from a template (`StartMethod.forkServer` and `.fork`).
///
///     none ─start─► starting ─greeting─► ready ─died─► none
///                       └─refused, or died three times─► an error
///
/// A template that dies takes no worker with it. It is made again when a worker is wanted, unless it
/// was forked from this program, which by then has more than one thread.
package final class TemplateStarter: WorkerStarter {
  /// What all workers of the pool are told.
  private let launch: WorkerLaunch
  private let make: @Sendable () throws(WorkerStartError) -> TemplateProcess
  private let canMakeAnother: Bool
  private let state: Mutex<State>

  private struct State {
    var template: TemplateProcess?
    var isReady = false
    /// Templates that ended before they were ready, since the last one that was, and how much they
    /// weigh: what ends by itself would do so again, what is killed from outside might have come up.
    var deaths = 0
    var weight = 0
    var failure: WorkerStartError?
    var lastStatus = WorkerStatus.unknown
    var madeAt = MonotonicClock.now()
  }

  private static let weightLimit = 30

  /// Starts templates as new processes, the first when it is needed.
  package init(spawningFor launch: WorkerLaunch, preload: [UInt8]?) {
    self.launch = launch
    canMakeAnother = true
    make = { () throws(WorkerStartError) in
      try TemplateProcess.spawn(
        arena: launch.arena,
        TemplateProcess.Setup(
          environment: launch.environmentLines(seat: nil), directory: launch.directory,
          preload: preload))
    }
    state = Mutex(State())
  }

  /// Forks the template from this process now.
  package init(forkingFor launch: WorkerLaunch, preload: [UInt8]?) throws(WorkerStartError) {
    self.launch = launch
    canMakeAnother = false
    make = { () throws(WorkerStartError) in
      throw WorkerStartError(
        step: "forking the program again", reason: "it has more than one thread by now")
    }
    let settings = launch.environment.map { "\($0.key)=\($0.value)" }
    let template = try TemplateProcess.fork(
      arena: launch.arena,
      TemplateProcess.Setup(environment: settings, directory: launch.directory, preload: preload))
    state = Mutex(State(template: template))
  }

  /// The process that workers are forked from now.
  package var templateProcessID: Int32? { state.withLock { $0.template?.processID } }

  // MARK: Starting workers

  package func start(
    seat: Int, incarnation: UInt32, streams: WorkerStreams?
  ) throws(WorkerStartError) -> (any StartedWorker)? {
    try state.withLock { state throws(WorkerStartError) in
      // Twice: a template that was found dead is made again at once.
      for _ in 0..<2 {
        if let failure = state.failure {
          state.failure = nil
          throw failure
        }
        if state.template == nil {
          if state.weight >= Self.weightLimit || (!canMakeAnother && state.deaths > 0) {
            let count = state.deaths
            state.deaths = 0
            state.weight = 0
            let times = count == 1 ? "it" : "\(count) in a row"
            throw WorkerStartError(
              step: "starting a template",
              reason: "\(times) ended before a worker could be forked, the last by"
                + " \(WorkerDied.Cause(state.lastStatus))")
          }
          state.template = try make()
          state.madeAt = MonotonicClock.now()
          state.isReady = false
        }
        guard let template = state.template, state.isReady else { return nil }
        if let worker = try template.forkWorker(
          launch.ticket(seat: seat, incarnation: incarnation),
          environment: launch.additions(seat: seat), streams: streams)
        {
          return worker
        }
        bury(template, &state)
      }
      return nil
    }
  }

  // MARK: Watching the template

  package var descriptors: [Int32] {
    state.withLock { state in
      guard let template = state.template else { return [] }
      return state.isReady ? [template.pidfd] : [template.pidfd, template.socket]
    }
  }

  package func attend() {
    state.withLock { state in
      guard let template = state.template else { return }
      if !state.isReady {
        switch template.greeting() {
        case .ready:
          state.isReady = true
          state.deaths = 0
          state.weight = 0
        case .failed(let bytes):
          state.failure = Self.error(StartFailure(bytes))
          _ = template.end()
          state.template = nil
          return
        case .ended, nil: break
        }
      }
      if template.hasEnded { bury(template, &state) }
    }
  }

  package func endIfLate() {
    state.withLock { state in
      guard let limit = launch.startTimeout, let template = state.template, !state.isReady,
        MonotonicClock.now() &- state.madeAt >= limit.nanoseconds
      else { return }
      _ = template.end()
      state.template = nil
      state.failure = WorkerStartError(
        step: "the preload of the template",
        reason: "it did not return within \(limit), the `startTimeout` of the pool")
    }
  }

  private func bury(_ template: TemplateProcess, _ state: inout State) {
    state.lastStatus = template.end()
    if !state.isReady || !canMakeAnother {
      state.deaths += 1
      state.weight += state.lastStatus == .signalled(SIGKILL) ? 1 : 10
    }
    state.template = nil
    state.isReady = false
  }

  private static func error(_ failure: StartFailure) -> WorkerStartError {
    switch failure {
    case .thrown(let error):
      WorkerStartError(
        step: "the preload of the template", reason: "it threw \(error)", cause: error)
    case .notRun(let text): WorkerStartError(step: "the preload of the template", reason: text)
    case .threads(let names):
      WorkerStartError(
        step: "the preload of the template",
        reason: "it left \(names.count) threads (\(names.joined(separator: ", "))), and only a"
          + " process with one can be forked; do in `initializer` what starts threads")
    }
  }

  package func close() {
    state.withLock { state in
      if let template = state.template { _ = template.end() }
      state.template = nil
    }
  }
}

extension ForkedWorker: StartedWorker {
  package var deathDescriptor: Int32 { pidfd }
}
