package import EchelonMemory

/// Starts each worker as a new process of this executable (`StartMethod.spawn`).
package struct SpawnStarter: WorkerStarter {
  private let launch: WorkerLaunch

  package init(_ launch: WorkerLaunch) { self.launch = launch }

  package func start(
    seat: Int, incarnation: UInt32, streams: WorkerStreams?
  ) throws(WorkerStartError) -> (any StartedWorker)? {
    try WorkerProcess.start(
      arena: launch.arena, ticket: launch.ticket(seat: seat, incarnation: incarnation),
      environment: launch.environmentLines(seat: seat), directory: launch.directory,
      streams: streams)
  }
}
