import EchelonMemory
import EchelonPool
import EchelonWire
import Logging

/// What a pool tells its logger.
///
/// `debug` is what goes as it should, `info` what an operator may want to know, `notice` a retry,
/// `warning` a death or memory that runs short, `error` work that is lost, `critical` a pool that
/// cannot go on.
enum PoolLog {
  static func reporter(_ logger: Logger?) -> @Sendable (PoolEvent) -> Void {
    guard let logger else { return { _ in } }
    return { event in tell(event, to: logger) }
  }

  static func tellOfStart(of engine: PoolEngine, to logger: Logger?) {
    guard let logger else { return }
    logger.debug(
      "pool made",
      metadata: [
        "backing": "\(engine.arena.backing.map { "\($0)" } ?? "none")",
        "backing_notes": .array(engine.arena.backingNotes.map { "\($0)" }),
        "memory_limit": "\(engine.arena.limitBytes)",
        "workers": "\(engine.workerLimit)",
      ])
  }

  private static func tell(_ event: PoolEvent, to logger: Logger) {
    switch event {
    case .workerStarted(let processID, let seat):
      logger.debug("worker started", metadata: ["pid": "\(processID)", "seat": "\(seat)"])
    case .workerEnded(let processID, let seat, let how, let wasExpected, let lastWords):
      var metadata: Logger.Metadata = [
        "pid": "\(processID)", "seat": "\(seat)", "how": "\(how)",
      ]
      if wasExpected {
        logger.debug("worker ended", metadata: metadata)
      } else {
        if !lastWords.isEmpty { metadata["last_words"] = .array(lastWords.map { "\($0)" }) }
        logger.warning("worker died", metadata: metadata)
      }
    case .workerRecycled(let processID, let seat):
      logger.info("worker recycled", metadata: ["pid": "\(processID)", "seat": "\(seat)"])
    case .resized(let before, let now):
      logger.info("pool resized", metadata: ["from": "\(before)", "to": "\(now)"])
    case .workerNotStarted(let reason):
      logger.error("worker not started", metadata: ["reason": "\(reason)"])
    case .retried(let what, let chunk, let attempt):
      var metadata: Logger.Metadata = ["what": "\(what)", "attempt": "\(attempt + 1)"]
      if let chunk { metadata["chunk"] = "\(chunk)" }
      logger.notice("runs again, its worker died", metadata: metadata)
    case .lost(let death):
      var metadata: Logger.Metadata = [
        "what": "\(death.what)", "attempts": "\(death.attempts)", "pid": "\(death.processID)",
        "cause": "\(death.cause)",
      ]
      if let chunk = death.chunk { metadata["chunk"] = "\(chunk)" }
      if let outOfMemory = death.outOfMemory { metadata["out_of_memory"] = "\(outOfMemory)" }
      logger.error("given up, its workers died", metadata: metadata)
    case .cancelled(let what): logger.debug("cancelled", metadata: ["what": "\(what)"])
    case .memoryPressure(let neededBytes, let isExhausted):
      if isExhausted {
        logger.warning("out of shared memory", metadata: ["needed_bytes": "\(neededBytes)"])
      } else {
        logger.notice(
          "results collected early for want of memory",
          metadata: ["needed_bytes": "\(neededBytes)"])
      }
    case .broken(let error): logger.critical("pool broken", metadata: ["reason": "\(error)"])
    case .ended(let deaths, let retries, let completed):
      logger.debug(
        "pool ended",
        metadata: [
          "completed": "\(completed)", "deaths": "\(deaths)", "retries": "\(retries)",
        ])
    }
  }
}
