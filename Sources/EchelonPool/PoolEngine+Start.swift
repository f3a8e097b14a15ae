import EchelonMemory
import EchelonTransfer
import EchelonWire
import Glibc
import Synchronization

/// How the engine comes by its workers, and what it does when they cannot be had.
extension PoolEngine {
  /// The starter that the configuration asks for. Called before the engine has threads.
  static func processStarter(
    _ configuration: PoolConfiguration, _ arena: Arena
  ) throws -> any WorkerStarter {
    guard WorkerProcess.isPossible else { throw PoolError.noStartHook }
    let launch = WorkerLaunch(
      arena: arena, environment: configuration.environment,
      environmentOfSeat: configuration.environmentOfSeat,
      directory: try configuration.workingDirectory.map(resolve(directory:)),
      processors: try processors(configuration.pinning),
      initializer: try configuration.initializer.map { call in
        let block = try arena.allocate(byteCount: call.count)
        call.withRawSpan { arena.region.copy(from: $0, at: block.offset) }
        return block
      }, startTimeout: configuration.startTimeout)
    switch configuration.start {
    case .spawn:
      guard configuration.preload == nil else {
        throw PoolError.invalidArgument(
          "`preload` runs in the template that workers are forked from, and `.spawn` has none; use"
            + " `.forkServer`, or `initializer`, which runs in each worker")
      }
      return SpawnStarter(launch)
    case .forkServer:
      return TemplateStarter(spawningFor: launch, preload: configuration.preload)
    case .fork:
      let threads = ThreadList.namesBeforeFork()
      guard threads.count == 1 else { throw PoolError.cannotFork(threads: threads) }
      do throws(WorkerStartError) {
        return try TemplateStarter(forkingFor: launch, preload: configuration.preload)
      } catch {
        throw PoolError.cannotStartWorker(step: error.step, reason: error.reason)
      }
    }
  }

  private static func resolve(directory: String) throws -> String {
    guard let path = Folder.absolutePath(of: directory), Folder.entry(at: path) == .folder else {
      throw PoolError.invalidArgument(
        "the working directory '\(directory)' of the workers is not a folder")
    }
    return path
  }

  /// The processors for the seats, in turn.
  private static func processors(_ pinning: WorkerPinning) throws -> [Int32] {
    switch pinning {
    case .none: return []
    case .spread: return MachineLimits.allowedProcessors().map(Int32.init)
    case .cores(let cores):
      let allowed = MachineLimits.allowedProcessors()
      guard !cores.isEmpty else {
        throw PoolError.invalidArgument("`pinning: .cores` needs at least one core")
      }
      for core in cores where !allowed.contains(core) {
        throw PoolError.coreNotAllowed(core: core, allowed: allowed)
      }
      return cores.map(Int32.init)
    }
  }

  // MARK: Initializers that fail

  /// Why the worker that sat on `seat` refused to take tasks; nil when it did not.
  func initializerFailure(of seat: SeatIndex) -> StartFailure? {
    guard wire.seat(seat).phase == .uninitialized else { return nil }
    let outbox = wire.outbox(seat)
    let count = Int(clamping: wire.seat(seat).requestBytes)
    guard count <= outbox.byteCount else { return .notRun("its report is not well formed") }
    return StartFailure(
      outbox.withBytes(at: outbox.byteCount - count, byteCount: count) { $0.copied() })
  }

  /// What is to be said of an initializer that ended its worker: it would do so again, like one that
  /// throws. A worker that was killed from outside, or for want of memory, might have come up; of one
  /// whose status is unknown nobody can say.
  func deathInInitializer(_ cause: WorkerDied.Cause) -> StartFailure? {
    switch cause {
    case .signalled(SIGKILL), .unknown: nil
    case .exited, .signalled: .notRun("the worker that it ran in \(cause.ending)")
    }
  }

  /// After as many in a row it is an error.
  package static var initializerFailureLimit: Int { 3 }

  // MARK: Starts that do not come to an end

  /// Has the supervisor look when what is being started is late.
  func watchStart(_ key: TimerKey) {
    guard let limit = configuration.startTimeout else { return }
    state.withLock { state in
      armNoLater(key, at: MonotonicClock.now() &+ limit.nanoseconds, &state)
    }
  }

  /// Ends a worker whose initializer does not return, or that was stopped before it took work. What
  /// comes of it is what comes of an initializer that throws.
  func endLateStarter(_ seat: SeatIndex, _ state: inout PoolState) {
    guard let worker = state.workers[seat.value], !state.condemned[seat.value],
      wire.seat(seat).phase == .starting || wire.seat(seat).phase == .initializing
    else { return }
    state.lateStarters.insert(seat.value)
    worker.send(signal: SIGKILL)
  }

  /// What is to be said of the worker that sat on `seat`, if it was ended for being late.
  func lateStart(of seat: SeatIndex) -> StartFailure? {
    guard state.withLock({ $0.lateStarters.remove(seat.value) }) != nil,
      let limit = configuration.startTimeout
    else { return nil }
    let what = configuration.initializer == nil ? "a worker did not come up" : "it did not return"
    return .notRun("\(what) within \(limit), the `startTimeout` of the pool")
  }
}
