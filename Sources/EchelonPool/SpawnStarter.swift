package import EchelonMemory

/// Starts each worker as a new process of this executable (`StartMethod.spawn`).
package struct SpawnStarter: WorkerStarter {
  private let arena: Arena
  /// Over what the workers inherit.
  private let environment: [String: String]

  package init(arena: Arena, environment: [String: String]) {
    self.arena = arena
    self.environment = environment
  }

  /// Whether copies of this executable become workers at all.
  package static var isPossible: Bool { WorkerProcess.isPossible }

  package func start(
    seat: Int, incarnation: UInt32, streams: WorkerStreams?
  ) throws(WorkerStartError) -> (any StartedWorker)? {
    try WorkerProcess.start(
      arena: arena, seat: seat, incarnation: incarnation, environment: environmentLines(),
      streams: streams)
  }

  private func environmentLines() -> [String] {
    let names = Set(environment.keys)
    let inherited = WorkerProcess.inheritedEnvironment.filter { line in
      !names.contains(String(line.prefix { $0 != "=" }))
    }
    return inherited + environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }
}
